import Netfilter
import PacketSpace
package import RulesetIR

/// The tables as a rule set that can be evaluated.
///
/// What rules by others have and ours do not becomes an `opaque` match or statement, each with a number of its own,
/// so that nothing is taken for granted; a statement that nothing is known about may accept, drop or go on.
package func ruleset(of tables: [NetlinkTable], _ surroundings: RuleSurroundings) -> Ruleset {
  let paths = Dictionary(
    surroundings.controlGroups.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
  var occurrences = 0
  return Ruleset(
    tables: tables.map { table in
      var reader = TableReader(table: table, paths: paths, occurrences: occurrences)
      defer { occurrences = reader.occurrences }
      return reader.read()
    })
}

private struct TableReader {
  let table: NetlinkTable
  let paths: [UInt64: String]
  var occurrences: Int

  mutating func read() -> Table {
    let sets = table.sets.compactMap { set in
      set.readElements.map { NamedSet(name: set.name, elements: $0, size: set.size) }
    }
    let named = Dictionary(sets.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var chains: [Chain] = []
    for chain in table.chains {
      var rules: [Rule] = []
      for rule in chain.rules {
        var reader = RuleReader(
          family: table.family, sets: named, paths: paths, comment: rule.comment ?? "",
          occurrences: occurrences)
        rules += reader.read(rule)
        occurrences = reader.occurrences
      }
      chains.append(Chain(name: chain.name, base: chain.base, rules: rules))
    }
    return Table(
      family: table.family, name: table.name, sets: sets, chains: chains,
      isDormant: table.flags.contains(.dormant))
  }
}

extension NetlinkSet {
  /// `nil` for a set of a kind that rules of ours do not have.
  fileprivate var readElements: SetElements? {
    if isOpaque { return nil }
    switch (flags, keyType) {
    case ([], KeyType.ipv4Address): return .ipv4(elements.numbers().sorted())
    case ([], KeyType.ipv6Address): return .ipv6(elements.numbers().sorted())
    case (.interval, KeyType.ipv4Address):
      return .ipv4Ranges(elements.intervals().map { IPv4Range($0.lowerBound, $0.upperBound) })
    case (.interval, KeyType.ipv6Address):
      return .ipv6Ranges(elements.intervals().map { IPv6Range($0.lowerBound, $0.upperBound) })
    case ([.evaluated, .timeout], KeyType.concatenation(KeyType.ipv4Address, KeyType.port)),
      ([.evaluated, .timeout], KeyType.concatenation(KeyType.ipv6Address, KeyType.port)):
      guard let timeoutMilliseconds, timeoutMilliseconds % 1000 == 0 else { return nil }
      let isPairOfIPv4 = keyByteCount == 8
      return .asked(
        isPairOfIPv4 ? .ipv4 : .ipv6, timeoutSeconds: UInt32(clamping: timeoutMilliseconds / 1000))
    default: return nil
    }
  }
}

extension ElementList {
  /// The keys as numbers, those where an interval ends left out.
  func numbers<Number: FixedWidthInteger & UnsignedInteger>() -> [Number] {
    (0..<count).filter { flags($0) & intervalEndFlag == 0 }.map { number($0) }
  }

  /// What the points of an interval set enclose, ascending.
  func intervals<Number: FixedWidthInteger & UnsignedInteger>() -> [ClosedRange<Number>] {
    let sorted = sorted
    var result: [ClosedRange<Number>] = []
    var start: Number?
    for index in 0..<sorted.count {
      let point: Number = sorted.number(index)
      if let begun = start, point > begun { result.append(begun...(point - 1)) }
      start = sorted.flags(index) & intervalEndFlag == 0 ? point : nil
    }
    if let start { result.append(start...(.max)) }
    return result
  }

  private func number<Number: FixedWidthInteger & UnsignedInteger>(_ index: Int) -> Number {
    key(index).reduce(0) { $0 << 8 | Number($1) }
  }
}
