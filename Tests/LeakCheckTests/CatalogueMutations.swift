import LeakCheck
import PacketSpace
import RulesetIR
import Testing

/// A mistake in a policy's rules, and the ids that it must raise.
struct CatalogueMutation: Sendable, CustomTestStringConvertible {
  var name: String
  var ids: [LeakID]
  var policy: String
  /// A change that leaks nothing, so that the mistake is the only barrier that falls.
  var before: @Sendable (Ruleset) -> Ruleset
  var mistake: @Sendable (Ruleset) -> Ruleset

  init(
    _ name: String, _ ids: LeakID..., policy: String = homePolicy,
    before: @escaping @Sendable (Ruleset) -> Ruleset = { $0 },
    _ mistake: @escaping @Sendable (Ruleset) -> Ruleset
  ) {
    self.name = name
    self.ids = ids
    self.policy = policy
    self.before = before
    self.mistake = mistake
  }

  var testDescription: String { name }
}

let homePolicy = """
  policy t
  tunnel wg0 {
    kind wireguard
    endpoint 198.51.100.7 udp 51820 mark 0x6b73
    address 10.64.0.2, fd64::2
    inner 10.64.0.0/24
    dns 10.64.0.1
  }
  lan eth0 {
    network 192.168.1.0/24, fd12:3456::/64
    out any
    in tcp 22
    multicast mdns
  }
  forward docker0 { to wg0 }
  blocked drop
  """

private let tunnelPolicy = """
  policy t
  tunnel wg0 { endpoint 198.51.100.7 udp 51820 mark 0x6b73 }
  blocked drop
  """

private let pinnedPolicy = """
  policy t
  uplink eth0
  tunnel wg0 { endpoint 198.51.100.7 udp 51820 mark 0x6b73; address 10.64.0.2 }
  blocked drop
  """

private let hopPolicy = """
  policy t
  tunnel wg0 { endpoint 192.0.2.10 udp 51820 mark 0x6b01 }
  tunnel wg1 { endpoint 198.51.100.20 udp 51820 mark 0x6b02 via wg0; address 10.12.0.2 }
  blocked drop
  """

private let wg0 = InterfacePattern("wg0")
private let lo = InterfacePattern("lo")
private let notLoopback = [Match.interface(.output, lo, isNegated: true)]
private let established = Rule([.ctState([.established])], [.counter], .accept)

private func accept(_ matches: Match...) -> Rule { Rule(matches, [.counter], .accept) }

private let shapes: [CatalogueMutation] = [
  CatalogueMutation("no postrouting chain", .reroute, .dnatOutput) { $0.without([.postrouting]) },
  CatalogueMutation("a table for IPv4 alone", .ipv6Unfiltered, policy: tunnelPolicy) {
    var result = $0
    result.tables[0].family = .ip
    return result
  },
  CatalogueMutation("a table for IPv6 alone", .ipv4Unfiltered, policy: tunnelPolicy) {
    var result = $0
    result.tables[0].family = .ip6
    return result
  },
  CatalogueMutation("no forward chain", .forwardOpen, before: { $0.without([.postrouting]) }) {
    $0.without([.forward])
  },
  CatalogueMutation(
    "policy accept", .noPolicy, before: { $0.withoutFinalDenies(Ruleset.egress) }
  ) { $0.withAcceptPolicies(Ruleset.egress) },
  CatalogueMutation(
    "no deny", .noPolicy, before: { $0.withAcceptPolicies(Ruleset.egress) }
  ) { $0.withoutFinalDenies(Ruleset.egress) },
  CatalogueMutation(
    "rules that accept and block nothing", .finality,
    before: { $0.without([.prerouting, .forward, .input]) }
  ) { rules in
    rules.withAcceptPolicies(Ruleset.egress).removingRules {
      switch $0.verdict {
      case .drop, .reject: true
      case .accept, .jump, .goto, .return, nil: false
      }
    }
  },
  CatalogueMutation(
    "a limit on the deny", .conditionalDeny, before: { $0.withAcceptPolicies(Ruleset.egress) }
  ) {
    $0.changingFinalDenies(Ruleset.egress) { $0.statements = [.limit(packetsPerSecond: 5)] }
  },
  CatalogueMutation(
    "a quota on the deny", .conditionalDeny, before: { $0.withAcceptPolicies(Ruleset.egress) }
  ) {
    $0.changingFinalDenies(Ruleset.egress) { $0.matches.append(.opaque("quota 10 mbytes")) }
  },
  CatalogueMutation("chains of type nat", .natChain) {
    $0.changing(Ruleset.egress) { $0.base?.type = .nat }
  },
  CatalogueMutation("a dormant table", .dormant) {
    var result = $0
    for index in result.tables.indices { result.tables[index].isDormant = true }
    return result
  },
  CatalogueMutation("an accept in a helper chain", .subchainAccept) { rules in
    var result = rules.addingFirst(Rule([], [], .jump("helper")), at: Ruleset.egress)
    result.tables[0].chains.append(Chain(name: "helper", rules: [accept()]))
    return result
  },
  CatalogueMutation("an accept above the denies", .iptablesOrder) {
    $0.addingFirst(accept(), at: Ruleset.egress)
  },
  CatalogueMutation("a word of nft as a name", .compileReject) {
    $0.changing([.forward]) { $0.name = "fwd" }
  },
  CatalogueMutation("a refusal in postrouting", .compileReject) {
    $0.changingFinalDenies([.postrouting]) { $0.verdict = .reject(.administrativelyProhibited) }
  },
  CatalogueMutation(
    "a deny of TCP and UDP", .otherProtocols, .icmpAnywhere,
    before: { $0.withAcceptPolicies(Ruleset.egress) }
  ) {
    $0.changingFinalDenies(Ruleset.egress) { $0.matches.append(.transport([6, 17])) }
  },
  CatalogueMutation("no deny of fragments", .fragmentDeny) {
    $0.removingRules { $0.note == "later fragment" }
  },
]

