import PacketSpace
import RulesetIR

/// A rule and the line of nft text that it becomes.
struct RuleCase: Sendable {
  var rule: Rule
  var text: String

  init(_ rule: Rule, _ text: String) {
    self.rule = rule
    self.text = text
  }

  init(_ matches: [Match], _ text: String) {
    self.init(Rule(matches, .accept), "\(text) accept")
  }
}

/// Rule sets by name, so that a failing test says which.
enum RulesetCase: Sendable, CaseIterable {
  case everyInetRule, otherFamilies, allFamilies, small

  var ruleset: Ruleset {
    switch self {
    case .everyInetRule: NftablesBackendTests.everyInetRule
    case .otherFamilies: NftablesBackendTests.otherFamilies
    case .allFamilies:
      Ruleset(
        tables: NftablesBackendTests.everyInetRule.tables
          + NftablesBackendTests.otherFamilies.tables)
    case .small: smallRuleset
    }
  }
}

extension Rule {
  init(
    _ matches: [Match], _ verdict: Verdict, note: String = "", origin: RuleOrigin? = nil
  ) {
    self.init(matches, [], verdict, note: note, origin: origin)
  }
}

func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> IPAddress {
  IPAddress(v4: a << 24 | b << 16 | c << 8 | d)
}

func v6(_ high: UInt64, _ low: UInt64) -> IPAddress {
  IPAddress(family: .ipv6, bits: UInt128(high) << 64 | UInt128(low))
}

let origin = RuleOrigin(file: "test.ksp", line: 7)

/// Sets for the rules below: every kind, with edges of the address space.
let everySet = [
  NamedSet(name: "v4hash", elements: .ipv4([0x0101_0100, 0x0202_0200, 0xffff_fff0]), size: 64),
  NamedSet(
    name: "v6hash", elements: .ipv6([1 << 120, 0xfc00 << 112, 0xffff_0102_0304]), size: 64),
  NamedSet(
    name: "v4ranges",
    elements: .ipv4Ranges([
      IPv4Range(0, 0x00ff_ffff), IPv4Range(0x0a00_0001, 0x0a00_0001),
      IPv4Range(0x0a00_0003, 0x0a00_0009), IPv4Range(0xc0a8_0000, 0xc0a8_ffff),
      IPv4Range(0xf000_0000, 0xffff_ffff),
    ]), size: nil),
  NamedSet(
    name: "v6ranges",
    elements: .ipv6Ranges([
      IPv6Range(1, 1), IPv6Range(3, 9), IPv6Range(0xfe80 << 112, (0xfec0 << 112) - 1),
    ]), size: nil),
  NamedSet(name: "asked4", elements: .asked(.ipv4, timeoutSeconds: 5), size: 4096),
  NamedSet(name: "asked6", elements: .asked(.ipv6, timeoutSeconds: 5), size: 4096),
]

