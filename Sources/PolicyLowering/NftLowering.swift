import PacketSpace
import Policy
import RulesetIR

/// The base chains of the nftables target.
///
/// A name carries hook and priority, since a base chain cannot change them; each is declared in every
/// rule set, so that loading one policy over another leaves no chain of the old one behind.
enum NftChain: String, CaseIterable {
  case prerouting = "prerouting_minus310"
  case input = "input_300"
  case forward = "forward_300"
  case output = "output_300"
  case source = "postrouting_minus160"
  case postrouting = "postrouting_300"
  case nat = "nat_postrouting_100"

  func base(policy: ChainPolicy) -> BaseChain {
    switch self {
    case .prerouting: BaseChain(hook: .prerouting, priority: -310, policy: .accept)
    case .input: BaseChain(hook: .input, priority: 300, policy: policy)
    case .forward: BaseChain(hook: .forward, priority: 300, policy: policy)
    case .output: BaseChain(hook: .output, priority: 300, policy: policy)
    case .source: BaseChain(hook: .postrouting, priority: -160, policy: .accept)
    case .postrouting: BaseChain(hook: .postrouting, priority: 300, policy: policy)
    case .nat: BaseChain(type: .nat, hook: .postrouting, priority: 100, policy: .accept)
    }
  }
}

/// The rules of a policy in one `inet` table.
func lowerToNftables(_ policy: Policy) throws(UnsupportedByTarget) -> Ruleset {
  let zones = Zones(policy)
  let permits = PermitBuilder.permits(of: policy, zones, book: SetBook())
  var hooks = NftHooks(
    policy: policy, zones: zones, tags: try Tags(policy), denies: EgressDenies(policy, zones),
    book: permits.book)
  var chains: [NftChain: [Rule]] = [:]
  chains[.prerouting] = hooks.guardRules()
  chains[.source] = hooks.sourceRules()
  chains[.nat] = hooks.masqueradeRules()
  var regular: [Chain] = []
  if let confinement = policy.confine {
    regular = hooks.placeConfined(permits.permits, confinement, into: &chains)
  } else {
    hooks.place(permits.permits, into: &chains)
  }
  let basePolicy: ChainPolicy = policy.confine == nil ? .drop : .accept
  let base = NftChain.allCases.map { chain in
    Chain(name: chain.rawValue, base: chain.base(policy: basePolicy), rules: chains[chain] ?? [])
  }
  let table = Table(
    family: .inet, name: "kspolicy_\(policy.name)", sets: hooks.book.sets, chains: base + regular)
  let ruleset = Ruleset(tables: [table] + hooks.frameTables(permits.permits))
  return ruleset.withDeviceTypesLast
}

extension Ruleset {
  /// Device types behind the other matches of each rule.
  ///
  /// nft takes a device type for a statement about the link layer: before an address it refuses the
  /// rule, or lists it without the type, and a saved listing would allow more than it did.
  fileprivate var withDeviceTypesLast: Ruleset {
    var result = self
    for table in result.tables.indices {
      for chain in result.tables[table].chains.indices {
        for rule in result.tables[table].chains[chain].rules.indices {
          let matches = result.tables[table].chains[chain].rules[rule].matches
          guard matches.contains(where: \.isDeviceType) else { continue }
          result.tables[table].chains[chain].rules[rule].matches =
            matches.withoutDeviceTypes + matches.filter(\.isDeviceType)
        }
      }
    }
    return result
  }
}

extension [Match] {
  var withoutDeviceTypes: [Match] { filter { !$0.isDeviceType } }

  /// In postrouting: of a packet that came in by one of the interfaces; "not by these" alone holds
  /// for this machine's own as well.
  var received: [Match] {
    let isNamed = contains { if case .interface(.input, _, false) = $0 { true } else { false } }
    return (isNamed ? [] : [.not(.notReceived)]) + withoutDeviceTypes
  }
}

extension Match {
  var isDeviceType: Bool {
    if case .deviceType = self { true } else { false }
  }
}

extension NftHooks {
  static let loopbackOut = Rule(
    [.interface(.output, Zones.loopback)], [], .accept, note: "lo")
  static let loopbackIn = Rule([.interface(.input, Zones.loopback)], [], .accept, note: "lo")

