import PacketSpace
import RulesetIR

extension NftTableReader {
  /// Conditions on fields whose values are bits.
  ///
  /// `in` and `!` test bits; `==`, `!=` and sets compare the whole value, which for the state of a
  /// packet is always one bit: `ct state == established,related` never holds.
  func flagMeaning(_ field: NftReadField, _ comparison: NftComparison, _ right: NftOperand)
    -> Alternatives?
  {
    switch comparison {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      return numbers(field, comparison, right).flatMap { valueMeaning(field, $0) }
    case .any, .none:
      guard !right.isSet, let place = right.places.first else { return nil }
      return bitMeaning(field, place, areSet: comparison == .any)
    }
  }

  private func valueMeaning(_ field: NftReadField, _ numbers: NftNumbers) -> Alternatives? {
    switch field {
    case .ctState:
      let states = StateBit.allCases.filter { numbers.values.contains($0.number) }
      if states.isEmpty { return numbers.isNegated ? [[]] : [] }
      return [[.ctState(states, isNegated: numbers.isNegated)]]
    case .tcpFlags(let mask):
      guard let list = numbers.values.numbers(limit: 16)?.map({ UInt8($0) }) else { return nil }
      if !numbers.isNegated {
        return list.filter { $0 & ~mask == 0 }.map { [.tcpFlags(mask: mask, value: $0)] }
      }
      guard list.count == 1 else { return nil }
      return list[0] & ~mask == 0 ? differing(list[0], mask) : [[.tcpFlags(mask: 0, value: 0)]]
    case .address, .ctAddress, .arpAddress, .interface, .interfaceIndex, .deviceType,
      .networkProtocol, .etherType, .transport, .ipProtocol, .nextHeader, .port, .ctDirection,
      .ctProtocol, .ctLabel, .ctPort, .icmpType, .icmpv6Type, .mark, .user, .group, .cgroup,
      .hopLimit, .fragmentOffset:
      return nil
    }
  }

  private func bitMeaning(_ field: NftReadField, _ place: JSONPlace, areSet: Bool)
    -> Alternatives?
  {
    if field == .ctLabel { return labelMeaning(place, areSet: areSet) }
    guard let range = tree.number(place, of: field), range.lowerBound == range.upperBound
    else { return nil }
    let bits = range.lowerBound
    switch field {
    case .ctState:
      let states = StateBit.allCases.filter { $0.number & bits != 0 }
      if states.isEmpty { return areSet ? [] : [[]] }
      return [[.ctState(states, isNegated: !areSet)]]
    case .tcpFlags(let mask):
      let bits = UInt8(bits) & mask
      return areSet ? differing(0, bits) : [[.tcpFlags(mask: bits, value: 0)]]
    case .address, .ctAddress, .arpAddress, .interface, .interfaceIndex, .deviceType,
      .networkProtocol, .etherType, .transport, .ipProtocol, .nextHeader, .port, .ctDirection,
      .ctProtocol, .ctLabel, .ctPort, .icmpType, .icmpv6Type, .mark, .user, .group, .cgroup,
      .hopLimit, .fragmentOffset:
      return nil
    }
  }

  /// Labels by number; names stand in a file of the host.
  private func labelMeaning(_ place: JSONPlace, areSet: Bool) -> Alternatives? {
    var bits: [UInt8] = []
    for place in tree.items(place) ?? [place] {
      guard let range = tree.number(place, of: .ctLabel), range.lowerBound == range.upperBound
      else { return nil }
      bits.append(UInt8(range.lowerBound))
    }
    if areSet { return bits.map { [.ctLabel(bit: $0)] } }
    return [ConntrackDirection.original, .reply].map { direction in
      [.ctDirection(direction)] + bits.map { .not(.ctLabel(bit: $0)) }
    }
  }

  /// The flags of the mask are not this value: disjoint alternatives by the lowest bit that differs.
  private func differing(_ value: UInt8, _ mask: UInt8) -> Alternatives {
    var result: Alternatives = []
    for place in 0..<UInt8(8) {
      let bit: UInt8 = 1 << place
      guard mask & bit != 0 else { continue }
      let lower = mask & (bit - 1)
      result.append([.tcpFlags(mask: lower | bit, value: (value & lower) | (~value & bit))])
    }
    return result
  }
}

extension StateBit {
  fileprivate var number: UInt64 { ctStateNumbers[rawValue] ?? 0 }
}