private let interfaces: [CatalogueMutation] = [
  CatalogueMutation(
    "a deny that names the uplink", .newInterface,
    before: { $0.withAcceptPolicies(Ruleset.egress) }
  ) {
    $0.changingFinalDenies(Ruleset.egress) {
      $0.matches.append(.interface(.output, InterfacePattern("eth0")))
    }
  },
  CatalogueMutation("an index for the name", .indexMissing, .indexStale) {
    $0.changingRules(noted: "tunnel") { rule in
      rule.matches = rule.matches.compactMap {
        if case .deviceType = $0 { return nil }
        return $0.isOutput ? .opaque("meta oif wg0") : $0
      }
    }
  },
  CatalogueMutation("a pattern for the name", .interfaceWildcard) {
    $0.changingRules { rule in
      rule.matches = rule.matches.map { match in
        if case .interface(let side, wg0, let isNegated) = match {
          .interface(side, InterfacePattern("wg", isPrefix: true), isNegated: isNegated)
        } else {
          match
        }
      }
    }
  },
  CatalogueMutation("lo by its addresses", .loopbackAddress) {
    $0.changingRules(noted: "lo") { rule in
      rule.matches = rule.matches.map {
        $0.isOutput
          ? .address(.destination, .prefix(Prefix(IPAddress(v4: 0x7f00_0000), length: 8))) : $0
      }
    }
  },
  CatalogueMutation("lo by the type of the address", .localType) {
    $0.changingRules(noted: "lo") { rule in
      rule.matches = rule.matches.map { $0.isOutput ? .opaque("fib daddr type local") : $0 }
    }
  },
]

private let endpoints: [CatalogueMutation] = [
  CatalogueMutation("an endpoint without its port", .endpointAnyPort) {
    $0.changingRules(noted: "endpoint") { $0.remove(\.isService) }
  },
  CatalogueMutation("an endpoint without its address", .endpointAnyAddress) {
    $0.changingRules(noted: "endpoint") { $0.remove(\.isDestination) }
  },
  CatalogueMutation("an endpoint without its mark", .endpointAnyProcess) {
    $0.changingRules(noted: "endpoint") { $0.remove(\.isMark) }
  },
  CatalogueMutation(
    "an endpoint without its interface", .endpointAnyInterface, policy: pinnedPolicy
  ) {
    $0.changingRules(noted: "endpoint") { $0.remove(\.isOutput) }
  },
  CatalogueMutation("an inner endpoint by any way", .endpointAnyInterface, policy: hopPolicy) {
    $0.changingRules(noted: "endpoint") { $0.remove(\.isOutput) }
  },
  CatalogueMutation("a mark and nothing else", .markAnywhere) {
    $0.changingRules(noted: "endpoint") { $0.remove { $0.isService || $0.isDestination } }
  },
  CatalogueMutation("a mark in few bits", .markWellKnown) {
    $0.changingRules(noted: "endpoint") { rule in
      rule.matches = rule.matches.map { $0.isMark ? .mark(value: 0x73, mask: 0xff) : $0 }
    }
  },
  CatalogueMutation("an account and nothing else", .bypassAnywhere) {
    $0.addingFirst(accept(.socketUser(100...100)), at: Ruleset.egress)
  },
  CatalogueMutation("a source port and nothing else", .sourcePort) {
    $0.addingFirst(
      accept(.transport([17]), .port(.source, [PortRange(6881)])), at: Ruleset.egress)
  },
  CatalogueMutation(
    "a deny by owner", .orphanedSocket,
    before: { $0.withAcceptPolicies(Ruleset.egress) }
  ) {
    $0.changingFinalDenies(Ruleset.egress) { $0.matches.append(.socketUser(0...4_294_967_294)) }
  },
  CatalogueMutation("an owner in the forward chain", .ownerInForward) {
    $0.addingLast(accept(.socketUser(100...100)), at: [.forward])
  },
  CatalogueMutation(
    "a deny by control group", .staleCgroup,
    before: { $0.withAcceptPolicies(Ruleset.egress) }
  ) {
    $0.changingFinalDenies(Ruleset.egress) { $0.matches.append(.cgroup(path: "vpn", level: 1)) }
  },
  CatalogueMutation("a mark of the connection", .connectionMark) {
    $0.addingLast(accept(.opaque("ct mark 0x1")), at: Ruleset.egress)
  },
]

