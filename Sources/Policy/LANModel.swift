package import PacketSpace

package struct LAN: Equatable, Sendable {
  /// `uplink` in their place has been replaced by the declared uplinks; empty only with `isEveryUplink`.
  package var interfaces: [InterfacePattern]
  /// `lan uplink { … }` where the policy has no `uplink` statement: every uplink.
  package var isEveryUplink: Bool
  package var networks: [AddressLine]
  package var outbound: [OutboundLine]
  package var dns: [AddressLine]
  package var inbound: [InboundLine]
  package var multicast: [MulticastLine]
  package var broadcast: [BroadcastLine]
  package var origin: Origin

  package init(interfaces: [InterfacePattern], isEveryUplink: Bool = false, origin: Origin) {
    self.interfaces = interfaces
    self.isEveryUplink = isEveryUplink
    self.origin = origin
    networks = []
    outbound = []
    dns = []
    inbound = []
    multicast = []
    broadcast = []
  }
}

package enum MulticastProtocol: String, CaseIterable, Sendable {
  case mdns, ssdp, llmnr, wsd
}

package struct MulticastLine: Equatable, Sendable {
  package var protocols: [MulticastProtocol]
  package var origin: Origin

  package init(protocols: [MulticastProtocol], origin: Origin) {
    self.protocols = protocols
    self.origin = origin
  }
}

package struct BroadcastLine: Equatable, Sendable {
  package var service: Service
  package var origin: Origin

  package init(service: Service, origin: Origin) {
    self.service = service
    self.origin = origin
  }
}
