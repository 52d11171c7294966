import PacketSpace
import Policy
import PolicyDiagnostics
import Testing

@Suite struct TunnelTests {
  @Test func `an endpoint line keeps all its words`() throws {
    let policy = try policy(
      """
      policy t
      uplink eth0
      tunnel wg0 {
        endpoint 198.51.100.7, 2001:db8::7 udp 51820, 51830-51839 mark 0x6b73 user vpn group vpn cgroup "/system.slice/vpn.service" via eth0
        endpoint 198.51.100.8 tcp 443 any-process
        endpoint 198.51.100.9 proto 47 user 100-199
      }
      """)
    let endpoints = try #require(policy.tunnels.first?.endpoints)
    try #require(endpoints.count == 3)
    #expect(endpoints[0].addresses == addresses("198.51.100.7", "2001:db8::7"))
    #expect(
      endpoints[0].service
        == .ports(.udp, PortSet([PortRange(51820), PortRange(51830, 51839)])))
    #expect(
      endpoints[0].selectors
        == Selectors(
          mark: 0x6b73, user: IDSet([101...101]), group: IDSet([201...201]),
          cgroup: "system.slice/vpn.service"))
    #expect(endpoints[0].via == InterfacePattern("eth0"))
    #expect(endpoints.map(\.allowsAnyProcess) == [false, true, false])
    #expect(endpoints[2].service == .proto(47))
    #expect(endpoints[2].selectors.user == IDSet([100...199]))
  }

  @Test func `an endpoint may live inside the tunnel that carries it`() throws {
    let policy = try policy(
      """
      policy t
      tunnel wg0 { endpoint 198.51.100.7 udp 51820; inner 10.64.0.0/10 }
      tunnel wg1 { endpoint 10.64.0.9 udp 51820 via wg0 }
      """)
    #expect(policy.tunnels[1].endpoints.map(\.via) == [InterfacePattern("wg0")])
  }

  @Test func `inner, in and out lines add up`() throws {
    let policy = try policy(
      """
      policy t
      tunnel wg0, tun* {
        inner 10.64.0.0/10, fd00:1::/64
        in  tcp 50123, icmp echo-request, icmpv6 128-129
        out any
        out tcp 80, proto 47 to 10.64.0.0/24-
      }
      """.replacing("/24-", with: "/24"))
    let tunnel = try #require(policy.tunnels.first)
    #expect(
      tunnel.interfaces == [InterfacePattern("wg0"), InterfacePattern("tun", isPrefix: true)])
    #expect(tunnel.inner.map(\.addresses) == [addresses("10.64.0.0/10", "fd00:1::/64")])
    #expect(
      tunnel.inbound.map(\.service) == [
        Service([
          .ports(.tcp, ports(50123)), .icmp(type: 8), .icmpv6(type: 128), .icmpv6(type: 129),
        ])
      ])
    #expect(
      tunnel.outbound.map(\.service) == [.any, Service([.ports(.tcp, ports(80)), .proto(47)])])
    #expect(tunnel.outbound.map(\.to) == [nil, addresses("10.64.0.0/24")])
  }

  @Test func `blocks that share an interface become one block for each interface`() throws {
    let policy = try policy(
      """
      policy t
      tunnel wg0, wg1, wg2 { dns 10.0.0.1 }
      tunnel wg1 { kind wireguard; out tcp 443 }
      """)
    #expect(policy.tunnels.map { $0.interfaces.map(\.name) } == [["wg0", "wg2"], ["wg1"]])
    #expect(policy.tunnels.map { $0.dns.count } == [1, 1])
    #expect(policy.tunnels.map(\.kind) == [nil, .wireguard])
    #expect(policy.tunnels.map { $0.outbound.count } == [0, 1])
  }

  @Test func `a local resolver may be listed where only some are confined`() throws {
    let policy = try policy(
      "policy t\nconfine user torrent\ntunnel wg0 { dns 10.64.0.1, 127.0.0.53 }")
    #expect(policy.tunnels.first?.dns.map(\.addresses) == [addresses("10.64.0.1", "127.0.0.53")])
  }
}

