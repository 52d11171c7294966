import PacketSpace
import RulesetIR

/// What a condition looks at, where it is modelled.
enum NftReadField: Hashable {
  /// `ip saddr`; the length of a contiguous mask, `nil` for none.
  case address(AddressField, AddressFamily, maskLength: Int?)
  case ctAddress(ConntrackDirection, AddressField, AddressFamily, maskLength: Int?)
  case arpAddress(AddressField)
  case interface(InterfaceSide)
  case interfaceIndex(InterfaceSide)
  case deviceType(InterfaceSide)
  /// `meta nfproto`
  case networkProtocol
  /// `meta protocol`, and where it is the same the frame's Ethernet type.
  case etherType
  /// `meta l4proto`
  case transport
  /// `ip protocol`, the same number in IPv4.
  case ipProtocol
  /// `ip6 nexthdr`: of the first header, which need not be the transport's.
  case nextHeader
  /// Of the header with this number; `nil` for `th`, whatever header it is.
  case port(UInt8?, PortField)
  case ctState
  case ctDirection
  case ctProtocol
  case ctLabel
  case ctPort(ConntrackDirection, PortField)
  case icmpType
  case icmpv6Type
  case mark(mask: UInt32)
  case user
  case group
  case cgroup(level: Int)
  case hopLimit(AddressFamily)
  case fragmentOffset(AddressFamily)
  case tcpFlags(mask: UInt8)

  /// The largest number that the field can hold; 0 for what is no number.
  var maximum: UInt64 {
    switch self {
    case .transport, .ipProtocol, .nextHeader, .ctProtocol, .icmpType, .icmpv6Type, .hopLimit,
      .tcpFlags, .networkProtocol, .ctDirection:
      UInt64(UInt8.max)
    case .port, .ctPort, .deviceType, .etherType, .fragmentOffset: UInt64(UInt16.max)
    case .ctState, .mark, .user, .group: UInt64(UInt32.max)
    case .ctLabel: 127
    case .address, .ctAddress, .arpAddress, .interface, .interfaceIndex, .cgroup: 0
    }
  }

  var isAddress: Bool {
    switch self {
    case .address, .ctAddress, .arpAddress: true
    case .interface, .interfaceIndex, .deviceType, .networkProtocol, .etherType, .transport,
      .ipProtocol, .nextHeader, .port, .ctState, .ctDirection, .ctProtocol, .ctLabel, .ctPort,
      .icmpType, .icmpv6Type, .mark, .user, .group, .cgroup, .hopLimit, .fragmentOffset, .tcpFlags:
      false
    }
  }

  /// A value is a bit, several are bits of one value.
  var isFlags: Bool {
    switch self {
    case .ctState, .ctLabel, .tcpFlags: true
    case .address, .ctAddress, .arpAddress, .interface, .interfaceIndex, .deviceType,
      .networkProtocol, .etherType, .transport, .ipProtocol, .nextHeader, .port, .ctDirection,
      .ctProtocol, .ctPort, .icmpType, .icmpv6Type, .mark, .user, .group, .cgroup, .hopLimit,
      .fragmentOffset:
      false
    }
  }
}

extension JSONTree {
  /// `nil` for a field, or a way to compute from it, that is not modelled.
  func field(_ place: JSONPlace, in family: TableFamily) -> NftReadField? {
    guard let (tag, value) = tagged(place) else { return nil }
    switch tag {
    case "meta": return member(value, "key").flatMap(string).flatMap { metaField($0, in: family) }
    case "payload": return payloadField(value, in: family)
    case "ct": return conntrackField(value, in: family)
    case "exthdr":
      let isOffset = has(value, "name", "frag") && has(value, "field", "frag-off")
      return isOffset ? .fragmentOffset(.ipv6) : nil
    case "socket":
      guard has(value, "key", "cgroupv2"), let level = member(value, "level").flatMap(integer)
      else { return nil }
      return (1...255).contains(level) ? .cgroup(level: Int(level)) : nil
    case "&": return maskedField(value, in: family)
    default: return nil
    }
  }

  func has(_ place: JSONPlace, _ key: String, _ text: String) -> Bool {
    member(place, key).map { isString($0, text) } ?? false
  }

  private func metaField(_ key: String, in family: TableFamily) -> NftReadField? {
    switch key {
    case "iifname": .interface(.input)
    case "oifname": .interface(.output)
    case "iif": .interfaceIndex(.input)
    case "oif": .interfaceIndex(.output)
    case "iiftype": .deviceType(.input)
    case "oiftype": .deviceType(.output)
    // In bridge and netdev tables the key says which table it is.
    case "nfproto": family == .inet || family == .ip || family == .ip6 ? .networkProtocol : nil
    case "protocol": family == .arp ? nil : .etherType
    case "l4proto": .transport
    case "mark": .mark(mask: .max)
    case "skuid": .user
    case "skgid": .group
    default: nil
    }
  }

