import PacketSpace
import Policy
import RulesetIR

/// The rules of a policy in chains of our own in the shared tables of both families.
///
/// mangle decides, since an ACCEPT of another tool in filter would end that table before us;
/// mangle POSTROUTING is the authority. filter only says no at once, and nat translates.
func lowerToIptables(
  _ policy: Policy, identity: String
) throws(UnsupportedByTarget) -> Ruleset {
  if let origin = policy.guardFrames {
    throw UnsupportedByTarget(
      "`guard`, which needs netdev, bridge and arp tables", instead: "use --target nft",
      origin: RuleOrigin(origin))
  }
  let zones = Zones(policy)
  let built = PermitBuilder.permits(
    of: policy, zones, book: SetBook(prefix: "KSP_\(policy.name)_"))
  try checkMarks(policy)
  let denies = EgressDenies(policy, zones)
  let groups = InterfaceBits.groups(built.permits, denies.all(of: policy, zones))
  var hooks = IptablesHooks(
    policy: policy, zones: zones, interfaceBits: try InterfaceBits(groups: groups),
    confinedLabel: policy.confinedLabel, denies: denies, book: built.book)
  var chains: [IptablesChain: [Rule]] = [:]
  chains[.prerouting] = hooks.guardRules()
  chains[.tag] = [hooks.clearBits]
  chains[.nat] = [
    Rule([hooks.bit(DecisionBits.isMasqueraded)], [.masquerade], nil, note: "masquerade")
  ]
  chains[.rejectForward] = hooks.rejectRules()
  chains[.rejectInput] = hooks.rejectRules()
  chains[.about] = [Rule([], [], .return, note: identity)]
  if let confinement = policy.confine {
    hooks.placeConfined(built.permits, confinement, into: &chains)
  } else {
    hooks.place(built.permits, into: &chains)
  }
  hooks.workOutInterfaces(&chains)
  return Ruleset(tables: hooks.tables(chains))
}

/// A mark of the policy must not have a bit that the chains take for themselves.
private func checkMarks(_ policy: Policy) throws(UnsupportedByTarget) {
  let lines =
    policy.tunnels.flatMap(\.endpoints).map { ($0.selectors.mark ?? 0, $0.origin) }
    + policy.bypasses.flatMap(\.marks).map { ($0.mark, $0.origin) }
  for (mark, origin) in lines where mark & DecisionBits.reserved != 0 {
    throw UnsupportedByTarget(
      "a mark above 0xffffff, whose top byte its own rules use",
      instead: "use a smaller mark, or --target nft", origin: RuleOrigin(origin))
  }
}

extension IptablesHooks {
  var clearBits: Rule {
    Rule([], [.setMark(clear: DecisionBits.reserved, set: 0)], nil, note: "clear our bits")
  }

  /// Packets to a tunnel's own address from anywhere but the tunnel (CVE-2019-14899).
  fileprivate func guardRules() -> [Rule] {
    let guards = policy.tunnelAddresses.flatMap { $0.denies(.destination, .input, zones) }
    // Any ct match makes the kernel track connections and reassemble fragments before this chain.
    let tracking = Rule([.ctState([.invalid])], [], nil, note: "tracks connections")
    return [tracking, IptablesHooks.loopbackIn]
      + guards.filter(\.canBeSaidByName).flatMap { rules($0, .drop) }
  }

  fileprivate mutating func place(
    _ permits: [Permit], into chains: inout [IptablesChain: [Rule]]
  ) {
    let final = Deny(matches: [], origin: nil, note: "blocked")
    chains[.input] =
      [IptablesHooks.loopbackIn] + permits.flatMap { rules($0, at: .input) } + refuse(final)
    chains[.forward] = [markForwarded] + forwardRules(permits)
    chains[.output] =
      [IptablesHooks.loopbackOut] + fragmentRules() + insideTunnelRules(ownEnding)
      + decide(permits, at: .output) { hooks, deny in hooks.rules(deny, hooks.ownEnding) }
      + rules(final, ownEnding)
    chains[.postrouting] =
      [IptablesHooks.loopbackOut] + fragmentRules() + insideTunnelRules(.drop) + forwardedRules()
      + decide(permits, at: .postrouting) { hooks, deny in hooks.rules(deny, .drop) }
      + rules(final, .drop)
  }

  var markForwarded: Rule {
    Rule([], [.setMark(clear: 0, set: DecisionBits.isForwarded)], nil, note: "forwarded")
  }

  /// mangle FORWARD: what no permit lets pass is dropped here, or refused in filter.
  mutating func forwardRules(_ permits: [Permit]) -> [Rule] {
    masqueradeRules() + decide(permits, at: .forward) { hooks, deny in hooks.refuse(deny) }
      + refuse(Deny(matches: [], origin: nil, note: "blocked"))
  }

  private func masqueradeRules() -> [Rule] {
    policy.forwards.flatMap { forward -> [Rule] in
      guard let origin = forward.masquerade else { return [] }
      return InterfaceScope(forward.interfaces).matches(.input).flatMap { input in
        policy.tunnels(reachedFrom: forward, zones).matches(.output).map { output in
          Rule(
            (input + output).withoutDeviceTypes,
            [.setMark(clear: 0, set: DecisionBits.isMasqueraded)], nil, note: "masquerade",
            origin: RuleOrigin(origin))
        }
      }
    }
  }

