/// What one address, prefix or range of a text covers.
package enum AddressBlock: Hashable, Sendable {
  case ipv4(IPv4Range)
  case ipv6(IPv6Range)

  package var family: AddressFamily {
    switch self {
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    }
  }

  package init(_ prefix: Prefix) {
    switch prefix.address.family {
    case .ipv4: self = .ipv4(IPv4Range(UInt32(prefix.lower), UInt32(prefix.upper)))
    case .ipv6: self = .ipv6(IPv6Range(prefix.lower, prefix.upper))
    }
  }

  package init(_ address: IPAddress) {
    self.init(Prefix(address, length: address.family.addressWidth))
  }
}

/// Why a text is no address, prefix or range.
package struct AddressTextError: Error, Equatable, Sendable {
  package enum Problem: Equatable, Sendable {
    case address
    case prefixLength
    case range
    case hostBits
  }

  package var problem: Problem
  /// Lower-case, one line, no full stop.
  package var message: String
  /// The bytes at fault.
  package var range: Range<Int>
  /// What to write in the place of the whole text, where that is known.
  package var replacement: String?

  package init(
    _ problem: Problem, _ message: String, at range: Range<Int>, replacement: String? = nil
  ) {
    self.problem = problem
    self.message = message
    self.range = range
    self.replacement = replacement
  }
}

extension AddressSet {
  package init(_ blocks: [AddressBlock]) {
    var v4: [IPv4Range] = []
    var v6: [IPv6Range] = []
    for block in blocks {
      switch block {
      case .ipv4(let range): v4.append(range)
      case .ipv6(let range): v6.append(range)
      }
    }
    self.init(ipv4: v4, ipv6: v6)
  }
}