@Suite struct LANTests {
  @Test func `every line of a block is kept`() throws {
    let policy = try policy(
      """
      policy t
      lan eth0 {
        network private
        network link-local, cgnat
        network 203.0.113.0/24 public
        out any user torrent
        dns 192.168.1.1
        in tcp 22
        in tcp 443 from any
        multicast mdns, wsd
        broadcast udp 9
      }
      """)
    let lan = try #require(policy.lans.first)
    #expect(
      lan.networks.map(\.addresses) == [
        addresses("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
        addresses("169.254.0.0/16", "fe80::/10", "100.64.0.0/10"),
        addresses("203.0.113.0/24"),
      ])
    #expect(lan.outbound.map(\.service) == [.any])
    #expect(lan.outbound.map(\.selectors) == [Selectors(user: IDSet([1001...1001]))])
    #expect(lan.dns.map(\.addresses) == [addresses("192.168.1.1")])
    #expect(lan.inbound.map(\.isFromAny) == [false, true])
    #expect(lan.multicast.map(\.protocols) == [[.mdns, .wsd]])
    #expect(lan.broadcast.map(\.service) == [Service([.ports(.udp, ports(9))])])
  }

  @Test func `a block that only lets anybody in needs no network`() throws {
    let policy = try policy("policy t\nlan eth0 { in tcp 443 from any; in udp 443 from any }")
    #expect(policy.lans.first?.networks == [])
  }

  @Test(arguments: [
    ("uplink eth0, wlan*\n", ["eth0", "wlan"], false), ("", [], true),
  ])
  func `uplink stands for the declared uplinks, or for all`(
    _ statement: String, _ names: [String], _ isEveryUplink: Bool
  ) throws {
    let policy = try policy(
      "policy t\nlan uplink { network private }\n\(statement)expect block tcp out uplink")
    #expect(policy.lans.first?.interfaces.map(\.name) == names)
    #expect(policy.lans.first?.isEveryUplink == isEveryUplink)
    #expect(policy.expectations.first?.outInterface == .everyUplink)
  }

  @Test func `a string is a name even where it looks like a keyword or a definition`() throws {
    let policy = try policy(
      """
      policy t
      define eth9 = eth0
      lan eth9, "uplink", "eth9" { network private }
      """)
    #expect(policy.lans.first?.interfaces.map(\.name) == ["eth0", "uplink", "eth9"])
    #expect(policy.lans.first?.isEveryUplink == false)
  }
}

