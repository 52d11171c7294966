import Glibc
import Testing

/// Everything that needs a kernel; one after the other, as each starts a dozen processes.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root"))
struct KernelTests {}

extension KernelTests {
  @Suite struct HarnessTests {
    @Test func `without rules the probes leave by every way`() throws {
      let lab = try Lab.standard()
      try lab.check(
        "tunnel up",
        [
          Probe("site", "udp \(Address.site) 9000", .answered([.tunnel])),
          Probe("site, IPv6", "tcp \(Address.site6) 9000", .answered([.tunnel])),
          Probe("bound to eth0", "udp \(Address.site) 9000 dev=eth0", .answered([.lan])),
          Probe("mapped", "udp ::ffff:\(Address.site) 9000 dev=eth0", .answered([.lan])),
          Probe("ping", "icmp \(Address.site)", .answered([.tunnel])),
          Probe("ping, IPv6", "icmp \(Address.router6)", .answered([.lan])),
          Probe("other protocol", "proto 47 \(Address.router)", .seen([.lan])),
          Probe(
            "fragments",
            "packet src=\(Address.host) dst=\(Address.router) proto=udp dport=53 fragment=split nodefrag=1",
            .seen([.lan])),
          Probe(
            "frame", "frame dev=eth0 src=\(Address.host) dst=\(Address.router) proto=udp dport=53",
            .seen([.lan])),
          Probe(
            "LAN to host", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
          Probe(
            "VPN side to host", from: .internet, "tcp \(Address.tunnel) 22",
            .answered([.tunnel, .service])),
          Probe(
            "container", from: .container, "udp \(Address.site) 9000",
            .answered([.tunnel, .container])),
          Probe(
            "container, IPv6", from: .container, "tcp \(Address.site6) 9000",
            .answered([.tunnel, .container])),
          Probe("host to container", "tcp \(Address.container) 80", .answered([.container])),
          Probe("DNS", "udp \(Address.router) 53", .answered([.lan])),
        ])
    }

    @Test func `rules by hand stop what they must`() throws {
      let lab = try Lab.standard()
      try lab.network.nft(.host, handWrittenRules)
      try lab.forget()
      try lab.check(
        "tunnel up",
        [
          Probe("site", "udp \(Address.site) 9000", .answered([.tunnel])),
          Probe("site, IPv6", "tcp \(Address.site6) 9000", .answered([.tunnel])),
          Probe("bound to eth0", "udp \(Address.site) 9000 dev=eth0", .blocked),
          Probe("DNS", "udp \(Address.router) 53", .blocked),
          Probe("ssh out", "tcp \(Address.router) 22", .answered([.lan])),
          Probe("ssh in", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
          Probe(
            "container", from: .container, "udp \(Address.site) 9000",
            .answered([.tunnel, .container])),
        ])
      lab.network.killTunnel()
      try lab.check(
        "tunnel gone",
        [
          Probe("site", "udp \(Address.site) 9000", .blocked),
          Probe("site, IPv6", "tcp \(Address.site6) 9000", .blocked),
          Probe("container", from: .container, "udp \(Address.site) 9000", .blocked),
        ])
    }
  }
}
