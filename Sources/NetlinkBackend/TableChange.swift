import Netfilter
import RulesetIR

/// What has to happen to one table.
struct TableChange {
  private(set) var preparation: [NetlinkCommand] = []
  private(set) var switching: [NetlinkCommand] = []
  private let wanted: NetlinkTable
  private let live: NetlinkTable?
  private var id: TableID { wanted.id }

  init(_ table: NetlinkTable, over live: NetlinkTable?) {
    let kept = live.map { keptSets(of: $0, for: table) } ?? [:]
    wanted = table.renamingSets(kept)
    self.live = live
    prepare(kept: Set(kept.values))
    switchOver()
    removeOld()
  }

  /// Sets and chains that nothing leads to yet.
  private mutating func prepare(kept: Set<String>) {
    let isAwake = live?.flags.contains(.dormant) == false
    preparation.append(.addTable(id, isAwake ? nil : wanted.flags))
    for set in wanted.sets where !kept.contains(set.name) {
      preparation += set.creation(in: id)
    }
    let chains = wanted.chains.filter { $0.base == nil && !$0.isIdentity }
    preparation += chains.map { .addChain(id, $0.name, nil) }
    for chain in chains { preparation += chain.rules.map { .addRule(id, chain: chain.name, $0) } }
  }

  private mutating func switchOver() {
    for chain in wanted.chains where chain.base != nil || chain.isIdentity {
      if let old = live?.chains.first(where: { $0.name == chain.name }) {
        // A chain cannot leave its hook, its priority or a device.
        let isInPlace = old.base?.place == chain.base?.place
        switching.append(isInPlace ? .flushChain(id, chain.name) : .deleteChain(id, chain.name))
      }
      switching.append(.addChain(id, chain.name, chain.base))
      switching += chain.rules.map { .addRule(id, chain: chain.name, $0) }
    }
  }

  private mutating func removeOld() {
    guard let live else { return }
    let chains = live.chains.map(\.name).filter { name in
      !wanted.chains.contains { $0.name == name }
    }
    // Chains that lead to each other can be deleted when they are empty.
    switching += chains.map { .flushChain(id, $0) }
    switching += chains.map { .deleteChain(id, $0) }
    let sets = live.sets.map(\.name).filter { name in !wanted.sets.contains { $0.name == name } }
    switching += sets.map { .deleteSet(id, $0) }
  }
}

/// Sets that can stay as they are: wanted name to the name that they have.
///
/// One that rules fill stays with what it knows; another one when it has just the elements that are wanted.
private func keptSets(of live: NetlinkTable, for wanted: NetlinkTable) -> [String: String] {
  var result: [String: String] = [:]
  var free = live.sets
  for set in wanted.sets {
    let index = free.firstIndex { candidate in
      guard candidate.shape == set.shape, !candidate.isOpaque else { return false }
      if set.isFilledByRules { return candidate.name == set.name }
      return candidate.elements.count == set.elements.count
        && candidate.elements.sorted == set.elements.sorted
    }
    if let index { result[set.name] = free.remove(at: index).name }
  }
  return result
}

extension NetlinkSet {
  func creation(in table: TableID) -> [NetlinkCommand] {
    [.addSet(table, self)]
      + (elements.count > 0 ? [.addElements(table, set: name, elements)] : [])
  }
}

extension NetlinkTable {
  /// - Parameter names: old names to new ones; others stay.
  fileprivate func renamingSets(_ names: [String: String]) -> NetlinkTable {
    var result = self
    for index in sets.indices {
      result.sets[index].name = names[sets[index].name] ?? sets[index].name
    }
    for chain in chains.indices {
      for rule in chains[chain].rules.indices {
        result.chains[chain].rules[rule].expressions = chains[chain].rules[rule].expressions.map {
          $0.renamingSets(names)
        }
      }
    }
    return result
  }
}

extension NftExpression {
  fileprivate func renamingSets(_ names: [String: String]) -> NftExpression {
    switch self {
    case .lookup(let register, .named(let name), let isNegated):
      .lookup(register, .named(names[name] ?? name), isNegated: isNegated)
    case .updateSet(let name, let key): .updateSet(names[name] ?? name, key: key)
    case .lookup, .meta, .setMeta, .payload, .extensionHeader, .conntrack, .setConntrack,
      .controlGroup, .bitwise, .networkOrder, .compare, .compareControlGroup, .range, .immediate,
      .verdict, .counter, .limit, .log, .reject, .masquerade, .other:
      self
    }
  }
}

extension NetlinkChain {
  /// Says which policy is in force, so it has to change together with that.
  fileprivate var isIdentity: Bool { base == nil && withoutGeneration(name) == "about" }
}

extension BaseChain {
  /// Where the chain is hooked.
  fileprivate var place: BaseChain {
    var result = self
    result.policy = .accept
    result.devices.sort()
    return result
  }
}
