import PacketSpace
import RulesetIR

/// The same rules with one thing changed, to see what that thing does.
extension Ruleset {
  /// Without the base chains of other hooks.
  func only(at hook: Hook) -> Ruleset {
    changingChains { chain in
      if chain.base?.hook != hook { chain.base = nil }
    }
  }

  var awake: Ruleset {
    var result = self
    for index in result.tables.indices { result.tables[index].isDormant = false }
    return result
  }

  /// Accepting rules of chains that were jumped to return.
  var returningFromHelpers: Ruleset {
    changingChains { chain in
      if chain.base != nil { return }
      chain.changeRules { if $0.isAccept { $0.verdict = .return } }
    }
  }

  /// Accepting rules go on to the next, and nothing but a deny stops a packet.
  var withoutAccepts: Ruleset {
    changingChains { chain in
      chain.base?.policy = .accept
      chain.changeRules { if $0.isAccept { $0.verdict = nil } }
    }
  }

  var withNATAsFilter: Ruleset {
    changingChains { chain in
      if chain.base?.type == .nat { chain.base?.type = .filter }
    }
  }

  /// Positions stay, since limits are known by them.
  var withStaleCgroups: Ruleset {
    changingChains { chain in
      chain.changeRules { rule in
        rule.matches = rule.matches.flatMap { $0.withStaleCgroup }
      }
    }
  }

  private func changingChains(_ change: (inout Chain) -> Void) -> Ruleset {
    var result = self
    for table in result.tables.indices {
      for chain in result.tables[table].chains.indices {
        change(&result.tables[table].chains[chain])
      }
    }
    return result
  }

  // MARK: Questions about shape

  /// The base chains of a traversal that a packet meets and that decide.
  func deciding(_ traversal: Traversal) -> [(table: Table, chain: Chain)] {
    tables.filter { !$0.isDormant && $0.family.isOfIP }.flatMap { table in
      table.chains.filter { chain in
        guard let base = chain.base, base.type != .nat else { return false }
        return traversal.hooks.contains(base.hook)
      }.map { (table, $0) }
    }
  }

  /// A chain's rules with those of the chains that it leads to.
  func reachable(from chain: Chain, in table: Table) -> [(chain: Chain, index: Int, rule: Rule)] {
    var result: [(chain: Chain, index: Int, rule: Rule)] = []
    var seen: Set<String> = [chain.name]
    var waiting = [chain]
    while let next = waiting.popLast() {
      for (index, rule) in next.rules.enumerated() {
        result.append((next, index, rule))
        switch rule.verdict {
        case .jump(let name), .goto(let name):
          if seen.insert(name).inserted, let called = table.chains.first(where: { $0.name == name })
          {
            waiting.append(called)
          }
        case .accept, .drop, .reject, .return, nil: break
        }
      }
    }
    return result
  }

  /// Rules accept, and no rule and no policy blocks.
  func acceptsWithoutDeny(_ traversal: Traversal) -> Bool {
    let chains = deciding(traversal)
    let rules = chains.flatMap { reachable(from: $0.chain, in: $0.table).map(\.rule) }
    return rules.contains(where: \.isAccept) && !rules.contains(where: \.isDeny)
      && chains.allSatisfy { $0.chain.base?.policy == .accept }
  }

  var hasNATDenies: Bool {
    tables.contains { table in
      table.chains.contains { chain in
        chain.base?.type == .nat
          && (chain.base?.policy == .drop
            || reachable(from: chain, in: table).contains { $0.rule.isDeny })
      }
    }
  }
}

extension TableFamily {
  var isOfIP: Bool {
    switch self {
    case .inet, .ip, .ip6: true
    case .netdev, .bridge, .arp: false
    }
  }
}

extension Chain {
  fileprivate mutating func changeRules(_ change: (inout Rule) -> Void) {
    for index in rules.indices { change(&rules[index]) }
  }
}

extension Match {
  fileprivate var withStaleCgroup: [Match] {
    switch self {
    case .cgroup: [.family(.ipv4), .not(.family(.ipv4))]
    case .not(.cgroup): []
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser,
      .socketGroup, .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .asked, .arpAddress,
      .opaque, .not:
      [self]
    }
  }
}

extension AuditUniverse {
  /// What rules let pass, with the denies of nat chains for the first packets of connections.
  mutating func passingButForNAT(_ rules: Ruleset) -> PacketSet {
    let passing = passing(rules)
    if !rules.hasNATDenies { return passing }
    let strict = self.passing(rules.withNATAsFilter)
    let first = universe.set(.state(.new))
    let both = universe.intersection(passing, strict)
    return universe.choose(first, then: both, else: passing)
  }

  /// What a rule of some chain accepts by name, and not its policy.
  mutating func acceptedByRule(_ rules: Ruleset) -> PacketSet {
    var result = PacketSet.empty
    for (table, chain) in rules.deciding(traversal) {
      var alone = table
      for index in alone.chains.indices where alone.chains[index].name != chain.name {
        alone.chains[index].base = nil
      }
      for index in alone.chains.indices { alone.chains[index].base?.policy = .drop }
      let passing = passing(Ruleset(tables: [alone]))
      // A table that does not see the packet accepts nothing.
      let seen = universe.set(table.family.packets)
      let accepted = universe.intersection(passing, seen)
      result = universe.union(result, accepted)
    }
    return result
  }
}

extension TableFamily {
  fileprivate var packets: PacketExpression {
    switch self {
    case .inet: .all
    case .ip: .value(.family, 0)
    case .ip6: .value(.family, 1)
    case .netdev, .bridge, .arp: .none
    }
  }
}
