import PacketSpace
import RulesetIR

extension NftTableReader {
  /// What a condition on a numeric field asks for; `nil` where it is not modelled.
  func numberMeaning(_ field: NftReadField, _ numbers: NftNumbers) -> Alternatives? {
    let values = numbers.positive(upTo: field.maximum)
    switch field {
    case .transport: return listed(values) { [.transport($0)] }
    case .ipProtocol: return listed(values) { [.family(.ipv4), .transport($0)] }
    case .nextHeader: return nextHeader(numbers)
    case .port(let header, let port): return portMeaning(header, port, numbers)
    case .icmpType: return listed(values) { [.icmpType($0)] }
    case .icmpv6Type: return listed(values) { [.icmpv6Type($0)] }
    case .networkProtocol:
      return families(values.contains(2), values.contains(10))
    case .etherType: return etherTypes(numbers)
    case .deviceType(let side):
      return few(numbers) { .deviceType(side, UInt16($0), isNegated: numbers.isNegated) }
    case .ctDirection:
      return few(NftNumbers(values: values.only(0...1), isNegated: false)) {
        .ctDirection($0 == 0 ? .original : .reply)
      }
    case .ctProtocol:
      if numbers.isNegated { return excluded(numbers) { .ctProtocol(UInt8($0)) } }
      return few(numbers) { .ctProtocol(UInt8($0)) }
    case .ctPort(let direction, let port):
      return values.ranges.map { [.ctPort(direction, port, PortRange($0))] }
    case .mark(let mask): return markMeaning(mask, numbers)
    case .user:
      return values.ranges.map { [.socketUser(UInt32($0.lowerBound)...UInt32($0.upperBound))] }
    case .group:
      return values.ranges.map { [.socketGroup(UInt32($0.lowerBound)...UInt32($0.upperBound))] }
    case .hopLimit(let family):
      if let few = few(
        NftNumbers(values: values, isNegated: false), { .hopLimit(family, UInt8($0)) })
      {
        return few
      }
      let others = NftNumbers(values: values.complement(upTo: field.maximum), isNegated: true)
      return few(others) { .not(.hopLimit(family, UInt8($0))) }?.map { [.family(family)] + $0 }
    case .fragmentOffset(let family): return fragmentMeaning(family, numbers)
    case .address, .ctAddress, .arpAddress, .interface, .interfaceIndex, .cgroup, .ctState,
      .ctLabel,
      .tcpFlags:
      return nil
    }
  }

  /// One match a number: any of them, or, where the matches are negations, all of them.
  private func few(_ numbers: NftNumbers, _ match: (UInt64) -> Match) -> Alternatives? {
    guard let list = numbers.values.numbers(limit: 16) else { return nil }
    return numbers.isNegated ? [list.map(match)] : list.map { [match($0)] }
  }

  /// None of the numbers, of a packet that has a connection.
  private func excluded(_ numbers: NftNumbers, _ match: (UInt64) -> Match) -> Alternatives? {
    numbers.values.numbers(limit: 16).map { list in
      [ConntrackDirection.original, .reply].map { direction in
        [.ctDirection(direction)] + list.map { .not(match($0)) }
      }
    }
  }

  private func families(_ hasIPv4: Bool, _ hasIPv6: Bool) -> Alternatives {
    let hasIPv4 = hasIPv4 && source.family != .ip6
    let hasIPv6 = hasIPv6 && source.family != .ip
    switch (hasIPv4, hasIPv6) {
    case (true, true): return [[]]
    case (true, false): return source.family == .ip ? [[]] : [[.family(.ipv4)]]
    case (false, true): return source.family == .ip6 ? [[]] : [[.family(.ipv6)]]
    case (false, false): return []
    }
  }

  private func etherTypes(_ numbers: NftNumbers) -> Alternatives? {
    let values = numbers.positive(upTo: UInt64(UInt16.max))
    let (hasIPv4, hasIPv6) = (values.contains(0x0800), values.contains(0x86dd))
    switch source.family {
    case .inet, .ip, .ip6: return families(hasIPv4, hasIPv6)
    case .bridge, .netdev, .arp: break
    }
    let frames = NumberRanges(ipFrameTypes.map { UInt64($0.number)...UInt64($0.number) })
    if numbers.values == frames { return [[.isIP(isNegated: numbers.isNegated)]] }
    var result: Alternatives = hasIPv4 ? [[.family(.ipv4)]] : []
    if hasIPv6 { result.append([.family(.ipv6)]) }
    // What a tag hides, and what is not IP at all.
    let tags = frames.without(NumberRanges([0x0800...0x0800, 0x86dd...0x86dd]))
    let rest = frames.complement(upTo: UInt64(UInt16.max))
    let isTag: [Match] = [.isIP(isNegated: false), .not(.family(.ipv4)), .not(.family(.ipv6))]
    for (all, matches) in [(tags, isTag), (rest, [.isIP(isNegated: true)])] {
      let found = all.without(values.complement(upTo: UInt64(UInt16.max)))
      if found == all { result.append(matches) }
      if found == all || found.ranges.isEmpty { continue }
      let names = numbers.values.ranges.map { "\($0.lowerBound)-\($0.upperBound)" }
      let text = "ether type \(numbers.isNegated ? "!= " : ""){ \(names.joined(separator: ", ")) }"
      result.append(matches + [opaque(text)])
    }
    return result
  }

