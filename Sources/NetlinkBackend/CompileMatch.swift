import Netfilter
import PacketSpace
import RulesetIR

/// Writes the steps of one rule, in the order and with the companions that nft gives them, so that nft lists the
/// rule as it lists one of its own.
struct RuleCompiler {
  let family: TableFamily
  let origin: RuleOrigin?
  var expressions: [NftExpression] = []
  /// What the steps so far leave: nft asks for it once.
  private(set) var knownFamily: AddressFamily?
  private(set) var knownProtocol: UInt8?

  init(family: TableFamily, origin: RuleOrigin?) {
    self.family = family
    self.origin = origin
    switch family {
    case .ip: knownFamily = .ipv4
    case .ip6: knownFamily = .ipv6
    case .inet, .netdev, .bridge, .arp: knownFamily = nil
    }
  }

  mutating func append(_ match: Match) throws(UnsupportedByTarget) {
    switch match {
    case .interface(let side, let pattern, let isNegated):
      try requireInterfaceName(pattern.name, origin)
      append(.meta(side == .input ? .iifname : .oifname, 1))
      compare(pattern.registerBytes, isNegated)
    case .notReceived, .not(.notReceived):
      append(.meta(.iif, 1))
      compare(hostBytes(UInt32(0)), match != .notReceived)
    case .deviceType(let side, let type, let isNegated):
      append(.meta(side == .input ? .iiftype : .oiftype, 1))
      compare(hostBytes(type), isNegated)
    case .family(let wanted): try require(wanted)
    case .isIP(let isNegated): try appendFrameType(isNegated)
    case .address(let field, let operand, let isNegated):
      try require(operand.family)
      compareAddress(.packet(field), operand, isNegated)
    case .arpAddress(let field, let address):
      // `struct arphdr` of Ethernet, linux/if_arp.h: after types, lengths, operation and hardware address.
      load(.network, field == .source ? 14 : 24, 4)
      compare(address.registerBytes)
    case .asked(let set, let addressFamily, let address, let port):
      try require(addressFamily)
      require(protocol: 17)
      append(.lookup(loadPair(addressFamily, address, port), .named(set), isNegated: false))
    case .transport(let numbers):
      if numbers.count == 1 {
        require(protocol: numbers[0])
      } else {
        append(.meta(.l4proto, 1))
        lookUp(numbers.map { [$0] }, KeyType.internetProtocol, isNegated: false)
      }
    case .port(let field, let ranges, let isNegated):
      if !mergePort(field, ranges, isNegated) {
        load(.transport, field.byteOffset, 2)
        comparePorts(ranges, isNegated)
      }
    case .icmpType(let types):
      try require(.ipv4)
      require(protocol: 1)
      load(.transport, 0, 1)
      compareAny(types.map { [$0] }, KeyType.icmpType)
    case .icmpv6Type(let types):
      try require(.ipv6)
      require(protocol: 58)
      load(.transport, 0, 1)
      compareAny(types.map { [$0] }, KeyType.icmpv6Type)
    case .ctState(let states, let isNegated):
      append(.conntrack(.state, nil, 1))
      let bits = states.reduce(UInt32(0)) { $0 | $1.number }
      compareBits(mask: hostBytes(bits), isNegated ? .equal : .notEqual)
    case .ctDirection(let direction):
      append(.conntrack(.direction, nil, 1))
      compare([direction.number])
    case .ctProtocol(let number):
      append(.conntrack(.protocol, nil, 1))
      compare([number])
    case .ctAddress(let direction, let field, let operand):
      compareAddress(.connection(direction, field), operand, false)
    case .ctPort(let direction, let field, let range):
      append(.conntrack(field == .source ? .sourcePort : .destinationPort, direction, 1))
      comparePorts([range], false)
    case .ctLabel(let bit):
      append(.conntrack(.labels, nil, 1))
      compareBits(mask: labelBytes(bit), .notEqual)
    case .mark(let value, let mask, let isNegated):
      append(.meta(.mark, 1))
      if mask != .max { append(.bitwise(1, mask: hostBytes(mask), xor: [0, 0, 0, 0])) }
      compare(hostBytes(value), isNegated)
    case .socketUser(let range): compareOwner(.skuid, range)
    case .socketGroup(let range): compareOwner(.skgid, range)
    case .cgroup(let path, let level):
      try requireListable(path, "a cgroup path", origin)
      append(.controlGroup(level: UInt32(level), 1))
      append(.compareControlGroup(1, path: path))
    case .hopLimit(let addressFamily, let hops):
      try require(addressFamily)
      load(.network, addressFamily == .ipv4 ? 8 : 7, 1)
      compare([hops])
    case .laterFragment(.ipv4):
      try require(.ipv4)
      load(.network, 6, 2)
      compareBits(mask: networkBytes(UInt16(0x1fff)), .notEqual)  // below the three flags
    case .laterFragment(.ipv6):
      try require(.ipv6)
      // `NEXTHDR_FRAGMENT`, net/ipv6.h; the offset stands above three bits, RFC 8200, section 4.5.
      append(.extensionHeader(44, byteOffset: 2, byteCount: 2, 1))
      compareBits(mask: networkBytes(UInt16(0xfff8)), .notEqual)
    case .tcpFlags(let mask, let value):
      require(protocol: 6)
      load(.transport, 13, 1)
      append(.bitwise(1, mask: [mask], xor: [0]))
      compare([value])
    case .opaque, .not: throw unsupported(match)
    }
  }

  private func unsupported(_ match: Match) -> UnsupportedByTarget {
    let what =
      if case .opaque(let text) = match {
        "`\(text)`, a match that is not modelled"
      } else {
        "the negation of any match"
      }
    return UnsupportedByTarget(
      what, instead: "leave the rule to those who wrote it", origin: origin)
  }

  // MARK: What other matches rest on

  mutating func require(_ wanted: AddressFamily) throws(UnsupportedByTarget) {
    if knownFamily == wanted { return }
    switch family {
    case .inet:
      append(.meta(.nfproto, 1))
      compare([TableFamily(wanted).number])
    case .netdev, .bridge:
      append(.meta(.protocol, 1))
      compare(networkBytes(UInt16(wanted == .ipv4 ? 0x0800 : 0x86dd)))
    case .ip, .ip6, .arp:
      throw UnsupportedByTarget(
        "a match on \(wanted.rawValue) in a table of the family \(family.rawValue)",
        instead: "use an inet table", origin: origin)
    }
    knownFamily = wanted
  }

  mutating func require(protocol number: UInt8) {
    if knownProtocol == number { return }
    append(.meta(.l4proto, 1))
    compare([number])
    knownProtocol = number
  }

  // MARK: Fields

  private mutating func appendFrameType(_ isNegated: Bool) throws(UnsupportedByTarget) {
    guard family == .netdev || family == .bridge else {
      throw UnsupportedByTarget(
        "a match on the frame type in a table of the family \(family.rawValue)",
        instead: "use a netdev or bridge table", origin: origin)
    }
    load(.link, 12, 2)
    let types = frameTypes.map { networkBytes($0) }
    if family == .bridge { return lookUp(types, KeyType.etherType, isNegated: isNegated) }
    // In netdev tables nft knows the field by its place alone.
    lookUp(types, KeyType.integer, isNegated: isNegated, userdata: frameTypeField)
  }
}
