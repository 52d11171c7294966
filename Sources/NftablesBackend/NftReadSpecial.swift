import PacketSpace
import RulesetIR

extension NftTableReader {
  /// Conditions on interfaces and control groups.
  func nameMeaning(_ field: NftReadField, _ comparison: NftComparison, _ right: NftOperand)
    -> Alternatives?
  {
    let isNegated: Bool
    switch comparison {
    case .equal: isNegated = false
    case .notEqual: isNegated = true
    case .any, .none, .less, .lessOrEqual, .greater, .greaterOrEqual: return nil
    }
    var matches: [Match] = []
    for place in right.places {
      guard let place = tree.plainElement(place),
        let match = nameMatch(field, place, isNegated: isNegated)
      else { return nil }
      matches.append(match)
    }
    return isNegated ? [matches] : matches.map { [$0] }
  }

  private func nameMatch(_ field: NftReadField, _ place: JSONPlace, isNegated: Bool) -> Match? {
    switch field {
    case .interface(let side):
      return tree.interface(place).map { .interface(side, $0, isNegated: isNegated) }
    case .interfaceIndex(let side):
      let text = tree.string(place) ?? tree.integer(place).map { "\($0)" }
      // Index 1 is the loopback device in every network namespace (LOOPBACK_IFINDEX). Any other
      // index says nothing about a name.
      if text == "lo" || text == "1" {
        return .interface(side, InterfacePattern("lo"), isNegated: isNegated)
      }
      guard text == "0", side == .input else { return nil }
      return isNegated ? .not(.notReceived) : .notReceived
    case .cgroup(let level):
      guard !isNegated, let path = tree.string(place), !path.isEmpty else { return nil }
      return .cgroup(path: path, level: level)
    case .address, .ctAddress, .arpAddress, .deviceType, .networkProtocol, .etherType, .transport,
      .ipProtocol, .nextHeader, .port, .ctState, .ctDirection, .ctProtocol, .ctLabel, .ctPort,
      .icmpType, .icmpv6Type, .mark, .user, .group, .hopLimit, .fragmentOffset, .tcpFlags:
      return nil
    }
  }
}
