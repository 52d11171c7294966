import PacketSpace
import Policy
import RulesetIR

/// What can be told from the shape of rules, whatever passes.
func shapeFindings(_ ruleset: Ruleset, _ scope: AuditScope) -> [RuleFinding] {
  loadFindings(ruleset) + ownerFindings(ruleset) + noteFindings(ruleset, scope)
}

// MARK: What does not load

private func loadFindings(_ ruleset: Ruleset) -> [RuleFinding] {
  nameFindings(ruleset) + indexFindings(ruleset) + refusalFindings(ruleset)
}

/// Names that nft's grammar takes for its own words: netlink and JSON accept them, but no text does.
///
/// Source: the scanner of nft 1.0.6 (`scanner.l`); the words of its states are left out, since they are
/// names elsewhere.
private let nftWords: Set<String> = [
  "add", "all", "arp", "bridge", "chain", "chains", "comment", "constant", "counter", "counters",
  "create", "ct", "dccp", "define", "delete", "describe", "destroy", "device", "devices", "dup",
  "element", "elements", "ether", "exthdr", "fib", "flags", "flow", "flowtable", "flowtables",
  "flush", "frag", "fwd", "handle", "hash", "hook", "icmp", "icmpv6", "igmp", "inet", "insert",
  "ip",
  "ip6", "jhash", "limit", "limits", "list", "log", "map", "maps", "mark", "masquerade", "meta",
  "meter", "meters", "monitor", "netdev", "notrack", "numgen", "osf", "performance", "policy",
  "queue", "quota", "quotas", "redefine", "redirect", "reject", "rename", "replace", "reset", "rt",
  "rule", "rules", "ruleset", "sctp", "secmark", "secmarks", "set", "sets", "socket", "symhash",
  "synproxy", "table", "tables", "tcp", "th", "timeout", "to", "tproxy", "type", "typeof", "udp",
  "udplite", "undefine", "update", "vlan", "vmap",
]

private func nameFindings(_ ruleset: Ruleset) -> [RuleFinding] {
  var result: [RuleFinding] = []
  for table in ruleset.tables {
    let names = [table.name] + table.chains.map(\.name) + table.sets.map(\.name)
    for name in names where nftWords.contains(name) && !table.isOfIptables {
      let chain = table.chains.first { $0.name == name }
      result.append(
        RuleFinding(
          .compileReject, "`\(name)` is a word of nft's grammar, and no name in a text of rules",
          fix: "choose another name", place: chain.map { RulePlace(table, $0) }))
    }
  }
  return result
}

extension Table {
  /// Of the names that iptables has; nft never reads these as text.
  var isOfIptables: Bool {
    (family == .ip || family == .ip6)
      && ["filter", "nat", "mangle", "raw", "security"].contains(name)
  }
}

/// A device's index is looked up when the rules are loaded.
private func indexFindings(_ ruleset: Ruleset) -> [RuleFinding] {
  for table in ruleset.tables {
    for chain in table.chains {
      for (index, rule) in chain.rules.enumerated() where rule.matches.contains(where: \.isIndex) {
        let place = RulePlace(table, chain, index: index)
        let fix = "use `oifname` and `iifname`, which compare names"
        return [
          RuleFinding(
            .indexMissing, "a device is known by its index: without it nothing is loaded", fix: fix,
            place: place),
          RuleFinding(
            .indexStale, "a device is known by its index, which another may get", fix: fix,
            place: place),
        ]
      }
    }
  }
  return []
}

extension Match {
  fileprivate var isIndex: Bool {
    switch self {
    case .opaque(let text): text.contains("meta oif ") || text.contains("meta iif ")
    case .not(let inner): inner.isIndex
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser,
      .socketGroup, .cgroup, .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .asked,
      .arpAddress:
      false
    }
  }

  /// Looks at the socket; never holds where there is none.
  fileprivate var isOfSocket: Bool {
    switch self {
    case .socketUser, .socketGroup, .cgroup: true
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .hopLimit,
      .laterFragment, .tcpFlags, .ctLabel, .isIP, .asked, .arpAddress, .opaque, .not:
      false
    }
  }
}

/// The kernel refuses a refusal in postrouting (`nft_reject_validate`).
private func refusalFindings(_ ruleset: Ruleset) -> [RuleFinding] {
  places(ruleset, at: [.postrouting]) { rule in
    if case .reject = rule.verdict { true } else { false }
  }.prefix(1).map {
    RuleFinding(
      .compileReject, "the kernel refuses `reject` in postrouting", fix: "use drop there", place: $0
    )
  }
}

// MARK: Owners

private func ownerFindings(_ ruleset: Ruleset) -> [RuleFinding] {
  places(ruleset, at: [.forward, .prerouting, .ingress]) { rule in
    rule.matches.contains(where: \.isOfSocket) && (rule.isAccept || rule.isDeny)
  }.prefix(1).map {
    RuleFinding(
      .ownerInForward, "the owner of a packet is asked for where packets have none",
      fix: "match addresses or interfaces of forwarded packets", place: $0)
  }
}

// MARK: Notes

private func noteFindings(_ ruleset: Ruleset, _ scope: AuditScope) -> [RuleFinding] {
  var result: [RuleFinding] = []
  let hooks: [Hook] = [.prerouting, .input, .forward, .output, .postrouting]
  let uncounted = places(ruleset, at: hooks) { rule in
    rule.isDeny && !rule.statements.contains(.counter)
  }.first { place in
    !ruleset.tables.contains { $0.isOfIptables && $0.name == place.table }
  }
  if let uncounted {
    result.append(
      RuleFinding(
        .noCounters, "a deny does not count", fix: "add `counter`", place: uncounted))
  }
  let isEcho = places(ruleset, at: [.input]) { rule in
    guard case .reject = rule.verdict else { return false }
    return !rule.matches.contains {
      if case .interface(.input, _, false) = $0 { true } else { false }
    }
  }
  if scope.policy == nil, let place = isEcho.first {
    result.append(
      RuleFinding(
        .rejectEcho, "packets that come in from anywhere are refused, not dropped",
        fix: "drop in input", place: place))
  }
  let asksFrames = scope.policy == nil || scope.policy?.policy.guardFrames != nil
  let seesFrames = ruleset.tables.contains { table in
    table.family == .netdev && !table.isDormant
      && table.chains.contains { $0.base?.hook == .egress }
  }
  if asksFrames, !seesFrames {
    result.append(
      RuleFinding(
        .rawFrames, "raw frames are not looked at",
        fix: "add a netdev chain of hook egress to each uplink"))
  }
  return result
}

/// The rules below base chains of some hooks that are of some kind.
private func places(
  _ ruleset: Ruleset, at hooks: [Hook], where isWanted: (Rule) -> Bool
) -> [RulePlace] {
  ruleset.tables.filter { $0.family.isOfIP }.flatMap { table in
    table.chains.filter { chain in
      guard let base = chain.base else { return false }
      return base.type != .nat && hooks.contains(base.hook)
    }.flatMap { chain in
      ruleset.reachable(from: chain, in: table).filter { isWanted($0.rule) }.map {
        RulePlace(table, $0.chain, index: $0.index)
      }
    }
  }
}
