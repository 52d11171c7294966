import PacketSpace
import Policy
import RulesetIR

extension PermitBuilder {
  mutating func addForwards(_ policy: Policy) {
    for forward in policy.forwards {
      let scope = InterfaceScope(forward.interfaces)
      for line in forward.lines {
        for part in line.service.parts {
          switch line.direction {
          case .to: addTo(line, part, scope, policy)
          case .from: addFrom(line, part, scope, policy)
          }
        }
      }
      if let origin = forward.among { addAmong(scope, origin) }
      if let origin = forward.dhcpServer { addDHCPServer(scope, origin) }
    }
    addOwnAnswers(policy)
  }

  private mutating func addTo(
    _ line: ForwardRule, _ part: ServicePart, _ scope: InterfaceScope, _ policy: Policy
  ) {
    switch line.party {
    case .tunnel(let pattern):
      addToTunnel(line, part, scope, pattern, policy)
    case .forward(let pattern):
      addForwarded(
        ForwardedFlow(
          inScope: scope, clientZone: .inside, outScope: InterfaceScope([pattern]),
          serverZone: .inside, note: "forward"), part, from: line.origin)
    case .lan:
      for lan in policy.lans where !lan.networks.isEmpty {
        addForwarded(
          ForwardedFlow(
            inScope: scope, clientZone: .inside, outScope: zones.scope(of: lan),
            serverZone: .outside, servers: lan.allNetworks, note: "forward to lan"),
          part, from: line.origin)
        addForwardedDNS(line, part, scope, zones.scope(of: lan), lan.dns)
      }
    case .host:
      addServed(
        part, by: scope, zone: .inside, clients: nil, sources: nil, from: line.origin,
        note: "forward to host")
    case .any: preconditionFailure("the resolver refuses `to any`")
    }
  }

  /// What the line allows and the tunnel's own `out` lines let in.
  private mutating func addToTunnel(
    _ line: ForwardRule, _ part: ServicePart, _ scope: InterfaceScope,
    _ pattern: InterfacePattern, _ policy: Policy
  ) {
    let out = zones.via(pattern)
    let tunnel = policy.tunnel(named: pattern)
    for outbound in tunnel.map(policy.outboundLines) ?? [] {
      for common in outbound.service.parts.compactMap(part.intersection) {
        addForwarded(
          ForwardedFlow(
            inScope: scope, clientZone: .inside, outScope: out, serverZone: .tunnel,
            servers: outbound.to, note: "forward to tunnel"), common, from: line.origin)
      }
    }
    addForwardedDNS(line, part, scope, out, tunnel?.dns ?? [])
    let outbound = tunnel.map(policy.outboundLines) ?? []
    if outbound.contains(where: { $0.to == nil && $0.service.parts.contains(.any) }) { return }
    for dns in part.dnsParts {
      for server in tunnel?.dns ?? [] {
        addForwardedAnswers(
          ForwardedFlow(
            inScope: scope, clientZone: .inside, outScope: out, serverZone: .tunnel,
            servers: server.addresses.subtractingLoopback, note: "forward dns"), dns,
          from: line.origin)
      }
    }
  }

  private mutating func addFrom(
    _ line: ForwardRule, _ part: ServicePart, _ scope: InterfaceScope, _ policy: Policy
  ) {
    func flow(
      _ inScope: InterfaceScope, _ zone: Zone, _ clients: AddressSet?, _ note: String
    ) -> ForwardedFlow {
      ForwardedFlow(
        inScope: inScope, clientZone: zone, clients: clients, outScope: scope,
        serverZone: .inside, note: note)
    }
    switch line.party {
    case .tunnel(let pattern):
      addForwarded(
        flow(zones.via(pattern), .tunnel, nil, "forward from tunnel"), part, from: line.origin)
    case .forward(let pattern):
      addForwarded(
        flow(InterfaceScope([pattern]), .inside, nil, "forward"), part, from: line.origin)
    case .lan:
      for lan in policy.lans where !lan.networks.isEmpty {
        addForwarded(
          flow(zones.scope(of: lan), .outside, lan.allNetworks, "forward from lan"), part,
          from: line.origin)
      }
    case .any:
      addForwarded(flow(zones.uplinks, .outside, nil, "forward from any"), part, from: line.origin)
    case .host:
      add(
        .leaves(LeavingPath(out: scope)), .inside, [], part.alternatives(.original),
        from: line.origin, note: "forward from host")
      addAnswers(
        to: part, by: scope, zone: .inside, servers: nil, from: line.origin,
        note: "forward from host")
    }
  }

  /// DNS of a `to` line goes only where the block of that interface says.
  private mutating func addForwardedDNS(
    _ line: ForwardRule, _ part: ServicePart, _ scope: InterfaceScope, _ out: InterfaceScope,
    _ dns: [AddressLine]
  ) {
    let alternatives = part == .any ? dnsAlternatives : part.dns?.alternatives(.original) ?? []
    for server in dns {
      let test = AddressTest(
        place: .packet(.destination), addresses: server.addresses.subtractingLoopback)
      add(
        .forwards(scope, out, from: .inside), .dns, [test],
        alternatives.map { [.ctDirection(.original)] + $0 }, from: line.origin,
        note: "forward dns")
    }
  }

  private mutating func addAmong(_ scope: InterfaceScope, _ origin: Origin) {
    add(.bridged(scope), .inside, [], [[]], from: origin, note: "forward among")
    add(
      .forwards(scope, scope, from: .inside), .inside, [], [[]], from: origin, note: "forward among"
    )
  }

  /// Source: RFC 2131 section 4.1, RFC 8415 section 7.2, RFC 4861 section 6.
  private mutating func addDHCPServer(_ scope: InterfaceScope, _ origin: Origin) {
    let (arrives, leaves) = (
      PacketPath.arrives(scope, from: .inside), PacketPath.leaves(LeavingPath(out: scope))
    )
    let v4: [Match] = [.family(.ipv4), .transport([17])]
    let v6: [Match] = [.family(.ipv6), .transport([17])]
    func ports(_ source: UInt16, _ destination: UInt16) -> [Match] {
      [.port(.source, [PortRange(source)]), .port(.destination, [PortRange(destination)])]
    }
    let note = "dhcp-server"
    add(
      arrives, .line, [], [v4 + ports(68, 67), v6 + ports(546, 547)], from: origin, note: note)
    add(
      leaves, .inside, [], [v4 + ports(67, 68), v6 + ports(547, 546)], from: origin, note: note)
    let hops = Match.hopLimit(.ipv6, 255)
    add(
      arrives, .line, [], [[hops, .icmpv6Type([NDP.routerSolicitation])]], from: origin, note: note)
    add(
      .leaves(LeavingPath(out: scope, sender: .kernel)), .inside, [],
      [[hops, .icmpv6Type([NDP.routerAdvertisement])]], from: origin, note: note)
  }

  /// What this machine itself answers to a `forward` interface, or its clients hang: too-big,
  /// unreachable, and the reset of a rejected connection.
  private mutating func addOwnAnswers(_ policy: Policy) {
    guard !policy.forwards.isEmpty else { return }
    for forward in policy.forwards {
      let path = PacketPath.leaves(LeavingPath(out: InterfaceScope(forward.interfaces)))
      let alternatives =
        ServicePart.any.alternatives(.error(nil)) + [
          [
            .ctState([.related]), .ctDirection(.reply), .transport([6]),
            .tcpFlags(mask: 0x04, value: 0x04),
          ]
        ]
      add(path, .answer, [], alternatives, from: forward.origin, note: "own answers")
    }
  }
}
