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
  var context = ProofContext(
    policy, tags: tags, [ProofCandidate(ruleset, target, leavingOut: exceptions)],
    nodeBudget: nodeBudget)
  return context.proof(0)
}

extension ProofContext {
  /// The same for one of the rule sets that the context was made with.
  package mutating func proof(_ candidate: Int) -> ProofResult {
    var differences: [ProofDifference] = []
    for traversal in Traversal.allCases {
      if let difference = passesTooMuch(candidate, traversal) { differences.append(difference) }
      // What the last hook stops, hooks before it may have stopped as well.
      if traversal == .postrouting { continue }
      if let difference = passesTooLittle(candidate, traversal) { differences.append(difference) }
    }
    return ProofResult(
      differences: differences, nodeCount: universe.nodeCount, isExhausted: isExhausted)
  }

  private mutating func passesTooMuch(
    _ candidate: Int, _ traversal: Traversal
  ) -> ProofDifference? {
    let passing = passing(candidate, traversal)
    let meant = universe.set(meanings[candidate].packets(traversal))
    let wrong = universe.difference(passing, meant)
    let counted = leavingOut(candidate, traversal, wrong)
    return packet(in: counted, traversal).map {
      difference(.passesTooMuch, $0, candidate, traversal)
    }
  }

  private mutating func passesTooLittle(
    _ candidate: Int, _ traversal: Traversal
  ) -> ProofDifference? {
    let passing = passing(candidate, traversal)
    let meaning = meanings[candidate]
    let meant = universe.set(meaning.packets(traversal))
    let wrong = universe.difference(meant, passing)
    var counted = leavingOut(candidate, traversal, wrong)
    if counted.isEmpty { return nil }
    let undecided = universe.set(meaning.undecided)
    counted = universe.difference(counted, undecided)
    return packet(in: counted, traversal, encapsulated: meaning.encapsulated).map {
      difference(.passesTooLittle, $0, candidate, traversal)
    }
  }

  private mutating func leavingOut(
    _ candidate: Int, _ traversal: Traversal, _ set: PacketSet
  ) -> PacketSet {
    var result = set
    for exception in candidates[candidate].leftOut where exception.traversals.contains(traversal) {
      let packets = universe.set(exception.packets)
      result = universe.difference(result, packets)
    }
    return result
  }

  private func difference(
    _ kind: ProofDifference.Kind, _ packet: PacketWitness, _ candidate: Int,
    _ traversal: Traversal
  ) -> ProofDifference {
    ProofDifference(
      traversal: traversal, kind: kind,
      shown: ExplainedPacket(
        packet, passes: kind == .passesTooMuch, candidates[candidate].ruleset, traversal))
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
