import PacketSpace
package import Policy
package import RulesetIR

/// A rule set that is held against a policy.
package struct ProofCandidate: Sendable {
  package var ruleset: Ruleset
  package var target: ProofTarget
  /// Packets that are left out, beside those that the target leaves out.
  package var exceptions: [ProofException]

  package init(
    _ ruleset: Ruleset, _ target: ProofTarget = .nftables,
    leavingOut exceptions: [ProofException] = []
  ) {
    self.ruleset = ruleset
    self.target = target
    self.exceptions = exceptions
  }
}

/// A policy and the rule sets made from it, with all that is asked about them, in one universe.
///
/// What a policy means, which packets can exist and what a chain lets pass is worked out once and serves the proofs, the
/// expectations, the findings and the summary.
package struct ProofContext: Sendable {
  let policy: Policy
  let tags: PolicyTags
  let candidates: [ProofCandidate]
  /// For each candidate, as far as its target can say it; empty where nothing is to be proven.
  let meanings: [PolicyMeaning]
  /// For each `expect` line the packets that it is about.
  let expected: [PacketExpression]
  var universe: PacketUniverse
  private var evaluations: [RulesetEvaluation]
  private let asked: [PacketTest]
  private var worlds: [Traversal: PacketConditions] = [:]
  private var wishes: [Traversal: [PacketTest]] = [:]

  /// For proofs, expectations, the findings' packets and the summary.
  ///
  /// - Parameter findings: for which `examples(for:)` will be asked.
  package init(
    _ policy: Policy, tags: PolicyTags, _ candidates: [ProofCandidate], findings: [Finding] = [],
    nodeBudget: Int = 4_000_000
  ) {
    let meanings = denoted(policy, tags, candidates)
    let questions = findings.compactMap { $0.question?.asked(policy, tags).ordinary }
    self.init(
      policy, tags, candidates, meanings,
      expected: policy.expectations.map { $0.spoken(policy, tags) },
      asking: questions + [policy.outside], on: Traversal.allCases, nodeBudget)
  }

  /// For some questions only.
  ///
  /// - Parameters:
  ///   - meanings: none where nothing is to be proven.
  ///   - expected: of each `expect` line, where these are asked for.
  ///   - questions: everything else that is going to be asked for.
  init(
    _ policy: Policy, _ tags: PolicyTags, _ candidates: [ProofCandidate],
    _ meanings: [PolicyMeaning] = [], expected: [PacketExpression] = [],
    asking questions: [PacketExpression],
    on traversals: [Traversal], _ nodeBudget: Int
  ) {
    self.policy = policy
    self.tags = tags
    self.candidates = candidates
    self.meanings = meanings
    self.expected = expected
    var tests = TestTable()
    let evaluators = candidates.map { RulesetEvaluator($0.ruleset) }
    for evaluator in evaluators { evaluator.collectTests(into: &tests) }
    evaluations = evaluators.map { RulesetEvaluation($0) }
    let meant = meanings.flatMap {
      [$0.leaves, $0.arrives, $0.forwards, $0.postrouting, $0.encapsulated, $0.undecided]
    }
    let leftOut = candidates.flatMap { $0.leftOut.map(\.packets) }
    for packets in meant + leftOut + expected + questions { packets.collectTests(into: &tests) }
    for traversal in traversals {
      let wished = PacketExpression.ordinary(policy, traversal)
      wishes[traversal] = wished
      for test in wished + wished.flatMap(\.ofConnection) { tests.insert(test) }
    }
    asked = tests.tests
    for traversal in traversals {
      let conditions = World(
        traversal: traversal, encapsulated: .none, asked: asked
      ).conditions
      for condition in conditions { condition.collectTests(into: &tests) }
      worlds[traversal] = PacketConditions(conditions)
    }
    for fields in World.groups { tests.align(fields) }
    universe = PacketUniverse(tests, nodeBudget: nodeBudget)
  }

  /// Once true, answers given since are not to be believed: the budget is used up.
  package var isExhausted: Bool { universe.isExhausted }

  /// Of the decision diagrams so far: how much work it was.
  package var nodeCount: Int { universe.nodeCount }

  // MARK: Rules

  /// What the rules of a candidate let pass.
  mutating func passing(_ candidate: Int, _ traversal: Traversal) -> PacketSet {
    evaluations[candidate].passes(traversal, in: &universe)
  }

  mutating func acceptances(
    _ candidate: Int, at hook: Hook, of packets: PacketExpression
  ) -> [Acceptance] {
    let set = universe.set(packets)
    return evaluations[candidate].acceptances(at: hook, of: set, in: &universe)
  }

  // MARK: Packets that can exist

  /// Whether the set has a packet that can exist.
  mutating func isPossible(_ set: PacketSet, _ traversal: Traversal) -> Bool {
    withWorld(traversal) { universe, world in !universe.narrowing(set, to: &world).isEmpty }
  }

  /// An ordinary packet of the set, if any can exist.
  mutating func packet(
    in set: PacketSet, _ traversal: Traversal, encapsulated: PacketExpression = .none
  ) -> PacketWitness? {
    let wish = PacketWish.tests(wishes[traversal, default: PacketExpression.ordinary])
    if encapsulated != .none {
      var world = PacketConditions(
        World(traversal: traversal, encapsulated: encapsulated, asked: asked).conditions)
      return universe.witness(of: set, where: &world, wish)
    }
    return withWorld(traversal) { $0.witness(of: set, where: &$1, wish) }
  }

  /// The packet of the set that is most like another one.
  mutating func packet(
    in set: PacketSet, _ traversal: Traversal, like packet: PacketWitness
  ) -> PacketWitness? {
    withWorld(traversal) { $0.witness(of: set, where: &$1, .like(packet)) }
  }

  private mutating func withWorld<Result>(
    _ traversal: Traversal, _ body: (inout PacketUniverse, inout PacketConditions) -> Result
  ) -> Result {
    // Taken out while it changes, so that nothing is copied.
    var world = worlds.removeValue(forKey: traversal) ?? PacketConditions([])
    let result = body(&universe, &world)
    worlds[traversal] = world
    return result
  }
}

