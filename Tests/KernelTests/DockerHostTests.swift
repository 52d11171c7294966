import Testing

extension KernelTests {
  /// policies/docker-host.ksp: services for everybody beside containers that use the tunnel.
  @Suite struct DockerHostTests {
    @Test(arguments: Target.allCases)
    func `services are reached and open no way out`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let policy = try projectPolicy(
        "docker-host",
        [
          "include \"parts/home-network.ksp\"":
            "define home_networks = 192.168.1.0/24, fd12:3456:789a::/64",
          "br-apps": "docker0", "203.0.113.15": Address.server, "10.70.0.": "10.64.0.",
          "0x6b79": "0x6b73",
        ])
      try network.serve(.container, ["tcp,0.0.0.0,8096", "tcp,0.0.0.0,8888"])
      try network.serve(.host, ["tcp,0.0.0.0,443"])
      try network.nft(
        .host, "add rule ip other_nat in iifname \"eth0\" tcp dport 8096 dnat to 172.31.0.2")
      // Friends are behind the router; the answers to them have to go back by eth0.
      try network.ip(.host, "route add 192.0.2.0/24 via \(Address.router) dev eth0")
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.check("tunnel up", dockerHost)
    }
  }
}

private let friend = "src=192.0.2.1"

private let dockerHost = [
  Probe(
    "friend to the reverse proxy", from: .router, "tcp \(Address.host) 443 \(friend)",
    .answered([.lan, .service])),
  Probe(
    "friend to films", from: .router, "tcp \(Address.host) 8096 \(friend)",
    .answered([.lan, .container])),
  Probe("friend to ssh", from: .router, "tcp \(Address.host) 22 \(friend)", .blocked),
  Probe(
    "friend to another published port", from: .router, "tcp \(Address.host) 8080 \(friend)",
    .blocked),
  Probe("friend to another service", from: .router, "tcp \(Address.host) 9000 \(friend)", .blocked),
  Probe("friend's ping", from: .router, "icmp \(Address.host) \(friend)", .blocked),
  Probe("LAN to ssh", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
  Probe("LAN to films", from: .router, "tcp \(Address.host) 8096", .answered([.lan, .container])),
  Probe("LAN's ping", from: .router, "icmp \(Address.host)", .answered([.lan])),
  Probe("VPN side to the reverse proxy", from: .internet, "tcp \(Address.tunnel) 443", .blocked),
  Probe("VPN side to films", from: .internet, "tcp \(Address.container) 8096 dev=wg0", .blocked),
  Probe("reverse proxy to a container", "tcp \(Address.container) 8888", .answered([.container])),
  Probe("host to another port of it", "tcp \(Address.container) 80", .rejected([])),
  Probe("host to a friend", "tcp 192.0.2.1 443", .rejected([])),
  Probe(
    "host to a friend from the proxy's port",
    "packet src=\(Address.host) dst=192.0.2.1 proto=tcp flags=S sport=443 dport=9000", .blocked),
  Probe(
    "host as if it answered",
    "packet src=\(Address.host) dst=192.0.2.1 proto=tcp flags=A sport=443 dport=40000", .blocked),
  Probe(
    "container's update", from: .container, "tcp \(Address.site) 443",
    .answered([.tunnel, .container])),
  Probe(
    "container's name", from: .container, "udp \(Address.resolver) 53",
    .answered([.tunnel, .container])),
  Probe(
    "container, another port", from: .container, "tcp \(Address.site) 9000", .rejected([.container])
  ),
  Probe("container, UDP", from: .container, "udp \(Address.site) 443", .rejected([.container])),
  Probe("container to a friend", from: .container, "tcp 192.0.2.1 443", .rejected([.container])),
  Probe(
    "container to a friend from the films' port", from: .container,
    "packet src=\(Address.container) dst=192.0.2.1 proto=tcp flags=S sport=8096 dport=9000",
    .rejectedOrSilent),
  Probe(
    "container as if it answered", from: .container,
    "packet src=\(Address.container) dst=192.0.2.1 proto=tcp flags=A sport=8096 dport=40001",
    .rejectedOrSilent),
  Probe(
    "container to the LAN", from: .container, "tcp \(Address.router) 22", .rejected([.container])),
  Probe(
    "container to the proxy", from: .container, "tcp \(Address.bridge) 443", .rejected([.container])
  ),
]