/// Matches of inet tables: at least one line for each case of `Match` and of what it holds.
let matchCases: [RuleCase] = [
  RuleCase([.interface(.output, InterfacePattern("lo"))], "oifname \"lo\""),
  RuleCase(
    [.interface(.input, InterfacePattern("wlan", isPrefix: true), isNegated: true)],
    "iifname != \"wlan*\""),
  RuleCase(
    [.interface(.input, InterfacePattern("abcdefghijklmno", isPrefix: true))],
    "iifname \"abcdefghijklmno\""),
  RuleCase([.interface(.input, InterfacePattern("ä'b$c"))], "iifname \"ä'b$c\""),
  RuleCase([.notReceived], "iif 0"),
  RuleCase([.deviceType(.output, 65534)], "meta oiftype 65534"),
  RuleCase([.deviceType(.input, 1, isNegated: true)], "meta iiftype != 1"),
  RuleCase([.family(.ipv4)], "meta nfproto ipv4"),
  RuleCase([.family(.ipv6)], "meta nfproto ipv6"),
  RuleCase(
    [.address(.destination, .prefix(Prefix(v4(10, 1, 0, 0), length: 16)))],
    "ip daddr 10.1.0.0/16"),
  RuleCase(
    [.address(.source, .prefix(Prefix(v4(10, 1, 2, 3), length: 32)), isNegated: true)],
    "ip saddr != 10.1.2.3"),
  RuleCase(
    [.address(.source, .prefix(Prefix(v4(0, 0, 0, 0), length: 0)))], "ip saddr 0.0.0.0/0"),
  RuleCase(
    [.address(.source, .prefix(Prefix(v6(0xfc00 << 48, 0), length: 7)))], "ip6 saddr fc00::/7"),
  RuleCase(
    [.address(.destination, .list([v4(1, 1, 1, 1), v4(2, 2, 2, 2)]), isNegated: true)],
    "ip daddr != { 1.1.1.1, 2.2.2.2 }"),
  RuleCase(
    [.address(.destination, .list([v6(0, 1), v6(0xfe80 << 48, 1)]))],
    "ip6 daddr { ::1, fe80::1 }"),
  RuleCase(
    [.address(.destination, .set(name: "v4hash", family: .ipv4, maskLength: nil))],
    "ip daddr @v4hash"),
  RuleCase(
    [.address(.destination, .set(name: "v4hash", family: .ipv4, maskLength: 28))],
    "ip daddr & 255.255.255.240 == @v4hash"),
  RuleCase(
    [
      .address(
        .source, .set(name: "v6hash", family: .ipv6, maskLength: 32), isNegated: true)
    ],
    "ip6 saddr & ffff:ffff:: != @v6hash"),
  RuleCase(
    [.address(.source, .set(name: "v6ranges", family: .ipv6, maskLength: nil), isNegated: true)],
    "ip6 saddr != @v6ranges"),
  RuleCase([.transport([47])], "meta l4proto 47"),
  RuleCase([.transport([6, 17])], "meta l4proto { 6, 17 }"),
  RuleCase([.transport([6]), .port(.destination, [PortRange(22)])], "tcp dport 22"),
  RuleCase(
    [.transport([17]), .port(.source, [PortRange(5, 9), PortRange(53)], isNegated: true)],
    "udp sport != { 5-9, 53 }"),
  RuleCase([.transport([132]), .port(.destination, [PortRange(1, 2)])], "sctp dport 1-2"),
  RuleCase(
    [.transport([6, 17]), .port(.destination, [PortRange(53), PortRange(853)])],
    "meta l4proto { 6, 17 } th dport { 53, 853 }"),
  RuleCase(
    [.transport([6]), .ctDirection(.original), .port(.destination, [PortRange(22)])],
    "meta l4proto 6 ct direction original tcp dport 22"),
  RuleCase([.ctState([.established])], "ct state established"),
  RuleCase([.ctState([.new, .untracked])], "ct state new,untracked"),
  RuleCase([.ctState([.invalid], isNegated: true)], "ct state ! invalid"),
  RuleCase(
    [.ctState([.established, .related], isNegated: true)], "ct state ! established,related"),
  RuleCase([.ctDirection(.reply)], "ct direction reply"),
  RuleCase([.ctProtocol(17)], "ct protocol 17"),
  RuleCase(
    [.ctAddress(.original, .source, .prefix(Prefix(v4(10, 0, 0, 0), length: 8)))],
    "ct original ip saddr 10.0.0.0/8"),
  RuleCase(
    [.ctAddress(.reply, .destination, .list([v6(0, 1), v6(0, 2)]))],
    "ct reply ip6 daddr { ::1, ::2 }"),
  RuleCase(
    [.ctAddress(.original, .destination, .set(name: "v4ranges", family: .ipv4, maskLength: nil))],
    "ct original ip daddr @v4ranges"),
  RuleCase(
    [.ctAddress(.original, .destination, .set(name: "v4hash", family: .ipv4, maskLength: 28))],
    "ct original ip daddr & 255.255.255.240 == @v4hash"),
  RuleCase(
    [.asked(set: "asked4", family: .ipv4, .destination, .destination)],
    "ip daddr . udp dport @asked4"),
  RuleCase(
    [.transport([17]), .asked(set: "asked6", family: .ipv6, .destination, .destination)],
    "meta l4proto 17 ip6 daddr . udp dport @asked6"),
  RuleCase(
    [.transport([17]), .ctPort(.reply, .source, PortRange(53))],
    "meta l4proto 17 ct reply proto-src 53"),
  RuleCase(
    [.transport([6]), .ctPort(.original, .destination, PortRange(50, 60))],
    "meta l4proto 6 ct original proto-dst 50-60"),
  RuleCase(
    [
      .transport([6]), .port(.source, [PortRange(22)]),
      .ctPort(.original, .destination, PortRange(22)),
    ], "tcp sport 22 ct original proto-dst 22"),
  RuleCase(
    [.icmpType([3]), .ctProtocol(17), .ctPort(.original, .destination, PortRange(51820))],
    "icmp type destination-unreachable ct protocol 17 ct original proto-dst 51820"),
  RuleCase(
    [.icmpv6Type([1, 2]), .ctPort(.reply, .source, PortRange(5, 6))],
    "icmpv6 type { destination-unreachable, packet-too-big } ct reply proto-src 5-6"),
  RuleCase([.icmpType([8])], "icmp type echo-request"),
  RuleCase(
    [.icmpType([3, 11, 12, 200])],
    "icmp type { destination-unreachable, time-exceeded, parameter-problem, 200 }"),
  RuleCase([.icmpv6Type([135])], "icmpv6 type nd-neighbor-solicit"),
  RuleCase(
    [.icmpv6Type([2, 130, 250])], "icmpv6 type { packet-too-big, mld-listener-query, 250 }"),
  RuleCase([.mark(value: 0x6b73)], "meta mark 0x6b73"),
  RuleCase([.mark(value: 0, isNegated: true)], "meta mark != 0x0"),
  RuleCase([.mark(value: 0x1_0000, mask: 0x1_0000)], "meta mark & 0x10000 == 0x10000"),
  RuleCase(
    [.mark(value: 0x1_0000, mask: 0x1_0000, isNegated: true)], "meta mark & 0x10000 != 0x10000"),
  RuleCase([.socketUser(0...0)], "meta skuid 0"),
  RuleCase([.socketUser(1000...1010)], "meta skuid 1000-1010"),
  RuleCase([.socketGroup(4_000_000_000...4_000_000_001)], "meta skgid 4000000000-4000000001"),
  RuleCase([.hopLimit(.ipv4, 255)], "ip ttl 255"),
  RuleCase([.hopLimit(.ipv6, 255)], "ip6 hoplimit 255"),
  RuleCase([.laterFragment(.ipv4)], "ip frag-off & 0x1fff != 0"),
  RuleCase([.laterFragment(.ipv6)], "frag frag-off != 0"),
  RuleCase([.tcpFlags(mask: 0x17, value: 0x02)], "tcp flags & 0x17 == 0x02"),
  RuleCase(
    [.transport([6]), .tcpFlags(mask: 0x04, value: 0)],
    "meta l4proto 6 tcp flags & 0x04 == 0x00"),
  RuleCase([.ctLabel(bit: 0)], "ct label 0"),
  RuleCase([.ctLabel(bit: 127)], "ct label 127"),
]

