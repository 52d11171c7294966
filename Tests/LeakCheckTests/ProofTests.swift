import LeakCheck
import PacketSpace
import Policy
import RulesetIR
import Testing

@Suite struct ProofTests {
  private let text = """
    policy t
    uplink eth0
    tunnel wg0 { endpoint 198.51.100.7 udp 51820 mark 7 }
    """

  /// Written by hand from the policy's text.
  private var rules: [String: [Rule]] {
    let tunnel = Match.interface(.output, InterfacePattern("wg0"))
    let endpoint = AddressOperand.prefix(Prefix(IPAddress(v4: 0xc633_6407), length: 32))
    let encrypted: [Match] = [
      .interface(.output, InterfacePattern("eth0")), .address(.destination, endpoint),
      .transport([17]), .port(.destination, [PortRange(51820)]), .mark(value: 7),
    ]
    let fragments = AddressFamily.allCases.map { Rule([.laterFragment($0)], [], .drop) }
    let loopback = Rule([.interface(.output, InterfacePattern("lo"))], [], .accept)
    let leaving =
      [loopback] + fragments + [
        Rule([.notReceived, tunnel], [], .accept), Rule(encrypted + [.notReceived], [], .accept),
        Rule(encrypted + [.interface(.input, InterfacePattern("wg0"))], [], .accept),
      ]
    let error: [Match] = [
      .interface(.input, InterfacePattern("eth0")), .ctState([.related]), .ctDirection(.reply),
      .ctProtocol(17), .ctAddress(.original, .destination, endpoint),
      .ctPort(.reply, .source, PortRange(51820)),
    ]
    return [
      "output": [loopback, Rule([tunnel], [], .accept), Rule(encrypted, [], .accept)],
      "postrouting": leaving, "forward": [],
      "input": [
        Rule([.interface(.input, InterfacePattern("lo"))], [], .accept),
        Rule(
          [.interface(.input, InterfacePattern("wg0")), .ctState([.established])], [], .accept),
        Rule(
          [
            .interface(.input, InterfacePattern("wg0")), .ctState([.related]),
            .icmpType([3, 11, 12]),
          ], [], .accept),
        Rule(
          [
            .interface(.input, InterfacePattern("wg0")), .ctState([.related]),
            .icmpv6Type([1, 2, 3, 4]),
          ], [], .accept),
        Rule(
          [
            .interface(.input, InterfacePattern("eth0")), .ctState([.established]),
            .address(.source, endpoint), .transport([17]), .port(.source, [PortRange(51820)]),
          ], [], .accept),
        Rule(error + [.icmpType([3, 11, 12])], [], .accept),
      ],
    ]
  }

  private func result(_ rules: [String: [Rule]]) throws -> ProofResult {
    let hooks: [Hook] = [.input, .forward, .output, .postrouting]
    let chains = hooks.map { hook in
      Chain(
        name: hook.rawValue, base: BaseChain(hook: hook, priority: 0, policy: .drop),
        rules: rules[hook.rawValue] ?? [])
    }
    let ruleset = Ruleset(tables: [Table(family: .inet, name: "t", chains: chains)])
    let tags = PolicyTags(cgroupBits: [:], markBits: 0, confinedLabel: 0)
    return prove(try policy(text), ruleset, tags: tags)
  }

  @Test func `rules written by hand mean the policy`() throws {
    let result = try result(rules)
    #expect(result.isProven, "\(result.text)")
  }

  @Test func `each rule is needed`() throws {
    for (chain, list) in rules {
      for index in list.indices {
        var fewer = rules
        fewer[chain]?.remove(at: index)
        let differences = try result(fewer).differences
        #expect(!differences.isEmpty, "\(chain) \(index)")
      }
    }
  }

  @Test(arguments: [
    (
      "output", [Match.interface(.output, InterfacePattern("eth0"))], "leaves"
    ),
    ("input", [.interface(.input, InterfacePattern("eth0")), .ctState([.established])], "arrives"),
    ("forward", [.interface(.output, InterfacePattern("wg0"))], "forwards"),
  ])
  func `one rule too many is shown with a packet`(
    _ chain: String, _ matches: [Match], _ traversal: String
  ) throws {
    var more = rules
    for hook in [chain, "postrouting"] where chain == hook || chain != "input" {
      more[hook, default: []].append(Rule(matches, [], .accept))
    }
    let differences = try result(more).differences
    let shown = try #require(differences.first { $0.traversal.rawValue == traversal })
    #expect(shown.kind == .passesTooMuch)
    #expect(shown.packet.text.hasPrefix("tcp "), "\(shown.packet.text)")
  }

  @Test func `a packet reads like a line of a log`() throws {
    var more = rules
    more["input"]?.append(
      Rule(
        [
          .interface(.input, InterfacePattern("eth0")), .family(.ipv6), .transport([17]),
          .port(.destination, [PortRange(53)]), .mark(value: 9), .ctState([.new]),
        ], [], .accept))
    let packet = try #require(try result(more).differences.first?.packet.text)
    #expect(
      packet == "udp [2001:db8::9]:40000 > [fd00:1::2]:53 in eth0 (ether) state new mark 0x9 ttl 64"
    )
  }
}
