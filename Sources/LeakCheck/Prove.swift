package import PacketSpace
package import Policy
package import RulesetIR

/// What came of comparing a rule set with what its policy means.
package struct ProofResult: Sendable {
  package var differences: [ProofDifference]
  /// Of the decision diagrams: how much work it was.
  package var nodeCount: Int
  /// The diagrams grew beyond what was allowed: nothing is proven.
  package var isExhausted: Bool

  /// For every packet that can exist the rules do what the policy means.
  package var isProven: Bool { differences.isEmpty && !isExhausted }
}

/// Packets on which rules and policy do not agree, by one of them.
package struct ProofDifference: Sendable {
  package enum Kind: String, Sendable {
    case passesTooMuch = "the rules let pass what the policy blocks"
    case passesTooLittle = "the rules block what the policy lets pass"
  }

  package var traversal: Traversal
  package var kind: Kind
  /// On the hooks of the traversal.
  package var shown: ExplainedPacket

  package var packet: PacketWitness { shown.packet }
}

/// Holds a rule set against its policy, for every packet that can exist.
///
/// Where no other table re-routes, marks or rewrites, the hooks together must let pass exactly what the policy means. The
/// last hook alone must never let pass more, whatever other tables did.
package func prove(
  _ policy: Policy, _ ruleset: Ruleset, tags: PolicyTags, on target: ProofTarget = .nftables,
  leavingOut exceptions: [ProofException] = [], nodeBudget: Int = 4_000_000
) -> ProofResult {
  let meaning = meaning(of: policy, for: ruleset, tags: tags, on: target)
  let evaluator = RulesetEvaluator(ruleset)
  var result = ProofResult(differences: [], nodeCount: 0, isExhausted: false)
  for traversal in Traversal.allCases {
    let leftOut = (target.exceptions + exceptions).filter { $0.traversals.contains(traversal) }
    var comparison = Comparison(
      traversal, meaning, evaluator, leftOut: leftOut.map(\.packets), nodeBudget: nodeBudget)
    result.differences += comparison.differences(evaluator, ruleset)
    result.nodeCount += comparison.universe.nodeCount
    if comparison.universe.isExhausted { result.isExhausted = true }
  }
  return result
}

/// What a policy means, as far as rules of a kind can say it.
func meaning(
  of policy: Policy, for ruleset: Ruleset, tags: PolicyTags, on target: ProofTarget
) -> PolicyMeaning {
  let policy = target.seesDeviceTypes ? policy : policy.withoutKinds
  var tags = tags
  if target.seesCgroupsLast { tags.cgroupBits = [:] }
  tags.markBits |= ruleset.writtenMarkBits
  return denote(policy, tags: tags)
}

extension Policy {
  fileprivate var withoutKinds: Policy {
    var result = self
    for index in result.tunnels.indices { result.tunnels[index].kind = nil }
    return result
  }
}

/// One traversal, compared in a universe of its own: fewer tests make smaller diagrams.
private struct Comparison {
  let traversal: Traversal
  let meaning: PacketExpression
  /// What holds for packets that rules are blamed for to let pass, and to block.
  let (existing, owed): ([PacketExpression], [PacketExpression])
  var universe: PacketUniverse

  init(
    _ traversal: Traversal, _ meaning: PolicyMeaning, _ evaluator: RulesetEvaluator,
    leftOut: [PacketExpression], nodeBudget: Int
  ) {
    self.traversal = traversal
    self.meaning = meaning.packets(traversal)
    var tests = evaluator.tests
    self.meaning.collectTests(into: &tests)
    for packets in leftOut + [meaning.encapsulated, meaning.undecided] {
      packets.collectTests(into: &tests)
    }
    let asked = Array(Set(tests))
    func world(_ encapsulated: PacketExpression) -> [PacketExpression] {
      World(
        traversal: traversal, encapsulated: encapsulated, asked: asked
      ).conditions + leftOut.map { .not($0) }
    }
    existing = world(.none)
    owed = world(meaning.encapsulated) + [.not(meaning.undecided)]
    for condition in existing + owed { condition.collectTests(into: &tests) }
    universe = PacketUniverse(tests: tests, nodeBudget: nodeBudget)
  }

  mutating func differences(
    _ evaluator: RulesetEvaluator, _ ruleset: Ruleset
  ) -> [ProofDifference] {
    let passing = evaluator.passes(traversal, in: &universe)
    let meant = universe.set(meaning)
    var result: [ProofDifference] = []
    let tooMuch = universe.difference(passing, meant)
    if let packet = universe.witness(of: tooMuch, where: existing) {
      let shown = ExplainedPacket(packet, passes: true, ruleset, traversal)
      result.append(ProofDifference(traversal: traversal, kind: .passesTooMuch, shown: shown))
    }
    if traversal == .postrouting { return result }
    let tooLittle = universe.difference(meant, passing)
    if let packet = universe.witness(of: tooLittle, where: owed) {
      let shown = ExplainedPacket(packet, passes: false, ruleset, traversal)
      result.append(ProofDifference(traversal: traversal, kind: .passesTooLittle, shown: shown))
    }
    return result
  }
}

extension PolicyMeaning {
  func packets(_ traversal: Traversal) -> PacketExpression {
    switch traversal {
    case .arrives: arrives
    case .leaves: leaves
    case .forwards: forwards
    case .postrouting: postrouting
    }
  }
}

extension Ruleset {
  /// Bits of the mark that rules set or clear.
  fileprivate var writtenMarkBits: UInt32 {
    var bits: UInt32 = 0
    for rule in tables.flatMap(\.chains).flatMap(\.rules) {
      for case .setMark(let clear, let set) in rule.statements { bits |= clear | set }
    }
    return bits
  }
}
