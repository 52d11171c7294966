import PacketSpace
import Policy
import RulesetIR

extension PermitBuilder {
  mutating func addTunnels(_ policy: Policy) {
    for tunnel in policy.tunnels {
      for endpoint in tunnel.endpoints { add(endpoint, of: tunnel, in: policy) }
      addInside(tunnel, policy)
    }
  }

  /// What may go through the tunnel from this machine, and what may come in by it.
  private mutating func addInside(_ tunnel: Tunnel, _ policy: Policy) {
    let scope = InterfaceScope(tunnel.interfaces, deviceType: tunnel.kind?.deviceType)
    let out = PacketPath.leaves(LeavingPath(out: scope, sources: tunnel.ownAddresses))
    for line in tunnel.dns {
      let servers = line.addresses.subtractingLoopback
      if servers.isEmpty { continue }
      let test = AddressTest(place: .packet(.destination), addresses: servers)
      add(out, .dns, [test], dnsAlternatives, from: line.origin, note: "dns")
      if policy.outboundLines(of: tunnel).contains(where: { $0.service == .any && $0.to == nil }) {
        continue
      }
      let far = AddressTest(place: .connection(.reply, .source), addresses: servers)
      for transport in [TransportProtocol.tcp, .udp] {
        add(
          out, .answer, [far],
          ServicePart.ports(transport, dnsPorts).alternatives(.error(.original)),
          from: line.origin, note: "dns error")
      }
    }
    for line in policy.outboundLines(of: tunnel) {
      let test = AddressTest(place: .packet(.destination), addresses: line.to)
      let far = AddressTest(place: .connection(.reply, .source), addresses: line.to)
      for part in line.service.parts {
        add(out, .line, [test], part.alternatives(.original), from: line.origin, note: "tunnel")
        if part != .any || line.to != nil {
          add(
            out, .answer, [far], part.alternatives(.error(.original)), from: line.origin,
            note: "tunnel error")
        }
      }
    }
    for line in tunnel.inbound {
      for part in line.service.parts {
        addServed(
          part, by: scope, zone: .tunnel, clients: nil, sources: tunnel.ownAddresses,
          from: line.origin, note: "tunnel in")
      }
    }
    let arrives = PacketPath.arrives(scope, from: .tunnel)
    add(
      arrives, .answer, [], [[.ctState([.established])]], from: tunnel.origin,
      note: "tunnel established")
    add(
      arrives, .answer, [], ServicePart.any.alternatives(.error(nil)), from: tunnel.origin,
      note: "tunnel error")
  }

  private mutating func add(_ endpoint: Endpoint, of tunnel: Tunnel, in policy: Policy) {
    let scope = endpoint.via.map(zones.via) ?? zones.uplinks
    let sources = endpoint.via.flatMap { policy.tunnel(named: $0)?.ownAddresses }
    let out = LeavingPath(out: scope, sender: .tunnel(tunnel.interfaces), sources: sources)
    let destination = AddressTest(
      place: .packet(.destination), addresses: endpoint.addresses)
    add(
      .leaves(out), .endpoint, [destination], endpoint.service.alternatives(.original),
      selectors: endpoint.selectors, from: endpoint.origin, note: "endpoint")
    let zone: Zone =
      endpoint.via.map { policy.tunnel(named: $0) != nil } == true ? .tunnel : .outside
    let source = AddressTest(place: .packet(.source), addresses: endpoint.addresses)
    add(
      .arrives(scope, from: zone), .endpoint, [source],
      endpoint.service.fromServer.map { $0 + [.ctState([.established])] },
      from: endpoint.origin, note: "endpoint reply")
    let server = AddressTest(place: .connection(.reply, .source), addresses: endpoint.addresses)
    add(
      .arrives(scope, from: zone), .endpoint, [server],
      endpoint.service.alternatives(.error(.reply)),
      from: endpoint.origin, note: "endpoint error")
  }
}

/// TCP and UDP to the DNS ports.
let dnsAlternatives: [[Match]] = [
  [.transport([6, 17]), .port(.destination, dnsPorts.ranges)]
]

extension ServicePart {
  /// What the server of this service sends, told by its own header.
  fileprivate var fromServer: [[Match]] {
    switch self {
    case .ports(let transport, let ports):
      ports.singlesAndRanges.map { [.transport([transport.number]), .port(.source, $0)] }
    case .any, .icmp, .icmpv6, .proto: alternatives(.original)
    }
  }
}

extension Tunnel {
  /// All `address` lines together; `nil` where there are none.
  var ownAddresses: AddressSet? {
    addresses.isEmpty ? nil : addresses.map(\.addresses).reduce(AddressSet()) { $0.union($1) }
  }
}

extension Policy {
  func tunnel(named pattern: InterfacePattern) -> Tunnel? {
    tunnels.first { $0.interfaces.contains(pattern) }
  }

  /// Whether an encrypted packet of another tunnel goes through this one.
  func isCarrier(_ tunnel: Tunnel) -> Bool {
    tunnels.flatMap(\.endpoints).contains { endpoint in
      endpoint.via.map { via in tunnel.interfaces.contains(via) } ?? false
    }
  }

  /// The `out` lines with their default: `any`, or nothing for a tunnel that carries another.
  func outboundLines(of tunnel: Tunnel) -> [OutboundLine] {
    if !tunnel.outbound.isEmpty { return tunnel.outbound }
    return isCarrier(tunnel) ? [] : [OutboundLine(service: .any, origin: tunnel.origin)]
  }

  var hasDNS: Bool {
    tunnels.contains { !$0.dns.isEmpty } || lans.contains { !$0.dns.isEmpty }
  }
}

extension AddressSet {
  static let loopback = AddressSet([
    Prefix(IPAddress(v4: 0x7f00_0000), length: 8),
    Prefix(IPAddress(family: .ipv6, bits: 1), length: 128),
  ])

  var subtractingLoopback: AddressSet { subtracting(.loopback) }
}
