package import PacketSpace

/// Which base chains a packet meets on its way, in netfilter's order.
package enum Traversal: String, CaseIterable, Sendable {
  case arrives, leaves, forwards
  /// The last hook alone: what passes it whatever the hooks before it did.
  case postrouting

  package var hooks: [Hook] {
    switch self {
    case .arrives: [.prerouting, .input]
    case .leaves: [.output, .postrouting]
    case .forwards: [.prerouting, .forward, .postrouting]
    case .postrouting: [.postrouting]
    }
  }
}

/// Answers what a rule set lets pass, as sets of packets of one universe.
///
/// The fields of a packet are those before the first hook.
package struct RulesetEvaluator: Sendable {
  let ruleset: Ruleset
  /// What each rule asks for, by table, chain and place.
  let meanings: [[[RuleMeaning]]]
  /// For each table the places of its chains.
  let chainPlaces: [[String: Int]]

  package init(_ ruleset: Ruleset) {
    self.ruleset = ruleset
    meanings = ruleset.tables.map { table in
      let contents = SetContents(table)
      return table.chains.map { chain in
        chain.rules.enumerated().map { place, rule in
          RuleMeaning(
            matches: rule.matches.map { $0.meaning(contents) },
            limit: rule.isDecidedByLimit ? limitTest(place, chain, table) : nil)
        }
      }
    }
    chainPlaces = ruleset.tables.map { table in
      Dictionary(
        table.chains.enumerated().map { ($0.element.name, $0.offset) },
        uniquingKeysWith: { first, _ in first })
    }
  }

  /// Every test that the rules ask for, each once.
  package var tests: [PacketTest] {
    var result = TestTable()
    collectTests(into: &result)
    return result.tests
  }

  /// Adds every test that the rules ask for.
  package func collectTests(into tests: inout TestTable) {
    for meaning in meanings.joined().joined() {
      for match in meaning.matches { match.collectTests(into: &tests) }
      if let limit = meaning.limit { tests.insert(limit) }
    }
    for rule in ruleset.tables.flatMap(\.chains).flatMap(\.rules) {
      for statement in rule.statements { for test in statement.tests { tests.insert(test) } }
    }
    for family in AddressFamily.allCases {
      PacketExpression.family(family).collectTests(into: &tests)
    }
    for hook in Hook.allCases { if let test = hook.missingInterface { tests.insert(test) } }
  }

  /// The packets that pass every hook of a traversal.
  package func passes(_ traversal: Traversal, in universe: inout PacketUniverse) -> PacketSet {
    var evaluation = RulesetEvaluation(self)
    return evaluation.passes(traversal, in: &universe)
  }

  /// Filter and route chains of a hook, by priority; NAT decides nothing.
  func baseChains(_ hook: Hook) -> [ChainPlace] {
    var found: [(priority: Int32, place: ChainPlace)] = []
    for (index, table) in ruleset.tables.enumerated()
    where table.family.seesIPHooks && !table.isDormant {
      for (place, chain) in table.chains.enumerated() {
        guard let base = chain.base, base.hook == hook, base.type != .nat else { continue }
        found.append((base.priority, ChainPlace(table: index, chain: place)))
      }
    }
    // Of two with one priority the first comes first.
    return found.enumerated().sorted {
      ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset)
    }
    .map(\.element.place)
  }
}

extension RulesetEvaluator {
  /// Whether a rule of the chain, or of one that it leads to, writes what a later match can ask for.
  func changesPackets(_ place: ChainPlace) -> Bool {
    let chains = ruleset.tables[place.table].chains
    var reached: Set<Int> = [place.chain]
    var open = [place.chain]
    while let chain = open.popLast() {
      for rule in chains[chain].rules {
        if rule.statements.contains(where: \.changesPacket) { return true }
        switch rule.verdict {
        case .jump(let name), .goto(let name):
          guard let next = chainPlaces[place.table][name] else { continue }
          if reached.insert(next).inserted { open.append(next) }
        case nil, .accept, .drop, .reject, .return: break
        }
      }
    }
    return false
  }
}

/// Where a chain stands in a rule set.
struct ChainPlace: Hashable {
  var table: Int
  var chain: Int
}

/// What one rule asks for.
struct RuleMeaning: Sendable {
  /// All must hold.
  var matches: [PacketExpression]
  /// Whether its limit lets the packet on, where that decides something.
  var limit: PacketTest?
}

extension Hook {
  /// Before routing no device to leave by is known; and what this machine sends has come by none, although the last hook
  /// shows on some of the kernel's packets the device that made them.
  var missingInterface: PacketTest? {
    switch self {
    case .ingress, .prerouting, .input: PacketTest(.outputInterface, .noInterface)
    case .output: PacketTest(.inputInterface, .noInterface)
    case .forward, .postrouting, .egress: nil
    }
  }
}

extension TableFamily {
  fileprivate var seesIPHooks: Bool {
    switch self {
    case .inet, .ip, .ip6: true
    case .netdev, .bridge, .arp: false
    }
  }

  var packets: PacketExpression {
    switch self {
    case .inet, .netdev, .bridge: .all
    case .ip: .family(.ipv4)
    case .ip6: .family(.ipv6)
    case .arp: .none
    }
  }
}
