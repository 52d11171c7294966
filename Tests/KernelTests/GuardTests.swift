import Testing

extension KernelTests {
  /// policies/paranoid.ksp: also what is written past the IP layer.
  @Suite struct GuardTests {
    @Test(arguments: [Target.nft, .nftJSON])
    func `frames obey the policy too`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let policy = try projectPolicy(
        "paranoid",
        [
          "enp0s25": "eth0", "192.0.2.201": Address.server, "10.201.0.": "10.64.0.",
          "0x6b83": "0x6b73",
        ])
      try lab.check(
        "without rules", [Probe("frame", "\(frame) proto=udp dport=9000", .seen([.lan]))])
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.check("tunnel up", paranoid)
      // Whoever asks on the LAN for the tunnel's address hears nothing.
      try network.ip(.router, "route replace \(Address.tunnel)/32 dev lan0")
      try lab.check(
        "ARP", [Probe("ping", from: .router, "icmp \(Address.tunnel) wait=300", .blocked)])
      let neighbours = try network.at(.router, ["ip", "neigh", "show", Address.tunnel])
      #expect(!neighbours.contains("lladdr"), "\(neighbours)")
    }
  }
}

private let frame = "frame dev=eth0 src=\(Address.host) dst=\(Address.site)"

private let paranoid = [
  Probe("frame", "\(frame) proto=udp dport=9000", .blocked),
  Probe("frame, TCP", "\(frame) proto=tcp dport=443", .blocked),
  Probe("frame, ping", "\(frame) proto=icmp", .blocked),
  Probe("frame, later fragment", "\(frame) proto=udp dport=9000 fragment=later size=64", .blocked),
  Probe(
    "frame, IPv6",
    "frame dev=eth0 src=\(Address.hostPublic6) dst=\(Address.site6) proto=udp dport=9000", .blocked),
  Probe(
    "frame to the endpoint without mark",
    "frame dev=eth0 src=\(Address.host) dst=\(Address.server) proto=udp dport=51820", .blocked),
  Probe(
    "frame, DNS", "frame dev=eth0 src=\(Address.host) dst=\(Address.router) proto=udp dport=53",
    .blocked),
  Probe(
    "frame, DHCP", "frame dev=eth0 src=0.0.0.0 dst=255.255.255.255 proto=udp sport=68 dport=67",
    .blocked),
  Probe("web", "tcp \(Address.site) 443", .answered([.tunnel])),
  Probe("another port", "tcp \(Address.site) 9000", .blocked),
  Probe("UDP", "udp \(Address.site) 9000", .blocked),
  Probe("ping", "icmp \(Address.site)", .blocked),
  Probe("resolver", "udp \(Address.resolver) 53", .answered([.tunnel])),
  Probe("IPv6", "tcp \(Address.site6) 443", .blocked),
  Probe("web by eth0", "tcp \(Address.site) 443 dev=eth0", .blocked),
  Probe("LAN", "tcp \(Address.router) 22", .blocked),
  Probe("endpoint", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
  Probe("endpoint without mark", "udp \(Address.server) 51820", .blocked),
  Probe("DHCP", "udp 255.255.255.255 67 sport=68 dev=eth0 unconnected=1", .blocked),
  Probe("ssh in", from: .router, "tcp \(Address.host) 22", .blocked),
  Probe("ping in", from: .router, "icmp \(Address.host)", .blocked),
  Probe("through us", from: .router, "tcp \(Address.viaHost) 9000", .blocked),
  Probe("container", from: .container, "tcp \(Address.site) 443", .blocked),
]
