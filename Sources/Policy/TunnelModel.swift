package import PacketSpace

package enum TunnelKind: String, CaseIterable, Sendable {
  case wireguard, openvpn, tun, tap, ppp, xfrm

  /// The device type, `ARPHRD_*` in linux/if_arp.h.
  ///
  /// WireGuard, tun and xfrm devices have `ARPHRD_NONE`, PPP has `ARPHRD_PPP`, a tap is an Ethernet device.
  package var deviceType: UInt16 {
    switch self {
    case .wireguard, .openvpn, .tun, .xfrm: 65534
    case .ppp: 512
    case .tap: 1
    }
  }
}

package struct Tunnel: Equatable, Sendable {
  /// Never empty.
  package var interfaces: [InterfacePattern]
  package var kind: TunnelKind?
  package var endpoints: [Endpoint]
  package var addresses: [AddressLine]
  package var inner: [AddressLine]
  package var dns: [AddressLine]
  package var inbound: [InboundLine]
  /// Empty: the default, `any` (nothing, for a tunnel that carries another's endpoints).
  package var outbound: [OutboundLine]
  package var origin: Origin

  package init(interfaces: [InterfacePattern], origin: Origin) {
    self.interfaces = interfaces
    self.origin = origin
    kind = nil
    endpoints = []
    addresses = []
    inner = []
    dns = []
    inbound = []
    outbound = []
  }
}

package struct Endpoint: Equatable, Sendable {
  package var addresses: AddressSet
  /// Host names that the addresses come from, as in the lock file.
  package var hostNames: [String]
  /// `.ports` or `.proto` only.
  package var service: ServicePart
  package var selectors: Selectors
  /// `any-process` was written.
  package var allowsAnyProcess: Bool
  package var via: InterfacePattern?
  package var origin: Origin

  package init(
    addresses: AddressSet, hostNames: [String] = [], service: ServicePart,
    selectors: Selectors = Selectors(), allowsAnyProcess: Bool = false,
    via: InterfacePattern? = nil, origin: Origin
  ) {
    self.addresses = addresses
    self.hostNames = hostNames
    self.service = service
    self.selectors = selectors
    self.allowsAnyProcess = allowsAnyProcess
    self.via = via
    self.origin = origin
  }
}
