import PacketSpace
import RulesetIR
import Testing

/// A line of `iptables-save` in chain INPUT of table filter, and what it means.
struct SavedRuleCase: CustomTestStringConvertible, Sendable {
  var text: String
  var rules: [Rule]
  var isIPv6 = false
  var table = "filter"

  init(_ text: String, _ rules: [Rule], isIPv6: Bool = false, table: String = "filter") {
    self.text = text
    self.rules = rules
    self.isIPv6 = isIPv6
    self.table = table
  }

  /// One rule that drops.
  init(_ text: String, _ matches: [Match], isIPv6: Bool = false) {
    self.init(text + " -j DROP", [Rule(matches, [], .drop)], isIPv6: isIPv6)
  }

  var testDescription: String { text }
}

private func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> IPAddress {
  IPAddress(v4: a << 24 | b << 16 | c << 8 | d)
}

private let host = Match.address(.source, .prefix(Prefix(v4(192, 0, 2, 1), length: 32)))
private let whole4 = Match.not(.laterFragment(.ipv4))
private let tcp = Match.transport([6])
private let udp = Match.transport([17])

let coreCases: [SavedRuleCase] = [
  SavedRuleCase("", []),
  SavedRuleCase("-s 192.0.2.1/32", [host]),
  SavedRuleCase("--source 192.0.2.1", [host]),
  SavedRuleCase("-s 192.0.2.1/255.255.255.255", [host]),
  SavedRuleCase("-s 0.0.0.0/0", []),
  SavedRuleCase("! -s 0.0.0.0/0", [.not(.family(.ipv4))]),
  SavedRuleCase(
    "! -d 10.0.0.0/8",
    [.address(.destination, .prefix(Prefix(v4(10, 0, 0, 0), length: 8)), isNegated: true)]),
  SavedRuleCase("-s 10.0.0.0/255.0.0.255", [.opaque("-s 10.0.0.0/255.0.0.255")]),
  SavedRuleCase(
    "-s 192.0.2.1,192.0.2.2 -j DROP",
    [
      Rule([host], [], .drop),
      Rule([.address(.source, .prefix(Prefix(v4(192, 0, 2, 2), length: 32)))], [], .drop),
    ]),
  SavedRuleCase(
    "-s fd00::/ffff:ffff:: ! -d ::1/128",
    [
      .address(
        .source, .prefix(Prefix(IPAddress(family: .ipv6, bits: 0xfd00 << 112), length: 32))),
      .address(
        .destination, .prefix(Prefix(IPAddress(family: .ipv6, bits: 1), length: 128)),
        isNegated: true),
    ], isIPv6: true),
  SavedRuleCase("-i wg+", [.interface(.input, InterfacePattern("wg", isPrefix: true))]),
  SavedRuleCase("! -o wg0", [.interface(.output, InterfacePattern("wg0"), isNegated: true)]),
  SavedRuleCase("-i \"a b\"", [.interface(.input, InterfacePattern("a b"))]),
  SavedRuleCase("-i +", []),
  SavedRuleCase("! -i +", [.not(.family(.ipv4))]),
  SavedRuleCase("-p gre", [.transport([47])]),
  SavedRuleCase("-p all", []),
  SavedRuleCase("! -p 47", [.not(.transport([47]))]),
  SavedRuleCase("-p strange", [.opaque("-p strange")]),
  SavedRuleCase("-f", [.laterFragment(.ipv4)]),
  SavedRuleCase("! -f", [.not(.laterFragment(.ipv4))]),
]

