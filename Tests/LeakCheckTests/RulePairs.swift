import LeakCheck
import PacketSpace
import PolicyDiagnostics
import RulesetIR
import Testing

/// Rules by somebody, without a policy, that raise an id, and their nearest neighbours that do not.
struct RulePair: Sendable, CustomTestStringConvertible {
  var id: LeakID
  var open: Ruleset
  var closed: Ruleset

  /// - Parameters:
  ///   - open: exemptions in both egress hooks of a kill switch.
  ///   - closed: the same, closer.
  init(_ id: LeakID, _ open: [Rule], _ closed: [Rule] = []) {
    self.init(id, killSwitch(open), killSwitch(closed))
  }

  init(_ id: LeakID, _ open: Ruleset, _ closed: Ruleset) {
    self.id = id
    self.open = open
    self.closed = closed
  }

  var testDescription: String { id.rawValue }
}

private func out(_ name: String) -> Match { .interface(.output, InterfacePattern(name)) }
private func into(_ name: String) -> Match { .interface(.input, InterfacePattern(name)) }
private func udp(_ ports: PortRange...) -> [Match] {
  [.transport([17]), .port(.destination, ports)]
}
private func tcp(_ ports: PortRange...) -> [Match] {
  [.transport([6]), .port(.destination, ports)]
}
private func accept(_ matches: [Match]) -> Rule { Rule(matches, [.counter], .accept) }
private func drop(_ matches: [Match]) -> Rule { Rule(matches, [.counter], .drop) }

private func to(_ text: String, _ length: Int) -> Match {
  let octets = text.split(separator: ".").compactMap { UInt32($0) }
  let bits = octets.reduce(0) { $0 << 8 | $1 }
  return .address(.destination, .prefix(Prefix(IPAddress(v4: bits), length: length)))
}

/// A plain default-drop switch for wg0, with exemptions.
private func killSwitch(
  _ exemptions: [Rule], forward: [Rule] = [], input: [Rule] = [], output: [Rule] = []
) -> Ruleset {
  let inside = [accept([out("lo")]), accept([out("wg0")])]
  let end = [drop([])]
  func chain(_ hook: Hook, _ rules: [Rule]) -> Chain {
    Chain(
      name: "\(hook.rawValue)_300", base: BaseChain(hook: hook, priority: 300, policy: .drop),
      rules: rules)
  }
  let forwarded = forward + [accept([into("docker0"), out("wg0")])]
  return Ruleset(tables: [
    Table(
      family: .inet, name: "t",
      chains: [
        chain(.input, [accept([into("lo")])] + input + end),
        chain(.forward, forwarded + end),
        chain(.output, inside + output + exemptions + end),
        chain(.postrouting, inside + forward + exemptions + end),
      ]),
    Table(
      family: .netdev, name: "g",
      chains: [
        Chain(
          name: "egress",
          base: BaseChain(hook: .egress, priority: 0, policy: .accept, devices: ["eth0"]))
      ]),
  ])
}

private let established = Match.ctState([.established])
private let helperAccept = Ruleset(tables: [
  Table(
    family: .inet, name: "t",
    chains: [
      Chain(
        name: "output", base: BaseChain(hook: .output, priority: 0, policy: .drop),
        rules: [accept([])])
    ])
])

