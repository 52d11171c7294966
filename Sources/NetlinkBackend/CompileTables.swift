import Netfilter
package import RulesetIR

/// What has to be known of the machine to write rules.
package struct RuleSurroundings: Sendable {
  /// The numbers of control groups, by path below the root.
  package var controlGroups: [String: UInt64]

  package init(controlGroups: [String: UInt64] = [:]) {
    self.controlGroups = controlGroups
  }
}

/// The rule set as the kernel keeps it.
///
/// - Parameter surroundings: `nil` leaves open what they would say, for those who only read the result.
/// - Throws: for what netlink cannot say; nothing is left out.
package func compile(
  _ ruleset: Ruleset, _ surroundings: RuleSurroundings?
) throws(UnsupportedByTarget) -> [NetlinkTable] {
  try ruleset.tables.map { table throws(UnsupportedByTarget) in
    NetlinkTable(
      family: table.family, name: table.name, flags: table.isDormant ? .dormant : [],
      sets: table.sets.map { NetlinkSet($0) },
      chains: try table.chains.map { chain throws(UnsupportedByTarget) in
        for device in chain.base?.devices ?? [] { try requireInterfaceName(device, nil) }
        return NetlinkChain(
          name: chain.name, base: chain.base,
          rules: try chain.rules.map { rule throws(UnsupportedByTarget) in
            try compile(rule, in: table).resolved(surroundings)
          })
      })
  }
}

extension NetlinkRule {
  /// With the numbers of control groups in the place of their paths.
  fileprivate func resolved(_ surroundings: RuleSurroundings?) -> NetlinkRule {
    guard let surroundings else { return self }
    var result = self
    for index in expressions.indices {
      guard case .compareControlGroup(let register, let path) = expressions[index] else { continue }
      // No group has the number 0: what does not exist matches nothing.
      let number = surroundings.controlGroups[path] ?? 0
      result.expressions[index] = .compare(register, .equal, hostBytes(number))
    }
    return result
  }
}