/// Statements, verdicts and comments of inet tables.
let statementCases: [RuleCase] = [
  RuleCase(Rule([], [.counter], nil), "counter"),
  RuleCase(Rule([], [.log(prefix: "homelab: ")], .drop), "log prefix \"homelab: \" drop"),
  RuleCase(Rule([], [.log(prefix: "a'b\\c #{}; ")], nil), "log prefix \"a'b\\c #{}; \""),
  RuleCase(Rule([], [.log(prefix: "")], nil), "log"),
  RuleCase(
    Rule([], [.limit(packetsPerSecond: 5), .log(prefix: "x")], nil),
    "limit rate 5/second burst 5 packets log prefix \"x\""),
  RuleCase(
    Rule([], [.limit(packetsPerSecond: 20)], nil), "limit rate 20/second burst 20 packets"),
  RuleCase(
    Rule([], [.setMark(clear: 0x3, set: 0x2)], nil), "meta mark set meta mark & 0xfffffffc | 0x2"),
  RuleCase(Rule([], [.setMark(clear: 0x1, set: 0)], nil), "meta mark set meta mark & 0xfffffffe"),
  RuleCase(Rule([], [.setMark(clear: 0, set: 0x1)], nil), "meta mark set meta mark | 0x1"),
  RuleCase(Rule([], [.setMark(clear: .max, set: 0x6b73)], nil), "meta mark set 0x6b73"),
  RuleCase(Rule([], [.setConntrackLabel(bit: 5)], nil), "ct label set 5"),
  RuleCase(
    Rule(
      [.transport([17])], [.updateSet(name: "asked4", address: .source, port: .source)], nil),
    "meta l4proto 17 update @asked4 { ip saddr . udp sport }"),
  RuleCase(
    Rule([], [.updateSet(name: "asked6", address: .destination, port: .destination)], .accept),
    "update @asked6 { ip6 daddr . udp dport } accept"),
  RuleCase(
    Rule([.transport([6])], [.counter], .reject(.tcpReset)),
    "meta l4proto 6 counter reject with tcp reset"),
  RuleCase(
    Rule([], .reject(.administrativelyProhibited)), "reject with icmpx admin-prohibited"),
  RuleCase(Rule([], .jump("regular")), "jump regular"),
  RuleCase(Rule([], .goto("regular")), "goto regular"),
  RuleCase(Rule([], .return), "return"),
  RuleCase(Rule([], .drop, note: "deny"), "drop comment \"deny\""),
  RuleCase(
    Rule([], .drop, note: "endpoint", origin: origin), "drop comment \"test.ksp:7 endpoint\""),
  RuleCase(
    Rule([], .drop, note: "a\" drop\n; ä\\", origin: RuleOrigin(file: "$x \"y\".ksp", line: 1)),
    "drop comment \"$x 'y'.ksp:1 a' drop?; ä\\\""),
  RuleCase(
    Rule([], .drop, note: String(repeating: "ä", count: 100)),
    "drop comment \"\(String(repeating: "ä", count: 64))\""),
]

