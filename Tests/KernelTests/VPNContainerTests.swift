import Testing

extension KernelTests {
  /// policies/vpn-container.ksp: the host is the container whose network others share, eth0 its Compose
  /// network.
  @Suite struct VPNContainerTests {
    @Test(arguments: Target.allCases)
    func `programs in the container's network use the tunnel`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let policy = try projectPolicy(
        "vpn-container",
        [
          "home            = 192.168.1.0/24": "home = 192.168.7.0/24",
          "172.20.0.0/16": "192.168.1.0/24", "172.20.0.": "192.168.1.",
          "198.51.100.21": Address.server, "10.2.0.": "10.64.0.", "0x6b77": "0x6b73",
        ])
      try network.serve(.host, ["tcp,0.0.0.0,51413", "udp,0.0.0.0,51413"])
      try network.ip(.router, "addr add 192.168.7.1/24 dev lo")
      try network.ip(.host, "route add 192.168.7.0/24 via \(Address.router) dev eth0")
      // What another tool forwards is none of this container's business.
      try network.nft(.host, "delete table ip other_nat\ndelete table ip6 other_nat")
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.walk([
        Phase(name: "tunnel up", probes: vpnContainerUp + vpnContainerAlways),
        Phase(
          name: "tunnel's program killed", change: { network in network.killTunnel() },
          probes: vpnContainerAlways + [
            Probe("site", "tcp \(Address.site) 443", .rejected([])),
            Probe("site, UDP", "udp \(Address.site) 9000 uid=1000", .rejected([])),
            Probe("resolver", "udp \(Address.resolver) 53", .rejected([])),
          ]),
      ])
    }
  }
}

private let vpnContainerUp = [
  Probe("site", "tcp \(Address.site) 443", .answered([.tunnel])),
  Probe("site, UDP", "udp \(Address.site) 9000 uid=1000", .answered([.tunnel])),
  Probe("resolver", "udp \(Address.resolver) 53", .answered([.tunnel])),
  Probe(
    "peer at the forwarded port", from: .internet, "tcp \(Address.tunnel) 51413",
    .answered([.tunnel, .service])),
  Probe(
    "peer at the forwarded port, UDP", from: .internet, "udp \(Address.tunnel) 51413",
    .answered([.tunnel, .service])),
  Probe("VPN side to the page", from: .internet, "tcp \(Address.tunnel) 8080", .blocked),
]

private let vpnContainerAlways = [
  Probe("site by eth0", "tcp \(Address.site) 443 dev=eth0", .rejected([])),
  Probe("site by eth0, IPv6", "udp \(Address.site6) 443 dev=eth0", .rejected([])),
  Probe("Docker's gateway as resolver", "udp \(Address.router) 53", .rejected([])),
  Probe("Docker's gateway as resolver, TCP", "tcp \(Address.router) 53", .rejected([])),
  Probe(
    "page from the Compose network", from: .router, "tcp \(Address.host) 8080",
    .answered([.lan, .service])),
  Probe(
    "page from home", from: .router, "tcp \(Address.host) 8080 src=192.168.7.1",
    .answered([.lan, .service])),
  Probe("page from elsewhere", from: .router, "tcp \(Address.host) 8080 src=192.0.2.1", .blocked),
  Probe(
    "another service from home", from: .router, "tcp \(Address.host) 9000 src=192.168.7.1", .blocked
  ),
  Probe("file server at home", "tcp 192.168.7.1 445", .answered([.lan])),
  Probe("another container", "tcp \(Address.router) 8989", .answered([.lan])),
  Probe("another container, another port", "tcp \(Address.router) 22", .rejected([])),
  Probe("endpoint", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
  Probe("endpoint without mark", "udp \(Address.server) 51820", .rejected([])),
  Probe("forwarded", from: .container, "tcp \(Address.site) 443", .blocked),
  Probe("through us", from: .router, "udp \(Address.viaHost) 9000", .blocked),
]
