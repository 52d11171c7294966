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
/// Chains are read from their last rule to their first, carrying the set of packets that are let
/// pass from here on; a jump is the called chain with that set as what follows it. The fields of a
/// packet are those before the first hook: a write to the mark substitutes it in what comes after.
package struct RulesetEvaluator {
  let ruleset: Ruleset
  let contents: [SetContents]

  package init(_ ruleset: Ruleset) {
    self.ruleset = ruleset
    contents = ruleset.tables.map { SetContents($0) }
  }

  /// Every test that the rules ask for.
  package var tests: [PacketTest] {
    var result: [PacketTest] = []
    for (index, table) in ruleset.tables.enumerated() {
      for chain in table.chains {
        for (place, rule) in chain.rules.enumerated() {
          for match in rule.matches { match.meaning(contents[index]).collectTests(into: &result) }
          for statement in rule.statements { result += statement.tests }
          if rule.isDecidedByLimit { result.append(limitTest(place, chain, table)) }
        }
      }
    }
    for family in AddressFamily.allCases {
      PacketExpression.family(family).collectTests(into: &result)
    }
    result += Hook.allCases.compactMap(\.missingInterface)
    return result
  }

  /// The packets that pass every hook of a traversal.
  package func passes(_ traversal: Traversal, in universe: inout PacketUniverse) -> PacketSet {
    var result = PacketSet.all
    for hook in traversal.hooks.reversed() {
      for (index, chain) in baseChains(hook).reversed() {
        var walk = ChainWalk(
          table: ruleset.tables[index], contents: contents[index], accepted: result,
          missing: hook.missingInterface)
        guard let base = chain.base else { continue }
        let passing = walk.passes(
          chain, end: base.policy == .accept ? result : .empty, &universe)
        let concerned = universe.set(ruleset.tables[index].family.packets)
        result = universe.choose(concerned, then: passing, else: result)
      }
    }
    return result
  }

  /// Filter and route chains of a hook with their tables, by priority; NAT decides nothing.
  func baseChains(_ hook: Hook) -> [(table: Int, chain: Chain)] {
    let all = ruleset.tables.enumerated().flatMap { index, table in
      table.chains.filter { $0.base?.hook == hook && $0.base?.type != .nat }.map { (index, $0) }
    }.filter { ruleset.tables[$0.0].family.seesIPHooks && !ruleset.tables[$0.0].isDormant }
    return all.enumerated().sorted {
      let (a, b) = ($0.element.1.base?.priority ?? 0, $1.element.1.base?.priority ?? 0)
      return (a, $0.offset) < (b, $1.offset)
    }.map(\.element)
  }
}

extension Hook {
  /// Before routing no device to leave by is known; and what this machine sends has come by none, although the last hook
  /// shows on some of the kernel's packets the device that made them.
  fileprivate var missingInterface: PacketTest? {
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

  fileprivate var packets: PacketExpression {
    switch self {
    case .inet, .netdev, .bridge: .all
    case .ip: .family(.ipv4)
    case .ip6: .family(.ipv6)
    case .arp: .none
    }
  }
}

/// One base chain's walk through its table.
private struct ChainWalk {
  let table: Table
  let contents: SetContents
  /// What an accept leads to: the packets that the hooks after this chain let pass.
  let accepted: PacketSet
  /// What a hook does not see of a packet, whatever later hooks see.
  let missing: PacketTest?
  private var memo: [Call: PacketSet] = [:]
  /// The chains that the walk is in.
  private var entered: Set<String> = []

  init(table: Table, contents: SetContents, accepted: PacketSet, missing: PacketTest?) {
    self.table = table
    self.contents = contents
    self.accepted = accepted
    self.missing = missing
  }

  /// - Parameter end: what passes when the rules run out, or return.
  mutating func passes(
    _ chain: Chain, end: PacketSet, _ universe: inout PacketUniverse
  ) -> PacketSet {
    var following = end
    for (place, rule) in chain.rules.enumerated().reversed() {
      var taken = outcome(rule.verdict, following: following, end: end, &universe)
      for statement in rule.statements.reversed() {
        if case .limit = statement, rule.isDecidedByLimit {
          // Over the limit the rule ends here; what its statements did before stays done.
          let isBelow = universe.set(limitTest(place, chain, table))
          taken = universe.choose(isBelow, then: taken, else: following)
        } else {
          taken = statement.before(taken, &universe)
        }
      }
      var matched = PacketSet.all
      for match in rule.matches {
        let holds = universe.set(match.meaning(contents))
        matched = universe.intersection(matched, holds)
      }
      if let missing { matched = universe.writing(missing, matched) }
      following = universe.choose(matched, then: taken, else: following)
    }
    return following
  }

