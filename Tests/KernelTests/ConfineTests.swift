import Glibc
import Testing

extension KernelTests {
  /// One account or one container network has to use the tunnel, the rest of the machine is left alone.
  @Suite struct ConfineTests {
    @Test(arguments: Target.allCases)
    func `a confined account leaves by the tunnel alone`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      try network.routeAroundTunnel()
      try network.ip(
        .host,
        """
        rule add uidrange 1234-1234 table main suppress_prefixlength 0 pref 100
        rule add uidrange 1234-1234 table 6234 pref 101
        route add default dev wg0 table 6234
        """)
      let policy = try projectPolicy(
        "confine-user",
        ["198.51.100.44": Address.server, "10.44.0.": "10.64.0.", "0x6b7e": "0x6b73"])
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.walk(confinedAccountPhases)
    }

    @Test(arguments: Target.allCases)
    func `a confined container network leaves by the tunnel alone`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      try network.routeAroundTunnel()
      try network.ip(
        .host,
        """
        rule add iif docker0 table 6228
        route add default dev wg0 table 6228
        route add 192.168.1.0/24 dev eth0 table 6228
        """)
      let policy = try projectPolicy(
        "confine-docker",
        [
          "docker0": "br-other", "br-torrent": "docker0", "192.0.2.88": Address.server,
          "10.88.0.": "10.64.0.", "0x6b7f": "0x6b73",
        ])
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.walk(confinedContainerPhases)
    }
  }
}

extension Network {
  /// Only what is sent there by a rule of its own goes into the tunnel.
  fileprivate func routeAroundTunnel() throws {
    try ip(
      .host,
      """
      route del 0.0.0.0/1 dev wg0
      route del 128.0.0.0/1 dev wg0
      route del ::/1 dev wg0
      route del 8000::/1 dev wg0
      """)
  }
}

