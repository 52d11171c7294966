import PacketSpace
import Policy
import PolicyDiagnostics

/// What tunnels and their endpoints leave open.
func tunnelFindings(_ policy: Policy) -> [Finding] {
  policy.tunnels.flatMap { tunnel -> [Finding] in
    let block = tunnel.interfaces.first?.text
    return interfaceFindings(tunnel, block) + addressFindings(tunnel, policy, block)
      + tunnel.inbound.map {
        Finding(
          .tunnelInbound, "new connections come in from the tunnel", at: $0.origin, block: block,
          fix: "remove the line unless the provider forwards a port to you",
          showing: .passing(
            $0.origin, $0.service.parts.first, in: tunnel.interfaces.first.map { .interface($0) }))
      } + tunnel.endpoints.flatMap { endpointFindings($0, block) }
  }
}

private func interfaceFindings(_ tunnel: Tunnel, _ block: String?) -> [Finding] {
  var result: [Finding] = []
  for pattern in tunnel.interfaces where pattern.isPrefix {
    result.append(
      Finding(
        .interfaceWildcard,
        "`\(pattern.text)` makes a tunnel of every interface whose name begins so",
        at: tunnel.origin, block: block, fix: "name the interface in full",
        showing: .passing(tunnel.origin, out: .interface(pattern))))
  }
  for pattern in tunnel.interfaces where tunnel.kind == nil && pattern.looksPhysical {
    result.append(
      Finding(
        .interfacePhysical, "`\(pattern.text)` is named like a network card", at: tunnel.origin,
        block: block, fix: "name the tunnel's interface, or add its `kind`",
        showing: .passing(tunnel.origin, out: .interface(pattern))))
  }
  return result
}

private func addressFindings(
  _ tunnel: Tunnel, _ policy: Policy, _ block: String?
) -> [Finding] {
  var result: [Finding] = []
  if tunnel.addresses.isEmpty {
    result.append(
      Finding(
        .tunnelAddress, "the tunnel's own address is not known", at: tunnel.origin, block: block,
        fix: "add `address` with the tunnel's addresses",
        showing: tunnel.interfaces.first.map {
          .passing(tunnel.origin, out: .interface($0))
        }))
  }
  if tunnel.endpoints.isEmpty {
    result.append(
      Finding(
        .noEndpoint, "the tunnel has no endpoint", at: tunnel.origin, block: block,
        fix: "add `endpoint` unless the VPN client runs elsewhere"))
  }
  if let confine = policy.confine {
    for line in tunnel.dns {
      guard let local = line.addresses.intersection(.loopbackRange).first else { continue }
      result.append(
        Finding(
          .loopbackProxy, "confined programs may ask the resolver at \(local.text)",
          at: line.origin, block: block, fix: "name the resolver inside the tunnel alone",
          showing: asking(local, confine, policy, line.origin)))
    }
  }
  return result
}

/// What a confined program asks a resolver of this machine.
private func asking(
  _ resolver: IPAddress, _ confine: Confinement, _ policy: Policy, _ origin: Origin
) -> Expectation {
  var result = Expectation.passing(
    origin, .ports(.udp, PortSet([PortRange(53)])), to: AddressSet(resolver),
    out: .interface(InterfacePattern("lo")))
  if let subject = confine.subjects.first { result.isSent(by: subject, policy) }
  return result
}

private func endpointFindings(_ endpoint: Endpoint, _ block: String?) -> [Finding] {
  var result: [Finding] = []
  let packet = endpoint.packets()
  if endpoint.selectors.isEmpty {
    result.append(
      Finding(
        .endpointAnyProcess, "any program can send to the endpoint in clear", at: endpoint.origin,
        block: block, fix: "add `mark` or `user`, or say `any-process` if it is meant",
        showing: packet, severity: endpoint.isWeb ? .error : .warning,
        acceptance: endpoint.allowsAnyProcess ? "`any-process`" : nil))
  }
  if case .ports(let transport, let ports) = endpoint.service, ports.spansMany,
    let port = wellKnownPorts.first(where: ports.contains)
  {
    result.append(
      Finding(
        .endpointRange, "the endpoint's ports include \(transport.rawValue) \(port)",
        at: endpoint.origin, block: block, fix: "name the one port that the client uses",
        showing: endpoint.packets(port: port)))
  }
  if endpoint.selectors.user?.ranges.contains(where: { $0.contains(0) }) == true {
    result.append(
      Finding(
        .endpointRootUser, "`user root` holds for every daemon of root", at: endpoint.origin,
        block: block, fix: "give the VPN client an account of its own, or use `mark`",
        showing: endpoint.packets(user: 0)))
  }
  if endpoint.selectors.mark == 0xca6c {
    result.append(
      Finding(
        .markWellKnown, "mark 0xca6c is wg-quick's default", at: endpoint.origin, block: block,
        fix: "set `FwMark` to a number of your own", showing: packet))
  }
  if endpoint.selectors.cgroup != nil {
    result.append(cgroupFinding(endpoint.origin, block, packet))
  }
  if !endpoint.hostNames.isEmpty {
    result.append(
      Finding(
        .endpointHostName, "the endpoint's address comes from the lock file", at: endpoint.origin,
        block: block, fix: "write the address if you know it", showing: packet))
  }
  if endpoint.isOverlay {
    result.append(
      Finding(
        .overlay, "the endpoint's protocol does not encrypt", at: endpoint.origin, block: block,
        fix: "run it inside an encrypted tunnel (`via`)", showing: packet))
  }
  return result
}

func cgroupFinding(_ origin: Origin, _ block: String?, _ packets: Expectation) -> Finding {
  Finding(
    .cgroupSticky, "membership of a control group is that of the socket when it was opened",
    at: origin, block: block, fix: "use `user` with an account of its own where you can",
    showing: packets)
}

private let wellKnownPorts: [UInt16] = [53, 80, 123, 443, 853]

extension PortSet {
  fileprivate var spansMany: Bool { ranges.count > 1 || ranges.contains { $0.lower != $0.upper } }
}

extension Endpoint {
  fileprivate var isWeb: Bool {
    guard case .ports(.tcp, let ports) = service else { return false }
    return ports.contains(80) || ports.contains(443)
  }

  /// GRE, IPIP, 6in4; VXLAN and L2TP by their ports. Source: IANA protocol and port numbers.
  fileprivate var isOverlay: Bool {
    switch service {
    case .proto(let number): [4, 41, 47].contains(number)
    case .ports(.udp, let ports): ports.contains(4789) || ports.contains(1701)
    case .ports, .any, .icmp, .icmpv6: false
    }
  }
}

extension InterfacePattern {
  /// As the policy writes it.
  var text: String { isPrefix ? name + "*" : name }

  /// Names that the kernel and systemd give to network cards.
  ///
  /// Source: systemd.net-naming-scheme(7); the kernel's own `eth`, `wlan`, `wwan`, `usb`.
  fileprivate var looksPhysical: Bool {
    ["eth", "eno", "enp", "ens", "enx", "wlan", "wlp", "wwan", "wwp", "usb", "br-", "docker"]
      .contains { name.hasPrefix($0) }
  }
}

extension AddressSet {
  static let loopbackRange = AddressSet([
    Prefix(IPAddress(v4: 0x7f00_0000), length: 8),
    Prefix(IPAddress(family: .ipv6, bits: 1), length: 128),
  ])
}
