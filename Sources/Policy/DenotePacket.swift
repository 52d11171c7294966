import PacketSpace

/// The vocabulary in which meanings are written.
extension PacketExpression {
  static func origin(_ origin: PacketOrigin) -> PacketExpression {
    .test(PacketTest(.origin, UInt128(origin.rawValue)))
  }

  static func family(_ family: AddressFamily) -> PacketExpression {
    .test(PacketTest(.family, family == .ipv4 ? 0 : 1))
  }

  /// Not a fragment, or the first.
  static let whole = PacketExpression.test(PacketTest(.laterFragment, 0))

  static func transport(_ number: UInt8) -> PacketExpression {
    .test(PacketTest(.transport, UInt128(number)))
  }

  static func interface(_ field: PacketField, _ pattern: InterfacePattern) -> PacketExpression {
    .test(PacketTest(field, .interface(pattern)))
  }

  static func state(_ state: PacketCTState) -> PacketExpression {
    .test(PacketTest(.ctState, UInt128(state.rawValue)))
  }

  static let isAnswer = PacketExpression.test(PacketTest(.ctDirection, 1))
  static let isRequest = PacketExpression.test(PacketTest(.ctDirection, 0))

  /// The address lies in the set; of a packet of the set's families only.
  static func address(
    _ field: (AddressFamily) -> PacketField, _ set: AddressSet
  ) -> PacketExpression {
    .or(
      AddressFamily.allCases.filter { !set.isEmpty($0) }.map { family in
        .and([.family(family), .test(PacketTest(field, family, set))])
      })
  }

  /// Same with a set that may not be there: `nil` is any address.
  static func address(
    _ field: (AddressFamily) -> PacketField, in set: AddressSet?
  ) -> PacketExpression {
    set.map { address(field, $0) } ?? .all
  }

  static func port(_ field: PacketField, _ ports: PortSet) -> PacketExpression {
    .test(PacketTest(field, ports.ranges.map { UInt128($0.lower)...UInt128($0.upper) }))
  }

  static func udp(from source: UInt16?, to destination: UInt16?) -> PacketExpression {
    var parts = [PacketExpression.transport(17), .whole]
    if let source { parts.append(.port(.sourcePort, PortSet([PortRange(source)]))) }
    if let destination { parts.append(.port(.destinationPort, PortSet([PortRange(destination)]))) }
    return .and(parts)
  }

  static func icmpv6(_ types: [UInt8]) -> PacketExpression {
    .and([.family(.ipv6), .transport(58), .whole, .types(types)])
  }

  static func icmp(_ types: [UInt8]) -> PacketExpression {
    .and([.family(.ipv4), .transport(1), .whole, .types(types)])
  }

  private static func types(_ types: [UInt8]) -> PacketExpression {
    .test(PacketTest(.icmpType, types.map { UInt128($0)...UInt128($0) }))
  }

  /// Not one of the kernel's own messages about a device, which carry that device as the one that they came by.
  static let notOfLink = PacketExpression.or([
    .test(PacketTest(.inputInterface, .noInterface)),
    .not(
      .or([
        .and([.family(.ipv4), .transport(2)]),
        .icmpv6([130, 131, 132, 133, 134, 135, 136, 137, 143]),
      ])),
  ])

  /// TTL or hop limit.
  static func hops(_ number: UInt8) -> PacketExpression {
    .test(PacketTest(.hopLimit, UInt128(number)))
  }

  /// Unreachable, time exceeded, parameter problem or packet too big, about some connection.
  ///
  /// Source of the numbers: IANA's ICMP and ICMPv6 parameters.
  static let isError = PacketExpression.and([
    .state(.related), .or([.icmp([3, 11, 12]), .icmpv6([1, 2, 3, 4])]),
  ])
}

extension AddressSet {
  static func union(_ lines: [AddressLine]) -> AddressSet {
    AddressSet(
      ipv4: lines.flatMap(\.addresses.ipv4), ipv6: lines.flatMap(\.addresses.ipv6))
  }

  static let loopback = AddressSet([.v4(127, 0, 0, 0, length: 8), .v6(0, 1, length: 128)])
}

extension Prefix {
  static func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, length: Int) -> Prefix {
    Prefix(IPAddress(v4: a << 24 | b << 16 | c << 8 | d), length: length)
  }

  /// The upper and the lower 64 bits.
  static func v6(_ upper: UInt64, _ lower: UInt64 = 0, length: Int) -> Prefix {
    Prefix(
      IPAddress(family: .ipv6, bits: UInt128(upper) << 64 | UInt128(lower)), length: length)
  }
}
