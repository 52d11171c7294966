package import PacketSpace
package import PolicyDiagnostics
package import RulesetIR

/// One thing that rules leave open, and what is known about it.
package struct RuleFinding: Sendable {
  package var id: LeakID
  package var severity: Severity
  /// Lower-case, one line: what can leave.
  package var message: String
  /// What to write instead.
  package var fix: String
  /// Other ids that the same packet shows.
  package var also: [LeakID]
  /// What is not modelled and has to hold; `nil`: the packet passes whatever else is the case.
  package var condition: String?
  /// One packet that shows it, where packets decide.
  package var packet: PacketWitness?
  /// The way that the packet takes.
  package var traversal: Traversal?
  /// Where in the rules.
  package var place: RulePlace?

  init(
    _ id: LeakID, _ message: String, fix: String, severity: Severity? = nil, also: [LeakID] = [],
    condition: String? = nil, packet: PacketWitness? = nil, place: RulePlace? = nil
  ) {
    self.id = id
    self.severity = severity ?? id.severity
    self.message = message
    self.fix = fix
    self.also = also
    self.condition = condition
    self.packet = packet
    self.place = place
  }
}

/// A rule, or the end of a chain.
package struct RulePlace: Equatable, Sendable {
  package var family: TableFamily
  package var table: String
  package var chain: String
  /// From 1; `nil`: the chain's policy, or the chain itself.
  package var number: Int?
  package var rule: Rule?

  package init(_ table: Table, _ chain: Chain, index: Int? = nil) {
    family = table.family
    self.table = table.name
    self.chain = chain.name
    number = index.map { $0 + 1 }
    rule = index.flatMap { chain.rules.indices.contains($0) ? chain.rules[$0] : nil }
  }
}

extension Ruleset {
  /// The rule that let a packet pass on its way, or the policy; `nil` where no chain saw it.
  ///
  /// Where several base chains let it pass, the last one that has a rule for it.
  func passage(_ trace: PacketTrace) -> RulePlace? {
    var byRule: RulePlace?
    var byPolicy: RulePlace?
    for step in trace.steps {
      guard let table = tables.first(where: { $0.family == step.family && $0.name == step.table }),
        let chain = table.chains.first(where: { $0.name == step.chain })
      else { continue }
      switch step.event {
      case .rule(let index, _, .accept): byRule = RulePlace(table, chain, index: index)
      case .policy(.accept): byPolicy = RulePlace(table, chain)
      case .rule, .policy: break
      }
    }
    return byRule ?? byPolicy
  }
}