let moduleCases: [SavedRuleCase] = [
  SavedRuleCase(
    "-p tcp -m tcp --sport 1:5 --dport 22",
    [tcp, .port(.source, [PortRange(1, 5)]), .port(.destination, [PortRange(22)])]),
  SavedRuleCase("-p tcp --dport 22", [tcp, .port(.destination, [PortRange(22)])]),
  SavedRuleCase(
    "-p udp -m udp ! --dport 1024:",
    [udp, .port(.destination, [PortRange(1024, 65535)], isNegated: true)]),
  SavedRuleCase("-p tcp -m tcp --dport ssh", [tcp, whole4, .opaque("-p tcp --dport ssh")]),
  SavedRuleCase("-p tcp -m tcp", [tcp, whole4]),
  SavedRuleCase(
    "-p udplite -m multiport --dports 1,2",
    [.transport([136]), .port(.destination, [PortRange(1, 2)])]),
  SavedRuleCase(
    "-p tcp -m multiport ! --sports 22,80:90",
    [tcp, .port(.source, [PortRange(22), PortRange(80, 90)], isNegated: true)]),
  SavedRuleCase(
    "-p tcp -m multiport --ports 22 -j DROP",
    [
      Rule([tcp, .port(.source, [PortRange(22)])], [], .drop),
      Rule(
        [
          tcp, .port(.source, [PortRange(22)], isNegated: true),
          .port(.destination, [PortRange(22)]),
        ], [], .drop),
    ]),
  SavedRuleCase(
    "-p tcp -m tcp --tcp-flags SYN,RST SYN", [tcp, .tcpFlags(mask: 0x06, value: 0x02)]),
  SavedRuleCase(
    "-p tcp ! --syn", [tcp, whole4, .not(.tcpFlags(mask: 0x17, value: 0x02))]),
  SavedRuleCase(
    "-p icmp -m icmp --icmp-type 3/4",
    [.transport([1]), .icmpType([3]), .opaque("icmp code 4")]),
  SavedRuleCase(
    "-p icmp -m icmp ! --icmp-type echo-request",
    [.transport([1]), whole4, .not(.icmpType([8]))]),
  SavedRuleCase("-p icmp -m icmp --icmp-type any", [.transport([1]), whole4]),
  SavedRuleCase(
    "-p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255",
    [.transport([58]), .icmpv6Type([135]), .hopLimit(.ipv6, 255)], isIPv6: true),
  SavedRuleCase(
    "-m mark ! --mark 0x10/0xf0", [.mark(value: 0x10, mask: 0xf0, isNegated: true)]),
  SavedRuleCase("-m mark --mark 010", [.mark(value: 8)]),
  SavedRuleCase("-m owner --uid-owner 5-9", [.socketUser(5...9)]),
  SavedRuleCase(
    "-m owner ! --uid-owner 5 --gid-owner 6", [.not(.socketUser(5...5)), .socketGroup(6...6)]),
  SavedRuleCase("-m owner --uid-owner vpn", [.opaque("owner --uid-owner vpn")]),
  SavedRuleCase(
    "-m cgroup --path a.slice/b.service", [.cgroup(path: "a.slice/b.service", level: 2)]),
  SavedRuleCase(
    "-m cgroup ! --path a.slice",
    [.opaque("cgroup of a socket"), .not(.cgroup(path: "a.slice", level: 1))]),
  SavedRuleCase("-m connlabel --label \"99\"", [.ctLabel(bit: 99)]),
  SavedRuleCase(
    "-m ttl ! --ttl-eq 5 -m ttl --ttl-gt 2",
    [.not(.hopLimit(.ipv4, 5)), .opaque("ttl --ttl-gt 2")]),
  SavedRuleCase(
    "-m iprange --src-range 10.0.0.8-10.0.0.11",
    [.address(.source, .prefix(Prefix(v4(10, 0, 0, 8), length: 30)))]),
  SavedRuleCase(
    "-m iprange ! --dst-range 10.0.0.8-10.0.0.12",
    [
      .address(
        .destination,
        .set(name: "iprange 10.0.0.8-10.0.0.12", family: .ipv4, maskLength: nil),
        isNegated: true)
    ]),
  SavedRuleCase(
    "-m frag --fragfirst -j RETURN",
    [Rule([.not(.laterFragment(.ipv6)), .opaque("frag --fragfirst")], [], .return)], isIPv6: true),
  SavedRuleCase(
    "-m frag -j DROP",
    [
      Rule([.laterFragment(.ipv6)], [], .drop),
      Rule([.not(.laterFragment(.ipv6)), .opaque("frag --fragfirst")], [], .drop),
    ], isIPv6: true),
]

let connectionCases: [SavedRuleCase] = [
  SavedRuleCase("-m state --state NEW", [.ctState([.new])]),
  SavedRuleCase(
    "-m conntrack ! --ctstate RELATED,ESTABLISHED",
    [.ctState([.related, .established], isNegated: true)]),
  SavedRuleCase("-m conntrack ! --ctdir REPLY", [.ctDirection(.original)]),
  SavedRuleCase(
    "-m conntrack --ctstate RELATED,DNAT -j DROP",
    [
      Rule([.ctState([.related])], [], .drop),
      Rule(
        [
          .ctState([.related], isNegated: true),
          .opaque("conntrack --ctstate DNAT (filter INPUT 1)"),
        ], [], .drop),
    ]),
  // Without a connection the state alone answers.
  SavedRuleCase(
    "-m conntrack --ctstate NEW,INVALID --ctorigsrcport 5 -j DROP",
    [
      Rule([.ctState([.new]), .ctPort(.original, .source, PortRange(5))], [], .drop),
      Rule([.ctState([.invalid])], [], .drop),
    ]),
  SavedRuleCase(
    "-m conntrack ! --ctproto 6 -j DROP",
    [
      Rule([.not(.ctProtocol(6)), .ctDirection(.original)], [], .drop),
      Rule([.not(.ctProtocol(6)), .ctDirection(.reply)], [], .drop),
    ]),
  SavedRuleCase(
    "-m conntrack --ctproto 6 --ctreplsrc 192.0.2.0/24",
    [
      .ctProtocol(6),
      .ctAddress(.reply, .source, .prefix(Prefix(v4(192, 0, 2, 0), length: 24))),
    ]),
]

