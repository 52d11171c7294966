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
    guard let (table, chain) = baseChains(hook).last, let base = chain.base else { return [] }
    var walk = ForwardWalk(
      chains: ruleset.tables[table].chains, contents: contents[table], acceptances: [])
    let rest = walk.follow(chain.rules, packets, &universe)
    if base.policy == .accept, !rest.isEmpty {
      walk.acceptances.append(
        Acceptance(rule: Rule([], [], .accept, note: "policy accept"), packets: rest))
    }
    return walk.acceptances
  }
}

/// One walk from a chain's first rule to its last, with the packets that are still undecided.
private struct ForwardWalk {
  let chains: [Chain]
  let contents: SetContents
  var acceptances: [Acceptance]

  /// - Returns: the packets that reach the end of the rules, or return from them.
  mutating func follow(
    _ rules: [Rule], _ packets: PacketSet, _ universe: inout PacketUniverse
  ) -> PacketSet {
    var undecided = packets
    var returned = PacketSet.empty
    for rule in rules {
      if undecided.isEmpty { break }
      guard let verdict = rule.verdict else { continue }
      var matched = undecided
      for match in rule.matches {
        let holds = universe.set(match.meaning(contents))
        matched = universe.intersection(matched, holds)
      }
      if matched.isEmpty { continue }
      undecided = universe.difference(undecided, matched)
      switch verdict {
      case .accept: acceptances.append(Acceptance(rule: rule, packets: matched))
      case .drop, .reject: break
      case .return: returned = universe.union(returned, matched)
      case .jump(let name):
        let back = follow(called(name), matched, &universe)
        undecided = universe.union(undecided, back)
      case .goto(let name):
        let back = follow(called(name), matched, &universe)
        returned = universe.union(returned, back)
      }
    }
    return universe.union(undecided, returned)
  }

  private func called(_ name: String) -> [Rule] {
    chains.first { $0.name == name }?.rules ?? []
  }
}
