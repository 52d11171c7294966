import PacketSpace
import RulesetIR

extension NftTableReader {
  /// One element of a rule's `expr`.
  mutating func read(_ item: JSONPlace, followedBy rest: ArraySlice<JSONPlace>)
    throws(RulesetReadError)
  {
    guard let (tag, value) = tree.tagged(item) else {
      throw tree.fault("expected a statement, an object with one member", at: item)
    }
    switch tag {
    case "match": constrain(try condition(value))
    case "vmap": try readVerdictMap(value)
    case "counter": draft.statements.append(.counter)
    case "log":
      let prefix = tree.member(value, "prefix").flatMap { tree.string($0) }
      draft.statements.append(.log(prefix: prefix ?? ""))
    case "limit": readLimit(item, value, followedBy: rest)
    case "mangle": try readMangle(item, value)
    case "set": try readSetUpdate(item, value)
    // Whether one of these holds depends on the packets before.
    case "quota", "ct count", "map", "meter": constrain(stateful(item))
    case "accept", "drop", "continue", "return", "jump", "goto", "reject", "queue":
      try readVerdict(item, tag, value)
    case "masquerade":
      draft.statements.append(.masquerade)
      emit(nil)
    // The chain ends here, where the family is right and a map has the packet's key.
    case "snat", "dnat", "redirect", "fwd":
      constrain(stateful(item))
      emit(.accept)
    // Holds where a socket is found.
    case "tproxy": constrain(stateful(item))
    case "notrack", "dup", "ct helper", "ct timeout", "ct expectation", "secmark",
      "last":
      draft.statements.append(unmodelled(item))
    // Later packets of the flow do not pass these hooks at all.
    case "flow": mayAccept(item)
    case "xt": readForeign(item, value)
    default: mayDoAnything(item)
    }
  }

  /// Adds a condition, after what the statements before it have done.
  mutating func constrain(_ condition: NftReadCondition) {
    endStatements(always: false)
    draft.add(condition)
  }

  /// Makes a rule of the statements so far, where one of them has an effect: the conditions that
  /// follow are none of theirs.
  mutating func endStatements(always: Bool) {
    let statements = draft.statements
    guard always ? !statements.isEmpty : statements.contains(where: \.hasEffect) else { return }
    emitRules(nil)
    draft.statements = []
    if statements.contains(where: \.changesMark) {
      draft.replaceConditions(by: opaque("the mark before", isStateful: true)) { $0.readsMark }
    }
    if statements.contains(where: \.hasEffect) {
      draft.replaceConditions(by: opaque("what held before", isStateful: true)) {
        $0.readsLabelOrSet
      }
    }
  }

  /// Ends the rule.
  mutating func emit(_ verdict: Verdict?) {
    emitRules(verdict)
    draft.isFinished = true
  }

  /// One rule for each way to fulfil the conditions.
  mutating func emitRules(_ verdict: Verdict?) {
    let limit = min(256, 1 + max(0, budget.extraRules))
    let ways = draft.ways(limit: limit) { opaque("several conditions: \($0)", isStateful: true) }
    budget.extraRules -= max(0, ways.count - 1)
    let statements = draft.statements
    guard ways.count > 1, case .jump(let name)? = verdict else {
      for way in ways { rules.append(rule(way, statements, verdict)) }
      return
    }
    // A second way must not call the chain again.
    let chain = newName("__jump")
    newChains.append(Chain(name: chain, rules: ways.map { rule($0, statements, .goto(name)) }))
    rules.append(rule([], [], .jump(chain)))
  }

  private func rule(_ matches: [Match], _ statements: [RuleStatement], _ verdict: Verdict?) -> Rule
  {
    Rule(matches, statements, verdict, note: draft.note, origin: draft.origin)
  }

  // MARK: What is not modelled

  func stateful(_ item: JSONPlace) -> NftReadCondition {
    let text = tree.text(item)
    let matches = tree.implied(item) + [opaque(text, isStateful: true)]
    return NftReadCondition(alternatives: [matches], text: text)
  }

  /// A statement that changes nothing that a match compares, but for these bits of the mark.
  func unmodelled(_ item: JSONPlace, markBits: UInt32 = 0) -> RuleStatement {
    .opaque(printable("\(tree.text(item)) \(occurrence)"), markBits: markBits)
  }

  /// The packet may pass here as another one than later conditions would look at.
  mutating func mayAccept(_ item: JSONPlace) {
    mayAccept(tree.text(item))
    draft.statements.append(unmodelled(item))
  }

  private mutating func mayAccept(_ text: String) {
    endStatements(always: true)
    let before = draft
    draft.add(opaque("\(text) lets pass", isStateful: true))
    emitRules(.accept)
    draft = before
  }

  /// A statement that may accept, drop, change the mark, or go on.
  mutating func mayDoAnything(_ item: JSONPlace) {
    mayDoAnything(item, tree.text(item))
    constrain(stateful(item))
  }

  mutating func mayDoAnything(_ item: JSONPlace, _ text: String) {
    mayAccept(text)
    let before = draft
    draft.add(opaque("\(text) stops", isStateful: true))
    emitRules(.drop)
    draft = before
    draft.statements = [unmodelled(item, markBits: .max)]
    endStatements(always: true)
  }

  /// An extension of iptables, of which nft prints the name alone.
  private mutating func readForeign(_ item: JSONPlace, _ value: JSONPlace) {
    if tree.has(value, "type", "match") { return constrain(stateful(item)) }
    guard tree.has(value, "type", "target"),
      let name = tree.member(value, "name").flatMap({ tree.string($0) })
    else { return mayDoAnything(item) }
    switch name {
    case "LOG", "NFLOG", "TCPMSS", "CLASSIFY", "DSCP", "TOS", "CT", "NOTRACK", "TRACE", "AUDIT",
      "CHECKSUM":
      draft.statements.append(unmodelled(item))
    case "MARK", "CONNMARK": draft.statements.append(unmodelled(item, markBits: .max))
    case "REJECT": emit(.reject(.administrativelyProhibited))
    case "MASQUERADE", "SNAT", "DNAT", "REDIRECT", "NETMAP":
      draft.statements.append(unmodelled(item))
      emit(.accept)
    default: mayDoAnything(item)
    }
  }
}

extension RuleStatement {
  /// A match after it may look at something that it has changed.
  var hasEffect: Bool {
    switch self {
    case .setMark, .setConntrackLabel, .updateSet: true
    case .opaque(_, let markBits): markBits != 0
    case .counter, .log, .limit, .masquerade: false
    }
  }

  var changesMark: Bool {
    switch self {
    case .setMark: true
    case .opaque(_, let markBits): markBits != 0
    case .counter, .log, .limit, .masquerade, .setConntrackLabel, .updateSet: false
    }
  }
}