let rulePairs: [RulePair] = [
  RulePair(
    .overlay, [accept([to("198.51.100.7", 32), .transport([47])])],
    [accept([to("198.51.100.7", 32), .transport([50])])]),
  RulePair(.lanPublic, [accept([to("198.51.100.0", 24)])], [accept([to("192.168.1.0", 24)])]),
  RulePair(
    .lanAnyService, [accept([to("192.168.1.0", 24)])],
    [accept([to("192.168.1.0", 24)] + tcp(PortRange(445)))]),
  RulePair(.lanLinkLocal, [accept([to("169.254.0.0", 16)])]),
  RulePair(.lanCGNAT, [accept([to("100.64.0.0", 10)])], [accept([to("10.64.0.0", 10)])]),
  RulePair(
    .multicastNames, [accept([to("224.0.0.0", 24)])],
    [accept([to("224.0.0.0", 24), .transport([2])])]),
  RulePair(.multicastScope, [accept([to("224.0.0.0", 4)])], [accept([to("224.0.0.0", 24)])]),
  RulePair(
    .dnsAnywhere, [accept(udp(PortRange(53)))],
    [accept([to("9.9.9.9", 32)] + udp(PortRange(53)))]),
  RulePair(
    .ntpAnywhere, [accept(udp(PortRange(123)))],
    [accept([to("192.0.2.123", 32)] + udp(PortRange(123)))]),
  RulePair(
    .captive, [accept(tcp(PortRange(80), PortRange(443)))],
    [accept([to("192.0.2.80", 32)] + tcp(PortRange(80)))]),
  RulePair(
    .dhcpWide, [accept(udp(PortRange(67)))],
    [accept([to("255.255.255.255", 32)] + udp(PortRange(67)))]),
  RulePair(
    .endpointAnyAddress, [accept(udp(PortRange(51820)))],
    [accept([to("198.51.100.7", 32)] + udp(PortRange(51820)))]),
  RulePair(
    .endpointAnyPort, [accept([to("198.51.100.7", 32)])],
    [accept([to("198.51.100.7", 32)] + udp(PortRange(51820)))]),
  RulePair(
    .endpointAnyProcess, [accept([to("198.51.100.7", 32)] + udp(PortRange(51820)))],
    [accept([to("198.51.100.7", 32), .mark(value: 0x6b73)] + udp(PortRange(51820)))]),
  RulePair(
    .markWellKnown,
    [accept([to("198.51.100.7", 32), .mark(value: 0xca6c)] + udp(PortRange(51820)))],
    [accept([to("198.51.100.7", 32), .mark(value: 0xca6d)] + udp(PortRange(51820)))]),
  RulePair(
    .markAnywhere, [accept([.mark(value: 0x6b73)])],
    [accept([to("198.51.100.7", 32), .mark(value: 0x6b73)] + udp(PortRange(51820)))]),
  RulePair(
    .bypassAnywhere, [accept([.socketUser(100...100)])],
    [accept([.socketUser(100...100), to("198.51.100.7", 32)])]),
  RulePair(
    .sourcePort, [accept([.transport([17]), .port(.source, [PortRange(6881)])])],
    [accept([.transport([17]), .port(.source, [PortRange(6881)]), to("192.168.1.1", 32)])]),
  RulePair(
    .lanDNSOpen, [accept([to("192.168.1.0", 24)])],
    [drop(udp(PortRange(53))), drop(tcp(PortRange(53))), accept([to("192.168.1.0", 24)])]),
  RulePair(
    .lanDNSProxy, [accept([to("172.18.0.0", 16)])],
    [drop(udp(PortRange(53))), drop(tcp(PortRange(53))), accept([to("172.18.0.0", 16)])]),
  RulePair(
    .lanDoT,
    [drop(udp(PortRange(53))), drop(tcp(PortRange(53))), accept([to("192.168.1.0", 24)])],
    [
      drop(udp(PortRange(53))), drop(tcp(PortRange(53), PortRange(853))),
      accept([to("192.168.1.0", 24)]),
    ]),
  RulePair(.loopbackAddress, [accept([to("127.0.0.0", 8)])]),
  RulePair(.localType, [accept([.opaque("fib daddr type local")])]),
  RulePair(.unknownMatch, [accept([.opaque("meta priority 5")])]),
  RulePair(.connectionMark, [accept([.opaque("ct mark 0x1")])]),
  RulePair(
    .icmpAnywhere, [accept([.icmpType([8])])],
    [accept([.icmpType([8]), to("198.51.100.7", 32)])]),
  RulePair(
    .otherProtocols, [accept([.transport([50])])],
    [accept([.transport([50]), to("198.51.100.7", 32)])]),
  RulePair(
    .interfaceWildcard, [accept([.interface(.output, InterfacePattern("wg", isPrefix: true))])]),
  RulePair(
    .openEgress,
    [accept([.address(.source, .prefix(Prefix(IPAddress(v4: 0x0a000005), length: 32)))])],
    [
      accept([
        .address(.source, .prefix(Prefix(IPAddress(v4: 0x0a000005), length: 32))),
        to("192.168.1.1", 32),
      ])
    ]),
  RulePair(
    .oldFlows, [accept([established])],
    [accept([established, .ctDirection(.reply)])]),
  RulePair(
    .inboundReply, [accept([established, .ctDirection(.reply)])],
    [accept([established, .ctDirection(.reply), to("192.168.1.0", 24)])]),
  RulePair(
    .relatedFlows, [accept([.ctState([.related])])],
    [accept([.ctState([.related]), .icmpType([3])])]),
  RulePair(.kernelReset, [accept([.ctState([.related]), .icmpType([3])])]),
  RulePair(.kernelNDP, [accept([.icmpv6Type([135, 136])])]),
  RulePair(
    .forwardOpen,
    killSwitch([], forward: [accept([into("docker0"), out("eth0")])]),
    killSwitch([], forward: [accept([into("docker0"), out("eth0"), to("192.168.1.0", 24)])])),
  RulePair(
    .publishedPort,
    killSwitch([], forward: [accept([into("docker0"), out("eth0"), established])]),
    killSwitch(
      [], forward: [accept([into("docker0"), out("eth0"), established, to("192.168.1.0", 24)])])),
  RulePair(
    .forwardIntoTunnel,
    killSwitch([], forward: [accept([out("wg0")])]),
    killSwitch([], forward: [accept([into("docker0"), out("wg0")])])),
  RulePair(
    .tunnelInbound,
    killSwitch([], input: [accept([into("wg0")])]),
    killSwitch([], input: [accept([into("wg0"), established])])),
  RulePair(
    .revivedFlows,
    killSwitch([accept([established])], input: [accept([into("eth0")])]),
    killSwitch([accept([established])], input: [accept([into("eth0"), established])])),
  RulePair(
    .tunnelAddress,
    killSwitch([accept([established])], input: [accept([into("eth0")])]),
    killSwitch([accept([established])], input: [accept([into("eth0"), to("192.168.1.2", 32)])])),
  RulePair(
    .packetTooBig, killSwitch([]),
    killSwitch([], input: [accept([.ctState([.related])])])),
  RulePair(
    .rejectEcho,
    killSwitch([], input: [Rule([], [.counter], .reject(.administrativelyProhibited))]),
    killSwitch(
      [], input: [Rule([into("docker0")], [.counter], .reject(.administrativelyProhibited))])),
  RulePair(.noCounters, killSwitch([Rule([], [], .drop)]), killSwitch([])),
  RulePair(.rawFrames, Ruleset(tables: Array(killSwitch([]).tables.prefix(1))), killSwitch([])),
  RulePair(.openEgress, helperAccept, killSwitch([])),
]

@Suite struct RulePairTests {
  private let scope = AuditScope(tunnels: [InterfacePattern("wg0")])

  @Test(arguments: rulePairs)
  func `rules without a policy raise an id, and their nearest neighbours do not`(
    _ pair: RulePair
  ) throws {
    let open = findLeaks(in: pair.open, scope)
    #expect(open.findings.contains { $0.id == pair.id }, "\(open.texts)")
    let closed = findLeaks(in: pair.closed, scope)
    #expect(!closed.findings.contains { $0.id == pair.id }, "\(closed.texts)")
    let wrong = open.disagreements + closed.disagreements
    #expect(wrong.isEmpty, "\(wrong.map(\.text))")
  }

  @Test func `a kill switch without exemptions leaves nothing open`() throws {
    let audit = findLeaks(in: killSwitch([]), scope)
    #expect(audit.findings.allSatisfy { $0.severity == .note }, "\(audit.texts)")
  }
}
