import RulesetIR

extension LeakSearch {
  /// Holds the rules against the policy, so that no packet is left out that no entry names.
  ///
  /// - Returns: what the policy means to pass and the rules stop.
  mutating func searchAgainstPolicy() -> [ProofDifference] {
    guard let meant = scope.policy else { return [] }
    let proof = prove(
      meant.policy, ruleset, tags: meant.tags, on: meant.target, nodeBudget: nodeBudget)
    isExhausted = isExhausted || proof.isExhausted
    for difference in proof.differences where difference.kind == .passesTooMuch {
      let isKnown = findings.contains { finding in
        finding.traversal == difference.traversal
          || difference.traversal == .postrouting && finding.traversal == .leaves
      }
      if isKnown { continue }
      let finding =
        difference.traversal == .postrouting
        ? RuleFinding(
          .lastHook, "the last hook lets pass what the policy does not mean",
          fix: "let the last hook decide by itself", packet: difference.packet)
        : RuleFinding(
          .notInPolicy, "the rules let pass what the policy does not mean",
          fix: "remove the rule, or write the line that means it", packet: difference.packet)
      add(finding, by: difference.traversal)
    }
    return proof.differences.filter { $0.kind == .passesTooLittle }
  }
}