  /// What a `forward` interface's clients send in vain is refused, all else dropped.
  func refuse(_ deny: Deny) -> [Rule] {
    let told = policy.blocked.isReject ? policy.forwards.flatMap(\.interfaces) : []
    return told.map {
      let matches = [.interface(.input, $0)] + deny.matches.withoutDeviceTypes
      return Rule(
        interfaceBits.encoding(matches), [.setMark(clear: 0, set: DecisionBits.isRefused)],
        .return, note: "\(deny.note) refused", origin: deny.origin)
    } + rules(deny, .drop)
  }

  /// mangle POSTROUTING: what FORWARD decided is final, since nothing routes a packet anew after it.
  func forwardedRules() -> [Rule] {
    // Another tool may have written the bit since; what has a socket was not forwarded.
    let own = Rule(
      [.socketUser(0...UInt32.max - 1)], [.setMark(clear: DecisionBits.isForwarded, set: 0)], nil,
      note: "own")
    let forwarded = bit(DecisionBits.isForwarded)
    let refused = Deny(
      matches: [forwarded, bit(DecisionBits.isRefused)], origin: nil, note: "refused")
    return [own] + rules(refused, .drop) + [Rule([forwarded], [], .return, note: "forwarded")]
  }

  /// filter: the answer to what mangle refused.
  fileprivate func rejectRules() -> [Rule] {
    rules(
      Deny(matches: [bit(DecisionBits.isRefused)], origin: nil, note: "refused"), .reject)
  }

  func fragmentRules() -> [Rule] { denies.fragments.flatMap { rules($0, .drop) } }

  func insideTunnelRules(_ ending: Ending) -> [Rule] {
    (denies.sources + denies.tunnelDestinations + denies.innerDestinations)
      .filter(\.canBeSaidByName).flatMap { rules($0, ending) }
  }

  /// Before its rules, each hook's chain works out which way the packet comes or goes.
  ///
  /// Not in mangle OUTPUT: a mark that changes there makes the kernel route the packet anew.
  fileprivate func workOutInterfaces(_ chains: inout [IptablesChain: [Rule]]) {
    let confined: [IptablesChain: IptablesChain] = [
      .input: .confinedInput, .forward: .confinedForward, .output: .confinedOutput,
      .postrouting: .confinedPostrouting,
    ]
    for chain in [IptablesChain.prerouting, .input, .forward, .output, .postrouting] {
      let judged = (chains[chain] ?? []) + (confined[chain].flatMap { chains[$0] } ?? [])
      // Cleared first, or what is worked out here would be lost before it is tested.
      let cleared = chain == .prerouting ? [clearBits] : []
      chains[chain] = cleared + interfaceBits.rules(neededBy: judged) + (chains[chain] ?? [])
    }
  }

  // MARK: Tables

  /// Every rule stands in the tables of the families that its matches allow.
  fileprivate func tables(_ chains: [IptablesChain: [Rule]]) -> [Table] {
    AddressFamily.allCases.flatMap { family in
      ["mangle", "nat", "filter"].map { table in
        let own = IptablesChain.allCases.filter { $0.table == table && chains[$0] != nil }.map {
          Chain(name: name($0), rules: (chains[$0] ?? []).compactMap { $0.only(family) })
        }
        let builtIn = IptablesChain.allCases.filter { $0.table == table && chains[$0] != nil }
          .compactMap { chain in chain.hook.map { builtInChain($0, table, jumpingTo: name(chain)) }
          }
        return Table(
          family: family == .ipv4 ? .ip : .ip6, name: table, sets: book.sets.used(by: own),
          chains: builtIn + own)
      }
    }
  }

  /// Source: iptables(8); priorities from `enum nf_ip_hook_priorities`, linux/netfilter_ipv4.h.
  private func builtInChain(_ hook: Hook, _ table: String, jumpingTo target: String) -> Chain {
    let priority: Int32 =
      switch table {
      case "mangle": -150
      case "nat": 100
      default: 0
      }
    let type: ChainType =
      table == "nat" ? .nat : table == "mangle" && hook == .output ? .route : .filter
    return Chain(
      name: hook.rawValue.uppercased(),
      base: BaseChain(type: type, hook: hook, priority: priority, policy: .accept),
      rules: [Rule([], [], .jump(target))])
  }
}

extension Deny {
  /// A deny of impostors (a tunnel's name on a device of another type) cannot be said in iptables:
  /// without the type it would block the tunnel itself.
  var canBeSaidByName: Bool {
    !matches.contains { if case .deviceType(_, _, isNegated: true) = $0 { true } else { false } }
  }
}

extension Rule {
  /// The rule for one family's table; `nil` where its matches exclude the family.
  fileprivate func only(_ family: AddressFamily) -> Rule? {
    guard matches.families.contains(family) else { return nil }
    var result = self
    result.matches.removeAll { if case .family = $0 { true } else { false } }
    return result
  }
}
