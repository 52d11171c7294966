import Testing

extension KernelTests {
  /// policies/homelab.ksp as it is: the network has its names and addresses.
  @Suite struct HomelabTests {
    @Test(arguments: Target.allCases)
    func `homelab holds while the tunnel comes and goes`(target: Target) throws {
      let lab = try Lab.standard()
      try lab.network.host.load(lab.network.compile(text: projectPolicy("homelab"), to: target))
      try lab.forget()
      try lab.walk([
        Phase(name: "tunnel up", probes: homelabUp),
        Phase(name: "a container's datagram is too big for the tunnel", probes: homelabTooBig),
        Phase(
          name: "tunnel deleted",
          change: { network in
            try network.ip(.host, "link del wg0")
            network.killTunnel()
          },
          probes: homelabDown),
        Phase(
          name: "an Ethernet device takes the tunnel's name",
          change: { network in
            try network.ip(
              .host, "link add wg0 type veth peer name lan1 netns \(network.netns(.router))")
            try network.ip(.router, "addr add 10.64.0.9/24 dev lan1\nlink set lan1 up")
            try network.ip(
              .host,
              """
              addr add \(Address.tunnel)/24 dev wg0
              link set wg0 up
              route add 203.0.113.0/24 via 10.64.0.9 dev wg0
              neigh add 10.64.0.9 dev wg0 lladdr 02:00:00:00:00:01
              """)
          },
          // iptables knows names of devices and not their types; the policy's page says so.
          probes: target.isScript
            ? []
            : [
              Probe("site", "udp \(Address.site) 9000", .rejected([])),
              Probe(
                "container", from: .container, "udp \(Address.site) 9000", .rejected([.container])),
            ]),
      ])
    }
  }
}

