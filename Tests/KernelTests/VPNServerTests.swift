import Testing

extension KernelTests {
  /// policies/vpn-server.ksp: the container is a phone that dialled in, docker0 the tunnel to it.
  @Suite struct VPNServerTests {
    @Test(arguments: Target.allCases)
    func `phones use the tunnel and what is at home`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let policy = try projectPolicy(
        "vpn-server",
        [
          "wg1": "docker0", "198.51.100.60": Address.server, "10.60.0.": "10.64.0.",
          "0x6b85": "0x6b73",
        ])
      try network.serve(.host, ["udp,0.0.0.0,51821"])
      try network.serve(.router, ["tcp,0.0.0.0,443"])
      try network.nft(.host, "delete table ip other_nat\ndelete table ip6 other_nat")
      try network.ip(.internet, "route del 172.31.0.0/24 dev wg0")
      try network.ip(.router, "route add 172.31.0.0/24 via \(Address.host)")
      try network.ip(.host, "route add 192.0.2.0/24 via \(Address.router) dev eth0")
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.walk([
        Phase(name: "tunnel up", probes: phones(tunnelIsUp: true)),
        Phase(
          name: "tunnel down",
          change: { network in try network.ip(.host, "link set wg0 down") },
          probes: phones(tunnelIsUp: false)),
      ])
    }
  }
}

private func phones(tunnelIsUp: Bool) -> [Probe] {
  let byTunnel: Expectation =
    tunnelIsUp ? .answered([.tunnel, .container]) : .rejected([.container])
  return [
    Probe("phone to a site", from: .container, "tcp \(Address.site) 443", byTunnel),
    Probe("phone to a site, UDP", from: .container, "udp \(Address.site) 9000", byTunnel),
    Probe(
      "phone to the provider's resolver", from: .container, "udp \(Address.resolver) 53", byTunnel),
    Probe(
      "phone to our resolver", from: .container, "udp \(Address.bridge) 53",
      .answered([.container, .service])),
    Probe("phone's ping", from: .container, "icmp \(Address.bridge)", .answered([.container])),
    Probe(
      "phone to our ssh", from: .container, "tcp \(Address.bridge) 22", .rejected([.container])),
    Probe(
      "phone to a page at home", from: .container, "tcp \(Address.router) 443",
      .answered([.lan, .container])),
    Probe(
      "phone to files at home", from: .container, "tcp \(Address.router) 445",
      .answered([.lan, .container])),
    Probe(
      "phone to ssh at home", from: .container, "tcp \(Address.router) 22", .rejected([.container])),
    Probe(
      "phone to a resolver at home", from: .container, "udp \(Address.router) 53",
      .rejected([.container])),
    Probe("phone to beyond home", from: .container, "tcp 192.0.2.1 443", .rejected([.container])),
    Probe("home to a phone", from: .router, "tcp \(Address.container) 80", .blocked),
    Probe(
      "a phone dials in", from: .router, "udp \(Address.host) 51821 src=192.0.2.1",
      .answered([.lan, .service])),
    Probe("dialling out", "udp 192.0.2.1 9000 dev=eth0", .rejected([])),
    Probe(
      "as if we answered",
      "packet src=\(Address.host) dst=192.0.2.10 proto=udp sport=51821 dport=9000", .blocked),
    Probe("ssh from far away", from: .router, "tcp \(Address.host) 22 src=192.0.2.1", .blocked),
    Probe("ssh from home", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
    Probe("we ourselves by eth0", "tcp \(Address.site) 443 dev=eth0", .rejected([])),
  ]
}
