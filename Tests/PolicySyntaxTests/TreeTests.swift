import PolicySyntax
import Testing

/// What every statement and line becomes; `outline` says how to read it.
@Suite struct TreeTests {
  @Test(arguments: [
    ("language 1", "language(1)"),
    ("policy home_1", "policy(home_1)"),
    (#"include "a/b.ksp""#, #"include("a/b.ksp")"#),
    ("define a = 5", "define(a, values([5]))"),
    ("define a = { 1, 2-3, 0x10, { 4 } }, b", "define(a, values([{1, 2-3, 16, {4}}, b]))"),
    (#"define relays = file "relays.txt""#, #"define(relays, file("relays.txt"))"#),
    (
      "define n = 10.0.0.0/8, 10.1.0.1-10.1.0.9, private",
      "define(n, values([<10.0.0.0/8>, <10.1.0.1-10.1.0.9>, private]))"
    ),
    (
      "define n = fd00::/8, ::1, ::ffff:10.0.0.1",
      "define(n, values([<fd00::/8>, <::1>, <::ffff:10.0.0.1>]))"
    ),
    (
      "define n = fd00::1-fd00::9, dead:beef::",
      "define(n, values([<fd00::1-fd00::9>, <dead:beef::>]))"
    ),
    (
      "define n = eth0, br-lan, enp3s0.7, dead.beef, wlan*",
      "define(n, values([eth0, br-lan, enp3s0.7, dead.beef, wlan*]))"
    ),
    (#"define n = "4g0", "veth*", "lan", lan"#, #"define(n, values(["4g0", veth*, "lan", lan]))"#),
    (
      "confine user alice, group 100-200, bob",
      "confine([user(alice), group(100-200), group(bob)])"
    ),
    (
      #"confine cgroup "a.slice", from docker0, 172.20.0.2"#,
      #"confine([cgroup("a.slice"), from(docker0), from(<172.20.0.2>)])"#
    ),
    ("uplink eth0, wlan*", "uplink([eth0, wlan*])"),
    ("guard", "guardFrames"),
    ("host { guard }", "guardFrames; host([])"),
    ("tunnel wg0, tun* {}", "tunnel([wg0, tun*], [])"),
    ("lan { eth0, eth1 } {}", "lan([{eth0, eth1}], [])"),
    ("bypass games {}", "bypass(games, [])"),
    ("blocked drop", "blocked({isReject: false})"),
    (#"blocked reject log "x\t\"\\\n""#, #"blocked({isReject: true, logPrefix: "x\t\"\\\n"})"#),
    (
      #"blocked reject log "x" rate 5/second"#,
      #"blocked({isReject: true, logPrefix: "x", ratePerSecond: 5})"#
    ),
    (
      "expect block out eth0 tcp sport 5 port 1-2",
      "expect({isPass: false, protocolName: transport(tcp), port: 1-2, sourcePort: 5, outInterface: eth0})"
    ),
    (
      "expect block to 10.0.0.1 from ::1 reply state related out b",
      "expect({isPass: false, from: <::1>, to: <10.0.0.1>, outInterface: b, state: related, reply: @})"
    ),
    (
      "expect pass proto 47 mark 1 in eth0 out wg0",
      "expect({isPass: true, protocolName: proto(47), selectors: {mark: 1}, inInterface: eth0, outInterface: wg0})"
    ),
    (
      #"expect pass user u group g cgroup "c" in lan"#,
      #"expect({isPass: true, selectors: {user: u, group: g, cgroup: "c"}, inInterface: lan})"#
    ),
    ("expect block icmp in lan", "expect({isPass: false, protocolName: icmp, inInterface: lan})"),
    (
      "expect block icmpv6 out uplink",
      "expect({isPass: false, protocolName: icmpv6, outInterface: uplink})"
    ),
    (
      #"accept-risk v6-unfiltered-2 because "known""#,
      #"acceptRisk({id: v6-unfiltered-2, because: "known"})"#
    ),
    (
      #"accept-risk lan-dns eth0 because "known""#,
      #"acceptRisk({id: lan-dns, block: eth0, because: "known"})"#
    ),
    (
      #"accept-risk lan-dns "because" because "known""#,
      #"acceptRisk({id: lan-dns, block: "because", because: "known"})"#
    ),
  ])
  func `a statement becomes a node`(_ text: String, _ expected: String) throws {
    #expect(outline(try tree(of: text)).joined(separator: "; ") == expected)
  }

  @Test(arguments: [
    ("tunnel wg0", "kind wireguard", "kind(wireguard)"),
    ("tunnel wg0", "address 10.0.0.2, fc00::2", "address([<10.0.0.2>, <fc00::2>])"),
    ("tunnel wg0", "inner 10.0.0.0/8", "inner([<10.0.0.0/8>])"),
    ("tunnel wg0", "dns 10.0.0.1", "dns([<10.0.0.1>])"),
    ("tunnel wg0", "in tcp 6000", "in({items: [ports(tcp, [6000])]})"),
    (
      "tunnel wg0", "in icmp 8, icmp { 0, 3 }, sctp 5",
      "in({items: [icmp(8), icmp({0, 3}), ports(sctp, [5])]})"
    ),
    ("tunnel wg0", "in proto 47, udp web", "in({items: [proto(47), ports(udp, [web])]})"),
    ("tunnel wg0", "out any", "out({items: [any]})"),
    ("tunnel wg0", "out tcp 1 to a, b", "out({items: [ports(tcp, [1])]}, to: [a, b])"),
    (
      "tunnel wg0", "endpoint a, 10.0.0.1 udp 1, 2-3, { 4 } via eth0",
      "endpoint({addresses: [a, <10.0.0.1>], service: ports(udp, [1, 2-3, {4}]), via: eth0})"
    ),
    (
      "tunnel wg0", #"endpoint a tcp 1 cgroup "c" group g"#,
      #"endpoint({addresses: [a], service: ports(tcp, [1]), selectors: {group: g, cgroup: "c"}})"#
    ),
    (
      "tunnel wg0", "endpoint a tcp 1 user u mark 0x1 any-process",
      "endpoint({addresses: [a], service: ports(tcp, [1]), selectors: {mark: 1, user: u}, anyProcess: @})"
    ),
    (
      "tunnel wg0", #"endpoint "vpn.example.org" proto 50"#,
      #"endpoint({addresses: ["vpn.example.org"], service: proto(50)})"#
    ),
    ("tunnel wg0", "endpoint a", "endpoint({addresses: [a]})"),
    ("tunnel wg0", "endpoint a mark 1", "endpoint({addresses: [a], selectors: {mark: 1}})"),
    (
      "lan uplink", "network 10.0.0.0/8, private public",
      "network([<10.0.0.0/8>, private], isPublic: @)"
    ),
    ("lan uplink", "network cgnat", "network([cgnat])"),
    (
      "lan uplink", "out tcp 22, 445, udp 123 user mark group 5",
      "out({items: [ports(tcp, [22, 445]), ports(udp, [123])]}, {user: mark, group: 5})"
    ),
    ("lan uplink", "dns 10.0.0.1", "dns([<10.0.0.1>])"),
    ("lan uplink", "in tcp 22 from any", "in({items: [ports(tcp, [22])]}, fromAny: @)"),
    ("lan uplink", "in any", "in({items: [any]})"),
    ("lan uplink", "multicast mdns, ssdp, llmnr, wsd", "multicast([mdns, ssdp, llmnr, wsd])"),
    ("lan uplink", "broadcast udp 9", "broadcast({items: [ports(udp, [9])]})"),
    ("forward br0", "to wg0", "to(interface(wg0))"),
    ("forward br0", "to wg0 tcp 1", "to(interface(wg0), {items: [ports(tcp, [1])]})"),
    ("forward br0", "to lan any", "to(lan, {items: [any]})"),
    ("forward br0", "to host udp 53", "to(host, {items: [ports(udp, [53])]})"),
    ("forward br0", "from any tcp 80", "from(any, {items: [ports(tcp, [80])]})"),
    ("forward br0", "from lan icmp", "from(lan, {items: [icmp()]})"),
    (
      "forward br0", #"from "lan" icmpv6 echo-request"#,
      #"from(interface("lan"), {items: [icmpv6(echo-request)]})"#
    ),
    ("forward br0", "among", "among"),
    ("forward br0", "dhcp-server", "dhcpServer"),
    ("forward br0", "masquerade", "masquerade"),
    (
      "bypass games", "user alice, group g, from br0",
      "subjects([user(alice), group(g), from(br0)])"
    ),
    ("bypass games", "from docker0", "subjects([from(docker0)])"),
    ("bypass games", "mark 7", "mark(7)"),
    ("bypass games", "to any any", "to({items: [any]})"),
    ("bypass games", "to 10.0.0.1, a tcp 22", "to([<10.0.0.1>, a], {items: [ports(tcp, [22])]})"),
    ("bypass games", "via eth0", "via(eth0)"),
    ("bypass games", #"because "fast""#, #"because("fast")"#),
    ("host", "dhcp", "dhcp"),
    ("host", "dhcp6", "dhcp6"),
    ("host", "ndp", "ndp"),
    ("host", "igmp", "igmp"),
    ("host", "ping", "ping"),
    ("host", "ntp 10.0.0.1, a", "ntp([<10.0.0.1>, a])"),
  ])
  func `a line becomes a node`(_ header: String, _ line: String, _ expected: String) throws {
    let found = outline(try tree(of: "\(header) { \(line) }"))
    let empty = outline(try tree(of: "\(header) { }"))
    #expect(found == empty.map { $0.replacing("[])", with: "[{\(expected)}])") })
  }
}
