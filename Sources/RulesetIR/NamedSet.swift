package import PacketSpace

/// A named set, in the kind that is cheapest for its elements.
package struct NamedSet: Equatable, Sendable {
  /// Contains the kind and a hash of type, flags and size, since a declared set cannot change them.
  package var name: String
  package var elements: SetElements
  /// The declared size, with head-room; `nil` for interval sets, which have none.
  package var size: UInt32?

  package init(name: String, elements: SetElements, size: UInt32?) {
    self.name = name
    self.elements = elements
    self.size = size
  }
}

package enum SetElements: Equatable, Sendable {
  /// A hash set of addresses (or of masked prefixes), ascending, in host byte order.
  case ipv4([UInt32])
  case ipv6([UInt128])
  /// An interval set, ascending and disjoint.
  case ipv4Ranges([IPv4Range])
  case ipv6Ranges([IPv6Range])
  /// Filled by rules: address and port, each forgotten after the time.
  case asked(AddressFamily, timeoutSeconds: UInt32)

  package var family: AddressFamily {
    switch self {
    case .ipv4, .ipv4Ranges: .ipv4
    case .ipv6, .ipv6Ranges: .ipv6
    case .asked(let family, _): family
    }
  }

  package var count: Int {
    switch self {
    case .ipv4(let elements): elements.count
    case .ipv6(let elements): elements.count
    case .ipv4Ranges(let ranges): ranges.count
    case .ipv6Ranges(let ranges): ranges.count
    case .asked: 0
    }
  }
}
