import Foundation
import NftablesBackend
import PacketSpace
import RulesetIR
import Testing

/// Rules by someone else, as nft text, and what they become once the kernel has listed them.
private let foreignRules: [(text: String, rules: [Rule])] = [
  (
    "ct state established,related accept",
    [Rule([.ctState([.established, .related])], .accept)]
  ),
  (
    "ct state { established, related } accept",
    [Rule([.ctState([.established, .related])], .accept)]
  ),
  ("ct state == established,related accept", []),
  ("ct state != established,related accept", [Rule([], .accept)]),
  (
    "ct state ! established,related accept",
    [Rule([.ctState([.established, .related], isNegated: true)], .accept)]
  ),
  ("iif lo accept", [Rule([.interface(.input, InterfacePattern("lo"))], .accept)]),
  ("iif d0 accept", [Rule([.opaque("meta iif d0")], .accept)]),
  ("iif != 0 accept", [Rule([.not(.notReceived)], .accept)]),
  (
    "iifname { eth0, \"wl*\" } accept",
    [
      Rule([.interface(.input, InterfacePattern("eth0"))], .accept),
      Rule([.interface(.input, InterfacePattern("wl", isPrefix: true))], .accept),
    ]
  ),
  (
    "tcp dport @ports accept",
    [Rule([.transport([6]), .port(.destination, [PortRange(1, 10), PortRange(22)])], .accept)]
  ),
  (
    "ip saddr @net accept",
    [Rule([.address(.source, .set(name: "net", family: .ipv4, maskLength: nil))], .accept)]
  ),
  (
    "ip saddr @banned drop",
    [Rule([.family(.ipv4), .opaque("ip saddr @banned \(place(11))")], .drop)]
  ),
  (
    "ip saddr . tcp dport @pairs accept",
    [
      Rule(
        [
          .address(.source, .prefix(Prefix(v4(1, 1, 1, 1), length: 32))), .transport([6]),
          .port(.destination, [PortRange(22)]),
        ], .accept)
    ]
  ),
  (
    "tcp dport vmap @verdicts",
    [
      Rule([.transport([6]), .port(.destination, [PortRange(22)])], .accept),
      Rule([.transport([6]), .port(.destination, [PortRange(80)])], .jump("b")),
      Rule(
        [.transport([6]), .opaque("no element of tcp dport vmap @verdicts \(place(13))")], .drop),
    ]
  ),
  (
    "tcp flags & (fin|syn|rst|ack) == syn accept",
    [Rule([.tcpFlags(mask: 0x17, value: 2)], .accept)]
  ),
  (
    "skuid != 5 accept",
    [Rule([.socketUser(0...4)], .accept), Rule([.socketUser(6...UInt32.max)], .accept)]
  ),
  ("fib daddr type local accept", [Rule([.opaque("fib daddr type local")], .accept)]),
  (
    "limit rate over 5/second drop",
    [Rule([.opaque("limit rate 5 burst 5 per second inv true \(place(17))")], .drop)]
  ),
  (
    "ct count over 10 drop",
    [Rule([.opaque("\"ct count\" val 10 inv true \(place(18))")], .drop)]
  ),
  (
    "quota 10 mbytes accept",
    [Rule([.opaque("quota val 10 val_unit mbytes \(place(19))")], .accept)]
  ),
  ("reject with tcp reset", [Rule([.transport([6])], .reject(.tcpReset))]),
  (
    "reject with icmp type host-unreachable",
    [Rule([.family(.ipv4)], .reject(.administrativelyProhibited))]
  ),
  ("meta mark set mark or 0x10", [Rule([], [.setMark(clear: 16, set: 16)], nil)]),
  (
    "ip ttl < 2 drop",
    [Rule([.hopLimit(.ipv4, 0)], .drop), Rule([.hopLimit(.ipv4, 1)], .drop)]
  ),
  ("meta mark and 0xf0 == 0x10 accept", [Rule([.mark(value: 0x10, mask: 0xf0)], .accept)]),
  (
    "ip6 saddr ::ffff:1.2.3.4 accept",
    [
      Rule(
        [
          .address(
            .source, .prefix(Prefix(v6(0, 0xffff_0102_0304), length: 128)))
        ], .accept)
    ]
  ),
]

/// What an answer that may change from look to look is called.
private func place(_ index: Int) -> String { "(inet t c, rule \(index + 1))" }

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct NftReaderForeignTests {
  @Test func `rules by others read as what the kernel makes of them`() throws {
    let lines = foreignRules.enumerated().map { "\($1.text) comment \"\($0)\"" }
    let text = """
      table inet t {
        set ports { type inet_service; flags interval; elements = { 1-10, 22 }; }
        set net { typeof ip saddr; flags interval; auto-merge; elements = { 10.0.0.0/8 comment "x" }; }
        set banned { type ipv4_addr; flags dynamic,timeout; timeout 5s; size 9; }
        set pairs { type ipv4_addr . inet_service; flags interval; elements = { 1.1.1.1 . 22 }; }
        map verdicts { type inet_service : verdict; elements = { 22 : accept, 80 : jump b, * : drop }; }
        chain b { return; }
        chain c {
          type filter hook output priority mangle + 5
          \(lines.joined(separator: "\n    "))
        }
      }
      """
    let listing = try inNetworkNamespace(
      "ip link add d0 type veth peer name d1; nft -f a.nft; nft -j list ruleset",
      files: ["a.nft": Array(text.utf8)])
    let table = try readNftJSON(Array(listing.utf8)).tables[0]
    let chain = try #require(table.chains.first { $0.name == "c" })
    #expect(chain.base == BaseChain(hook: .output, priority: -145, policy: .accept))
    for (index, example) in foreignRules.enumerated() {
      let found = chain.rules.filter { $0.note == "\(index)" }.map {
        Rule($0.matches, $0.statements, $0.verdict)
      }
      #expect(found == example.rules, "\(example.text)")
    }
  }

  /// nft 1.0.6 prints memory of something else as the flags, or, where that is no UTF-8, nothing.
  @Test func `a dormant table is never read as one that works`() throws {
    let listing = try inNetworkNamespace(
      "nft 'add table ip asleep { flags dormant; }'; nft -j list ruleset")
    let read = try? readNftJSON(Array(listing.utf8))
    let isDormant = read.map { $0.tables.allSatisfy(\.isDormant) } ?? true
    #expect(isDormant)
  }

  /// nft prints nothing but the names of what iptables adds.
  @Test func `rules of iptables read as what they may be`() throws {
    let listing = try inNetworkNamespace(
      """
      iptables-nft -A OUTPUT -m owner --uid-owner 5 -j ACCEPT
      iptables-nft -A OUTPUT -j MARK --set-mark 5
      nft -j list ruleset
      """)
    let rules = try readNftJSON(Array(listing.utf8)).tables[0].chains[0].rules
    let place = "(ip filter OUTPUT, rule"
    #expect(
      rules == [
        Rule([.opaque("xt type match name owner \(place) 1)")], [.counter], .accept),
        Rule(
          [],
          [.counter, .opaque("xt type target name MARK \(place) 2)", markBits: .max)], nil),
      ])
  }
}
