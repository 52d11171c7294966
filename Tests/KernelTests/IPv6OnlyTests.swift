import Testing

extension KernelTests {
  /// policies/ipv6-only.ksp: IPv4 exists in the tunnel alone.
  @Suite struct IPv6OnlyTests {
    @Test(arguments: Target.allCases)
    func `IPv4 leaves in the tunnel alone`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let policy = try projectPolicy(
        "ipv6-only",
        [
          "2001:db8:51::1": Address.server6, "fd51::": "fc00:bbbb::", "10.51.0.": "10.64.0.",
          "fd20:20::/48": "fd12:3456:789a::/64", "fd20:20::": "fd12:3456:789a::",
          "0x6b81": "0x6b73",
        ])
      // The tunnel itself has to go by IPv6 too.
      try network.moveTunnelEndpoint(to: "[\(Address.server6)]:51820")
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.check("tunnel up", ipv6Only)
      network.killTunnel()
      try lab.check(
        "tunnel gone",
        [
          Probe("site", "tcp \(Address.site6) 443", .rejected([])),
          Probe("site, IPv4", "tcp \(Address.site) 443", .rejected([])),
          Probe("ssh", "tcp \(Address.router6) 22", .answered([.lan])),
        ])
    }
  }
}

private let ipv6Only = [
  Probe("site", "tcp \(Address.site6) 443", .answered([.tunnel])),
  Probe("site, IPv4", "tcp \(Address.site) 443", .answered([.tunnel])),
  Probe("site, mapped", "udp ::ffff:\(Address.site) 9000", .answered([.tunnel])),
  Probe("site by eth0", "tcp \(Address.site6) 443 dev=eth0", .rejected([])),
  Probe("site by eth0, IPv4", "tcp \(Address.site) 443 dev=eth0", .rejected([])),
  Probe("site by eth0, mapped", "udp ::ffff:\(Address.site) 9000 dev=eth0", .rejected([])),
  Probe("resolver", "udp \(Address.resolver6) 53", .answered([.tunnel])),
  Probe("the router's resolver", "udp \(Address.router6) 53", .rejected([])),
  Probe("ssh", "tcp \(Address.router6) 22", .answered([.lan])),
  Probe("ssh, IPv4", "tcp \(Address.router) 22", .rejected([])),
  Probe("ping", "icmp \(Address.router6)", .answered([.lan])),
  Probe("ping, IPv4", "icmp \(Address.router)", .blocked),
  Probe(
    "ssh in", from: .router, "tcp \(Address.host6) 22 src=\(Address.router6)",
    .answered([.lan, .service])),
  Probe("ssh in, IPv4", from: .router, "tcp \(Address.host) 22", .blocked),
  Probe(
    "ssh in from elsewhere", from: .router, "tcp \(Address.hostPublic6) 22 src=2001:db8:77::1",
    .blocked),
  Probe("endpoint", "udp \(Address.server6) 51820 mark=27507", .seen([.lan])),
  Probe("endpoint, IPv4", "udp \(Address.server) 51820 mark=27507", .rejected([])),
  Probe("mDNS, IPv4", "udp 224.0.0.251 5353 dev=eth0 ttl=255 unconnected=1", .blocked),
  Probe("DHCP, IPv4", "udp 255.255.255.255 67 sport=68 dev=eth0 unconnected=1", .blocked),
  Probe("the tunnel's address from the LAN", from: .router, "tcp \(Address.tunnel6) 22", .blocked),
]
