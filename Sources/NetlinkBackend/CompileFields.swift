import Netfilter
import PacketSpace
import RulesetIR

/// Where an address is looked for.
enum AddressPlace {
  case packet(AddressField)
  case connection(ConntrackDirection, AddressField)
}

extension RuleCompiler {
  mutating func append(_ expression: NftExpression) {
    expressions.append(expression)
  }

  mutating func load(_ base: PayloadBase, _ byteOffset: UInt32, _ byteCount: UInt32) {
    append(.payload(base, byteOffset: byteOffset, byteCount: byteCount, 1))
  }

  mutating func compare(_ value: [UInt8], _ isNegated: Bool = false) {
    append(.compare(1, isNegated ? .notEqual : .equal, value))
  }

  /// Of the bits of the mask, `notEqual`: at least one is set; `equal`: none is.
  mutating func compareBits(mask: [UInt8], _ comparison: Comparison) {
    let zeros = [UInt8](repeating: 0, count: mask.count)
    append(.bitwise(1, mask: mask, xor: zeros))
    append(.compare(1, comparison, zeros))
  }

  mutating func compareAny(_ values: [[UInt8]], _ type: UInt32) {
    if values.count == 1 { compare(values[0]) } else { lookUp(values, type, isNegated: false) }
  }

  /// An anonymous set of single values.
  ///
  /// - Parameter userdata: what else nft keeps of it, to list it.
  mutating func lookUp(
    _ values: [[UInt8]], _ type: UInt32, isNegated: Bool, userdata: [UInt8] = []
  ) {
    precondition(!values.isEmpty, "a match with nothing to compare would match anything")
    let sorted = Set(values.map { ByteString(bytes: $0) }).sorted().map(\.bytes)
    var elements = ElementList(keyByteCount: sorted[0].count)
    for value in sorted { elements.append(value) }
    var set = NetlinkSet(anonymous: elements, [], type)
    set.userdata += userdata
    append(.lookup(1, .anonymous(set), isNegated: isNegated))
  }

  // MARK: Addresses

  mutating func compareAddress(
    _ place: AddressPlace, _ operand: AddressOperand, _ isNegated: Bool
  ) {
    switch operand {
    case .prefix(let prefix):
      let bytes = prefix.address.registerBytes
      let count = prefix.length / 8
      // A prefix of whole bytes is compared as so many bytes.
      let isWhole = prefix.length % 8 == 0 && count > 0
      loadAddress(place, operand.family, byteCount: isWhole ? count : bytes.count)
      if isWhole {
        compare(Array(bytes.prefix(count)), isNegated)
      } else {
        mask(operand.family, prefix.length)
        compare(bytes, isNegated)
      }
    case .list(let addresses):
      loadAddress(place, operand.family, byteCount: operand.family.addressWidth / 8)
      let type = operand.family == .ipv4 ? KeyType.ipv4Address : KeyType.ipv6Address
      lookUp(addresses.map(\.registerBytes), type, isNegated: isNegated)
    case .set(let name, let family, let maskLength):
      loadAddress(place, family, byteCount: family.addressWidth / 8)
      if let maskLength { mask(family, maskLength) }
      append(.lookup(1, .named(name), isNegated: isNegated))
    }
  }

  private mutating func mask(_ family: AddressFamily, _ length: Int) {
    let mask = IPAddress(family: family, bits: Prefix.mask(family, length: length)).registerBytes
    append(.bitwise(1, mask: mask, xor: Array(repeating: 0, count: mask.count)))
  }

  private mutating func loadAddress(
    _ place: AddressPlace, _ family: AddressFamily, byteCount: Int
  ) {
    switch place {
    case .packet(let field): load(.network, field.byteOffset(family), UInt32(byteCount))
    case .connection(let direction, let field):
      append(.conntrack(ConntrackKey(field, family), direction, 1))
    }
  }

  /// An address and a port of UDP as one key; the register where it begins.
  mutating func loadPair(
    _ family: AddressFamily, _ address: AddressField, _ port: PortField
  ) -> Register {
    let byteCount = UInt32(family.addressWidth / 8)
    append(
      .payload(.network, byteOffset: address.byteOffset(family), byteCount: byteCount, 1))
    // The part of the register file behind the address: `NFT_REG32_01` or `NFT_REG_2`.
    let next: Register = family == .ipv4 ? 9 : 2
    append(.payload(.transport, byteOffset: port.byteOffset, byteCount: 2, next))
    return 1
  }

  // MARK: Numbers

  mutating func comparePorts(_ ranges: [PortRange], _ isNegated: Bool) {
    precondition(!ranges.isEmpty, "a match with nothing to compare would match anything")
    if ranges.count > 1 {
      let set = NetlinkSet(ports: ranges)
      return append(.lookup(1, .anonymous(set), isNegated: isNegated))
    }
    let lower = networkBytes(ranges[0].lower)
    let upper = networkBytes(ranges[0].upper)
    if lower == upper { return compare(lower, isNegated) }
    compareRange(lower, upper, isNegated)
  }

