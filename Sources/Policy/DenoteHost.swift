import PacketSpace

extension Denotation {
  func addHost(to allowances: inout Allowances) {
    let host = policy.host
    if host.dhcp != nil { addDHCP(to: &allowances) }
    if host.dhcp6 != nil { addDHCP6(to: &allowances) }
    if host.ndp != nil { addNeighbourDiscovery(to: &allowances) }
    if host.igmp != nil { addGroupMembership(to: &allowances) }
    if host.ping != nil { addPing(to: &allowances) }
    for line in host.ntp where speaksOfOwnPackets {
      add(
        PermittedConnection(
          client: .machine, server: .devices(uplinks),
          service: Service([.ports(.udp, PortSet([PortRange(123)]))]),
          serverAddresses: line.addresses, hasErrorsToServer: false), to: &allowances)
    }
  }

  /// By broadcast, and for renewal to the server, whose address nobody knows but that it is a local one.
  private func addDHCP(to allowances: inout Allowances) {
    let local = AddressSet([
      .v4(255, 255, 255, 255, length: 32), .v4(10, 0, 0, 0, length: 8),
      .v4(172, 16, 0, 0, length: 12), .v4(192, 168, 0, 0, length: 16),
      .v4(169, 254, 0, 0, length: 16), .v4(100, 64, 0, 0, length: 10),
    ])
    let networks = AddressSet(ipv4: policy.lans.flatMap(\.networks).flatMap(\.addresses.ipv4))
    allowances.leaves.judged.append(
      .and([
        uplinks.output, .udp(from: 68, to: 67),
        .address(PacketField.destination, local.union(networks)),
      ]))
    allowances.arrives.judged.append(
      .and([uplinks.input, .family(.ipv4), .udp(from: 67, to: 68)]))
  }

  private func addDHCP6(to allowances: inout Allowances) {
    let servers = AddressSet([.v6(0xff02 << 48, 0x1_0002, length: 128)])
    let linkLocal = AddressSet([.v6(0xfe80 << 48, length: 10)])
    allowances.leaves.judged.append(
      .and([
        uplinks.output, .udp(from: 546, to: 547), .address(PacketField.destination, servers),
      ]))
    allowances.arrives.judged.append(
      .and([uplinks.input, .udp(from: 547, to: 546), .address(PacketField.source, linkLocal)]))
  }

  /// On every interface but `lo` and those with a tunnel's name, whatever their type.
  private func addNeighbourDiscovery(to allowances: inout Allowances) {
    let tunnels = Devices(policy.tunnels.flatMap(\.interfaces))
    let input = PacketExpression.not(.or([loopback.input, tunnels.input]))
    allowances.leaves.ofLink.append(neighbourDiscoveryOut)
    allowances.arrives.judged.append(.and([input, .icmpv6([134, 135, 136, 137]), .hops(255)]))
  }

  private var neighbourDiscoveryOut: PacketExpression {
    let tunnels = Devices(policy.tunnels.flatMap(\.interfaces))
    return .and([
      .not(.or([loopback.output, tunnels.output])), .icmpv6([133, 135, 136]), .hops(255),
    ])
  }

  /// The kernel's messages about a device, which the last hook cannot tell from those that pass within a bridge.
  var perhapsOfLink: PacketExpression {
    var messages: [PacketExpression] = []
    if policy.host.ndp != nil { messages.append(neighbourDiscoveryOut) }
    if policy.host.igmp != nil { messages.append(groupMembershipOut) }
    messages += policy.forwards.filter { $0.dhcpServer != nil }.map {
      advertisement(Devices($0.interfaces))
    }
    return .or(messages)
  }

  /// On LAN interfaces and uplinks, to groups, one hop.
  private func addGroupMembership(to allowances: inout Allowances) {
    let devices = Devices.any(of: policy.lans.map { self.devices($0) } + [uplinks])
    allowances.leaves.ofLink.append(groupMembershipOut)
    allowances.arrives.judged.append(
      .and([devices.input, groupMembership([130, 131, 132, 143])]))
  }

  private var groupMembershipOut: PacketExpression {
    let devices = Devices.any(of: policy.lans.map { self.devices($0) } + [uplinks])
    return .and([devices.output, groupMembership([131, 132, 143])])
  }

  /// - Parameter types: of MLD; IGMP's lie behind an IP option and are not looked at.
  private func groupMembership(_ types: [UInt8]) -> PacketExpression {
    let groups = AddressSet([.v4(224, 0, 0, 0, length: 4), .v6(0xff00 << 48, length: 8)])
    return .and([
      .or([.and([.family(.ipv4), .transport(2)]), .icmpv6(types)]), .hops(1),
      .address(PacketField.destination, groups),
    ])
  }

  /// Answers to echo requests from the LANs.
  private func addPing(to allowances: inout Allowances) {
    for lan in policy.lans where !lan.networks.isEmpty {
      add(
        PermittedConnection(
          client: .devices(devices(lan)), server: .machine,
          service: Service([.icmp(type: 8), .icmpv6(type: 128)]),
          clientAddresses: .union(lan.networks)), to: &allowances)
    }
  }
}
