import Testing

extension KernelTests {
  /// policies/multi-hop.ksp: the second hop's packets go inside the first hop, or nowhere.
  @Suite struct MultiHopTests {
    @Test(arguments: Target.allCases)
    func `the second hop never goes without the first`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let policy = try projectPolicy(
        "multi-hop",
        [
          "wg-entry": "wg0", "wlp2s0": "eth0", "192.0.2.10": Address.server,
          "10.11.0.2": Address.tunnel, "0x6b01": "0x6b73", "192.168.2.": "192.168.1.",
        ])
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.walk([
        Phase(
          name: "first hop up",
          probes: [
            Probe("second hop", "udp \(secondHop)", .seen([.tunnel])),
            Probe("second hop without mark", "udp 198.51.100.20 51820", .rejected([])),
            Probe("second hop by eth0", "udp \(secondHop) dev=eth0", .rejected([])),
            Probe("first hop", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
            Probe("site in the first hop", "tcp \(Address.site) 443", .rejected([])),
            Probe("site in the first hop, UDP", "udp \(Address.site) 9000", .rejected([])),
            Probe("site in the first hop, ping", "icmp \(Address.site)", .blocked),
            Probe("DNS in the first hop", "udp \(Address.resolver) 53", .rejected([])),
            Probe("site by eth0", "tcp \(Address.site) 443 dev=eth0", .rejected([])),
            Probe(
              "ssh from the LAN", from: .router, "tcp \(Address.host) 22",
              .answered([.lan, .service])),
          ]),
        Phase(
          name: "first hop gone",
          change: { network in network.killTunnel() },
          probes: [
            Probe("second hop", "udp \(secondHop)", .rejected([])),
            Probe("first hop", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
            Probe("site", "tcp \(Address.site) 443", .rejected([])),
          ]),
      ])
    }
  }
}

private let secondHop = "198.51.100.20 51820 mark=27394"  // 0x6b02
