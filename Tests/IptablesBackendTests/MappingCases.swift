import PacketSpace
import RulesetIR
import Testing

/// A rule, and the lines of `iptables-restore` that say the same.
struct MappingCase: CustomTestStringConvertible {
  var rule: Rule
  var lines: [String]
  var family: AddressFamily
  var table: String

  init(
    _ matches: [Match], does statements: [RuleStatement] = [], verdict: Verdict? = .return,
    family: AddressFamily = .ipv4, table: String = "filter", is lines: String...
  ) {
    rule = Rule(matches, statements, verdict)
    self.lines = lines
    self.family = family
    self.table = table
  }

  var testDescription: String { lines.joined(separator: " / ") }
}

private let tcp = Match.transport([6])
private let udp = Match.transport([17])
private func out(_ name: String, _ isNegated: Bool = false) -> Match {
  .interface(.output, InterfacePattern(name), isNegated: isNegated)
}
private func v4(_ a: UInt32, _ length: Int = 32) -> Prefix {
  Prefix(IPAddress(v4: a), length: length)
}
private let v6 = Prefix(IPAddress(family: .ipv6, bits: UInt128(0xfc00_bbbb) << 96), length: 64)

/// `T` stands for `-A KSP_home_test`, `x1:` for a line of the chain `KSP_home_x1`.
let mappingCases: [MappingCase] = [
  MappingCase(
    [.interface(.input, InterfacePattern("wlan", isPrefix: true))], is: "T -i wlan+ -j RETURN"),
  MappingCase([out("eth0.7")], is: "T -o eth0.7 -j RETURN"),
  MappingCase([out("eth0", true)], is: "T ! -o eth0 -j RETURN"),
  MappingCase([out("a\"b")], is: "T -o \"a\\\"b\" -j RETURN"),
  MappingCase(
    [.interface(.output, InterfacePattern("fifteen-bytes-x", isPrefix: true))],
    is: "T -o fifteen-bytes-x -j RETURN"),
  MappingCase(
    [
      .interface(.output, InterfacePattern("eth", isPrefix: true)), out("eth1"), out("wlan0", true),
    ],
    is: "T -o eth1 -j RETURN"),
  MappingCase([out("eth0"), out("eth1")]),
  MappingCase([out("eth0"), out("eth0", true)]),
  MappingCase([.family(.ipv4)], is: "T -j RETURN"),
  MappingCase([.family(.ipv6)], verdict: .drop, family: .ipv6, is: "T -j DROP"),
  MappingCase([.address(.source, .prefix(v4(0x0a00_0000, 8)))], is: "T -s 10.0.0.0/8 -j RETURN"),
  MappingCase([.address(.source, .prefix(v4(0, 0)))], is: "T -j RETURN"),
  MappingCase(
    [.address(.destination, .prefix(v4(0x0a00_0001)), isNegated: true)], verdict: .drop,
    is: "T ! -d 10.0.0.1 -j DROP"),
  MappingCase(
    [.address(.destination, .prefix(v6))], verdict: .return, family: .ipv6,
    is: "T -d fc00:bbbb::/64 -j RETURN"),
  MappingCase(
    [
      .address(.source, .prefix(v4(0x0a00_0000, 8))),
      .address(.source, .prefix(v4(0x0a01_0000, 16)), isNegated: true),
    ], is: "T -s 10.0.0.0/8 -m iprange ! --src-range 10.1.0.0-10.1.255.255 -j RETURN"),
  MappingCase(
    [.address(.source, .list([IPAddress(v4: 0x0a00_0001), IPAddress(v4: 0x0a00_0002)]))],
    is: "T -s 10.0.0.1 -j RETURN", "T -s 10.0.0.2 -j RETURN"),
  MappingCase(
    [
      .address(
        .source, .list([IPAddress(v4: 0x0a00_0001), IPAddress(v4: 0x0a00_0002)]), isNegated: true)
    ],
    verdict: .drop, is: "T ! -s 10.0.0.1 -m iprange ! --src-range 10.0.0.2-10.0.0.2 -j DROP"),
  MappingCase([.transport([6, 17])], is: "T -p tcp -j RETURN", "T -p udp -j RETURN"),
  MappingCase([.transport([47])], is: "T -p 47 -j RETURN"),
  MappingCase([tcp, udp]),
  MappingCase(
    [udp, .port(.destination, [PortRange(53)])], is: "T -p udp -m udp --dport 53 -j RETURN"),
  MappingCase(
    [udp, .port(.source, [PortRange(80, 90)], isNegated: true)], verdict: .drop,
    is: "T -p udp -m udp ! --sport 80:90 -j DROP"),
  MappingCase(
    [.transport([132]), .port(.destination, [PortRange(7, 9)])],
    is: "T -p sctp -m sctp --dport 7:9 -j RETURN"),
  MappingCase(
    [tcp, .port(.destination, [PortRange(22), PortRange(80, 90)])],
    is: "T -p tcp -m multiport --dports 22,80:90 -j RETURN"),
  MappingCase(
    [tcp, .port(.destination, (1...16).map { PortRange($0 * 2) })],
    is: "T -p tcp -m multiport --dports 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 -j RETURN",
    "T -p tcp -m multiport --dports 32 -j RETURN"),
  MappingCase(
    [tcp, .port(.destination, (1...8).map { PortRange($0 * 10, $0 * 10 + 1) })],
    is: "T -p tcp -m multiport --dports 10:11,20:21,30:31,40:41,50:51,60:61,70:71 -j RETURN",
    "T -p tcp -m multiport --dports 80:81 -j RETURN"),
  MappingCase(
    [tcp, .port(.destination, (1...16).map { PortRange($0 * 2) }, isNegated: true)], verdict: .drop,
    is:
      "T -p tcp -m multiport ! --dports 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 -m multiport ! --dports 32 -j DROP"
  ),
  MappingCase(
    [.ctState([.established, .related])],
    is: "T -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN"),
  MappingCase(
    [.ctState([.invalid, .untracked], isNegated: true), .ctDirection(.reply)],
    is: "T -m conntrack ! --ctstate INVALID,UNTRACKED -m conntrack --ctdir REPLY -j RETURN"),
  MappingCase(
    [
      .ctDirection(.reply), .ctProtocol(17),
      .ctAddress(.original, .destination, .prefix(v4(0xc633_6407))),
      .ctPort(.reply, .source, PortRange(80, 90)),
      .ctPort(.original, .destination, PortRange(8080)),
    ],
    is:
      "T -m conntrack --ctdir REPLY --ctproto 17 --ctorigdst 198.51.100.7 --ctreplsrcport 80:90 --ctorigdstport 8080 -j RETURN"
  ),
  MappingCase(
    [.ctAddress(.reply, .source, .set(name: "masked4", family: .ipv4, maskLength: 16))],
    is: "T -m conntrack --ctreplsrc 10.0.0.0/16 -j RETURN",
    "T -m conntrack --ctreplsrc 10.1.0.0/16 -j RETURN"),
  MappingCase(
    [.icmpType([3, 11])], is: "T -p icmp -m icmp --icmp-type 3 -j RETURN",
    "T -p icmp -m icmp --icmp-type 11 -j RETURN"),
  MappingCase(
    [.icmpv6Type([135])], verdict: .return, family: .ipv6,
    is: "T -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j RETURN"),
  MappingCase([.mark(value: 0x6b73)], is: "T -m mark --mark 0x6b73/0xffffffff -j RETURN"),
  MappingCase(
    [.mark(value: 1, mask: 1, isNegated: true)], is: "T -m mark ! --mark 0x1/0x1 -j RETURN"),
  MappingCase([.socketUser(1000...1000)], is: "T -m owner --uid-owner 1000 -j RETURN"),
  MappingCase([.socketGroup(5...UInt32.max)], is: "T -m owner --gid-owner 5-4294967294 -j RETURN"),
  MappingCase(
    [.cgroup(path: "a b/c.service", level: 2)], is: "T -m cgroup --path \"a b/c.service\" -j RETURN"
  ),
  MappingCase([.hopLimit(.ipv4, 255)], is: "T -m ttl --ttl-eq 255 -j RETURN"),
  MappingCase(
    [.hopLimit(.ipv6, 255)], verdict: .return, family: .ipv6, is: "T -m hl --hl-eq 255 -j RETURN"),
  MappingCase([.laterFragment(.ipv4)], verdict: .drop, is: "T -f -j DROP"),
  MappingCase(
    [out("eth0"), .laterFragment(.ipv6)], verdict: .drop, family: .ipv6,
    is: "T -o eth0 -m frag -j KSP_home_x1", "x1: -m frag --fragfirst -j RETURN", "x1: -j DROP"),
  MappingCase(
    [.tcpFlags(mask: 0x17, value: 0x02)], verdict: .drop,
    is: "T -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"),
  MappingCase(
    [.tcpFlags(mask: 0x3f, value: 0)], verdict: .drop,
    is: "T -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j DROP"),
  MappingCase([.ctLabel(bit: 127)], verdict: .drop, is: "T -m connlabel --label 127 -j DROP"),
  MappingCase([out("eth0")], does: [.counter], verdict: nil, is: "T -o eth0"),
  MappingCase([out("eth0")], does: [.counter], verdict: .accept, is: "T -o eth0 -j ACCEPT"),
  MappingCase(
    [], does: [.limit(packetsPerSecond: 5), .log(prefix: "home: \"x\" ")], verdict: nil,
    is: "T -m limit --limit 5/second --limit-burst 5 -j LOG --log-prefix \"home: \\\"x\\\" \""),
  MappingCase(
    [tcp], does: [.log(prefix: "seen")], verdict: .drop, is: "T -p tcp -j LOG --log-prefix seen",
    "T -p tcp -j DROP"),
  MappingCase([tcp], verdict: .reject(.tcpReset), is: "T -p tcp -j REJECT --reject-with tcp-reset"),
  MappingCase(
    [], verdict: .reject(.administrativelyProhibited),
    is: "T -j REJECT --reject-with icmp-admin-prohibited"),
  MappingCase(
    [], verdict: .reject(.administrativelyProhibited), family: .ipv6,
    is: "T -j REJECT --reject-with icmp6-adm-prohibited"),
  MappingCase(
    [out("wg0")], does: [.masquerade], verdict: nil, table: "nat", is: "T -o wg0 -j MASQUERADE"),
  MappingCase(
    [out("wg0")], does: [.setMark(clear: 0x1, set: 0x2)], verdict: nil, table: "mangle",
    is: "T -o wg0 -j MARK --set-xmark 0x2/0x3"),
  MappingCase(
    [.mark(value: 1, mask: 1)], does: [.setMark(clear: 1, set: 0)], verdict: .drop, table: "mangle",
    is: "T -m mark --mark 0x1/0x1 -j KSP_home_x1", "x1: -j MARK --set-xmark 0x0/0x1", "x1: -j DROP"),
  MappingCase(
    [.socketUser(7...7)], does: [.setConntrackLabel(bit: 3)], verdict: .return,
    is: "T -m owner --uid-owner 7 -m connlabel --label 3 --set",
    "T -m owner --uid-owner 7 -j RETURN"),
  // Two interfaces that it must not be: what would return goes on in a chain of its own.
  MappingCase(
    [out("lo", true), out("wg0", true), tcp], verdict: .drop,
    is: "T ! -o lo -p tcp -j KSP_home_x1", "x1: -o wg0 -j RETURN", "x1: -j DROP"),
  MappingCase(
    [out("lo", true), out("wg0", true), tcp],
    is: "T -g KSP_home_x1", "x1: -o wg0 -g KSP_home_x2", "x1: ! -o lo -p tcp -j RETURN",
    "x1: -g KSP_home_x2"),
  MappingCase(
    [.mark(value: 1)], does: [.setMark(clear: 1, set: 0)], verdict: .return, table: "mangle",
    is: "T -m mark --mark 0x1/0xffffffff -g KSP_home_x1", "T -g KSP_home_x2",
    "x1: -j MARK --set-xmark 0x0/0x1", "x1: -j RETURN"),
  // One limit for both protocols, and the verdict behind the limit.
  MappingCase(
    [.transport([6, 17])], does: [.limit(packetsPerSecond: 2), .log(prefix: "a")], verdict: .drop,
    is: "T -p tcp -j KSP_home_x1", "T -p udp -j KSP_home_x1",
    "x1: -m limit --limit 2/second --limit-burst 2 -j KSP_home_x2", "x2: -j LOG --log-prefix a",
    "x2: -j DROP"),
]

/// What no iptables rule can say.
let unsupportedCases: [(Match, AddressFamily, String)] = [
  (.notReceived, .ipv4, "a packet that no device received"),
  (.deviceType(.output, 65534), .ipv4, "the type of a device"),
  (.isIP(isNegated: true), .ipv4, "frames of a bridge or a network device"),
  (.arpAddress(.source, IPAddress(v4: 1)), .ipv4, "ARP addresses"),
  (.hopLimit(.ipv6, 255), .ipv4, "an IPv6 match"),
  (.icmpType([8]), .ipv6, "an IPv4 match"),
  (.icmpType([255]), .ipv4, "ICMP type 255"),
  (.transport([0]), .ipv4, "protocol 0"),
  (.tcpFlags(mask: 0xc0, value: 0), .ipv4, "the TCP flags ECE and CWR"),
  (.interface(.output, InterfacePattern("eth+")), .ipv4, "the interface name `eth+`"),
  (.socketUser(UInt32.max...UInt32.max), .ipv4, "the user or group 4294967295"),
  (.cgroup(path: "a\nb", level: 1), .ipv4, "this path of a control group"),
]