let targetCases: [SavedRuleCase] = [
  SavedRuleCase("-j OWN", [Rule([], [], .jump("OWN"))]),
  SavedRuleCase("-g OWN", [Rule([], [], .goto("OWN"))]),
  SavedRuleCase(
    "-m comment --comment \"homelab.ksp:12 lan out\"",
    [Rule([], [], nil, note: "lan out", origin: RuleOrigin(file: "homelab.ksp", line: 12))]),
  SavedRuleCase(
    "-m comment --comment \"a \\\"b\\\" 12:30\"", [Rule([], [], nil, note: "a \"b\" 12:30")]),
  SavedRuleCase(
    "-p tcp -j REJECT --reject-with tcp-reset", [Rule([tcp], [], .reject(.tcpReset))]),
  SavedRuleCase("-j REJECT", [Rule([], [], .reject(.administrativelyProhibited))]),
  SavedRuleCase(
    "-j LOG --log-prefix \"it\\'s \" --log-level 7", [Rule([], [.log(prefix: "it's ")], nil)]),
  SavedRuleCase(
    "-j MARK --set-xmark 0x10/0xf0", [Rule([], [.setMark(clear: 0xf0, set: 0x10)], nil)]),
  SavedRuleCase(
    "-j MARK --set-mark 0x3/0x1", [Rule([], [.setMark(clear: 0x3, set: 0x3)], nil)]),
  SavedRuleCase(
    "-j MARK --and-mark 0xff", [Rule([], [.setMark(clear: 0xffff_ff00, set: 0)], nil)]),
  SavedRuleCase(
    "-j MARK --set-xmark 0x3/0x1",
    [
      Rule(
        [],
        [
          .setMark(clear: 1, set: 1),
          .opaque("-j MARK --set-xmark 0x3/0x1 (filter INPUT 1)", markBits: 2),
        ], nil)
    ]),
  SavedRuleCase(
    "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
    [
      Rule(
        [],
        [
          .opaque(
            "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff (filter INPUT 1)",
            markBits: 0xff)
        ], nil)
    ]),
  SavedRuleCase(
    "-m owner --uid-owner 5 -m connlabel --label 9 --set -j ACCEPT",
    [
      Rule([.socketUser(5...5)], [.setConntrackLabel(bit: 9)], nil),
      Rule([.socketUser(5...5), .ctLabel(bit: 9)], [], .accept),
    ]),
  SavedRuleCase(
    "-m limit --limit 5/sec -j ACCEPT",
    [Rule([.opaque("limit --limit 5/sec (filter INPUT 1)")], [], .accept)]),
  SavedRuleCase(
    "-m addrtype ! --src-type LOCAL -j ACCEPT",
    [Rule([.opaque("addrtype ! --src-type LOCAL")], [], .accept)]),
  SavedRuleCase(
    "-m string --string \"-j ACCEPT\" --algo bm -j ACCEPT",
    [Rule([.opaque("string --string \"-j ACCEPT\" --algo bm")], [], .accept)]),
  SavedRuleCase(
    "-j NFQUEUE --queue-num 1",
    [
      Rule([.opaque("-j NFQUEUE --queue-num 1 drops (filter INPUT 1)")], [], .drop),
      Rule(
        [], [.opaque("-j NFQUEUE --queue-num 1 (filter INPUT 1)", markBits: .max)], .accept),
    ]),
  SavedRuleCase("-j TRACE", [Rule([], [.opaque("-j TRACE", markBits: 0)], nil)]),
  SavedRuleCase(
    "-m set --match-set asked dst,src -j SET --add-set asked src,src --exist --timeout 5",
    [
      Rule(
        [.asked(set: "asked", family: .ipv4, .destination, .source)],
        [.updateSet(name: "asked", address: .source, port: .source)], nil)
    ]),
  SavedRuleCase(
    "-m set ! --match-set nets src -j ACCEPT",
    [
      Rule(
        [
          .address(
            .source, .set(name: "nets", family: .ipv4, maskLength: nil), isNegated: true)
        ], [], .accept)
    ]),
  SavedRuleCase(
    "-m set --match-set nets src -j ACCEPT", [Rule([.not(.family(.ipv6))], [], .accept)],
    isIPv6: true),
  SavedRuleCase(
    "-m set --match-set macs src -j ACCEPT",
    [Rule([.opaque("set --match-set macs src")], [], .accept)]),
  SavedRuleCase(
    "-m set --match-set fleeting src -j ACCEPT",
    [Rule([.opaque("set --match-set fleeting src (filter INPUT 1)")], [], .accept)]),
]