/// One table with all of the above.
let everyInetRule = Ruleset(tables: [
  Table(
    family: .inet, name: "kspolicy_test", sets: everySet,
    chains: [
      Chain(name: "regular", rules: [Rule([], .accept)]),
      Chain(name: "empty"),
      Chain(
        name: "output_300", base: BaseChain(hook: .output, priority: 300, policy: .drop),
        rules: (matchCases + statementCases).map(\.rule)),
      Chain(
        name: "prerouting_m310",
        base: BaseChain(hook: .prerouting, priority: -310, policy: .accept)),
      Chain(
        name: "nat_100",
        base: BaseChain(type: .nat, hook: .postrouting, priority: 100, policy: .accept),
        rules: [
          Rule([.interface(.output, InterfacePattern("wg0"))], [.counter, .masquerade], nil)
        ]),
    ])
])

/// Tables of the other families; the netdev chain needs the devices `d0` and `d1`.
let otherFamilies = Ruleset(tables: [
  Table(
    family: .netdev, name: "guard", sets: [everySet[0]],
    chains: [
      Chain(
        name: "egress_d0",
        base: BaseChain(hook: .egress, priority: 0, policy: .drop, devices: ["d0"]),
        rules: [
          Rule([.isIP(isNegated: true)], [.counter], .accept),
          Rule([.isIP(isNegated: false), .mark(value: 1)], .accept),
          Rule([.family(.ipv4)], .accept),
          Rule(
            [.address(.destination, .set(name: "v4hash", family: .ipv4, maskLength: 24))], .accept),
          Rule([.transport([17]), .port(.destination, [PortRange(53)])], .drop),
          Rule([.icmpv6Type([135, 136]), .hopLimit(.ipv6, 255)], .accept),
        ])
    ]),
  Table(
    family: .netdev, name: "many",
    chains: [
      Chain(
        name: "egress",
        base: BaseChain(hook: .egress, priority: 300, policy: .accept, devices: ["d0", "d1"]),
        rules: [Rule([], [.counter], .accept)])
    ]),
  Table(
    family: .bridge, name: "guard",
    chains: [
      Chain(
        name: "forward_300", base: BaseChain(hook: .forward, priority: 300, policy: .drop),
        rules: [
          Rule([.isIP(isNegated: true)], .accept),
          Rule([.isIP(isNegated: false), .interface(.output, InterfacePattern("d0"))], .accept),
          Rule([.family(.ipv6)], .accept),
          Rule([.transport([6]), .port(.destination, [PortRange(22)])], .accept),
        ])
    ]),
  Table(
    family: .arp, name: "guard",
    chains: [
      Chain(
        name: "input_0", base: BaseChain(hook: .input, priority: 0, policy: .accept),
        rules: [
          Rule([.arpAddress(.destination, v4(10, 64, 0, 2))], [.counter], .drop),
          Rule([.arpAddress(.source, v4(10, 64, 0, 2))], [.counter], .drop),
        ])
    ]),
  Table(
    family: .ip, name: "four",
    chains: [
      Chain(
        name: "output_0", base: BaseChain(hook: .output, priority: 0, policy: .accept),
        rules: [
          Rule([.family(.ipv4), .mark(value: 1)], .reject(.administrativelyProhibited)),
          Rule(
            [.ctAddress(.original, .source, .prefix(Prefix(v4(10, 0, 0, 0), length: 8)))], .accept),
        ])
    ]),
  Table(
    family: .ip6, name: "six",
    chains: [
      Chain(
        name: "output_0",
        base: BaseChain(type: .route, hook: .output, priority: 0, policy: .accept),
        rules: [Rule([.family(.ipv6), .mark(value: 1)], .reject(.administrativelyProhibited))])
    ]),
])
