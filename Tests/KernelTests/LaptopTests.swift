import Testing

extension KernelTests {
  /// policies/laptop.ksp: every interface may be an uplink, also one that comes later.
  @Suite struct LaptopTests {
    @Test(arguments: Target.allCases)
    func `uplinks come and go`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let policy = try projectPolicy(
        "laptop",
        [
          "203.0.113.200": Address.server, "2001:db8:200::1": Address.server6,
          "10.100.0.7": Address.tunnel, "fd64::7": Address.tunnel6, "10.100.0.": "10.64.0.",
          "fd64::": "fc00:bbbb::", "0x6b80": "0x6b73",
        ])
      try network.serve(.router, ["tcp,0.0.0.0,631"])
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.walk([
        Phase(name: "Wi-Fi", probes: laptop(by: "eth0", router: Address.router, .lan)),
        Phase(
          name: "a hotspot calls its network as the tunnel does",
          change: { network in
            try network.ip(.router, "addr add 10.64.0.9/24 dev lan0")
            try network.ip(.host, "route add 10.64.0.9/32 dev eth0")
          },
          probes: [
            Probe("printer", "tcp 10.64.0.9 631", .rejected([])),
            Probe(
              "the tunnel's address", "tcp \(Address.router) 631 src=\(Address.tunnel) dev=eth0",
              .blocked),
          ]),
        Phase(
          name: "a phone",
          change: { network in
            network.killTunnel()
            try network.addSecondUplink()
          },
          probes: laptop(by: "usb0", router: "192.168.42.1", .secondUplink)
            + [Probe("site", "udp \(Address.site) 9000", .rejected([]))]),
        Phase(
          name: "the phone is gone",
          change: { network in
            try network.ip(
              .host, "link del usb0\nroute replace default via \(Address.router) dev eth0")
          },
          probes: laptop(by: "eth0", router: Address.router, .lan)),
      ])
    }
  }
}

private func laptop(by uplink: String, router: String, _ sight: Sight) -> [Probe] {
  [
    Probe("endpoint", "udp \(Address.server) 51820 mark=27507 dev=\(uplink)", .seen([sight])),
    Probe(
      "endpoint at the port of DNS", "udp \(Address.server) 53 mark=27507 dev=\(uplink)",
      .seen([sight])),
    Probe(
      "endpoint at the port of DNS, no mark", "udp \(Address.server) 53 dev=\(uplink)",
      .rejected([])),
    Probe("printer", "tcp \(router) 631 dev=\(uplink)", .answered([sight])),
    Probe("the router's resolver", "udp \(router) 53 dev=\(uplink)", .rejected([])),
    Probe("the router's page", "tcp \(router) 80 dev=\(uplink)", .rejected([])),
    Probe("site by the uplink", "tcp \(Address.site) 443 dev=\(uplink)", .rejected([])),
    Probe("site by the uplink, IPv6", "tcp \(Address.site6) 443 dev=\(uplink)", .rejected([])),
    Probe("clock", "udp 192.0.2.123 123 dev=\(uplink)", .seen([sight])),
    Probe("another clock", "udp \(Address.site) 123 dev=\(uplink)", .rejected([])),
    Probe(
      "DHCP", "udp 255.255.255.255 67 sport=68 dev=\(uplink) unconnected=1", .answered([sight])),
    Probe("ssh from outside", from: .router, "tcp \(Address.host) 22", .blocked),
    Probe("ping from outside", from: .router, "icmp \(Address.host)", .blocked),
  ]
}