private let flows: [CatalogueMutation] = [
  CatalogueMutation("established accepted in output", .oldFlows, .inboundReply) {
    $0.addingFirst(established, at: Ruleset.egress)
  },
  CatalogueMutation(
    "established accepted, from any address", .oldFlows, .fallenFlows, .inboundReply,
    policy: tunnelPolicy
  ) { $0.addingFirst(established, at: Ruleset.egress) },
  CatalogueMutation("related accepted in output", .relatedFlows, .kernelReset) {
    $0.addingFirst(accept(.ctState([.related])), at: Ruleset.egress)
  },
  CatalogueMutation("input accepts", .revivedFlows, .tunnelAddress, policy: tunnelPolicy) {
    $0.withAcceptPolicies([.input]).withoutFinalDenies([.input])
  },
  CatalogueMutation("no guard of the tunnel's address", .tunnelAddress) {
    $0.removingRules { $0.note == "tunnel address" && $0.matches.contains(where: \.isInput) }
  },
  CatalogueMutation("no test of the source", .innerSource) {
    $0.changingRules { rule in
      if ["tunnel", "dns"].contains(rule.note) { rule.remove(\.isSource) }
    }
  },
  CatalogueMutation("no deny of the tunnel's source", .tunnelSource) {
    $0.removingRules { $0.note == "tunnel address" && $0.matches.contains(where: \.isSource) }
  },
  CatalogueMutation("forwarded without an interface", .forwardIntoTunnel) {
    $0.addingFirst(
      accept(.interface(.output, wg0), .not(.notReceived)), at: [.forward, .postrouting])
  },
  CatalogueMutation("input from the tunnel", .tunnelInbound) {
    $0.addingFirst(accept(.interface(.input, wg0)), at: [.input])
  },
]

private let local: [CatalogueMutation] = [
  CatalogueMutation("the LAN before the deny of DNS", .lanDNSOpen) { rules in
    rules.changing(Ruleset.egress) { chain in
      let lan = chain.rules.filter { $0.note == "lan out" }
      let deny = chain.rules.firstIndex { $0.note == "dns" && $0.verdict == .drop } ?? 0
      chain.rules.insert(contentsOf: lan, at: deny)
    }
  },
  CatalogueMutation("a deny of port 53 alone", .lanDoT) {
    $0.changingRules(noted: "dns") { rule in
      if rule.verdict != .drop { return }
      rule.matches = rule.matches.map {
        if case .port = $0 { .port(.destination, [PortRange(53)]) } else { $0 }
      }
    }
  },
  CatalogueMutation("a deny that an extension header hides", .extensionHeader) {
    $0.changingRules(noted: "dns") { rule in
      if rule.verdict != .drop { return }
      rule.matches += [.family(.ipv6), .opaque("ip6 nexthdr 17")]
    }
  },
  CatalogueMutation("all of multicast", .multicastScope) {
    $0.changingRules(noted: "mdns") { rule in
      rule.matches = rule.matches.compactMap {
        if case .hopLimit = $0 { return nil }
        return $0.isDestination
          ? .address(.destination, .prefix(Prefix(IPAddress(v4: 0xe000_0000), length: 4))) : $0
      }.filter { if case .port = $0 { false } else { true } }
    }
  },
  CatalogueMutation(
    "no deny of inner addresses", .innerByLAN,
    policy: homePolicy.replacing("192.168.1.0/24", with: "10.0.0.0/8")
  ) {
    $0.removingRules { $0.note == "inner" }
  },
]

let catalogueMutations = shapes + interfaces + endpoints + flows + local