  /// Packets to a tunnel's own address from anywhere but the tunnel (CVE-2019-14899).
  fileprivate func guardRules() -> [Rule] {
    let guards = policy.tunnelAddresses.flatMap { $0.denies(.destination, .input, zones) }
    // Any ct match makes the kernel track connections and reassemble fragments before this chain.
    let tracking = Rule([.ctState([.invalid])], [], nil, note: "tracks connections")
    return [tracking, NftHooks.loopbackIn] + guards.flatMap { rules($0, .drop) }
  }

  /// Before NAT, where a source address is still the sender's own.
  fileprivate func sourceRules() -> [Rule] {
    [NftHooks.loopbackOut] + denies.sources.flatMap { rules($0, .drop) }
  }

  fileprivate func masqueradeRules() -> [Rule] {
    policy.forwards.flatMap { forward -> [Rule] in
      guard let origin = forward.masquerade else { return [] }
      return InterfaceScope(forward.interfaces).matches(.input).flatMap { input in
        policy.tunnels(reachedFrom: forward, zones).matches(.output).map { output in
          Rule(
            input + output, [.masquerade], nil, note: "masquerade", origin: RuleOrigin(origin))
        }
      }
    }
  }

  /// The whole machine: what no permit lets pass is blocked.
  fileprivate mutating func place(_ permits: [Permit], into chains: inout [NftChain: [Rule]]) {
    let final = Deny(matches: [], origin: nil, note: "blocked")
    chains[.input] =
      [NftHooks.loopbackIn] + permits.flatMap { rules($0, at: .input) } + insideDenies(final)
    chains[.forward] =
      decide(permits, at: .forward) { hooks, deny in hooks.insideDenies(deny) }
      + insideDenies(final)
    chains[.output] =
      tagRules() + [NftHooks.loopbackOut] + fragmentRules() + insideTunnelRules(ownEnding)
      + decide(permits, at: .output) { hooks, deny in hooks.rules(deny, hooks.ownEnding) }
      + rules(final, ownEnding)
    chains[.postrouting] =
      [NftHooks.loopbackOut] + fragmentRules() + insideTunnelRules(.drop)
      + decide(permits, at: .postrouting) { hooks, deny in hooks.rules(deny, .drop) }
      + rules(final, .drop)
  }

  /// Permits by stage, with the DNS denies before those that allow ports at large.
  mutating func decide(
    _ permits: [Permit], at hook: NftHook, denying: (borrowing NftHooks, Deny) -> [Rule]
  ) -> [Rule] {
    var result: [Rule] = []
    for permit in permits where permit.stage < .line { result += rules(permit, at: hook) }
    let lines = permits.filter { $0.stage == .line }.flatMap { rules($0, at: hook) }
    if !lines.isEmpty { for deny in denies.dns { result += denying(self, deny) } }
    return result + lines
  }

  func fragmentRules() -> [Rule] { denies.fragments.flatMap { rules($0, .drop) } }

  /// Tunnel addresses and what lives inside tunnels, on any other way out.
  func insideTunnelRules(_ ending: Ending) -> [Rule] {
    (denies.sources + denies.tunnelDestinations + denies.innerDestinations).flatMap {
      rules($0, ending)
    }
  }

  /// First of all in output: forget what others wrote into our bits, then tag by cgroup.
  func tagRules() -> [Rule] {
    if tags.allBits == 0 { return [] }
    let clear = Rule([], [.setMark(clear: tags.allBits, set: 0)], nil, note: "clear our bits")
    return [clear]
      + tags.cgroups.map { tag in
        Rule(
          [.cgroup(path: tag.path, level: tag.path.cgroupLevel)],
          [.setMark(clear: 0, set: tag.bit)], nil, note: "cgroup", origin: tag.origin)
      }
  }
}

extension Policy {
  /// The tunnels that a block's `to` lines name; all where it names none.
  func tunnels(reachedFrom forward: Forward, _ zones: Zones) -> InterfaceScope {
    let named = forward.lines.compactMap { line -> InterfaceScope? in
      guard line.direction == .to, case .tunnel(let pattern) = line.party else { return nil }
      return zones.via(pattern)
    }
    return named.isEmpty
      ? zones.tunnels : named.reduce(InterfaceScope(alternatives: [])) { $0.union($1) }
  }
}
