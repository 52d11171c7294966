import PacketSpace
import RulesetIR
import Testing

import NftablesBackend

@Suite struct NftTextTests {
  @Test(arguments: matchCases + statementCases)
  func `a rule is one line of nft text`(_ example: RuleCase) throws {
    let table = Table(
      family: .inet, name: "t", sets: everySet,
      chains: [Chain(name: "c", rules: [example.rule])])
    let text = String(decoding: try nftText(Ruleset(tables: [table]), header: []), as: UTF8.self)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("\t\t") }
    #expect(lines == ["\t\t\(example.text)"])
  }

  @Test func `the file declares, flushes, adds rules and then elements`() throws {
    let text = String(
      decoding: try nftText(smallRuleset, header: ["kspolicy 1", "", "a\nflush ruleset"]),
      as: UTF8.self)
    #expect(
      text == """
        # kspolicy 1
        #
        # a?flush ruleset

        add table inet kspolicy_x
        add chain inet kspolicy_x output_300 { type filter hook output priority 300; policy drop; }
        add chain inet kspolicy_x out
        add set inet kspolicy_x v4 { type ipv4_addr; size 4; }
        add set inet kspolicy_x v4r { type ipv4_addr; flags interval; }
        flush chain inet kspolicy_x out
        flush chain inet kspolicy_x output_300
        flush set inet kspolicy_x v4
        flush set inet kspolicy_x v4r

        table inet kspolicy_x {
        \tchain out {
        \t\tip daddr @v4 accept
        \t}

        \tchain output_300 {
        \t\tjump out
        \t\tcounter drop comment "deny"
        \t}
        }

        add element inet kspolicy_x v4 {
        \t1.1.1.1,
        \t2.2.2.2,
        }

        add element inet kspolicy_x v4r {
        \t0.0.0.0/8,
        \t10.0.0.1,
        \t10.0.0.3-10.0.0.9,
        \t10.0.0.17-10.0.0.18,
        }

        """)
  }

  @Test func `a set that rules fill is dynamic and forgets`() throws {
    let table = Table(family: .inet, name: "t", sets: [everySet[4]])
    let text = String(decoding: try nftText(Ruleset(tables: [table]), header: []), as: UTF8.self)
    #expect(
      text == """
        add table inet t
        add set inet t asked4 { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 5s; size 4096; }
        flush set inet t asked4

        """)
  }

  @Test func `an IP address that is everywhere is the prefix of length 0`() throws {
    let set = NamedSet(name: "all", elements: .ipv4Ranges([IPv4Range(0, .max)]), size: nil)
    let table = Table(family: .inet, name: "t", sets: [set])
    let text = String(decoding: try nftText(Ruleset(tables: [table]), header: []), as: UTF8.self)
    #expect(text.hasSuffix("{\n\t0.0.0.0/0,\n}\n"))
  }
}

/// A little of everything that shapes a file.
let smallRuleset = Ruleset(tables: [
  Table(
    family: .inet, name: "kspolicy_x",
    sets: [
      NamedSet(name: "v4", elements: .ipv4([0x0101_0101, 0x0202_0202]), size: 4),
      NamedSet(
        name: "v4r",
        elements: .ipv4Ranges([
          IPv4Range(0, 0x00ff_ffff), IPv4Range(0x0a00_0001, 0x0a00_0001),
          IPv4Range(0x0a00_0003, 0x0a00_0009), IPv4Range(0x0a00_0011, 0x0a00_0012),
        ]), size: nil),
    ],
    chains: [
      Chain(
        name: "out",
        rules: [
          Rule([.address(.destination, .set(name: "v4", family: .ipv4, maskLength: nil))], .accept)
        ]),
      Chain(
        name: "output_300", base: BaseChain(hook: .output, priority: 300, policy: .drop),
        rules: [Rule([], .jump("out")), Rule([], [.counter], .drop, note: "deny")]),
    ])
])
