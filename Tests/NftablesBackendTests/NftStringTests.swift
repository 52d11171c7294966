import NftablesBackend
import PacketSpace
import RulesetIR
import Testing

@Suite struct NftStringTests {
  @Test(arguments: [
    (Rule([], [.log(prefix: "a\" accept #")], .drop, origin: origin), "`\"` in a log prefix"),
    (
      Rule([], [.log(prefix: "a\nb")], .drop, origin: origin), "a control character in a log prefix"
    ),
    (Rule([], [.log(prefix: "$x")], .drop, origin: origin), "`$` in a log prefix"),
    (named("a\"b"), "`\"` in an interface name"),
    (named("a\0b"), "a control character in an interface name"),
    (named("@v4hash"), "the interface name `@v4hash`"),
    (named("wlan*"), "the interface name `wlan*`"),
    (named("a\\"), "the interface name `a\\`"),
    (Rule([.cgroup(path: "a\"b", level: 1)], .accept, origin: origin), "`\"` in a cgroup path"),
  ])
  func `a string that nft would read otherwise is refused by both targets`(
    _ rule: Rule, _ what: String
  ) throws {
    for render in [text, json] {
      let error = #expect(throws: UnsupportedByTarget.self) { try render(oneRule(rule)) }
      #expect(error?.what.hasPrefix(what) == true)
      #expect(error?.origin == origin)
    }
  }

  @Test(arguments: [
    (TableFamily.ip, Rule([.family(.ipv6)], .accept)),
    (.arp, Rule([.family(.ipv4)], .accept)),
    (.arp, Rule([], .reject(.administrativelyProhibited))),
    (.inet, Rule([.isIP(isNegated: true)], .accept)),
    (.inet, Rule([.ctProtocol(6), .ctPort(.reply, .source, PortRange(22))], .accept)),
    (.inet, Rule([.transport([6, 17]), .ctPort(.reply, .source, PortRange(22))], .accept)),
  ])
  func `a rule that nft would not take is refused by both targets`(
    _ family: TableFamily, _ rule: Rule
  ) {
    for render in [text, json] {
      #expect(throws: UnsupportedByTarget.self) { try render(oneRule(rule, family: family)) }
    }
  }

  private let text = { (ruleset: Ruleset) throws in try nftText(ruleset, header: []) }
  private let json = { (ruleset: Ruleset) throws in try nftJSON(ruleset) }

  private static func named(_ interface: String) -> Rule {
    Rule([.interface(.output, InterfacePattern(interface))], .accept, origin: origin)
  }
}