@Suite struct OtherStatementTests {
  @Test func `a forward block knows tunnels from other forwarded networks`() throws {
    let policy = try policy(
      """
      policy t
      define clients = docker0, br-lan
      forward clients {
        to wg0
        to docker0 tcp 80
        from wg0 tcp 50123
        to lan tcp 445; from lan tcp 8080
        from any tcp 443
        to host udp 53; from host tcp 8080
        among; dhcp-server; masquerade
      }
      tunnel wg0 { }
      """)
    let forward = try #require(policy.forwards.first)
    let wg0 = ForwardParty.tunnel(InterfacePattern("wg0"))
    let docker0 = ForwardParty.forward(InterfacePattern("docker0"))
    #expect(forward.interfaces.map(\.name) == ["docker0", "br-lan"])
    #expect(forward.lines.map(\.party) == [wg0, docker0, wg0, .lan, .lan, .any, .host, .host])
    #expect(
      forward.lines.map(\.direction) == [.to, .to, .from, .to, .from, .from, .to, .from])
    #expect(forward.lines[0].service == .any)
    #expect(forward.among != nil && forward.dhcpServer != nil && forward.masquerade != nil)
  }

  @Test func `a bypass keeps its subjects, marks and destinations`() throws {
    let policy = try policy(
      """
      policy t
      define net = 192.0.2.0/24
      bypass video {
        user torrent, group media, from docker0, 172.20.0.2
        cgroup "user.slice"
        mark 7
        to net tcp 443
        to any icmp
        via eth0
        because "the provider blocks tunnels"
      }
      """)
    let bypass = try #require(policy.bypasses.first)
    #expect(bypass.name == "video")
    #expect(
      bypass.subjects.map(\.subject) == [
        .user(IDSet([1001...1001])), .group(IDSet([3000...3000])),
        .fromInterface(InterfacePattern("docker0")), .fromAddresses(addresses("172.20.0.2")),
        .cgroup("user.slice"),
      ])
    #expect(bypass.marks.map(\.mark) == [7])
    #expect(bypass.destinations.map(\.to) == [addresses("192.0.2.0/24"), nil])
    #expect(bypass.via == [InterfacePattern("eth0")])
    #expect(bypass.because == "the provider blocks tunnels")
  }

  @Test func `confine statements add up`() throws {
    let policy = try policy(
      """
      policy t
      confine user torrent, from docker0
      confine from 172.20.0.0/16
      forward docker0 { among }
      """)
    #expect(
      policy.confine?.subjects == [
        .user(IDSet([1001...1001])), .fromInterface(InterfacePattern("docker0")),
        .fromAddresses(addresses("172.20.0.0/16")),
      ])
  }

  @Test func `host, guard, blocked and accept-risk are kept`() throws {
    let policy = try policy(
      """
      policy t
      uplink eth0
      host { dhcp; dhcp6; igmp; ntp 192.0.2.123; guard }
      host { dhcp; ntp 2001:db8::123 }
      blocked drop
      accept-risk lan-dns eth0 because "the router asks over TLS"
      accept-risk ep-range because "the provider's list"
      """)
    #expect(policy.host.dhcp?.line == 3 && policy.host.dhcp6 != nil && policy.host.igmp != nil)
    #expect(
      policy.host.ntp.map(\.addresses) == [addresses("192.0.2.123"), addresses("2001:db8::123")])
    #expect(policy.guardFrames?.line == 3)
    #expect(!policy.blocked.isReject && policy.blocked.log == nil)
    #expect(policy.acceptedRisks.map(\.id) == ["lan-dns", "ep-range"])
    #expect(policy.acceptedRisks.map(\.block) == ["eth0", nil])
  }

  @Test func `without a blocked statement the default holds`() throws {
    let policy = try policy("policy t")
    #expect(policy.blocked == Blocked(isReject: true, log: nil, origin: nil))
  }

  @Test func `a log without a rate has five packets a second`() throws {
    let policy = try policy("policy t\nblocked drop log \"t: \"")
    #expect(policy.blocked.log?.ratePerSecond == 5)
  }

  @Test func `an expectation keeps all its words`() throws {
    let policy = try policy(
      """
      policy t
      expect pass udp from 10.0.0.1 to { 192.0.2.1, 192.0.2.2 } port 1-9 sport 53 mark 7 user 5 group media cgroup "a/b" in eth0 out wg* state established reply
      expect block icmpv6 to fd00::1 in lo
      expect block proto 47 out uplink
      """)
    let first = try #require(policy.expectations.first)
    #expect(first.isPass && first.isReply)
    #expect(first.protocolName == .transport(.udp))
    #expect(first.from == addresses("10.0.0.1") && first.to == addresses("192.0.2.1", "192.0.2.2"))
    #expect(first.port == PortSet([PortRange(1, 9)]) && first.sourcePort == ports(53))
    #expect(
      first.selectors
        == Selectors(mark: 7, user: IDSet([5...5]), group: IDSet([3000...3000]), cgroup: "a/b"))
    #expect(first.inInterface == .interface(InterfacePattern("eth0")))
    #expect(first.outInterface == .interface(InterfacePattern("wg", isPrefix: true)))
    #expect(first.state == .established)
    #expect(policy.expectations.map(\.protocolName) == [.transport(.udp), .icmpv6, .proto(47)])
  }

  @Test func `a definition stands for a value of every kind`() throws {
    let policy = try policy(
      """
      policy t
      define inside = { 10.64.0.1, more }
      define more = 10.64.0.2-10.64.0.3
      define web = { 80, 8000-8001, extra }
      define extra = 443
      define fwmark = 0x6b73
      define wan = eth0, wlan*
      define owner = torrent
      define echo = echo-request
      define gre = 47
      uplink wan
      tunnel wg0 {
        endpoint 198.51.100.7 proto gre mark fwmark user owner
        dns inside
        in tcp web, 22, icmp echo
      }
      """)
    let tunnel = try #require(policy.tunnels.first)
    #expect(tunnel.dns.map(\.addresses) == [addresses("10.64.0.1-10.64.0.3")])
    #expect(
      tunnel.inbound.map(\.service) == [
        Service([
          .ports(
            .tcp, PortSet([PortRange(22), PortRange(80), PortRange(443), PortRange(8000, 8001)])),
          .icmp(type: 8),
        ])
      ])
    #expect(tunnel.endpoints.map(\.service) == [.proto(47)])
    #expect(
      tunnel.endpoints.map(\.selectors) == [Selectors(mark: 0x6b73, user: IDSet([1001...1001]))])
    #expect(
      policy.uplinks?.interfaces == [
        InterfacePattern("eth0"), InterfacePattern("wlan", isPrefix: true),
      ])
  }
}
