import PacketSpace

/// The names that the language gives to ranges.
enum BuiltInRange: String, CaseIterable {
  /// RFC 1918 and RFC 4193.
  case `private`
  /// RFC 3927 and RFC 4291, section 2.5.6.
  case linkLocal = "link-local"
  /// RFC 6598.
  case cgnat

  var addresses: AddressSet {
    switch self {
    case .private:
      AddressSet([
        v4(10, 0, 0, 0, 8), v4(172, 16, 0, 0, 12), v4(192, 168, 0, 0, 16), v6(0xfc00, 7),
      ])
    case .linkLocal: AddressSet([v4(169, 254, 0, 0, 16), v6(0xfe80, 10)])
    case .cgnat: AddressSet([v4(100, 64, 0, 0, 10)])
    }
  }

  /// What a `lan` block may name without `public`.
  ///
  /// Everything else counts as public, the ranges for documentation and benchmarks included: a
  /// foreign network may claim them, and a prefix that is no network's own has no place on a LAN.
  static var local: AddressSet {
    allCases.reduce(AddressSet()) { $0.union($1.addresses) }
  }
}

/// Ranges in which no single host on a network has its address.
///
/// Source: IANA IPv4 and IPv6 special-purpose address registries (RFC 6890), and the multicast ones.
enum UnusableRange: CaseIterable {
  case unspecified, loopback, multicast, broadcast, reserved, ipv4Mapped

  /// As a message names a member.
  var noun: String {
    switch self {
    case .unspecified: "an unspecified address"
    case .loopback: "a loopback address"
    case .multicast: "a multicast address"
    case .broadcast: "the broadcast address"
    case .reserved: "a reserved address"
    case .ipv4Mapped: "an IPv4-mapped address"
    }
  }

  var addresses: AddressSet {
    switch self {
    case .unspecified: AddressSet([v4(0, 0, 0, 0, 8), Prefix(v6Address(0), length: 128)])
    case .loopback: AddressSet([v4(127, 0, 0, 0, 8), Prefix(v6Address(1), length: 128)])
    case .multicast: AddressSet([v4(224, 0, 0, 0, 4), v6(0xff00, 8)])
    case .broadcast: AddressSet([v4(255, 255, 255, 255, 32)])
    case .reserved: AddressSet([v4(240, 0, 0, 0, 4)])
    case .ipv4Mapped: AddressSet([Prefix(v6Address(0xffff << 32), length: 96)])
    }
  }
}

private func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ length: Int) -> Prefix {
  Prefix(IPAddress(v4: a << 24 | b << 16 | c << 8 | d), length: length)
}

/// A prefix whose bits all stand in the first group.
private func v6(_ firstGroup: UInt128, _ length: Int) -> Prefix {
  Prefix(v6Address(firstGroup << 112), length: length)
}

private func v6Address(_ bits: UInt128) -> IPAddress {
  IPAddress(family: .ipv6, bits: bits)
}
