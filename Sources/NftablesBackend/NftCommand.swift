import PacketSpace
import RulesetIR

/// One step of loading a rule set, the same for nft text and for libnftables JSON.
enum NftCommand {
  case addTable(Table)
  case deleteTable(Table)
  case addChain(Table, Chain)
  case addSet(Table, NamedSet)
  case flushChain(Table, Chain)
  case flushSet(Table, NamedSet)
  /// The rules of all chains of the table.
  case addRules(Table)
  /// The set has at least one element.
  case addElements(Table, NamedSet)
}

/// The steps that load a rule set, over nothing, over itself or over an older one, in one transaction.
///
/// Tables, chains and sets are added, not replaced: a base chain that is created anew lets packets
/// by for some microseconds. What they held is flushed by name, because `flush table` keeps the
/// elements of sets. Elements come last: the kernel works through a transaction in its order, and
/// a large set before the chains would delay their rules by milliseconds.
///
/// A netdev table is replaced all the same, since a chain cannot let go of a device; so are all
/// tables where one has a dynamic set and the target cannot add such a set over itself. They are
/// added, so that they exist, deleted and added again. Whoever writes the rules must end each base
/// chain in a deny, which holds in the moment in which a new chain's policy does not. The kernel
/// lists tables by age: what is replaced alone comes last, so that the listing stays the same.
func nftCommands(_ ruleset: Ruleset, replacesDynamicSets: Bool) -> [NftCommand] {
  let tables =
    ruleset.tables.filter { $0.family != .netdev } + ruleset.tables.filter { $0.family == .netdev }
  let replacesAll = replacesDynamicSets && tables.contains(where: \.hasDynamicSet)
  var commands: [NftCommand] = []
  for table in tables {
    commands.append(.addTable(table))
    if replacesAll || table.family == .netdev {
      commands += [.deleteTable(table), .addTable(table)]
    }
    commands += table.chains.filter { $0.base != nil }.map { .addChain(table, $0) }
    commands += table.chains.filter { $0.base == nil }.map { .addChain(table, $0) }
    commands += table.sets.map { .addSet(table, $0) }
  }
  for table in tables where !replacesAll && table.family != .netdev {
    commands += table.chains.map { .flushChain(table, $0) }
    commands += table.sets.map { .flushSet(table, $0) }
  }
  commands += tables.filter { $0.chains.contains { !$0.rules.isEmpty } }.map { .addRules($0) }
  for table in tables {
    commands += table.sets.filter { $0.elements.count > 0 }.map { .addElements(table, $0) }
  }
  return commands
}

extension Table {
  fileprivate var hasDynamicSet: Bool { sets.contains { $0.elements.nftFlags.contains("dynamic") } }
}

extension SetElements {
  /// nft's type of the set's key, one word for each part.
  var nftType: [String] {
    let address =
      switch family {
      case .ipv4: "ipv4_addr"
      case .ipv6: "ipv6_addr"
      }
    return switch self {
    case .ipv4, .ipv6, .ipv4Ranges, .ipv6Ranges: [address]
    case .asked: [address, "inet_service"]
    }
  }

  var nftFlags: [String] {
    switch self {
    case .ipv4, .ipv6: []
    case .ipv4Ranges, .ipv6Ranges: ["interval"]
    case .asked: ["dynamic", "timeout"]
    }
  }

  var timeoutSeconds: UInt32? {
    switch self {
    case .ipv4, .ipv6, .ipv4Ranges, .ipv6Ranges: nil
    case .asked(_, let seconds): seconds
    }
  }
}
