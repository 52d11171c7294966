import PacketSpace
import Policy
import RulesetIR

/// ICMPv6 types of neighbour discovery (RFC 4861).
enum NDP {
  static let routerSolicitation: UInt8 = 133
  static let routerAdvertisement: UInt8 = 134
  static let neighborSolicitation: UInt8 = 135
  static let neighborAdvertisement: UInt8 = 136
  static let redirect: UInt8 = 137

  /// What the kernel sends by itself to find neighbours and to join groups.
  static let ownMessages: [[Match]] = [
    [.hopLimit(.ipv6, 255), .icmpv6Type(Array(routerSolicitation...redirect))],
    [toGroups(.multicastIPv6, .ipv6), .hopLimit(.ipv6, 1), .icmpv6Type([130, 131, 132, 143])],
    [toGroups(.multicastIPv4, .ipv4), .hopLimit(.ipv4, 1), .transport([2])],
  ]

  private static func toGroups(_ groups: AddressSet, _ family: AddressFamily) -> Match {
    .address(.destination, .prefix(groups.prefixes(family)[0]))
  }
}

extension PermitBuilder {
  mutating func addHost(_ policy: Policy) {
    let host = policy.host
    if let origin = host.dhcp { addDHCP(origin, policy) }
    if let origin = host.dhcp6 { addDHCP6(origin) }
    if let origin = host.ndp { addNDP(origin) }
    if let origin = host.igmp { addMembership(origin, policy) }
    for line in host.ntp {
      let part = ServicePart.ports(.udp, PortSet([PortRange(123)]))
      let test = AddressTest(place: .packet(.destination), addresses: line.addresses)
      add(
        .leaves(LeavingPath(out: zones.uplinks)), .line, [test], part.alternatives(.original),
        from: line.origin, note: "ntp")
      addAnswers(
        to: part, by: zones.uplinks, zone: .everywhere, servers: line.addresses, from: line.origin,
        note: "ntp")
    }
  }

  /// Source: RFC 2131 section 4.1: the client's port is 68, the server's 67.
  ///
  /// A renewal goes to the server's own address. Which one is not known here, so it must be private;
  /// a server with a public address is reached by the broadcast of the rebinding state.
  private mutating func addDHCP(_ origin: Origin, _ policy: Policy) {
    let out: [Match] = [
      .transport([17]), .port(.source, [PortRange(68)]), .port(.destination, [PortRange(67)]),
    ]
    let back: [Match] = [
      .transport([17]), .port(.source, [PortRange(67)]), .port(.destination, [PortRange(68)]),
    ]
    let networks = policy.lans.map(\.allNetworks).reduce(AddressSet()) { $0.union($1) }
    let servers = AddressSet.localIPv4.union(networks.only(.ipv4))
    let path = PacketPath.leaves(LeavingPath(out: zones.uplinks))
    let broadcast = AddressTest(place: .packet(.destination), addresses: .v4(255, 255, 255, 255))
    let renewal = AddressTest(place: .packet(.destination), addresses: servers)
    add(path, .line, [broadcast], [out], from: origin, note: "dhcp")
    add(path, .line, [renewal], [out], from: origin, note: "dhcp renewal")
    add(
      .arrives(zones.uplinks, from: .everywhere), .line, [], [[.family(.ipv4)] + back],
      from: origin,
      note: "dhcp answer")
  }

  /// Source: RFC 8415 sections 7.1 and 7.2.
  private mutating func addDHCP6(_ origin: Origin) {
    let servers = AddressTest(
      place: .packet(.destination), addresses: .v6(0xff02, 0x1_0002))
    let linkLocal = AddressTest(place: .packet(.source), addresses: .linkLocalIPv6)
    add(
      .leaves(LeavingPath(out: zones.uplinks)), .line, [servers],
      [
        [.transport([17]), .port(.source, [PortRange(546)]), .port(.destination, [PortRange(547)])]
      ],
      from: origin, note: "dhcp6")
    add(
      .arrives(zones.uplinks, from: .everywhere), .line, [linkLocal],
      [
        [.transport([17]), .port(.source, [PortRange(547)]), .port(.destination, [PortRange(546)])]
      ],
      from: origin, note: "dhcp6 answer")
  }

  private mutating func addNDP(_ origin: Origin) {
    let hops = Match.hopLimit(.ipv6, 255)
    let out: [UInt8] = [
      NDP.routerSolicitation, NDP.neighborSolicitation, NDP.neighborAdvertisement,
    ]
    let arriving: [UInt8] = [
      NDP.routerAdvertisement, NDP.neighborSolicitation, NDP.neighborAdvertisement, NDP.redirect,
    ]
    add(
      .leaves(LeavingPath(out: zones.notTunnel, sender: .kernel)), .line, [],
      [[hops, .icmpv6Type(out)]], from: origin, note: "ndp")
    add(
      .arrives(zones.notTunnel, from: .everywhere), .line, [], [[hops, .icmpv6Type(arriving)]],
      from: origin, note: "ndp")
  }

  /// Reports out, queries in, one hop.
  ///
  /// Source: RFC 3376 section 4, RFC 3810 section 5: IGMP is sent with TTL 1, MLD with hop limit 1.
  private mutating func addMembership(_ origin: Origin, _ policy: Policy) {
    let scope = policy.lans.map(zones.scope).reduce(zones.uplinks) { $0.union($1) }
    let groups4 = AddressTest(place: .packet(.destination), addresses: .multicastIPv4)
    let groups6 = AddressTest(place: .packet(.destination), addresses: .multicastIPv6)
    let out = PacketPath.leaves(LeavingPath(out: scope, sender: .kernel))
    let arrives = PacketPath.arrives(scope, from: .everywhere)
    let igmp: [[Match]] = [[.hopLimit(.ipv4, 1), .transport([2])]]
    add(out, .line, [groups4], igmp, from: origin, note: "igmp")
    add(arrives, .line, [groups4], igmp, from: origin, note: "igmp")
    add(
      out, .line, [groups6], [[.hopLimit(.ipv6, 1), .icmpv6Type([131, 132, 143])]],
      from: origin, note: "mld")
    add(
      arrives, .line, [groups6], [[.hopLimit(.ipv6, 1), .icmpv6Type([130, 131, 132, 143])]],
      from: origin, note: "mld")
  }
}

extension AddressSet {
  /// RFC 1918, RFC 3927 and the shared space of RFC 6598.
  static let localIPv4 = AddressSet([
    Prefix(IPAddress(v4: 0x0a00_0000), length: 8),
    Prefix(IPAddress(v4: 0xac10_0000), length: 12),
    Prefix(IPAddress(v4: 0xc0a8_0000), length: 16),
    Prefix(IPAddress(v4: 0xa9fe_0000), length: 16),
    Prefix(IPAddress(v4: 0x6440_0000), length: 10),
  ])
  static let linkLocalIPv6 = AddressSet([
    Prefix(IPAddress(family: .ipv6, bits: 0xfe80 << 112), length: 10)
  ])
  static let multicastIPv4 = AddressSet([Prefix(IPAddress(v4: 0xe000_0000), length: 4)])
  static let multicastIPv6 = AddressSet([
    Prefix(IPAddress(family: .ipv6, bits: 0xff << 120), length: 8)
  ])
}