private let confinedAccountPhases = [
  Phase(name: "tunnel up", probes: confinedAccountUp),
  Phase(
    name: "before the tunnel goes down",
    probes: [
      Probe("a connection", "tcp \(Address.site) 9000 uid=1234 keep=tcp", .answered([.tunnel])),
      Probe(
        "a connection to close", "tcp \(Address.site) 443 uid=1234 keep=orphan",
        .answered([.tunnel])),
      Probe("a flow", "udp \(Address.site) 9000 uid=1234 keep=udp", .answered([.tunnel])),
    ]),
  Phase(
    name: "tunnel down",
    change: { network in try network.ip(.host, "link set wg0 down") },
    probes: [
      Probe("a connection goes on", "push flow=tcp", .blocked),
      Probe("a closed connection's data", "push flow=orphan close=1", .blocked),
      Probe("a flow goes on", "push flow=udp", .blocked),
      Probe("site", "udp \(Address.site) 9000 uid=1234", .rejected([])),
      Probe("site, TCP", "tcp \(Address.site) 9000 uid=1234", .rejected([])),
      Probe("site, ping", "icmp \(Address.site) uid=1234", .blocked),
      Probe("site, IPv6", "udp \(Address.site6) 9000 uid=1234", .rejected([])),
      Probe("another account", "udp \(Address.site) 9000 uid=1000", .answered([.lan])),
      Probe(
        "ssh from the LAN", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
      Probe(
        "container", from: .container, "udp \(Address.site) 9000", .answered([.lan, .container])),
    ]),
  Phase(
    name: "a while later",
    change: { _ in usleep(1_500_000) },
    probes: [Probe("site", "udp \(Address.site) 9000 uid=1234", .rejected([]))]),
]

private let confinedAccountUp = [
  Probe("site", "udp \(Address.site) 9000 uid=1234", .answered([.tunnel])),
  Probe("site, TCP", "tcp \(Address.site) 9000 uid=1234", .answered([.tunnel])),
  Probe("site by eth0", "udp \(Address.site) 9000 uid=1234 dev=eth0", .rejected([])),
  Probe("site by eth0, TCP", "tcp \(Address.site) 9000 uid=1234 dev=eth0", .rejected([])),
  Probe("site by eth0, mapped", "udp ::ffff:\(Address.site) 9000 uid=1234 dev=eth0", .rejected([])),
  Probe("site, IPv6", "tcp \(Address.site6) 9000 uid=1234", .rejected([])),
  Probe("the provider's resolver", "udp \(Address.resolver) 53 uid=1234", .answered([.tunnel])),
  Probe("the router's resolver", "udp \(Address.router) 53 uid=1234", .rejected([])),
  Probe("the local resolver", "udp 127.0.0.53 53 uid=1234", .rejected([])),
  Probe("the local resolver at another address", "udp \(Address.host) 53 uid=1234", .rejected([])),
  Probe(
    "the local resolver at another address, mapped", "udp ::ffff:\(Address.host) 53 uid=1234",
    .rejected([])),
  Probe(
    "the local resolver at the bridge's address", "tcp \(Address.bridge) 53 uid=1234", .rejected([])
  ),
  Probe("the router's resolver, mapped", "udp ::ffff:\(Address.router) 53 uid=1234", .rejected([])),
  Probe("the partner on the LAN", "tcp \(Address.router) 8989 uid=1234", .answered([.lan])),
  Probe("another service on the LAN", "tcp \(Address.router) 445 uid=1234", .rejected([])),
  Probe(
    "endpoint in the name of the account", "udp \(Address.server) 51820 uid=1234 mark=27507",
    .seen([.lan])),
  Probe("endpoint without mark", "udp \(Address.server) 51820 uid=1234", .rejected([])),
  Probe("another account", "udp \(Address.site) 9000 uid=1000", .answered([.lan])),
  Probe("root", "tcp \(Address.site) 9000", .answered([.lan])),
  Probe("root, IPv6", "tcp \(Address.site6) 9000", .answered([.lan])),
  Probe("root, ping", "icmp \(Address.site)", .answered([.lan])),
  Probe("root, the router's resolver", "udp \(Address.router) 53", .answered([.lan])),
  Probe("root, the local resolver", "udp 127.0.0.53 53", .answered([.service])),
  Probe("root, another service on the LAN", "tcp \(Address.router) 445", .answered([.lan])),
  Probe("container", from: .container, "udp \(Address.site) 9000", .answered([.lan, .container])),
  Probe("ssh from the LAN", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
  Probe(
    "ssh from elsewhere", from: .router, "tcp \(Address.host) 22 src=192.0.2.1",
    .answered([.lan, .service])),
  Probe(
    "published port", from: .router, "tcp \(Address.host) 8080", .answered([.container, .lan])),
  Probe("the tunnel's address from the LAN", from: .router, "tcp \(Address.tunnel) 22", .blocked),
  Probe("ssh from the VPN side", from: .internet, "tcp \(Address.tunnel) 22", .blocked),
]

private let confinedContainerPhases = [
  Phase(
    name: "tunnel up",
    probes: [
      Probe(
        "container", from: .container, "udp \(Address.site) 9000", .answered([.tunnel, .container])),
      Probe(
        "container, TCP", from: .container, "tcp \(Address.site) 443",
        .answered([.tunnel, .container])),
      Probe(
        "container, the provider's resolver", from: .container, "udp \(Address.resolver) 53",
        .answered([.tunnel, .container])),
      Probe(
        "container, the router's resolver", from: .container, "udp \(Address.router) 53",
        .rejected([.container])),
      Probe(
        "container to the LAN", from: .container, "tcp \(Address.router) 22",
        .rejected([.container])),
      Probe(
        "container, IPv6", from: .container, "tcp \(Address.site6) 9000", .rejected([.container])),
      Probe(
        "container to the host", from: .container, "tcp \(Address.bridge) 22",
        .rejected([.container])),
      Probe(
        "page from the LAN", from: .router, "tcp \(Address.host) 8080",
        .answered([.container, .lan])),
      Probe("page from the host", "tcp \(Address.container) 8080", .answered([.container])),
      Probe(
        "another port from the host", "tcp \(Address.container) 80 wait=300",
        .unanswered([.container])),
      Probe("root", "udp \(Address.site) 9000", .answered([.lan])),
      Probe("root, IPv6", "tcp \(Address.site6) 9000", .answered([.lan])),
      Probe("root, the router's resolver", "udp \(Address.router) 53", .answered([.lan])),
      Probe(
        "ssh from the LAN", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
      Probe("ssh from the VPN side", from: .internet, "tcp \(Address.tunnel) 22", .blocked),
      Probe(
        "a flow", from: .container, "udp \(Address.site) 443 keep=udp",
        .answered([.tunnel, .container])),
      Probe(
        "a connection", from: .container, "tcp \(Address.site) 9000 keep=tcp",
        .answered([.tunnel, .container])),
    ]),
  Phase(
    name: "tunnel down",
    change: { network in try network.ip(.host, "link set wg0 down") },
    probes: [
      Probe("a flow goes on", from: .container, "push flow=udp", .rejected([.container])),
      Probe("a connection goes on", from: .container, "push flow=tcp", .blocked),
      Probe("container", from: .container, "udp \(Address.site) 9000", .rejected([.container])),
      Probe("container, TCP", from: .container, "tcp \(Address.site) 443", .rejected([.container])),
      Probe("container, ping", from: .container, "icmp \(Address.site)", .rejected([.container])),
      Probe(
        "container, IPv6", from: .container, "udp \(Address.site6) 9000", .rejected([.container])),
      Probe(
        "page from the LAN", from: .router, "tcp \(Address.host) 8080",
        .answered([.container, .lan])),
      Probe("root", "udp \(Address.site) 9000", .answered([.lan])),
    ]),
]
