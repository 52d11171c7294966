import PacketSpace
import Policy
import RulesetIR

extension PermitBuilder {
  mutating func addLANs(_ policy: Policy) {
    for lan in policy.lans {
      let scope = zones.scope(of: lan)
      let networks = lan.allNetworks
      addOutbound(lan, scope, networks)
      for line in lan.inbound {
        for part in line.service.parts {
          addServed(
            part, by: scope, zone: .outside, clients: line.isFromAny ? nil : networks,
            sources: nil, from: line.origin, note: "lan in")
        }
      }
      for line in lan.multicast {
        for name in line.protocols { add(name, line.origin, scope, networks) }
      }
      for line in lan.broadcast { add(line, scope, networks) }
      if let ping = policy.host.ping, !networks.isEmpty {
        for part: ServicePart in [.icmp(type: ICMP.echoRequest), .icmpv6(type: ICMP.echoRequest6)] {
          addServed(
            part, by: scope, zone: .everywhere, clients: networks, sources: nil, from: ping,
            note: "ping")
        }
      }
    }
  }

  private mutating func addOutbound(
    _ lan: LAN, _ scope: InterfaceScope, _ networks: AddressSet
  ) {
    let out = PacketPath.leaves(LeavingPath(out: scope))
    let destination = AddressTest(place: .packet(.destination), addresses: networks)
    for line in lan.outbound {
      for part in line.service.parts {
        add(
          out, .line, [destination], part.alternatives(.original), selectors: line.selectors,
          from: line.origin, note: "lan out")
        addAnswers(
          to: part, by: scope, zone: .outside, servers: networks, from: line.origin,
          note: "lan out")
      }
    }
    for line in lan.dns {
      let server = AddressTest(place: .packet(.destination), addresses: line.addresses)
      add(out, .dns, [server], dnsAlternatives, from: line.origin, note: "lan dns")
      for transport in [TransportProtocol.tcp, .udp] {
        addAnswers(
          to: .ports(transport, dnsPorts), by: scope, zone: .outside, servers: line.addresses,
          from: line.origin, note: "lan dns")
      }
    }
  }

  // MARK: Multicast

  /// Questions and announcements to the group, and the unicast answers of both ends.
  ///
  /// Conntrack does not know an answer to a multicast question, so a set remembers for 5 seconds
  /// who asked.
  private mutating func add(
    _ name: MulticastProtocol, _ origin: Origin, _ scope: InterfaceScope, _ networks: AddressSet
  ) {
    let out = PacketPath.leaves(LeavingPath(out: scope))
    let arrives = PacketPath.arrives(scope, from: .outside)
    for family in AddressFamily.allCases {
      let groups = AddressTest(place: .packet(.destination), addresses: name.groups(family))
      let toPort = name.datagram(family, to: true)
      let answer = name.datagram(family, to: false)
      let (ours, theirs) = (
        book.asked("\(name.rawValue)_out", family), book.asked("\(name.rawValue)_in", family)
      )
      add(
        out, .line, [groups], [toPort],
        statements: [.updateSet(name: ours, address: .source, port: .source)], from: origin,
        note: name.rawValue)
      add(
        arrives, .line, [groups], [toPort],
        statements: [.updateSet(name: theirs, address: .source, port: .source)], from: origin,
        note: name.rawValue)
      let near = networks.only(family)
      if near.isEmpty { continue }
      let (to, from) = (
        AddressTest(place: .packet(.destination), addresses: near),
        AddressTest(place: .packet(.source), addresses: near)
      )
      let note = "\(name.rawValue) answer"
      add(
        out, .line, [to],
        [
          toPort + name.sourcePort,
          answer + [.asked(set: theirs, family: family, .destination, .destination)],
        ],
        from: origin, note: note)
      add(
        arrives, .line, [from],
        [
          toPort + name.sourcePort,
          answer + [.asked(set: ours, family: family, .destination, .destination)],
        ],
        from: origin, note: note)
    }
  }

  // MARK: Broadcast

  private mutating func add(
    _ line: BroadcastLine, _ scope: InterfaceScope, _ networks: AddressSet
  ) {
    let destination = AddressTest(
      place: .packet(.destination), addresses: networks.broadcastAddresses)
    for part in line.service.parts {
      let alternatives = part.alternatives(.original)
      add(
        .leaves(LeavingPath(out: scope)), .line, [destination], alternatives, from: line.origin,
        note: "broadcast")
      add(
        .arrives(scope, from: .outside), .line, [destination], alternatives, from: line.origin,
        note: "broadcast")
    }
  }
}

extension LAN {
  var allNetworks: AddressSet {
    networks.map(\.addresses).reduce(AddressSet()) { $0.union($1) }
  }
}

extension MulticastProtocol {
  /// Sources: RFC 6762 (mDNS), RFC 4795 (LLMNR), UPnP Device Architecture 2.0 (SSDP), WS-Discovery 1.1.
  func groups(_ family: AddressFamily) -> AddressSet {
    switch (self, family) {
    case (.mdns, .ipv4): .v4(224, 0, 0, 251)
    case (.mdns, .ipv6): .v6(0xff02, 0xfb)
    case (.ssdp, .ipv4), (.wsd, .ipv4): .v4(239, 255, 255, 250)
    case (.ssdp, .ipv6): AddressSet.v6(0xff02, 0xc).union(.v6(0xff05, 0xc))
    case (.wsd, .ipv6): .v6(0xff02, 0xc)
    case (.llmnr, .ipv4): .v4(224, 0, 0, 252)
    case (.llmnr, .ipv6): .v6(0xff02, 0x1_0003)
    }
  }

  var port: UInt16 {
    switch self {
    case .mdns: 5353
    case .ssdp: 1900
    case .llmnr: 5355
    case .wsd: 3702
    }
  }

  /// A mDNS answer comes from the well-known port; the others answer from any.
  fileprivate var sourcePort: [Match] {
    switch self {
    case .mdns: [.port(.source, [PortRange(port)])]
    case .ssdp, .llmnr, .wsd: []
    }
  }

  /// UDP of this protocol: to its port, or an answer to the port that asked.
  fileprivate func datagram(_ family: AddressFamily, to: Bool) -> [Match] {
    var matches: [Match] = self == .mdns ? [.hopLimit(family, 255)] : []
    matches.append(.transport([17]))
    matches += to ? [.port(.destination, [PortRange(port)])] : sourcePort
    return matches
  }
}

extension AddressSet {
  static func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> AddressSet {
    AddressSet(IPAddress(v4: a << 24 | b << 16 | c << 8 | d))
  }

  /// `first::last`, the last 32 bits as one number.
  static func v6(_ first: UInt16, _ last: UInt32) -> AddressSet {
    AddressSet(IPAddress(family: .ipv6, bits: UInt128(first) << 112 | UInt128(last)))
  }

  func only(_ family: AddressFamily) -> AddressSet {
    switch family {
    case .ipv4: AddressSet(ipv4: ipv4)
    case .ipv6: AddressSet(ipv6: ipv6)
    }
  }

  /// 255.255.255.255 and the directed broadcast of each IPv4 prefix (RFC 919, RFC 922); a /31 and a
  /// /32 have none (RFC 3021).
  fileprivate var broadcastAddresses: AddressSet {
    let directed = prefixes(.ipv4).filter { $0.length < 31 }.map {
      IPv4Range(UInt32($0.upper), UInt32($0.upper))
    }
    return AddressSet(ipv4: [IPv4Range(.max, .max)] + directed)
  }
}
