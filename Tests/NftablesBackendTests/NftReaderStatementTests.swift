import NftablesBackend
import PacketSpace
import RulesetIR
import Testing

private let tcp = match(meta("l4proto"), "==", "\"tcp\"")
private let isTCP = Match.transport([6])
private let here = "(inet t c, rule 1)"
private let mark1 = match(meta("mark"), "==", "1")

/// What someone else's rule does, and the rules that it becomes.
struct StatementCase: Sendable, CustomTestStringConvertible {
  var expressions: String
  var rules: [Rule]
  var testDescription: String { expressions }

  init(_ expressions: String, _ rules: Rule...) {
    self.expressions = expressions
    self.rules = rules
  }
}

private let decisionCases = [
  StatementCase(#"{"counter": "name"}, {"accept": null}"#, Rule([], [.counter], .accept)),
  StatementCase("{\"continue\": null}", Rule([], nil)),
  StatementCase("{\"jump\": {\"target\": \"a\"}}", Rule([], .jump("a"))),
  StatementCase("{\"reject\": null}", Rule([], .reject(.administrativelyProhibited))),
  StatementCase(#"{"reject": {"type": "tcp reset"}}"#, Rule([isTCP], .reject(.tcpReset))),
  StatementCase(
    #"{"reject": {"type": "icmp", "expr": "port-unreachable"}}"#,
    Rule([.family(.ipv4)], .reject(.administrativelyProhibited))),
  StatementCase(
    #"{"log": {"prefix": "a", "group": 5}}, {"drop": null}"#, Rule([], [.log(prefix: "a")], .drop)),
  StatementCase(
    #"{"queue": {"num": 0, "flags": "bypass"}}"#,
    Rule(
      [.opaque("queue num 0 flags bypass accepts \(here)")],
      [.opaque("queue num 0 flags bypass \(here)", markBits: .max)], .accept),
    Rule([], .drop)),
  StatementCase(
    #"{"masquerade": {"flags": "random"}}"#, Rule([], [.masquerade], nil)),
  StatementCase(
    #"{"dnat": {"family": "ip", "addr": "1.2.3.4"}}"#,
    Rule([.opaque("dnat family ip addr 1.2.3.4 \(here)")], .accept)),
  StatementCase(
    #"{"flow": {"op": "add", "flowtable": "@f"}}"#,
    Rule([.opaque("flow op add flowtable @f lets pass \(here)")], .accept),
    Rule([], [.opaque("flow op add flowtable @f \(here)", markBits: 0)], nil)),
  // Nobody knows what it does.
  StatementCase(
    tcp + #", {"frobnicate": 5}, {"accept": null}"#,
    Rule([isTCP, .opaque("frobnicate 5 lets pass \(here)")], .accept),
    Rule([isTCP, .opaque("frobnicate 5 stops \(here)")], .drop),
    Rule([isTCP], [.opaque("frobnicate 5 \(here)", markBits: .max)], nil),
    Rule([isTCP, .opaque("frobnicate 5 \(here)")], .accept)),
  StatementCase(
    #"{"xt": {"type": "match", "name": "owner"}}, {"accept": null}"#,
    Rule([.opaque("xt type match name owner \(here)")], .accept)),
  StatementCase(
    #"{"xt": {"type": "target", "name": "MARK"}}"#,
    Rule([], [.opaque("xt type target name MARK \(here)", markBits: .max)], nil)),
]

private let limitCases = [
  // A match, not a statement: what is above the rate goes on to the next rule.
  StatementCase(
    #"{"limit": {"rate": 5, "burst": 5, "per": "second"}}, {"drop": null}"#,
    Rule([.opaque("limit rate 5 burst 5 per second \(here)")], .drop)),
  StatementCase(
    #"{"limit": {"rate": 5, "burst": 5, "per": "second"}}, {"log": null}"#,
    Rule([], [.limit(packetsPerSecond: 5), .log(prefix: "")], nil)),
  StatementCase(
    #"{"limit": {"rate": 5, "burst": 5, "per": "second", "inv": true}}, {"log": null}"#,
    Rule([.opaque("limit rate 5 burst 5 per second inv true \(here)")], [.log(prefix: "")], nil)
  ),
  StatementCase(
    "{\"quota\": \"q\"}, {\"accept\": null}", Rule([.opaque("quota q \(here)")], .accept)),
  StatementCase(
    #"{"ct count": {"val": 9}}, {"accept": null}"#,
    Rule([.opaque("\"ct count\" val 9 \(here)")], .accept)),
  // A set that is full ends the rule.
  StatementCase(
    #"{"set": {"op": "add", "elem": {"payload": {"protocol": "ip", "field": "saddr"}}, "set": "@banned"}}, {"accept": null}"#,
    Rule([.family(.ipv4), .opaque("set op add elem ip saddr set @banned \(here)")], .accept)),
]

private let markCases = [
  StatementCase(
    #"{"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"&": [{"meta": {"key": "mark"}}, 255]}}}"#,
    Rule([], [.setMark(clear: 0xffff_ff00, set: 0)], nil)),
  StatementCase(
    #"{"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"^": [{"&": [{"meta": {"key": "mark"}}, 240]}, 17]}}}"#,
    Rule(
      [],
      [
        .setMark(clear: 0xffff_ff0f, set: 1),
        .opaque("meta mark set meta mark & 240 ^ 17 \(here)", markBits: 16),
      ], nil)),
  // Without a connection the rule ends here.
  StatementCase(
    #"{"mangle": {"key": {"meta": {"key": "mark"}}, "value": {"ct": {"key": "mark"}}}}, {"accept": null}"#,
    Rule(
      [.opaque("meta mark set ct mark \(here)")],
      [.opaque("meta mark set ct mark \(here)", markBits: .max)], .accept)),
  // The mark is set whether or not what follows holds, and is no longer what it was.
  StatementCase(
    #"{"mangle": {"key": {"meta": {"key": "mark"}}, "value": 5}},"# + tcp + ", {\"accept\": null}",
    Rule([], [.setMark(clear: .max, set: 5)], nil), Rule([isTCP], .accept)),
  StatementCase(
    mark1 + #", {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 5}},"# + tcp
      + ", {\"accept\": null}",
    Rule([.mark(value: 1)], [.setMark(clear: .max, set: 5)], nil),
    Rule([.opaque("the mark before \(here)"), isTCP], .accept)),
  StatementCase(
    #"{"mangle": {"key": {"ct": {"key": "label"}}, "value": [1, "2"]}}"#,
    Rule([], [.setConntrackLabel(bit: 1), .setConntrackLabel(bit: 2)], nil)),
  StatementCase(
    match(ct("mark"), "==", "1") + #", {"mangle": {"key": {"ct": {"key": "mark"}}, "value": 2}}"#,
    Rule([.opaque("ct mark 1 \(here)")], [.opaque("ct mark set 2 \(here)", markBits: 0)], nil)),
  // After this the packet has another address than the one that was looked at.
  StatementCase(
    #"{"mangle": {"key": {"payload": {"protocol": "ip", "field": "daddr"}}, "value": "1.2.3.4"}}, {"drop": null}"#,
    Rule(
      [
        .family(.ipv4), .opaque("ip daddr set 1.2.3.4 \(here)"),
        .opaque("ip daddr set 1.2.3.4 lets pass \(here)"),
      ], .accept),
    Rule(
      [.family(.ipv4), .opaque("ip daddr set 1.2.3.4 \(here)")],
      [.opaque("ip daddr set 1.2.3.4 \(here)", markBits: 0)], .drop)),
]

private let mapCases = [
  StatementCase(
    #"{"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": {"set": [[{"range": [1, 5]}, {"accept": null}], [6, {"continue": null}], [7, {"goto": {"target": "b"}}]]}}}"#,
    Rule([isTCP, .port(.destination, [PortRange(1, 5)])], .accept),
    Rule([isTCP, .port(.destination, [PortRange(7)])], .goto("b"))),
  StatementCase(
    #"{"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": {"set": [["*", {"drop": null}], [7, {"accept": null}]]}}}"#,
    Rule([isTCP, .port(.destination, [PortRange(7)])], .accept), Rule([isTCP], .drop)),
  // When the called chain returns, the element for all others is not for this packet.
  StatementCase(
    #"{"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": "@verdicts"}}"#,
    Rule([isTCP, .port(.destination, [PortRange(22)])], .accept),
    Rule([isTCP, .port(.destination, [PortRange(80)])], .jump("a")),
    Rule([isTCP, .opaque("no element of tcp dport vmap @verdicts \(here)")], .drop)),
  StatementCase(
    #"{"counter": null}, {"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [["invalid", {"drop": null}]]}}}"#,
    Rule([], [.counter], nil), Rule([.ctState([.invalid])], .drop)),
  StatementCase(
    #"{"vmap": {"key": {"concat": [{"ct": {"key": "state"}}, {"meta": {"key": "iifname"}}]}, "data": {"set": [[{"concat": ["new", "lo"]}, {"accept": null}]]}}}"#,
    Rule([.ctState([.new]), .interface(.input, InterfacePattern("lo"))], .accept)),
  // A called chain may set the mark that the next element asks for.
  StatementCase(
    #"{"vmap": {"key": {"meta": {"key": "mark"}}, "data": {"set": [[1, {"jump": {"target": "a"}}], [2, {"drop": null}]]}}}"#,
    Rule([.opaque("1 of meta mark vmap { 1,jump target a, 2,drop } \(here)")], .jump("a")),
    Rule([.opaque("2 of meta mark vmap { 1,jump target a, 2,drop } \(here)")], .drop)),
  StatementCase(
    #"{"vmap": {"key": {"meta": {"key": "cpu"}}, "data": {"set": [[1, {"drop": null}], [2, {"drop": null}], [3, {"accept": null}]]}}}"#,
    Rule(
      [.opaque("meta cpu vmap { 1,drop, 2,drop, 3,accept } to drop \(here)")], .drop),
    Rule(
      [.opaque("meta cpu vmap { 1,drop, 2,drop, 3,accept } to accept \(here)")], .accept)),
]

@Suite struct NftReaderStatementTests {
  @Test(arguments: decisionCases + limitCases + markCases + mapCases)
  func `a rule becomes`(_ example: StatementCase) throws {
    let found = try rules(example.expressions)
    #expect(found == example.rules)
  }

  @Test func `a jump with several ways is taken once`() throws {
    let table = try readRule(
      match(meta("iifname"), "==", "{\"set\": [\"e*\", \"eth0\"]}")
        + ", {\"counter\": null}, {\"jump\": {\"target\": \"a\"}}")
    #expect(table.chains[0].rules == [Rule([], .jump("__jump0"))])
    let ways = table.chains.last?.rules
    #expect(
      ways == [
        Rule([.interface(.input, InterfacePattern("e", isPrefix: true))], [.counter], .goto("a")),
        Rule([.interface(.input, InterfacePattern("eth0"))], [.counter], .goto("a")),
      ])
  }

  @Test func `an anonymous set of ranges becomes a set of the table`() throws {
    let table = try readRule(
      match(payload("ip saddr"), "!=", #"{"set": ["1.1.1.1", {"range": ["2.2.2.2", "2.2.2.9"]}]}"#))
    #expect(
      table.sets.last
        == NamedSet(
          name: "__set0",
          elements: .ipv4Ranges([
            IPv4Range(0x0101_0101, 0x0101_0101), IPv4Range(0x0202_0202, 0x0202_0209),
          ]), size: nil))
    #expect(
      table.chains[0].rules.map(\.matches) == [
        [.address(.source, .set(name: "__set0", family: .ipv4, maskLength: nil), isNegated: true)]
      ])
  }

  @Test func `too many ways become one that may be taken or not`() throws {
    let names = (0..<20).map { "\"e\($0)\"" }.joined(separator: ", ")
    let condition = match(meta("iifname"), "==", "{\"set\": [\(names)]}")
    let other = match(meta("oifname"), "==", "{\"set\": [\(names)]}")
    let found = try rules("\(condition), \(other), {\"accept\": null}")
    #expect(found.count == 20)
    let matches = found.flatMap(\.matches)
    #expect(matches.contains { if case .opaque = $0 { true } else { false } })
  }

  @Test(arguments: [
    (
      "bridge", #"{"payload": {"protocol": "ether", "field": "type"}}"#, "==", "\"ip\"",
      [[Match.family(.ipv4)]]
    ),
    (
      "bridge", meta("protocol"), "==", #"{"set": ["ip", "ip6"]}"#,
      [[.family(.ipv4)], [.family(.ipv6)]]
    ),
    (
      "bridge", meta("protocol"), "==", "\"arp\"",
      [[.isIP(isNegated: true), .opaque("ether type { 2054-2054 }")]]
    ),
    (
      "netdev", #"{"payload": {"base": "ll", "offset": 96, "len": 16}}"#, "!=",
      #"{"set": [2048, 34525, 33024, 34984, 37120]}"#, [[.isIP(isNegated: true)]]
    ),
    (
      "netdev", #"{"payload": {"protocol": "ether", "field": "type"}}"#, "==", "\"ip\"",
      [[.opaque("ether type ip")]]
    ),
    (
      "ip", ct("saddr", "original"), "==", "\"10.0.0.1\"",
      [[.ctAddress(.original, .source, .prefix(Prefix(v4(10, 0, 0, 1), length: 32)))]]
    ),
    (
      "inet", ct("saddr", "original"), "==", "\"10.0.0.1\"",
      [[.opaque("ct original saddr 10.0.0.1")]]
    ),
    ("ip", meta("nfproto"), "==", "\"ipv4\"", [[]]),
    ("ip", meta("nfproto"), "==", "\"ipv6\"", []),
    (
      "arp", payload("arp daddr ip"), "==", "\"10.0.0.1\"",
      [[.arpAddress(.destination, v4(10, 0, 0, 1))]]
    ),
  ])
  func `the family decides what a condition is`(
    _ family: String, _ left: String, _ comparison: String, _ right: String, _ ways: [[Match]]
  ) throws {
    let found = try rules(match(left, comparison, right), family: family)
    #expect(found.map(\.matches) == ways)
  }
}

extension Rule {
  init(_ matches: [Match], _ verdict: Verdict?) { self.init(matches, [], verdict) }
}
