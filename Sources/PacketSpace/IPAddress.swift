package enum AddressFamily: String, CaseIterable, Comparable, Sendable {
  case ipv4
  case ipv6

  /// In bits.
  package var addressWidth: Int {
    switch self {
    case .ipv4: 32
    case .ipv6: 128
    }
  }

  /// The address with all bits set.
  package var maximum: UInt128 {
    switch self {
    case .ipv4: UInt128(UInt32.max)
    case .ipv6: UInt128.max
    }
  }

  package static func < (a: AddressFamily, b: AddressFamily) -> Bool {
    a == .ipv4 && b == .ipv6
  }
}

/// An IPv4 or IPv6 address.
package struct IPAddress: Hashable, Comparable, Sendable {
  package var family: AddressFamily
  /// The address as a number: host byte order, an IPv4 address in the low 32 bits.
  package var bits: UInt128

  package init(family: AddressFamily, bits: UInt128) {
    precondition(bits <= family.maximum, "an IPv4 address has 32 bits")
    self.family = family
    self.bits = bits
  }

  package init(v4 bits: UInt32) {
    self.init(family: .ipv4, bits: UInt128(bits))
  }

  /// IPv4 before IPv6, then by number.
  package static func < (a: IPAddress, b: IPAddress) -> Bool {
    (a.family, a.bits) < (b.family, b.bits)
  }
}

/// An address and a prefix length; the bits below the prefix are 0.
package struct Prefix: Hashable, Comparable, Sendable {
  package var address: IPAddress
  /// In bits: 0…32 or 0…128.
  package var length: Int

  package init(_ address: IPAddress, length: Int) {
    precondition((0...address.family.addressWidth).contains(length), "prefix length out of range")
    let mask = Prefix.mask(address.family, length: length)
    self.address = IPAddress(family: address.family, bits: address.bits & mask)
    self.length = length
  }

  /// The netmask as a number.
  package static func mask(_ family: AddressFamily, length: Int) -> UInt128 {
    if length == 0 { return 0 }
    let width = family.addressWidth
    return (family.maximum << (width - length)) & family.maximum
  }

  package var lower: UInt128 { address.bits }
  package var upper: UInt128 {
    address.bits | (address.family.maximum & ~Prefix.mask(address.family, length: length))
  }

  package static func < (a: Prefix, b: Prefix) -> Bool {
    (a.address, a.length) < (b.address, b.length)
  }
}