  /// The first header's number is the transport's where it is no extension header.
  private func nextHeader(_ numbers: NftNumbers) -> Alternatives? {
    let extensions = [0, 43, 44, 51, 59, 60, 135, 139, 140].map { UInt64($0) }
    guard !numbers.isNegated, let list = numbers.values.numbers(limit: 16),
      !list.contains(where: extensions.contains)
    else { return nil }
    return list.map {
      [.family(.ipv6), .transport([UInt8($0)]), opaque("ip6 nexthdr \($0)")]
    }
  }

  /// `th` is whatever header the packet has: only of these protocols are the bytes ports.
  private func portMeaning(_ header: UInt8?, _ port: PortField, _ numbers: NftNumbers)
    -> Alternatives?
  {
    let ranges = numbers.values.ranges.map { PortRange($0) }
    if ranges.isEmpty { return numbers.isNegated ? nil : [] }
    let match = Match.port(port, ranges, isNegated: numbers.isNegated)
    if let header {
      return draft.knows(only: [header]) ? [[match]] : [[.transport([header]), match]]
    }
    let protocols: [UInt8] = [6, 17, 33, 132, 136]
    if draft.knows(only: protocols) { return [[match]] }
    let others = draft.allowed.subtracting(protocols).sorted()
    let values = ranges.map { "\($0.lower)-\($0.upper)" }.joined(separator: ", ")
    let name = port == .source ? "th sport" : "th dport"
    let text = "\(name) \(numbers.isNegated ? "!= " : ""){ \(values) }"
    let other: [Match] = [.transport(others), opaque(text)]
    return others.count == draft.allowed.count ? [other] : [[.transport(protocols), match], other]
  }

  private func markMeaning(_ mask: UInt32, _ numbers: NftNumbers) -> Alternatives? {
    var blocks: [(value: UInt32, mask: UInt32)] = []
    if mask == .max {
      guard let found = numbers.values.blocks(limit: 64) else { return nil }
      blocks = found
    } else {
      guard let list = numbers.values.numbers(limit: 16) else { return nil }
      // Bits outside the mask are 0, so that no other number is ever found.
      blocks = list.map { UInt32($0) }.filter { $0 & ~mask == 0 }.map { ($0, mask) }
    }
    let matches = blocks.map {
      Match.mark(value: $0.value, mask: $0.mask, isNegated: numbers.isNegated)
    }
    return numbers.isNegated ? [matches] : matches.map { [$0] }
  }

  private func fragmentMeaning(_ family: AddressFamily, _ numbers: NftNumbers) -> Alternatives? {
    guard numbers.values == NumberRanges([0...0]) else { return nil }
    if numbers.isNegated { return [[.laterFragment(family)]] }
    let first: [Match] = [.family(family), .not(.laterFragment(family))]
    // In IPv6 there must be a fragment header.
    return [family == .ipv4 ? first : first + [opaque("exthdr frag exists")]]
  }

  /// A list of numbers in one match; an empty one never holds.
  private func listed(_ values: NumberRanges, _ matches: ([UInt8]) -> [Match]) -> Alternatives {
    let list = values.ranges.flatMap { range in range.map { UInt8($0) } }
    return list.isEmpty ? [] : [matches(list)]
  }
}

extension NumberRanges {
  fileprivate func only(_ range: ClosedRange<UInt64>) -> NumberRanges {
    NumberRanges(ranges.filter { $0.overlaps(range) }.map { $0.clamped(to: range) })
  }

  fileprivate func without(_ other: NumberRanges) -> NumberRanges {
    let rest = other.complement(upTo: .max).ranges
    return NumberRanges(
      ranges.flatMap { range in
        rest.filter { $0.overlaps(range) }.map { $0.clamped(to: range) }
      })
  }
}

extension PortRange {
  /// The field has 16 bits; its reader has seen to it.
  fileprivate init(_ range: ClosedRange<UInt64>) {
    self.init(
      UInt16(truncatingIfNeeded: range.lowerBound), UInt16(truncatingIfNeeded: range.upperBound))
  }
}
