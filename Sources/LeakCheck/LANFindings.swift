import PacketSpace
import Policy

/// What the exemptions for local networks leave open.
func lanFindings(_ policy: Policy) -> [Finding] {
  policy.lans.flatMap { lan -> [Finding] in
    let block = lan.interfaces.first?.text ?? (lan.isEveryUplink ? "uplink" : nil)
    return networkFindings(lan, block) + serviceFindings(lan, block)
  }
}

private func networkFindings(_ lan: LAN, _ block: String?) -> [Finding] {
  lan.networks.flatMap { line -> [Finding] in
    var result: [Finding] = []
    func add(
      _ id: LeakID, _ range: AddressSet, _ message: String, _ fix: String, _ accepted: String?
    ) {
      let addresses = line.addresses.intersection(range)
      guard let host = addresses.host else { return }
      result.append(
        Finding(
          id, message, at: line.origin, block: block, fix: fix,
          showing: .passing(
            line.origin, lan.outbound.first?.service.parts.first, to: host,
            by: lan.outbound.first?.selectors ?? Selectors(), out: lan.way),
          acceptance: accepted))
    }
    add(
      .lanPublic, .localRanges.complement, "the network holds public addresses",
      "name the private network alone", "`public`")
    add(
      .lanLinkLocal, .linkLocal4, "the network holds 169.254.0.0/16",
      "leave the range out unless a device needs it", nil)
    add(
      .lanCGNAT, .cgnat, "the network holds 100.64.0.0/10", "leave the range out", nil)
    return result
  }
}

private func serviceFindings(_ lan: LAN, _ block: String?) -> [Finding] {
  var result: [Finding] = []
  func packets(_ line: OutboundLine, _ service: ServicePart?) -> Expectation {
    .passing(
      line.origin, service, to: lan.networks.first?.addresses.host, by: line.selectors,
      out: lan.way)
  }
  for line in lan.outbound {
    if line.service.parts.contains(.any) {
      result.append(
        Finding(
          .lanAnyService, "every service of the network may be used", at: line.origin,
          block: block, fix: "name the ports that you need", showing: packets(line, .any)))
    }
    if line.selectors.cgroup != nil {
      let packets = packets(line, line.service.parts.first)
      result.append(cgroupFinding(line.origin, block, packets))
    }
  }
  for line in lan.dns {
    result.append(
      Finding(
        .lanDNS, "names are asked of a resolver on the LAN", at: line.origin, block: block,
        fix: "name a resolver inside the tunnel in the `tunnel` block",
        showing: .passing(
          line.origin, .ports(.udp, PortSet([PortRange(53)])),
          to: line.addresses.first.map { AddressSet($0) }, out: lan.way)))
  }
  for line in lan.multicast {
    result.append(
      Finding(
        .multicastNames,
        "\(line.protocols.map(\.rawValue).joined(separator: ", ")) tells names to the network",
        at: line.origin, block: block, fix: "remove what you do not need",
        showing: line.protocols.first.map { discovery in
          .passing(
            line.origin, .ports(.udp, PortSet([PortRange(discovery.question.port)])),
            to: discovery.question.to, out: lan.way)
        }))
  }
  for line in lan.inbound where line.isFromAny {
    result.append(
      Finding(
        .inboundReply, "anyone may open connections to this machine", at: line.origin,
        block: block, fix: "leave out `from any` unless the service is meant for the world",
        showing: .answering(line.origin, line.service.parts.first, out: lan.way)))
  }
  return result
}

extension AddressSet {
  static let linkLocal4 = AddressSet([Prefix(IPAddress(v4: 0xa9fe_0000), length: 16)])
  static let cgnat = AddressSet([Prefix(IPAddress(v4: 0x6440_0000), length: 10)])

  /// What the language takes for local without `public`: RFC 1918, RFC 4193, link-local, RFC 6598.
  static let localRanges = AddressSet([
    Prefix(IPAddress(v4: 0x0a00_0000), length: 8), Prefix(IPAddress(v4: 0xac10_0000), length: 12),
    Prefix(IPAddress(v4: 0xc0a8_0000), length: 16),
    Prefix(IPAddress(family: .ipv6, bits: 0xfc << 120), length: 7),
    Prefix(IPAddress(family: .ipv6, bits: 0xfe80 << 112), length: 10),
  ]).union(linkLocal4).union(cgnat)
}