  private func payloadField(_ value: JSONPlace, in family: TableFamily) -> NftReadField? {
    if has(value, "base", "ll") {
      let isEtherType =
        member(value, "offset").flatMap(integer) == 96
        && member(value, "len").flatMap(integer) == 16
      return isEtherType && (family == .netdev || family == .bridge) ? .etherType : nil
    }
    guard let header = member(value, "protocol").flatMap(string),
      let field = member(value, "field").flatMap(string)
    else { return nil }
    switch (header, field) {
    case ("ip", "saddr"): return .address(.source, .ipv4, maskLength: nil)
    case ("ip", "daddr"): return .address(.destination, .ipv4, maskLength: nil)
    case ("ip6", "saddr"): return .address(.source, .ipv6, maskLength: nil)
    case ("ip6", "daddr"): return .address(.destination, .ipv6, maskLength: nil)
    case ("ip", "protocol"): return .ipProtocol
    case ("ip6", "nexthdr"): return .nextHeader
    case ("ip", "ttl"): return .hopLimit(.ipv4)
    case ("ip6", "hoplimit"): return .hopLimit(.ipv6)
    case ("icmp", "type"): return .icmpType
    case ("icmpv6", "type"): return .icmpv6Type
    case ("tcp", "flags"): return .tcpFlags(mask: .max)
    // In other families nft also asks for the input device's type, which not every hook has.
    case ("ether", "type"): return family == .bridge ? .etherType : nil
    case ("arp", "saddr ip"): return .arpAddress(.source)
    case ("arp", "daddr ip"): return .arpAddress(.destination)
    case ("tcp", _), ("udp", _), ("sctp", _), ("dccp", _), ("udplite", _), ("th", _):
      let number = protocolNumbers[header].map { UInt8($0) }
      if field == "sport" { return .port(number, .source) }
      return field == "dport" ? .port(number, .destination) : nil
    default: return nil
    }
  }

  private func conntrackField(_ value: JSONPlace, in family: TableFamily) -> NftReadField? {
    guard let key = member(value, "key").flatMap(string) else { return nil }
    guard let direction = member(value, "dir").flatMap(string) else {
      switch key {
      case "state": return .ctState
      case "direction": return .ctDirection
      case "protocol": return .ctProtocol
      case "label": return .ctLabel
      default: return nil
      }
    }
    guard let direction = ConntrackDirection(rawValue: direction) else { return nil }
    switch key {
    case "ip saddr": return .ctAddress(direction, .source, .ipv4, maskLength: nil)
    case "ip daddr": return .ctAddress(direction, .destination, .ipv4, maskLength: nil)
    case "ip6 saddr": return .ctAddress(direction, .source, .ipv6, maskLength: nil)
    case "ip6 daddr": return .ctAddress(direction, .destination, .ipv6, maskLength: nil)
    case "saddr", "daddr":
      let field: AddressField = key == "saddr" ? .source : .destination
      if family == .ip { return .ctAddress(direction, field, .ipv4, maskLength: nil) }
      return family == .ip6 ? .ctAddress(direction, field, .ipv6, maskLength: nil) : nil
    case "proto-src": return .ctPort(direction, .source)
    case "proto-dst": return .ctPort(direction, .destination)
    default: return nil
    }
  }

  /// `FIELD & MASK`
  private func maskedField(_ value: JSONPlace, in family: TableFamily) -> NftReadField? {
    guard let parts = items(value), parts.count == 2 else { return nil }
    if isFragmentOffset(parts[0]) {
      // Below the three flags.
      return integer(parts[1]) == 0x1fff ? .fragmentOffset(.ipv4) : nil
    }
    guard let inner = field(parts[0], in: family) else { return nil }
    switch inner {
    case .address(let field, let family, maskLength: nil):
      return addressMask(parts[1], family).map { .address(field, family, maskLength: $0) }
    case .ctAddress(let direction, let field, let family, maskLength: nil):
      return addressMask(parts[1], family).map {
        .ctAddress(direction, field, family, maskLength: $0)
      }
    case .mark(mask: .max):
      guard let mask = number(parts[1], of: inner), mask.lowerBound == mask.upperBound,
        let bits = UInt32(exactly: mask.lowerBound)
      else { return nil }
      return .mark(mask: bits)
    case .tcpFlags(mask: .max):
      guard let mask = number(parts[1], of: inner), mask.lowerBound == mask.upperBound,
        let bits = UInt8(exactly: mask.lowerBound)
      else { return nil }
      return .tcpFlags(mask: bits)
    case .address, .ctAddress, .arpAddress, .interface, .interfaceIndex, .deviceType,
      .networkProtocol, .etherType, .transport, .ipProtocol, .nextHeader, .port, .ctState,
      .ctDirection, .ctProtocol, .ctLabel, .ctPort, .icmpType, .icmpv6Type, .mark, .user, .group,
      .cgroup, .hopLimit, .fragmentOffset, .tcpFlags:
      return nil
    }
  }

  private func isFragmentOffset(_ place: JSONPlace) -> Bool {
    guard let value = member(place, "payload") else { return false }
    return has(value, "protocol", "ip") && has(value, "field", "frag-off")
  }

  private func addressMask(_ place: JSONPlace, _ family: AddressFamily) -> Int? {
    guard let mask = address(place, family) else { return nil }
    let length = mask.nonzeroBitCount
    return mask == Prefix.mask(family, length: length) ? length : nil
  }
}
