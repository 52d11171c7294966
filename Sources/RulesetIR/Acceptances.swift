package import PacketSpace

/// The packets that one rule lets pass, of those that reach it.
package struct Acceptance: Sendable {
  package var rule: Rule
  package var packets: PacketSet
}

extension RulesetEvaluator {
  /// Which rules of a hook's last base chain let which packets of a set pass, in the order of the rules.
  ///
  /// Together they are all that the chain lets pass: a rule that no packet of the set reaches and
  /// passes by is left out. Marks that rules of this chain write are not followed.
  package func acceptances(
    at hook: Hook, of packets: PacketSet, in universe: inout PacketUniverse
  ) -> [Acceptance] {
    var evaluation = RulesetEvaluation(self)
    return evaluation.acceptances(at: hook, of: packets, in: &universe)
  }
}

extension RulesetEvaluation {
  /// The same, with what is known of the rules already.
  package mutating func acceptances(
    at hook: Hook, of packets: PacketSet, in universe: inout PacketUniverse
  ) -> [Acceptance] {
    guard let last = evaluator.baseChains(hook).last else { return [] }
    var found: [Acceptance] = []
    let rest = follow(last, packets, [], &universe, &found)
    let base = evaluator.ruleset.tables[last.table].chains[last.chain].base
    if base?.policy == .accept, !rest.isEmpty {
      found.append(
        Acceptance(rule: Rule([], [], .accept, note: "policy accept"), packets: rest))
    }
    return found
  }

  /// Walks from a chain's first rule to its last, with the packets that are still undecided.
  ///
  /// - Parameter path: the chains that led here; the kernel refuses one that leads back to itself.
  /// - Returns: the packets that reach the end of the rules, or return from them.
  private mutating func follow(
    _ place: ChainPlace, _ packets: PacketSet, _ path: Set<ChainPlace>,
    _ universe: inout PacketUniverse, _ found: inout [Acceptance]
  ) -> PacketSet {
    if path.contains(place) { return .empty }
    let path = path.union([place])
    var undecided = packets
    var returned = PacketSet.empty
    let rules = evaluator.ruleset.tables[place.table].chains[place.chain].rules
    for (number, rule) in rules.enumerated() {
      if undecided.isEmpty { break }
      guard let verdict = rule.verdict else { continue }
      let holds = matched(place.table, place.chain, number, &universe)
      let matched = universe.intersection(undecided, holds)
      if matched.isEmpty { continue }
      undecided = universe.difference(undecided, matched)
      switch verdict {
      case .accept: found.append(Acceptance(rule: rule, packets: matched))
      case .drop, .reject: break
      case .return: returned = universe.union(returned, matched)
      case .jump(let name):
        let back = follow(name, in: place.table, matched, path, &universe, &found)
        undecided = universe.union(undecided, back)
      case .goto(let name):
        let back = follow(name, in: place.table, matched, path, &universe, &found)
        returned = universe.union(returned, back)
      }
    }
    return universe.union(undecided, returned)
  }

  private mutating func follow(
    _ name: String, in table: Int, _ packets: PacketSet, _ path: Set<ChainPlace>,
    _ universe: inout PacketUniverse, _ found: inout [Acceptance]
  ) -> PacketSet {
    guard let chain = evaluator.chainPlaces[table][name] else { return packets }
    return follow(ChainPlace(table: table, chain: chain), packets, path, &universe, &found)
  }
}
