package import PacketSpace

/// A rule set in one universe: what its rules ask for and what its hooks let pass is worked out once for all ways.
///
/// Chains are read from their last rule to their first, carrying the set of packets that are let
/// pass from here on; a jump is the called chain with that set as what follows it. A write to the mark substitutes it in
/// what comes after.
package struct RulesetEvaluation: Sendable {
  let evaluator: RulesetEvaluator
  /// The packets that each rule's matches hold for, once asked.
  private var matched: [[[PacketSet?]]]
  private var memo: [BaseCall: PacketSet] = [:]
  /// What base chains that change no packet let pass by themselves.
  private var own: [ChainPlace: PacketSet] = [:]

  package init(_ evaluator: RulesetEvaluator) {
    self.evaluator = evaluator
    matched = evaluator.meanings.map { $0.map { Array(repeating: nil, count: $0.count) } }
  }

  /// The packets that pass every hook of a traversal.
  package mutating func passes(
    _ traversal: Traversal, in universe: inout PacketUniverse
  ) -> PacketSet {
    var result = PacketSet.all
    for hook in traversal.hooks.reversed() {
      for place in evaluator.baseChains(hook).reversed() {
        result = passes(place, hook, then: result, &universe)
      }
    }
    return result
  }

  /// What a base chain and the hooks after it let pass.
  private mutating func passes(
    _ place: ChainPlace, _ hook: Hook, then following: PacketSet,
    _ universe: inout PacketUniverse
  ) -> PacketSet {
    let call = BaseCall(place: place, following: following)
    if let known = memo[call] { return known }
    let passing: PacketSet
    if evaluator.changesPackets(place) {
      passing = walk(place, then: following, missing: hook.missingInterface, &universe)
    } else {
      // What follows need not be carried through rules that leave the packet as it is.
      let own = own(place, hook, &universe)
      passing = universe.intersection(own, following)
    }
    let concerned = universe.set(evaluator.ruleset.tables[place.table].family.packets)
    let result = universe.choose(concerned, then: passing, else: following)
    memo[call] = result
    return result
  }

  private mutating func own(
    _ place: ChainPlace, _ hook: Hook, _ universe: inout PacketUniverse
  ) -> PacketSet {
    if let known = own[place] { return known }
    var result = walk(place, then: .all, missing: nil, &universe)
    if let missing = hook.missingInterface { result = universe.writing(missing, result) }
    own[place] = result
    return result
  }

  private mutating func walk(
    _ place: ChainPlace, then following: PacketSet, missing: PacketTest?,
    _ universe: inout PacketUniverse
  ) -> PacketSet {
    let base = evaluator.ruleset.tables[place.table].chains[place.chain].base
    var walk = ChainWalk(table: place.table, accepted: following, missing: missing)
    return passes(
      place.chain, end: base?.policy == .accept ? following : .empty, &walk, &universe)
  }

  /// The packets that all matches of a rule hold for.
  mutating func matched(
    _ table: Int, _ chain: Int, _ rule: Int, _ universe: inout PacketUniverse
  ) -> PacketSet {
    if let known = matched[table][chain][rule] { return known }
    var result = PacketSet.all
    for match in evaluator.meanings[table][chain][rule].matches {
      let holds = universe.set(match)
      result = universe.intersection(result, holds)
    }
    matched[table][chain][rule] = result
    return result
  }

  // MARK: Chains

  /// - Parameter end: what passes when the rules run out, or return.
  private mutating func passes(
    _ chain: Int, end: PacketSet, _ walk: inout ChainWalk, _ universe: inout PacketUniverse
  ) -> PacketSet {
    var following = end
    let rules = evaluator.ruleset.tables[walk.table].chains[chain].rules
    for place in rules.indices.reversed() {
      let taken = taken(
        rules[place], evaluator.meanings[walk.table][chain][place].limit, following: following,
        end: end, &walk, &universe)
      if taken == following { continue }
      var matched = matched(walk.table, chain, place, &universe)
      if let missing = walk.missing { matched = universe.writing(missing, matched) }
      following = universe.choose(matched, then: taken, else: following)
    }
    return following
  }

  /// What passes of the packets that a rule matches.
  private mutating func taken(
    _ rule: Rule, _ limit: PacketTest?, following: PacketSet, end: PacketSet,
    _ walk: inout ChainWalk, _ universe: inout PacketUniverse
  ) -> PacketSet {
    var taken = outcome(rule.verdict, following: following, end: end, &walk, &universe)
    for statement in rule.statements.reversed() {
      if case .limit = statement, let limit {
        // Over the limit the rule ends here; what its statements did before stays done.
        let isBelow = universe.set(limit)
        taken = universe.choose(isBelow, then: taken, else: following)
      } else {
        taken = statement.before(taken, &universe)
      }
    }
    return taken
  }

  private mutating func outcome(
    _ verdict: Verdict?, following: PacketSet, end: PacketSet, _ walk: inout ChainWalk,
    _ universe: inout PacketUniverse
  ) -> PacketSet {
    switch verdict {
    case nil: following
    case .accept: walk.accepted
    case .drop, .reject: .empty
    case .return: end
    case .jump(let name): called(name, end: following, &walk, &universe)
    // A goto does not come back: the chain's end is the caller's.
    case .goto(let name): called(name, end: end, &walk, &universe)
    }
  }

  private mutating func called(
    _ name: String, end: PacketSet, _ walk: inout ChainWalk, _ universe: inout PacketUniverse
  ) -> PacketSet {
    guard let chain = evaluator.chainPlaces[walk.table][name] else { return .empty }
    let call = ChainCall(chain: chain, end: end)
    if let known = walk.memo[call] { return known }
    // The kernel refuses a chain that leads back to itself: such rules never hold anything up.
    guard walk.entered.insert(chain).inserted else { return .all }
    let result = passes(chain, end: end, &walk, &universe)
    walk.entered.remove(chain)
    walk.memo[call] = result
    return result
  }
}

/// One base chain's walk through its table.
private struct ChainWalk {
  let table: Int
  /// What an accept leads to: the packets that the hooks after this chain let pass.
  let accepted: PacketSet
  /// What a hook does not see of a packet, whatever later hooks see.
  let missing: PacketTest?
  var memo: [ChainCall: PacketSet] = [:]
  /// The chains that the walk is in.
  var entered: Set<Int> = []
}

private struct BaseCall: Hashable {
  var place: ChainPlace
  var following: PacketSet
}

private struct ChainCall: Hashable {
  var chain: Int
  var end: PacketSet
}
