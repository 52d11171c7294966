import Testing

extension KernelTests {
  /// policies/gateway.ksp: the container is a client of the house's LAN, eth0 the modem's side.
  @Suite struct GatewayTests {
    @Test(arguments: Target.allCases)
    func `clients leave by the tunnel or not at all`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let policy = try projectPolicy(
        "gateway",
        [
          "wan0": "eth0", "br-lan": "docker0", "203.0.113.70": Address.server,
          "2001:db8:70::1": Address.server6, "10.80.0.": "10.64.0.", "fd80::": "fc00:bbbb::",
          "0x6b7b": "0x6b73",
        ])
      // The policy translates by itself, and nothing but a translated packet gets an answer.
      try network.nft(.host, "delete table ip other_nat\ndelete table ip6 other_nat")
      try network.ip(.internet, "route del 172.31.0.0/24 dev wg0\nroute del fd00:d0c::/64 dev wg0")
      try network.ip(
        .router,
        "route add 172.31.0.0/24 via \(Address.host)\nroute add fd00:d0c::/64 via \(Address.host6)")
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.walk(gatewayPhases)
    }

    @Test func `without rules every probe that must be blocked comes through`() throws {
      let lab = try Lab.standard()
      try lab.network.ip(
        .router,
        "route add 172.31.0.0/24 via \(Address.host)\nroute add fd00:d0c::/64 via \(Address.host6)")
      try lab.walkOpen(gatewayPhases)
    }
  }
}

private let gatewayPhases = [
  Phase(name: "tunnel up", probes: gatewayClients + gatewayItself + gatewayFromOutside),
  Phase(
    name: "before the tunnel goes down",
    probes: [
      Probe(
        "a client's connection", from: .container, "tcp \(Address.site) 9000 keep=tcp",
        .answered([.tunnel, .container])),
      Probe(
        "a client's flow", from: .container, "udp \(Address.site6) 9000 keep=udp",
        .answered([.tunnel, .container])),
    ]),
  Phase(
    name: "tunnel down",
    change: { network in try network.ip(.host, "link set wg0 down") },
    probes: [
      Probe("a client's connection goes on", from: .container, "push flow=tcp", .blocked),
      Probe("a client's flow goes on", from: .container, "push flow=udp", .rejected([.container])),
    ] + gatewayDown),
  Phase(
    name: "tunnel deleted",
    change: { network in
      try network.ip(.host, "link del wg0")
      network.killTunnel()
    },
    probes: gatewayDown),
  Phase(
    name: "an uplink that the policy does not name",
    change: { network in try network.addSecondUplink() },
    probes: [
      Probe("client", from: .container, "udp \(Address.site) 9000", .rejected([.container])),
      Probe("client, IPv6", from: .container, "udp \(Address.site6) 9000", .rejected([.container])),
      Probe("the gateway", "udp \(Address.site) 9000", .rejected([])),
      Probe("endpoint", "udp \(Address.server) 51820 mark=27507 dev=usb0", .rejected([])),
      Probe("DHCP", "udp 255.255.255.255 67 sport=68 dev=usb0 unconnected=1", .blocked),
    ]),
]

private let gatewayClients = [
  Probe("client", from: .container, "udp \(Address.site) 9000", .answered([.tunnel, .container])),
  Probe(
    "client, TCP", from: .container, "tcp \(Address.site) 443", .answered([.tunnel, .container])),
  Probe(
    "client, ping", from: .container, "icmp \(Address.site)", .answered([.tunnel, .container])),
  Probe(
    "client, IPv6", from: .container, "udp \(Address.site6) 9000", .answered([.tunnel, .container])),
  Probe(
    "client, IPv6, TCP", from: .container, "tcp \(Address.site6) 443",
    .answered([.tunnel, .container])),
  Probe(
    "client, IPv6, ping", from: .container, "icmp \(Address.site6)",
    .answered([.tunnel, .container])),
  Probe(
    "client, large", from: .container, "udp \(Address.site) 9000 size=4000 pmtu=off",
    .answered([.tunnel, .container])),
  Probe(
    "client, refused by the site", from: .container, "tcp \(Address.site) 81",
    .rejected([.tunnel, .container])),
  Probe(
    "client, the provider's resolver", from: .container, "udp \(Address.resolver) 53",
    .answered([.tunnel, .container])),
  Probe(
    "client, another resolver", from: .container, "udp \(Address.site) 53", .rejected([.container])),
  Probe(
    "client, another resolver, DoT", from: .container, "tcp \(Address.site) 853",
    .rejected([.container])),
  Probe(
    "client, the modem's resolver", from: .container, "udp \(Address.router) 53",
    .rejected([.container])),
  Probe("client, the modem", from: .container, "tcp \(Address.router) 80", .rejected([.container])),
  Probe(
    "client, the modem, IPv6", from: .container, "tcp \(Address.router6) 22",
    .rejected([.container])),
  Probe(
    "client, the endpoint", from: .container, "udp \(Address.server) 51820 mark=27507",
    .rejected([.container])),
  Probe(
    "client, our resolver", from: .container, "udp \(Address.bridge) 53",
    .answered([.container, .service])),
  Probe(
    "client, our resolver, TCP", from: .container, "tcp \(Address.bridge) 53",
    .answered([.container, .service])),
  Probe(
    "client, our ssh", from: .container, "tcp \(Address.bridge) 22",
    .answered([.container, .service])),
  Probe(
    "client, are we there", from: .container, "icmp \(Address.bridge)", .answered([.container])),
  Probe(
    "client, are we there, IPv6", from: .container, "icmp \(Address.bridge6)",
    .answered([.container])),
  Probe(
    "client, another of our services", from: .container, "tcp \(Address.bridge) 9000",
    .rejected([.container])),
  Probe(
    "client, DHCP", from: .container, "udp 255.255.255.255 67 sport=68 dev=eth0 unconnected=1",
    .answered([.container, .service])),
  Probe("us to a client", "tcp \(Address.container) 443", .answered([.container])),
  Probe("us to a client, another port", "tcp \(Address.container) 80", .rejected([])),
]

