import PacketSpace

extension Denotation {
  func addLANs(to allowances: inout Allowances) {
    for lan in policy.lans {
      let devices = devices(lan)
      let networks = AddressSet.union(lan.networks)
      for line in lan.outbound where speaksOfOwnPackets {
        add(
          PermittedConnection(
            client: .machine, server: .devices(devices), service: line.service,
            serverAddresses: networks, condition: selected(line.selectors), isWithoutDNS: true,
            hasErrorsToServer: false), to: &allowances)
      }
      for line in lan.dns where speaksOfOwnPackets {
        add(
          PermittedConnection(
            client: .machine, server: .devices(devices), service: .dns,
            serverAddresses: line.addresses, hasErrorsToServer: false), to: &allowances)
      }
      for line in lan.inbound {
        add(
          PermittedConnection(
            client: .devices(devices), server: .machine, service: line.service,
            clientAddresses: line.isFromAny ? nil : networks, isDialIn: true), to: &allowances)
      }
      for line in lan.broadcast { add(line, lan, to: &allowances) }
      for discovery in Set(lan.multicast.flatMap(\.protocols)).sorted() {
        add(discovery, devices, networks, to: &allowances)
      }
    }
  }

  /// To everybody, both ways; no answer is implied.
  private func add(_ line: BroadcastLine, _ lan: LAN, to allowances: inout Allowances) {
    let directed = lan.networks.flatMap { $0.addresses.prefixes(.ipv4) }
      .filter { $0.length < 31 }.map { IPv4Range(UInt32($0.upper), UInt32($0.upper)) }
    let everybody = AddressSet(ipv4: directed + [IPv4Range(.max, .max)])
    let packets = PacketExpression.and([
      line.service.requests, .address(PacketField.destination, everybody),
    ])
    let devices = devices(lan)
    allowances.leaves.judged.append(.and([devices.output, packets]))
    allowances.arrives.judged.append(.and([devices.input, packets]))
  }

  // MARK: Discovery

  private func add(
    _ discovery: MulticastProtocol, _ devices: Devices, _ networks: AddressSet,
    to allowances: inout Allowances
  ) {
    let port = PortSet([PortRange(discovery.port)])
    let common = PacketExpression.and(
      [.transport(17), .whole] + (discovery == .mdns ? [.hops(255)] : []))
    let toGroup = PacketExpression.and([
      common, .port(.destinationPort, port), .address(PacketField.destination, discovery.groups),
    ])
    var answer = [common]
    if discovery == .mdns { answer.append(.port(.sourcePort, port)) }
    func answers(
      _ end: @escaping (AddressFamily) -> PacketField, _ asked: String
    ) -> PacketExpression {
      let port = PacketExpression.or(
        [.port(.destinationPort, port)]
          + AddressFamily.allCases.map { family in
            let name = "asked_\(discovery.rawValue)_\(asked)\(family == .ipv4 ? 4 : 6)"
            return .and([.family(family), .test(PacketTest(.asked(name), 1))])
          })
      return .and(answer + [.address(end, networks), port])
    }
    allowances.leaves.judged.append(
      .and([devices.output, .or([toGroup, answers(PacketField.destination, "in")])]))
    allowances.arrives.judged.append(
      .and([devices.input, .or([toGroup, answers(PacketField.source, "out")])]))
  }
}

extension MulticastProtocol: Comparable {
  package static func < (a: MulticastProtocol, b: MulticastProtocol) -> Bool {
    a.rawValue < b.rawValue
  }

  fileprivate var port: UInt16 {
    switch self {
    case .mdns: 5353
    case .ssdp: 1900
    case .llmnr: 5355
    case .wsd: 3702
    }
  }

  fileprivate var groups: AddressSet {
    switch self {
    case .mdns: AddressSet([.v4(224, 0, 0, 251, length: 32), .v6(0xff02 << 48, 0xfb, length: 128)])
    case .ssdp, .wsd:
      AddressSet(
        [.v4(239, 255, 255, 250, length: 32), .v6(0xff02 << 48, 0xc, length: 128)]
          + (self == .ssdp ? [.v6(0xff05 << 48, 0xc, length: 128)] : []))
    case .llmnr:
      AddressSet([.v4(224, 0, 0, 252, length: 32), .v6(0xff02 << 48, 0x1_0003, length: 128)])
    }
  }
}
