import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  mutating func resolveForward(at index: Int, _ list: ValueList, _ lines: [ForwardLine]) {
    let head = interfaces.heads[index] ?? BlockHead()
    let statement = statements[index]
    var forward = Forward(
      interfaces: head.interfaces, origin: origin(statement.keyword.joined(with: list.range)))
    for line in lines {
      let origin = origin(line.range)
      switch line.kind {
      case .to(let peer, let node):
        // With a `dns` line on a LAN, clients may ask that resolver.
        if let node, case .lan = peer, !hasLANResolver { checkDNSPorts(node, in: "`to lan`") }
        forward.lines += rules(.to, peer, node, origin)
      case .from(let peer, let node): forward.lines += rules(.from, peer, node, origin)
      case .among: forward.among = forward.among ?? origin
      case .dhcpServer: forward.dhcpServer = forward.dhcpServer ?? origin
      case .masquerade: forward.masquerade = forward.masquerade ?? origin
      }
    }
    if !forward.interfaces.isEmpty { policy.forwards.append(forward) }
  }

  private var hasLANResolver: Bool {
    statements.contains { statement in
      guard case .lan(_, let lines) = statement.kind else { return false }
      return lines.contains { if case .dns = $0.kind { true } else { false } }
    }
  }

  private mutating func rules(
    _ direction: ForwardDirection, _ peer: ForwardPeer, _ node: ServiceNode?, _ origin: Origin
  ) -> [ForwardRule] {
    let written = node.flatMap { service($0) }
    var rules: [ForwardRule] = []
    for party in parties(peer, direction) {
      if node == nil, direction == .from || !party.isTunnel {
        report(
          .missingService, "expected a service; only `to` a tunnel can do without one",
          at: peer.range)
        continue
      }
      if let service = node == nil ? .any : written {
        rules.append(
          ForwardRule(direction: direction, party: party, service: service, origin: origin))
      }
    }
    return rules
  }

  private mutating func parties(
    _ peer: ForwardPeer, _ direction: ForwardDirection
  ) -> [ForwardParty] {
    switch peer {
    case .lan: return [.lan]
    case .host: return [.host]
    case .any(let range):
      if direction == .from { return [.any] }
      report(
        .unexpectedToken, "`to any` would let everything out beside the tunnel", at: range,
        notes: ["`to` takes a tunnel, another `forward` interface, `lan` or `host`"])
      return []
    case .interface(let value):
      let (placed, uplinks) = placedInterfaces([value])
      if let uplinks { reportNoParty("uplink", at: uplinks) }
      return placed.compactMap { interface in
        let pattern = interface.pattern
        if interfaces.tunnels.contains(where: { $0.pattern == pattern }) { return .tunnel(pattern) }
        if interfaces.forwards.contains(where: { $0.pattern == pattern }) {
          return .forward(pattern)
        }
        reportNoParty(pattern.text, at: interface.range)
        return nil
      }
    }
  }

  private mutating func reportNoParty(_ name: String, at range: SourceRange) {
    if hasSyntaxErrors { return }
    let candidates = (interfaces.tunnels + interfaces.forwards).map(\.pattern.text)
    let guess = guess(name, at: range, among: candidates)
    report(
      .unknownInterface,
      "\(quoted(name)) is neither a tunnel nor a `forward` interface of this policy\(guess.question)",
      at: range, fixIts: guess.fixIts,
      notes: ["what leaves beside the tunnel is `to lan SERVICE`, or a `bypass` block"])
  }
}

extension ForwardParty {
  fileprivate var isTunnel: Bool {
    switch self {
    case .tunnel: true
    case .lan, .any, .host, .forward: false
    }
  }
}