  /// Compares a port together with the other one, where the step before was about that: nft does so, and one
  /// comparison takes less time than two.
  mutating func mergePort(_ field: PortField, _ ranges: [PortRange], _ isNegated: Bool) -> Bool {
    guard !isNegated, ranges.count == 1, ranges[0].lower == ranges[0].upper,
      case .compare(1, .equal, let other)? = expressions.last, other.count == 2,
      case .payload(.transport, let offset, 2, 1)? = expressions.dropLast().last,
      offset != field.byteOffset, offset == 0 || offset == 2
    else { return false }
    let port = networkBytes(ranges[0].lower)
    expressions.removeLast(2)
    load(.transport, 0, 4)
    compare(offset == 0 ? other + port : port + other)
    return true
  }

  mutating func compareOwner(_ key: MetaKey, _ range: ClosedRange<UInt32>) {
    append(.meta(key, 1))
    if range.count == 1 { return compare(hostBytes(range.lowerBound)) }
    // Only in network order are bytes compared as numbers are.
    append(.networkOrder(1, byteCount: 4))
    compareRange(networkBytes(range.lowerBound), networkBytes(range.upperBound), false)
  }

  private mutating func compareRange(_ lower: [UInt8], _ upper: [UInt8], _ isNegated: Bool) {
    if isNegated { return append(.range(1, isNegated: true, lower, upper)) }
    append(.compare(1, .greaterOrEqual, lower))
    append(.compare(1, .lessOrEqual, upper))
  }
}

/// Bytes in the order in which numbers in network order are sorted.
private struct ByteString: Hashable, Comparable {
  var bytes: [UInt8]

  static func < (a: ByteString, b: ByteString) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}

/// Ethernet types of frames that carry IP, at once or behind a VLAN tag: `ETH_P_*` in linux/if_ether.h.
let frameTypes: [UInt16] = [0x0800, 0x86dd, 0x8100, 0x88a8, 0x9100]

/// What nft keeps with a set of values of `@ll,96,16`, so that it lists them in hexadecimal: `NFTNL_UDATA_SET_KEY_TYPEOF`
/// with the number of payload expressions, and the number of no header, field 0, base 1 (link layer), offset and length in bits.
let frameTypeField: [UInt8] =
  [3, 38, 0, 4] + hostBytes(UInt32(7)) + [1, 30]
  + [UInt32(0), 0, 1, 96, 16].enumerated().flatMap {
    [UInt8($0.offset), 4] + hostBytes($0.element)
  }

extension InterfacePattern {
  /// A name fills a register of IFNAMSIZ bytes (linux/if.h); of a prefix only its own bytes are compared.
  var registerBytes: [UInt8] {
    let bytes = Array(name.utf8)
    if isPrefix && bytes.count < 15 { return bytes }
    return bytes + Array(repeating: 0, count: 16 - bytes.count)
  }
}

extension IPAddress {
  var registerBytes: [UInt8] {
    switch family {
    case .ipv4: networkBytes(UInt32(truncatingIfNeeded: bits))
    case .ipv6: networkBytes(bits)
    }
  }
}

extension TableFamily {
  init(_ family: AddressFamily) {
    switch family {
    case .ipv4: self = .ip
    case .ipv6: self = .ip6
    }
  }
}

extension AddressField {
  /// In the header of IPv4 or IPv6; RFC 791, section 3.1, and RFC 8200, section 3.
  func byteOffset(_ family: AddressFamily) -> UInt32 {
    switch (self, family) {
    case (.source, .ipv4): 12
    case (.destination, .ipv4): 16
    case (.source, .ipv6): 8
    case (.destination, .ipv6): 24
    }
  }
}

extension PortField {
  /// In the header of TCP, UDP and SCTP.
  var byteOffset: UInt32 {
    switch self {
    case .source: 0
    case .destination: 2
    }
  }
}

extension ConntrackKey {
  init(_ field: AddressField, _ family: AddressFamily) {
    switch (field, family) {
    case (.source, .ipv4): self = .sourceIPv4
    case (.destination, .ipv4): self = .destinationIPv4
    case (.source, .ipv6): self = .sourceIPv6
    case (.destination, .ipv6): self = .destinationIPv6
    }
  }
}

extension StateBit {
  /// `NF_CT_STATE_*_BIT`, linux/netfilter/nf_conntrack_common.h.
  var number: UInt32 {
    switch self {
    case .invalid: 1
    case .established: 2
    case .related: 4
    case .new: 8
    case .untracked: 64
    }
  }
}

/// The bit in the connection's label of 128 bits, which the kernel keeps as an array of words.
func labelBytes(_ bit: UInt8) -> [UInt8] {
  (0..<4).flatMap { word in
    hostBytes(UInt32(bit) / 32 == word ? UInt32(1) << (UInt32(bit) % 32) : 0)
  }
}
