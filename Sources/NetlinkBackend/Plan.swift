import Netfilter
package import RulesetIR

/// How the kernel comes from the tables that it has to those that it is to have.
package struct ChangePlan: Equatable, Sendable {
  /// To be sent one after the other; none where nothing changes.
  ///
  /// All but the last leave the packets alone: they make what nothing leads to yet.
  package var batches: [[NetlinkCommand]]

  package var isEmpty: Bool { batches.isEmpty }
}

/// Plans how a policy comes into force.
///
/// In two transactions: the first makes sets and chains that nothing leads to; a set with intervals finds nothing
/// until its transaction is over, so that none is in use while it is made. The second, small one lets the
/// base chains lead to them and removes what was before. Whoever is stopped between the two leaves the old rules in force.
///
/// - Parameter live: the tables of this policy that the kernel has now.
package func plan(
  _ ruleset: Ruleset, over live: [NetlinkTable], _ surroundings: RuleSurroundings
) throws(UnsupportedByTarget) -> ChangePlan {
  let wanted = try compile(liveForm(ruleset, generation: ""), surroundings)
  if isInForce(wanted, live) { return ChangePlan(batches: []) }
  let prefix = unusedGeneration(live)
  var preparation: [NetlinkCommand] = []
  var switching: [NetlinkCommand] = []
  for table in try compile(liveForm(ruleset, generation: prefix), surroundings) {
    let change = TableChange(table, over: live.first { $0.id == table.id })
    preparation += change.preparation
    switching += change.switching
  }
  let ids = Set(ruleset.tables.map { TableID(family: $0.family, name: $0.name) })
  switching += live.filter { !ids.contains($0.id) }.map { .deleteTable($0.id) }
  return ChangePlan(batches: [preparation, switching].filter { !$0.isEmpty })
}

/// Makes tables that are not there, in one transaction.
package func creation(of tables: [NetlinkTable]) -> [NetlinkCommand] {
  tables.flatMap { table -> [NetlinkCommand] in
    let rules = table.chains.flatMap { chain in
      chain.rules.map { NetlinkCommand.addRule(table.id, chain: chain.name, $0) }
    }
    return [.addTable(table.id, table.flags)] + table.sets.flatMap { $0.creation(in: table.id) }
      + table.chains.map { .addChain(table.id, $0.name, $0.base) } + rules
  }
}

/// Removes the tables of a policy.
package func planRemoval(of live: [NetlinkTable]) -> ChangePlan {
  ChangePlan(batches: live.isEmpty ? [] : [live.map { .deleteTable($0.id) }])
}

/// Whether the tables are those wanted but for the names of their generation and what they have counted.
private func isInForce(_ wanted: [NetlinkTable], _ live: [NetlinkTable]) -> Bool {
  let wanted = wanted.map(\.comparable)
  return wanted.count == live.count
    && wanted.allSatisfy { table in live.contains { $0.comparable == table } }
}

extension NetlinkTable {
  /// Without what differs between two that do the same: order of chains and sets, names of generations, counts.
  fileprivate var comparable: NetlinkTable {
    var result = self
    result.flags.remove(.persist)
    result.sets = sets.map(\.comparable).sorted { $0.name < $1.name }
    result.chains = chains.map { chain in
      NetlinkChain(
        name: withoutGeneration(chain.name), base: chain.base,
        rules: chain.rules.map(\.comparable))
    }.sorted { ($0.name, $0.base == nil ? 1 : 0) < ($1.name, $1.base == nil ? 1 : 0) }
    return result
  }
}

extension NetlinkSet {
  var isFilledByRules: Bool { flags.contains(.evaluated) }

  fileprivate var comparable: NetlinkSet {
    var result = self
    result.name = withoutGeneration(name)
    result.elements = isFilledByRules ? ElementList(keyByteCount: keyByteCount) : elements.sorted
    return result
  }
}

extension NetlinkRule {
  fileprivate var comparable: NetlinkRule {
    var result = withoutCounts
    result.expressions = expressions.map { expression in
      switch expression {
      case .counter: .counter(packets: 0, bytes: 0)
      case .lookup(let register, .named(let name), let isNegated):
        .lookup(register, .named(withoutGeneration(name)), isNegated: isNegated)
      case .updateSet(let name, let key): .updateSet(withoutGeneration(name), key: key)
      case .verdict(.jump(let chain)): .verdict(.jump(withoutGeneration(chain)))
      case .verdict(.goto(let chain)): .verdict(.goto(withoutGeneration(chain)))
      case .meta, .setMeta, .payload, .extensionHeader, .conntrack, .setConntrack, .controlGroup,
        .bitwise, .networkOrder, .compare, .compareControlGroup, .range, .lookup, .immediate,
        .verdict, .limit, .log,
        .reject, .masquerade, .other:
        expression
      }
    }
    return result
  }
}