  private mutating func outcome(
    _ verdict: Verdict?, following: PacketSet, end: PacketSet, _ universe: inout PacketUniverse
  ) -> PacketSet {
    switch verdict {
    case nil: following
    case .accept: accepted
    case .drop, .reject: .empty
    case .return: end
    case .jump(let name): called(name, end: following, &universe)
    // A goto does not come back: the chain's end is the caller's.
    case .goto(let name): called(name, end: end, &universe)
    }
  }

  private mutating func called(
    _ name: String, end: PacketSet, _ universe: inout PacketUniverse
  ) -> PacketSet {
    let call = Call(chain: name, end: end)
    if let known = memo[call] { return known }
    guard let chain = table.chains.first(where: { $0.name == name }) else { return .empty }
    // The kernel refuses a chain that leads back to itself: such rules never hold anything up.
    guard entered.insert(name).inserted else { return .all }
    let result = passes(chain, end: end, &universe)
    entered.remove(name)
    memo[call] = result
    return result
  }

  private struct Call: Hashable {
    var chain: String
    var end: PacketSet
  }
}

extension Rule {
  /// Whether a packet over the limit goes another way than one below it.
  fileprivate var isDecidedByLimit: Bool {
    let isLimited = statements.contains { if case .limit = $0 { true } else { false } }
    return isLimited && (verdict != nil || statements.contains(where: \.writes))
  }
}

/// Whether the limit of a rule lets the packet on: a free boolean for each rule.
private func limitTest(_ place: Int, _ chain: Chain, _ table: Table) -> PacketTest {
  PacketTest(
    .opaque("limit of rule \(place) of \(table.family.rawValue) \(table.name) \(chain.name)"), 1)
}

extension RuleStatement {
  /// Changes something that a later match can ask for.
  fileprivate var writes: Bool {
    switch self {
    case .setMark, .setConntrackLabel, .opaque: true
    case .counter, .log, .limit, .updateSet, .masquerade: false
    }
  }

  /// What the statement writes that no match may ask for.
  fileprivate var tests: [PacketTest] {
    switch self {
    case .setConntrackLabel(let bit): [PacketTest(.ctLabel(bit), 1)]
    case .opaque(let text, let markBits): markBits.places.map { unknownBit(text, $0) }
    case .counter, .log, .limit, .setMark, .updateSet, .masquerade: []
    }
  }

  /// The packets that, after this statement, are in the set.
  fileprivate func before(_ set: PacketSet, _ universe: inout PacketUniverse) -> PacketSet {
    switch self {
    case .setMark(let clear, let bits):
      universe.writing(.mark, value: bits, mask: clear | bits, set)
    case .setConntrackLabel(let bit): universe.writing(PacketTest(.ctLabel(bit), 1), set)
    case .opaque(let text, let markBits): forget(markBits, after: text, set, &universe)
    case .counter, .log, .limit, .updateSet, .masquerade: set
    }
  }

  /// Each bit becomes what a free boolean of its own says.
  private func forget(
    _ markBits: UInt32, after text: String, _ set: PacketSet, _ universe: inout PacketUniverse
  ) -> PacketSet {
    var result = set
    for place in markBits.places {
      let bit: UInt32 = 1 << place
      let isSet = universe.set(unknownBit(text, place))
      let one = universe.writing(.mark, value: bit, mask: bit, result)
      let zero = universe.writing(.mark, value: 0, mask: bit, result)
      result = universe.choose(isSet, then: one, else: zero)
    }
    return result
  }

  private func unknownBit(_ text: String, _ place: UInt32) -> PacketTest {
    PacketTest(.opaque("\(text) sets mark bit \(place)"), 1)
  }
}

extension UInt32 {
  /// The numbers of the bits that are set.
  fileprivate var places: [UInt32] { (0..<32).filter { self & (1 << $0) != 0 } }
}
