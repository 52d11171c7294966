import PacketSpace
import RulesetIR

extension NftTableReader {
  mutating func addressMeaning(
    _ field: NftReadField, _ comparison: NftComparison, _ right: NftOperand
  ) -> Alternatives? {
    switch field {
    case .address(let side, let family, let maskLength):
      guard let found = operand(family, maskLength, comparison, right) else { return nil }
      guard let operand = found.operand else { return found.isNegated ? [[.family(family)]] : [] }
      return [[.address(side, operand, isNegated: found.isNegated)]]
    case .ctAddress(let direction, let side, let family, let maskLength):
      guard let found = operand(family, maskLength, comparison, right),
        let operand = found.operand
      else { return nil }
      let match = Match.ctAddress(direction, side, operand)
      if !found.isNegated { return [[match]] }
      return [ConntrackDirection.original, .reply].map {
        [.family(family), .ctDirection($0), .not(match)]
      }
    case .arpAddress(let side):
      guard comparison == .equal else { return nil }
      var result: Alternatives = []
      for place in right.places {
        guard let address = tree.address(place, .ipv4) else { return nil }
        result.append([.arpAddress(side, IPAddress(family: .ipv4, bits: address))])
      }
      return result
    case .interface, .interfaceIndex, .deviceType, .networkProtocol, .etherType, .transport,
      .ipProtocol, .nextHeader, .port, .ctState, .ctDirection, .ctProtocol, .ctLabel, .ctPort,
      .icmpType, .icmpv6Type, .mark, .user, .group, .cgroup, .hopLimit, .fragmentOffset, .tcpFlags:
      return nil
    }
  }

  /// No operand: no address at all.
  private mutating func operand(
    _ family: AddressFamily, _ maskLength: Int?, _ comparison: NftComparison, _ right: NftOperand
  ) -> (operand: AddressOperand?, isNegated: Bool)? {
    let maskLength = maskLength == family.addressWidth ? nil : maskLength
    if case .asked? = right.set?.elements { return nil }
    let isNegated = comparison == .notEqual
    if isNegated || comparison == .equal, let set = right.set,
      set.elements.family == family
    {
      return (.set(name: set.name, family: family, maskLength: maskLength), isNegated)
    }
    if right.set != nil, !spend(right.places.count) { return nil }
    guard var ranges = addressRanges(right.places, family) else { return nil }
    switch comparison {
    case .equal, .notEqual: break
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard maskLength == nil, let bounded = bounded(ranges, comparison, family.maximum)
      else { return nil }
      ranges = bounded
    case .any, .none: return nil
    }
    if let maskLength { ranges = ranges.compactMap { $0.widened(family, to: maskLength) } }
    return (operand(family, ranges), isNegated)
  }

  func addressRanges(_ places: [JSONPlace], _ family: AddressFamily) -> [ClosedRange<UInt128>]? {
    var ranges: [ClosedRange<UInt128>] = []
    ranges.reserveCapacity(places.count)
    for place in places {
      guard let place = tree.plainElement(place), let range = tree.addresses(place, family)
      else { return nil }
      ranges.append(range)
    }
    return ranges
  }

  private func bounded(
    _ ranges: [ClosedRange<UInt128>], _ comparison: NftComparison, _ maximum: UInt128
  ) -> [ClosedRange<UInt128>]? {
    guard ranges.count == 1, ranges[0].lowerBound == ranges[0].upperBound else { return nil }
    let bound = ranges[0].lowerBound
    switch comparison {
    case .less: return bound == 0 ? [] : [0...(bound - 1)]
    case .lessOrEqual: return [0...bound]
    case .greater: return bound == maximum ? [] : [(bound + 1)...maximum]
    case .greaterOrEqual: return [bound...maximum]
    case .equal, .notEqual, .any, .none: return nil
    }
  }

  /// A prefix, a list of addresses, or a new set of the table.
  private mutating func operand(_ family: AddressFamily, _ ranges: [ClosedRange<UInt128>])
    -> AddressOperand?
  {
    guard let first = ranges.first else { return nil }
    if ranges.count == 1,
      let length = prefixLength(family, first.lowerBound, first.upperBound)
    {
      return .prefix(Prefix(IPAddress(family: family, bits: first.lowerBound), length: length))
    }
    if ranges.allSatisfy({ $0.lowerBound == $0.upperBound }) {
      return .list(ranges.map { IPAddress(family: family, bits: $0.lowerBound) })
    }
    // The kernel, too, gives an anonymous set a name.
    let name = newName("__set")
    newSets.append(NamedSet(name: name, elements: intervals(family, ranges), size: nil))
    return .set(name: name, family: family, maskLength: nil)
  }
}

func intervals(_ family: AddressFamily, _ ranges: [ClosedRange<UInt128>]) -> SetElements {
  switch family {
  case .ipv4:
    return .ipv4Ranges(
      AddressSet(
        ipv4: ranges.map {
          IPv4Range(
            UInt32(truncatingIfNeeded: $0.lowerBound), UInt32(truncatingIfNeeded: $0.upperBound))
        }
      ).ipv4)
  case .ipv6:
    return .ipv6Ranges(
      AddressSet(ipv6: ranges.map { IPv6Range($0.lowerBound, $0.upperBound) }).ipv6)
  }
}

extension ClosedRange<UInt128> {
  /// The addresses whose masked form is in the range; `nil` for none.
  fileprivate func widened(_ family: AddressFamily, to length: Int) -> ClosedRange<UInt128>? {
    let host = family.maximum & ~Prefix.mask(family, length: length)
    let (next, overflow) = lowerBound.addingReportingOverflow(host)
    if overflow { return nil }
    let first = next & ~host
    let last = upperBound & ~host
    return first <= last && first <= upperBound ? first...(last | host) : nil
  }
}
