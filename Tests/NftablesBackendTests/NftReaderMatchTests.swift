import NftablesBackend
import PacketSpace
import RulesetIR
import Testing

/// A condition by someone else, and the ways to fulfil it.
struct ReadCase: Sendable, CustomTestStringConvertible {
  var condition: String
  var ways: [[Match]]
  var testDescription: String { condition }

  init(_ condition: String, _ ways: [Match]...) {
    self.condition = condition
    self.ways = ways
  }
}

private let address1 = Prefix(v4(10, 0, 0, 1), length: 32)
private let others = (UInt8.min...UInt8.max).filter { ![6, 17, 33, 132, 136].contains($0) }

private let stateCases = [
  ReadCase(
    match(ct("state"), "in", #"["established", "related"]"#),
    [.ctState([.established, .related])]),
  ReadCase(match(ct("state"), "in", "6"), [.ctState([.established, .related])]),
  ReadCase(
    match(ct("state"), "==", #"{"set": ["established", "related"]}"#),
    [.ctState([.established, .related])]),
  ReadCase(
    match(ct("state"), "!=", #"{"set": ["established", "new"]}"#),
    [.ctState([.new, .established], isNegated: true)]),
  ReadCase(match(ct("state"), "==", "\"new\""), [.ctState([.new])]),
  ReadCase(match(ct("state"), "!=", "\"new\""), [.ctState([.new], isNegated: true)]),
  ReadCase(match(ct("state"), "!", "\"new\""), [.ctState([.new], isNegated: true)]),
  // A packet has one state: this never holds, and its negation always.
  ReadCase(match(ct("state"), "==", #"["established", "related"]"#)),
  ReadCase(match(ct("state"), "==", #"{"|": ["established", "related"]}"#)),
  ReadCase(match(ct("state"), "!=", #"{"|": ["established", "related"]}"#), []),
  ReadCase(
    match(ct("state"), "==", #"{"set": ["new", {"|": ["established", "related"]}]}"#),
    [.ctState([.new])]),
  ReadCase(match(ct("state"), ">", "2"), [.ctState([.new, .related, .untracked])]),
  ReadCase(match(ct("direction"), "!=", "\"reply\""), [.ctDirection(.original)]),
  ReadCase(match(ct("label"), "in", "[1, 2]"), [.ctLabel(bit: 1)], [.ctLabel(bit: 2)]),
  ReadCase(match(ct("label"), "==", "1"), [.opaque("ct label 1")]),
  ReadCase(match(ct("label"), "in", "\"work\""), [.opaque("ct label in work")]),
  ReadCase(match(ct("mark"), "==", "5"), [.opaque("ct mark 5")]),
]

private let addressCases = [
  ReadCase(
    match(payload("ip saddr"), "==", "\"10.0.0.1\""), [.address(.source, .prefix(address1))]),
  ReadCase(
    match(payload("ip saddr"), "!=", #"{"set": ["10.0.0.1"]}"#),
    [.address(.source, .prefix(address1), isNegated: true)]),
  ReadCase(
    match(payload("ip saddr"), "==", #"{"prefix": {"addr": "10.9.9.9", "len": 8}}"#),
    [.address(.source, .prefix(Prefix(v4(10, 0, 0, 0), length: 8)))]),
  ReadCase(
    match(
      #"{"&": [{"payload": {"protocol": "ip", "field": "daddr"}}, "255.255.255.0"]}"#, "==",
      "\"10.0.0.0\""),
    [.address(.destination, .prefix(Prefix(v4(10, 0, 0, 0), length: 24)))]),
  // No masked address ends so.
  ReadCase(
    match(
      #"{"&": [{"payload": {"protocol": "ip", "field": "daddr"}}, "255.255.255.0"]}"#, "==",
      "\"10.0.0.1\"")),
  ReadCase(
    match(
      #"{"&": [{"payload": {"protocol": "ip", "field": "daddr"}}, "255.0.255.0"]}"#, "==",
      "\"10.0.0.0\""),
    [.family(.ipv4), .opaque("ip daddr & 255.0.255.0 10.0.0.0")]),
  ReadCase(
    match(payload("ip saddr"), "==", "\"example.org\""),
    [.family(.ipv4), .opaque("ip saddr example.org")]),
  ReadCase(
    match(payload("ip saddr"), "==", "\"@hosts\""),
    [.address(.source, .set(name: "hosts", family: .ipv4, maskLength: nil))]),
  ReadCase(
    match(payload("ip6 saddr"), "!=", "\"@hosts6\""),
    [.address(.source, .set(name: "hosts6", family: .ipv6, maskLength: nil), isNegated: true)]),
  ReadCase(
    match(payload("ip saddr"), "==", #"{"range": ["10.0.0.1", "10.0.0.6"]}"#),
    [.address(.source, .set(name: "__set0", family: .ipv4, maskLength: nil))]),
  ReadCase(
    match(payload("ip saddr"), "<", "\"128.0.0.0\""),
    [.address(.source, .prefix(Prefix(v4(0, 0, 0, 0), length: 1)))]),
  ReadCase(match(payload("ip saddr"), ">", "\"255.255.255.255\"")),
  ReadCase(
    match(ct("ip saddr", "original"), "!=", "\"10.0.0.1\""),
    [
      .family(.ipv4), .ctDirection(.original),
      .not(.ctAddress(.original, .source, .prefix(address1))),
    ],
    [.family(.ipv4), .ctDirection(.reply), .not(.ctAddress(.original, .source, .prefix(address1)))]),
  ReadCase(
    match(payload("ip saddr"), "==", "\"@banned\""),
    [.family(.ipv4), .opaque("ip saddr @banned (inet t c, rule 1)")]),
  ReadCase(
    match(payload("ip saddr"), "!=", "\"@some\""),
    [.family(.ipv4), .opaque("ip saddr != @some")]),
]

private let portCases = [
  ReadCase(
    match(payload("tcp dport"), "==", #"{"set": [80, {"range": [1, 9]}, "443"]}"#),
    [.transport([6]), .port(.destination, [PortRange(1, 9), PortRange(80), PortRange(443)])]),
  ReadCase(
    match(payload("tcp dport"), "!=", "22"),
    [.transport([6]), .port(.destination, [PortRange(22)], isNegated: true)]),
  ReadCase(
    match(payload("tcp dport"), ">", "1023"),
    [.transport([6]), .port(.destination, [PortRange(1024, 65535)])]),
  ReadCase(
    match(payload("udp sport"), "==", "\"@ports\""),
    [.transport([17]), .port(.source, [PortRange(1, 9), PortRange(22)])]),
  ReadCase(
    match(payload("tcp dport"), "==", "\"ssh\""),
    [.transport([6]), .opaque("tcp dport ssh")]),
  ReadCase(
    match(payload("tcp dport"), "==", "65536"),
    [.transport([6]), .opaque("tcp dport 65536")]),
  // Any header has bytes where these have ports.
  ReadCase(
    match(payload("th dport"), "==", "53"),
    [.transport([6, 17, 33, 132, 136]), .port(.destination, [PortRange(53)])],
    [.transport(others), .opaque("th dport { 53-53 }")]),
  ReadCase(
    match(meta("l4proto"), "==", "\"udp\"") + "," + match(payload("th dport"), "==", "53"),
    [.transport([17]), .port(.destination, [PortRange(53)])]),
  ReadCase(
    match(meta("l4proto"), "==", "\"udp\"") + "," + match(payload("tcp dport"), "==", "53"),
    [.transport([17]), .transport([6]), .port(.destination, [PortRange(53)])]),
  ReadCase(
    match(meta("l4proto"), "==", "\"icmp\"") + "," + match(payload("th dport"), "==", "53"),
    [.transport([1]), .transport([1]), .opaque("th dport { 53-53 }")]),
  ReadCase(match(meta("l4proto"), "<", "3"), [.transport([0, 1, 2])]),
  ReadCase(match(payload("ip protocol"), "==", "6"), [.family(.ipv4), .transport([6])]),
  ReadCase(
    match(payload("ip6 nexthdr"), "==", "6"),
    [.family(.ipv6), .transport([6]), .opaque("ip6 nexthdr 6")]),
  ReadCase(
    match(payload("ip6 nexthdr"), "==", "44"),
    [.family(.ipv6), .opaque("ip6 nexthdr 44")]),
  ReadCase(match(payload("icmp type"), "!=", "{\"range\": [1, 255]}"), [.icmpType([0])]),
  ReadCase(
    match(payload("tcp flags"), "in", #"["syn", "fin"]"#),
    [.tcpFlags(mask: 1, value: 1)],
    [.tcpFlags(mask: 3, value: 2)]),
  ReadCase(match(payload("tcp flags"), "!", "\"syn\""), [.tcpFlags(mask: 2, value: 0)]),
  ReadCase(match(payload("tcp flags"), "==", "\"syn\""), [.tcpFlags(mask: 255, value: 2)]),
  ReadCase(
    match(
      #"{"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, ["syn", "ack"]]}"#, "==",
      "\"syn\""), [.tcpFlags(mask: 18, value: 2)]),
  ReadCase(
    match(
      #"{"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, {"|": ["syn", "ack"]}]}"#,
      "!=", "2"), [.tcpFlags(mask: 2, value: 0)], [.tcpFlags(mask: 18, value: 18)]),
]

private let metaCases = [
  ReadCase(
    match(meta("iifname"), "==", #"{"set": ["eth0", "wl*"]}"#),
    [.interface(.input, InterfacePattern("eth0"))],
    [.interface(.input, InterfacePattern("wl", isPrefix: true))]),
  ReadCase(
    match(meta("oifname"), "!=", "\"@names\""),
    [
      .interface(.output, InterfacePattern("eth0"), isNegated: true),
      .interface(.output, InterfacePattern("wl", isPrefix: true), isNegated: true),
    ]),
  ReadCase(match(meta("iifname"), "==", #""a\\*""#), [.interface(.input, InterfacePattern("a*"))]),
  ReadCase(match(meta("iifname"), "==", "\"*\""), [.opaque("meta iifname *")]),
  ReadCase(match(meta("iif"), "==", "\"lo\""), [.interface(.input, InterfacePattern("lo"))]),
  ReadCase(match(meta("iif"), "!=", "\"0\""), [.not(.notReceived)]),
  ReadCase(match(meta("oif"), "==", "\"eth0\""), [.opaque("meta oif eth0")]),
  ReadCase(match(meta("oif"), "!=", "\"eth0\""), [.opaque("meta oif != eth0")]),
  ReadCase(
    match(meta("iiftype"), "!=", #"{"set": ["ether", 65534]}"#),
    [.deviceType(.input, 1, isNegated: true), .deviceType(.input, 65534, isNegated: true)]),
  ReadCase(match(meta("nfproto"), "!=", "\"ipv4\""), [.family(.ipv6)]),
  ReadCase(match(meta("nfproto"), "==", #"{"set": ["ipv4", "ipv6"]}"#), []),
  ReadCase(match(meta("protocol"), "==", "\"ip\""), [.family(.ipv4)]),
  ReadCase(match(meta("mark"), "==", #"{"set": [1, 2]}"#), [.mark(value: 1)], [.mark(value: 2)]),
  ReadCase(
    match(meta("mark"), "==", #"{"range": [4, 9]}"#),
    [.mark(value: 4, mask: 0xffff_fffc)], [.mark(value: 8, mask: 0xffff_fffe)]),
  ReadCase(
    match(meta("mark"), "!=", #"{"set": [1, 2]}"#),
    [.mark(value: 1, isNegated: true), .mark(value: 2, isNegated: true)]),
  ReadCase(
    match(#"{"&": [{"meta": {"key": "mark"}}, 255]}"#, "!=", "3"),
    [.mark(value: 3, mask: 255, isNegated: true)]),
  ReadCase(match(#"{"&": [{"meta": {"key": "mark"}}, 255]}"#, "==", "256")),
  ReadCase(
    match(#"{"|": [{"meta": {"key": "mark"}}, 5]}"#, "==", "7"),
    [.opaque("meta mark | 5 7")]),
  ReadCase(
    match(meta("skuid"), "==", #"{"set": [0, {"range": [5, 6]}]}"#),
    [.socketUser(0...0)], [.socketUser(5...6)]),
  // Only of packets that have a socket.
  ReadCase(match(meta("skuid"), "!=", "5"), [.socketUser(0...4)], [.socketUser(6...UInt32.max)]),
  ReadCase(match(meta("skuid"), "==", "\"root\""), [.opaque("meta skuid root")]),
  ReadCase(match(payload("ip ttl"), "<", "2"), [.hopLimit(.ipv4, 0)], [.hopLimit(.ipv4, 1)]),
  ReadCase(
    match(payload("ip6 hoplimit"), "!=", "255"),
    [.family(.ipv6), .not(.hopLimit(.ipv6, 255))]),
  ReadCase(
    match(#"{"&": [{"payload": {"protocol": "ip", "field": "frag-off"}}, 8191]}"#, "==", "0"),
    [.family(.ipv4), .not(.laterFragment(.ipv4))]),
  ReadCase(
    match(#"{"&": [{"payload": {"protocol": "ip", "field": "frag-off"}}, 16383]}"#, "!=", "0"),
    [.family(.ipv4), .opaque("ip frag-off & 16383 != 0")]),
  ReadCase(
    match(#"{"exthdr": {"name": "frag"}}"#, "==", "true"),
    [.family(.ipv6), .opaque("exthdr frag true")]),
  ReadCase(
    match(#"{"fib": {"result": "type", "flags": ["daddr"]}}"#, "==", "\"local\""),
    [.opaque("fib daddr type local")]),
  ReadCase(
    match(#"{"numgen": {"mode": "random", "mod": 2, "offset": 0}}"#, "==", "0"),
    [.opaque("numgen mode random mod 2 offset 0 0 (inet t c, rule 1)")]),
  ReadCase(
    match(#"{"socket": {"key": "cgroupv2", "level": 2}}"#, "==", "\"a/b\""),
    [.cgroup(path: "a/b", level: 2)]),
  ReadCase(match(meta("cgroup"), "==", "5"), [.opaque("meta cgroup 5")]),
  ReadCase(
    match(meta("hour"), "==", #"{"range": ["12:00", "13:00"]}"#),
    [.opaque("meta hour 12:00-13:00")]),
]

private let concatenationCases = [
  ReadCase(
    match(
      #"{"concat": [{"payload": {"protocol": "ip", "field": "saddr"}}, {"meta": {"key": "iifname"}}]}"#,
      "==", #"{"set": [{"concat": ["10.0.0.1", "lo"]}, {"concat": ["10.0.0.1", "eth0"]}]}"#),
    [.address(.source, .prefix(address1)), .interface(.input, InterfacePattern("lo"))],
    [.address(.source, .prefix(address1)), .interface(.input, InterfacePattern("eth0"))]),
  ReadCase(
    match(
      #"{"concat": [{"payload": {"protocol": "ip", "field": "saddr"}}, {"payload": {"protocol": "tcp", "field": "dport"}}]}"#,
      "!=", "\"@pairs\""),
    [.family(.ipv4), .transport([6]), .opaque("ip saddr . tcp dport != @pairs")]),
  ReadCase(
    match(
      #"{"concat": [{"payload": {"protocol": "ip", "field": "saddr"}}, {"payload": {"protocol": "udp", "field": "dport"}}]}"#,
      "==", "\"@asked4\""),
    [.transport([17]), .asked(set: "asked4", family: .ipv4, .source, .destination)]),
]

@Suite struct NftReaderMatchTests {
  @Test(
    arguments: stateCases + addressCases + portCases + metaCases + concatenationCases)
  func `a condition becomes`(_ example: ReadCase) throws {
    let found = try rules(example.condition + ", {\"accept\": null}")
    #expect(found.map(\.matches) == example.ways)
    #expect(found.allSatisfy { $0.verdict == .accept })
  }
}
