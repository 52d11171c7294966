package import PacketSpace

package enum TransportProtocol: String, CaseIterable, Sendable {
  case tcp, udp, sctp

  /// Source: IANA protocol numbers, `IPPROTO_*` in linux/in.h.
  package var number: UInt8 {
    switch self {
    case .tcp: 6
    case .udp: 17
    case .sctp: 132
    }
  }
}

/// A packet has a service when one of the parts matches it. Never empty.
package struct Service: Equatable, Sendable {
  package var parts: [ServicePart]

  package init(_ parts: [ServicePart]) {
    self.parts = parts
  }

  package static let any = Service([.any])
}

package enum ServicePart: Hashable, Sendable {
  case any
  /// Destination ports; never empty, never port 0.
  case ports(TransportProtocol, PortSet)
  /// `nil`: every type.
  case icmp(type: UInt8?)
  case icmpv6(type: UInt8?)
  /// An IP protocol number (the IPv6 next header behind all extension headers).
  case proto(UInt8)
}

/// User or group numbers: sorted, disjoint.
package struct IDSet: Hashable, Sendable {
  package var ranges: [ClosedRange<UInt32>]

  package init(_ ranges: [ClosedRange<UInt32>]) {
    self.ranges = ranges.sorted { $0.lowerBound < $1.lowerBound }
  }
}

/// What a packet must carry besides its header; all that are not `nil` must hold.
package struct Selectors: Hashable, Sendable {
  /// The full 32 bits.
  package var mark: UInt32?
  package var user: IDSet?
  package var group: IDSet?
  /// A path below the cgroup2 root, without a leading or trailing `/`; the groups below it are included.
  package var cgroup: String?

  package init(
    mark: UInt32? = nil, user: IDSet? = nil, group: IDSet? = nil, cgroup: String? = nil
  ) {
    self.mark = mark
    self.user = user
    self.group = group
    self.cgroup = cgroup
  }

  package var isEmpty: Bool { self == Selectors() }
}

package enum Subject: Hashable, Sendable {
  case user(IDSet)
  case group(IDSet)
  case cgroup(String)
  /// What is forwarded from that interface.
  case fromInterface(InterfacePattern)
  /// What is forwarded from those addresses.
  case fromAddresses(AddressSet)
}

/// `in SERVICE`
package struct InboundLine: Equatable, Sendable {
  package var service: Service
  /// `from any` (only in a `lan` block).
  package var isFromAny: Bool
  package var origin: Origin

  package init(service: Service, isFromAny: Bool = false, origin: Origin) {
    self.service = service
    self.isFromAny = isFromAny
    self.origin = origin
  }
}

/// `out SERVICE …`
package struct OutboundLine: Equatable, Sendable {
  package var service: Service
  /// `to ADDRS`, only in a `tunnel` block; `nil`: anywhere.
  package var to: AddressSet?
  /// Only in a `lan` block; no mark.
  package var selectors: Selectors
  package var origin: Origin

  package init(
    service: Service, to: AddressSet? = nil, selectors: Selectors = Selectors(), origin: Origin
  ) {
    self.service = service
    self.to = to
    self.selectors = selectors
    self.origin = origin
  }
}