private let homelabUp = [
  Probe("site", "tcp \(Address.site) 443", .answered([.tunnel])),
  Probe("site, UDP", "udp \(Address.site) 443", .answered([.tunnel])),
  Probe("site, IPv6", "tcp \(Address.site6) 443", .answered([.tunnel])),
  Probe("site, IPv6, UDP", "udp \(Address.site6) 443", .answered([.tunnel])),
  Probe("site, ping", "icmp \(Address.site)", .answered([.tunnel])),
  Probe("site, SCTP", "proto 132 \(Address.site)", .seen([.tunnel])),
  Probe("site by eth0", "tcp \(Address.site) 443 dev=eth0", .rejected([])),
  Probe("site by eth0, UDP", "udp \(Address.site) 443 dev=eth0", .rejected([])),
  Probe("site by eth0, IPv6", "tcp \(Address.site6) 443 dev=eth0", .rejected([])),
  Probe("site by eth0, ping", "icmp \(Address.site) dev=eth0", .blocked),
  Probe("site by eth0, SCTP", "proto 132 \(Address.site) dev=eth0", .blocked),
  Probe("endpoint", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
  Probe(
    "endpoint, large", "udp \(Address.server) 51820 mark=27507 size=3000 pmtu=off", .seen([.lan])),
  Probe("endpoint, another mark", "udp \(Address.server) 51820 mark=1", .rejected([])),
  Probe("endpoint, no mark", "udp \(Address.server) 51820", .rejected([])),
  Probe("endpoint, another port", "udp \(Address.server) 443 mark=27507", .rejected([])),
  Probe("endpoint, TCP", "tcp \(Address.server) 51820 mark=27507", .rejected([])),
  Probe("mark to another site", "udp \(Address.site) 51820 mark=27507 dev=eth0", .rejected([])),
  Probe("the provider's resolver", "udp \(Address.resolver) 53", .answered([.tunnel])),
  Probe("the provider's resolver, DoT", "tcp \(Address.resolver) 853", .answered([.tunnel])),
  Probe("another resolver", "udp \(Address.site) 53", .rejected([])),
  Probe("another resolver, DoT", "tcp \(Address.site) 853", .rejected([])),
  Probe("another resolver, IPv6", "udp \(Address.resolver6) 53", .rejected([])),
  Probe("the router's resolver", "udp \(Address.router) 53", .rejected([])),
  Probe("the router's resolver, TCP", "tcp \(Address.router) 53", .rejected([])),
  Probe("the router's resolver, DoT", "tcp \(Address.router) 853", .rejected([])),
  Probe("the router's resolver, IPv6", "udp \(Address.router6) 53", .rejected([])),
  Probe(
    "the router's resolver in fragments",
    "packet src=\(Address.host) dst=\(Address.router) proto=udp dport=53 fragment=split nodefrag=1",
    .blocked),
  Probe("file share", "tcp \(Address.neighbour) 445", .answered([.lan])),
  Probe("ssh", "tcp \(Address.router) 22", .answered([.lan])),
  Probe("ssh, IPv6", "tcp \(Address.router6) 22", .answered([.lan])),
  Probe("clock", "udp \(Address.router) 123", .answered([.lan])),
  Probe("the router's page", "tcp \(Address.router) 80", .rejected([])),
  Probe("mDNS", "udp 224.0.0.251 5353 dev=eth0 ttl=255 unconnected=1", .answered([.lan])),
  Probe("SSDP", "udp 239.255.255.250 1900 dev=eth0 ttl=2 unconnected=1", .answered([.lan])),
  Probe("LLMNR", "udp 224.0.0.252 5355 dev=eth0 ttl=255 unconnected=1", .blocked),
  Probe("DHCP", "udp 255.255.255.255 67 sport=68 dev=eth0 unconnected=1", .answered([.lan])),
  Probe(
    "the tunnel's address on the LAN", "tcp \(Address.router) 22 src=\(Address.tunnel) dev=eth0",
    .blocked),
  Probe(
    "the LAN's address in the tunnel", "udp \(Address.site) 9000 src=\(Address.host) dev=wg0",
    .blocked),
  Probe("ssh in", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
  Probe(
    "ssh in, IPv6", from: .router, "tcp \(Address.host6) 22 src=\(Address.router6)",
    .answered([.lan, .service])),
  Probe("ssh in from elsewhere", from: .router, "tcp \(Address.host) 22 src=192.0.2.1", .blocked),
  Probe("ping in", from: .router, "icmp \(Address.host)", .answered([.lan])),
  Probe("another port in", from: .router, "tcp \(Address.host) 9000", .blocked),
  Probe("the tunnel's address from the LAN", from: .router, "tcp \(Address.tunnel) 22", .blocked),
  Probe(
    "the tunnel's address from the LAN, IPv6", from: .router, "icmp \(Address.tunnel6)", .blocked),
  Probe("through us", from: .router, "tcp \(Address.viaHost) 9000", .blocked),
  Probe("ssh from the VPN side", from: .internet, "tcp \(Address.tunnel) 22", .blocked),
  Probe("page from the VPN side", from: .internet, "tcp \(Address.tunnel) 8080", .blocked),
  Probe(
    "page in a container", from: .router, "tcp \(Address.host) 8080", .answered([.container, .lan])),
  Probe(
    "container", from: .container, "tcp \(Address.site) 443", .answered([.tunnel, .container])),
  Probe(
    "container, UDP", from: .container, "udp \(Address.site) 443", .answered([.tunnel, .container])),
  Probe(
    "container, IPv6", from: .container, "tcp \(Address.site6) 443",
    .answered([.tunnel, .container])),
  Probe(
    "container, large", from: .container, "udp \(Address.site) 9000 size=3000 pmtu=off",
    .answered([.tunnel, .container])),
  Probe(
    "container, the provider's resolver", from: .container, "udp \(Address.resolver) 53",
    .answered([.tunnel, .container])),
  Probe(
    "container, another resolver", from: .container, "udp \(Address.site) 53",
    .rejected([.container])),
  Probe(
    "container, the router's resolver", from: .container, "udp \(Address.router) 53",
    .rejected([.container])),
  Probe(
    "container to the LAN", from: .container, "tcp \(Address.neighbour) 445",
    .rejected([.container])),
  Probe(
    "container to the host", from: .container, "tcp \(Address.bridge) 22", .rejected([.container])),
  Probe(
    "container refused by the site", from: .container, "tcp \(Address.site) 81",
    .rejected([.tunnel, .container])),
  Probe(
    "container's small datagram", from: .container, "udp \(Address.site) 9000 sport=31000",
    .answered([.tunnel, .container])),
  Probe(
    "container's small datagram, IPv6", from: .container, "udp \(Address.site6) 9000 sport=31006",
    .answered([.tunnel, .container])),
]

/// The flow is there already; this machine itself answers that 1400 bytes do not fit.
private let homelabTooBig = [
  Probe(
    "IPv4", from: .container, "udp \(Address.site) 9000 sport=31000 size=1400",
    .rejected([.container])),
  Probe(
    "IPv6", from: .container, "udp \(Address.site6) 9000 sport=31006 size=1400",
    .rejected([.container])),
]

private let homelabDown = [
  Probe("site", "tcp \(Address.site) 443", .rejected([])),
  Probe("site, UDP", "udp \(Address.site) 443", .rejected([])),
  Probe("site, IPv6", "tcp \(Address.site6) 443", .rejected([])),
  Probe("site, ping", "icmp \(Address.site)", .blocked),
  Probe("the provider's resolver", "udp \(Address.resolver) 53", .rejected([])),
  Probe("the router's resolver", "udp \(Address.router) 53", .rejected([])),
  Probe("endpoint", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
  Probe("file share", "tcp \(Address.neighbour) 445", .answered([.lan])),
  Probe("ssh in", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
  Probe(
    "page in a container", from: .router, "tcp \(Address.host) 8080", .answered([.container, .lan])),
  Probe("container", from: .container, "tcp \(Address.site) 443", .rejected([.container])),
  Probe("container, UDP", from: .container, "udp \(Address.site) 443", .rejected([.container])),
  Probe("container, IPv6", from: .container, "tcp \(Address.site6) 443", .rejected([.container])),
  Probe(
    "container, the provider's resolver", from: .container, "udp \(Address.resolver) 53",
    .rejected([.container])),
]