extension ProofCandidate {
  var leftOut: [ProofException] { target.exceptions + exceptions }
}

/// What a policy means, as far as each target can say it; of targets alike it is worked out once.
private func denoted(
  _ policy: Policy, _ tags: PolicyTags, _ candidates: [ProofCandidate]
) -> [PolicyMeaning] {
  var known: [(sayable: SayablePolicy, meaning: PolicyMeaning)] = []
  return candidates.map { candidate in
    let sayable = SayablePolicy(policy, tags, candidate)
    if let found = known.first(where: { $0.sayable == sayable }) { return found.meaning }
    let meaning = sayable.meaning(of: policy)
    known.append((sayable, meaning))
    return meaning
  }
}

/// What a policy means, as far as rules of a kind can say it.
func meaning(
  of policy: Policy, for ruleset: Ruleset, tags: PolicyTags, on target: ProofTarget
) -> PolicyMeaning {
  SayablePolicy(policy, tags, ProofCandidate(ruleset, target)).meaning(of: policy)
}

/// How much of a policy a target can say.
private struct SayablePolicy: Equatable {
  var withoutKinds: Bool
  var tags: PolicyTags

  init(_ policy: Policy, _ tags: PolicyTags, _ candidate: ProofCandidate) {
    withoutKinds =
      !candidate.target.seesDeviceTypes && policy.tunnels.contains { $0.kind != nil }
    self.tags = tags
    if candidate.target.seesCgroupsLast { self.tags.cgroupBits = [:] }
    self.tags.markBits |= candidate.ruleset.writtenMarkBits
  }

  func meaning(of policy: Policy) -> PolicyMeaning {
    denote(withoutKinds ? policy.withoutKinds : policy, tags: tags)
  }
}

extension Policy {
  fileprivate var withoutKinds: Policy {
    var result = self
    for index in result.tunnels.indices { result.tunnels[index].kind = nil }
    return result
  }
}

extension Ruleset {
  /// Bits of the mark that rules set or clear.
  fileprivate var writtenMarkBits: UInt32 {
    var bits: UInt32 = 0
    for table in tables {
      for chain in table.chains {
        for rule in chain.rules {
          for case .setMark(let clear, let set) in rule.statements { bits |= clear | set }
        }
      }
    }
    return bits
  }
}