private let gatewayItself = [
  Probe("the gateway", "udp \(Address.site) 9000", .answered([.tunnel])),
  Probe("the gateway by eth0", "udp \(Address.site) 9000 dev=eth0", .rejected([])),
  Probe("the gateway by eth0, IPv6", "tcp \(Address.site6) 9000 dev=eth0", .rejected([])),
  Probe("the gateway, the modem's resolver", "udp \(Address.router) 53", .rejected([])),
  Probe("the gateway, the modem", "tcp \(Address.router) 80", .rejected([])),
  Probe("the gateway, ping", "icmp \(Address.router)", .blocked),
  Probe("the provider's resolver", "udp \(Address.resolver) 53", .answered([.tunnel])),
  Probe("endpoint", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
  Probe("endpoint, IPv6", "udp \(Address.server6) 51820 mark=27507", .seen([.lan])),
  Probe("endpoint without mark", "udp \(Address.server) 51820", .rejected([])),
  Probe("DHCP", "udp 255.255.255.255 67 sport=68 dev=eth0 unconnected=1", .answered([.lan])),
  Probe(
    "a client's address by eth0",
    "udp \(Address.server) 51820 mark=27507 src=\(Address.tunnel) dev=eth0", .blocked),
]

private let gatewayFromOutside = [
  Probe("ssh from the modem's side", from: .router, "tcp \(Address.host) 22", .blocked),
  Probe("ping from the modem's side", from: .router, "icmp \(Address.host)", .blocked),
  Probe("DNS from the modem's side", from: .router, "udp \(Address.host) 53", .blocked),
  Probe("to a client", from: .router, "tcp \(Address.container) 443", .blocked),
  Probe("to a client, IPv6", from: .router, "tcp \(Address.container6) 80", .blocked),
  Probe("through us into the tunnel", from: .router, "tcp \(Address.viaHost) 9000", .blocked),
  Probe("to the tunnel's address", from: .router, "tcp \(Address.tunnel) 22", .blocked),
  Probe("ssh from the VPN side", from: .internet, "tcp \(Address.tunnel) 22", .blocked),
  Probe(
    "to a client from the VPN side", from: .internet, "tcp \(Address.container) 80 dev=wg0",
    .blocked),
]

private let gatewayDown = [
  Probe("client", from: .container, "udp \(Address.site) 9000", .rejected([.container])),
  Probe("client, TCP", from: .container, "tcp \(Address.site) 443", .rejected([.container])),
  Probe("client, ping", from: .container, "icmp \(Address.site)", .rejected([.container])),
  Probe("client, IPv6", from: .container, "udp \(Address.site6) 9000", .rejected([.container])),
  Probe("client, IPv6, TCP", from: .container, "tcp \(Address.site6) 443", .rejected([.container])),
  Probe(
    "client, the provider's resolver", from: .container, "udp \(Address.resolver) 53",
    .rejected([.container])),
  Probe(
    "client, our resolver", from: .container, "udp \(Address.bridge) 53",
    .answered([.container, .service])),
  Probe("the gateway", "udp \(Address.site) 9000", .rejected([])),
  Probe("the gateway, IPv6", "tcp \(Address.site6) 9000", .rejected([])),
  Probe("endpoint", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
]
