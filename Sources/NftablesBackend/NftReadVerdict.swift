import PacketSpace
import RulesetIR

extension NftTableReader {
  mutating func readVerdict(_ item: JSONPlace, _ tag: String, _ value: JSONPlace)
    throws(RulesetReadError)
  {
    switch tag {
    case "reject": readReject(value)
    // A program decides, and may change the mark.
    case "queue":
      endStatements(always: true)
      let before = draft
      draft.add(opaque("\(tree.text(item)) accepts", isStateful: true))
      draft.statements = [unmodelled(item, markBits: .max)]
      emitRules(.accept)
      draft = before
      emit(.drop)
    default: emit(try verdict(item))
    }
  }

  /// `nil` for `continue`.
  private mutating func verdict(_ item: JSONPlace) throws(RulesetReadError) -> Verdict? {
    guard let (tag, value) = tree.tagged(item) else {
      throw tree.fault("expected a verdict", at: item)
    }
    switch tag {
    case "accept": return .accept
    case "drop": return .drop
    case "return": return .return
    case "continue": return nil
    case "jump": return .jump(try target(value))
    case "goto": return .goto(try target(value))
    default: throw tree.fault("`\(printable(tag))` is no verdict", at: item)
    }
  }

  private mutating func target(_ value: JSONPlace) throws(RulesetReadError) -> String {
    guard let place = tree.member(value, "target"), let name = tree.string(place) else {
      throw tree.fault("expected a chain `target`", at: value)
    }
    guard let index = source.chainIndex[name] else {
      throw tree.fault("there is no chain `\(printable(name))` in the table", at: place)
    }
    if source.chains[index].base != nil {
      throw tree.fault("`\(printable(name))` is a base chain, which no rule can reach", at: place)
    }
    links.append(NftChainLink(from: chain, to: index, place: place))
    return name
  }

  /// How the sender is told does not matter to what passes: all ICMP answers are read as one.
  private mutating func readReject(_ value: JSONPlace) {
    let type = tree.member(value, "type").flatMap { tree.string($0) } ?? ""
    switch type {
    case "tcp reset":
      if !draft.knows(only: [6]) { constrain(onlyIf(.transport([6]))) }
      return emit(.reject(.tcpReset))
    case "icmp": if source.family != .ip { constrain(onlyIf(.family(.ipv4))) }
    case "icmpv6": if source.family != .ip6 { constrain(onlyIf(.family(.ipv6))) }
    default: break
    }
    emit(.reject(.administrativelyProhibited))
  }

  private func onlyIf(_ match: Match) -> NftReadCondition {
    NftReadCondition(alternatives: [[match]], text: "")
  }

  // MARK: Verdict maps

  /// `{"vmap": {"key": …, "data": …}}`: one rule an element, the one for all others last.
  mutating func readVerdictMap(_ value: JSONPlace) throws(RulesetReadError) {
    guard let key = tree.member(value, "key"), let data = tree.member(value, "data") else {
      throw tree.fault("expected `vmap` with `key` and `data`", at: value)
    }
    endStatements(always: true)
    draft.isFinished = true
    let (entries, isStatic) = try mapEntries(data)
    let text = "\(tree.text(key)) vmap \(tree.text(data))"
    let verdicts = try entries.map { entry throws(RulesetReadError) in
      try verdict(entry.value)
    }
    var entryRules: [NftMapRule] = []
    let isSmall = entries.count <= max(64, min(4096, budget.extraRules))
    let calls = verdicts.contains { $0?.isCall ?? true }
    var isSpelledOut = isStatic && isSmall
    if isSpelledOut {
      for (entry, verdict) in zip(entries, verdicts) {
        guard let rule = mapRule(key, entry.key, verdict, text, calls: calls) else {
          isSpelledOut = false
          break
        }
        entryRules.append(rule)
      }
    }
    if !isSpelledOut { entryRules = anyOf(verdicts, text, key) }
    budget.extraRules -= entryRules.count
    for rule in entryRules.filter({ !$0.isForOthers }) + entryRules.filter(\.isForOthers) {
      guard let verdict = rule.verdict else { continue }
      let before = draft
      draft.add(NftReadCondition(alternatives: rule.alternatives, text: text))
      emitRules(verdict)
      draft = before
    }
  }

  /// The rule of one element; `nil` where its key is not modelled.
  private mutating func mapRule(
    _ key: JSONPlace, _ element: JSONPlace, _ verdict: Verdict?, _ text: String, calls: Bool
  ) -> NftMapRule? {
    if tree.isString(element, "*") {
      // After a call, or `continue`, this rule would be looked at as well.
      let rest = calls ? [opaque("no element of \(text)", isStateful: true)] : []
      return NftMapRule(
        alternatives: [tree.implied(key) + rest], verdict: verdict, isForOthers: true)
    }
    guard var alternatives = keyMeaning(key, element) else { return nil }
    let changes = alternatives.contains { $0.contains { $0.readsMark || $0.readsLabelOrSet } }
    if calls, changes {
      alternatives = [[opaque("\(tree.text(element)) of \(text)", isStateful: true)]]
    }
    return NftMapRule(alternatives: alternatives, verdict: verdict)
  }

  /// Each verdict of the map may come, or none.
  private func anyOf(_ verdicts: [Verdict?], _ text: String, _ key: JSONPlace) -> [NftMapRule] {
    var known: Set<Verdict> = []
    var result: [NftMapRule] = []
    for case let verdict? in verdicts where known.insert(verdict).inserted {
      let match = opaque("\(text) to \(verdict.words)", isStateful: true)
      result.append(NftMapRule(alternatives: [tree.implied(key) + [match]], verdict: verdict))
    }
    return result
  }

  /// Keys and verdicts, and whether they stay as they are.
  private mutating func mapEntries(_ data: JSONPlace) throws(RulesetReadError)
    -> (entries: [(key: JSONPlace, value: JSONPlace)], isStatic: Bool)
  {
    var isStatic = true
    var places: [JSONPlace]
    if let name = tree.setReference(data) {
      guard let index = source.setIndex[name], let contents = contents[name] else {
        throw tree.fault("there is no map `\(printable(name))` in the table", at: data)
      }
      places = source.sets[index].elements.flatMap { tree.items($0) ?? [$0] }
      isStatic = contents.places != nil && spend(places.count)
    } else if let elements = tree.member(data, "set") {
      places = tree.items(elements) ?? [elements]
    } else {
      throw tree.fault("expected a map", at: data)
    }
    var entries: [(key: JSONPlace, value: JSONPlace)] = []
    for place in places {
      guard let pair = tree.items(place), pair.count == 2 else {
        throw tree.fault("expected a key and a verdict", at: place)
      }
      let key = tree.plainElement(pair[0])
      if key == nil { isStatic = false }
      entries.append((key ?? pair[0], pair[1]))
    }
    return (entries, isStatic)
  }
}

private struct NftMapRule {
  var alternatives: Alternatives
  /// `nil` for `continue`.
  var verdict: Verdict?
  /// For packets that no other element is for.
  var isForOthers = false
}

extension Verdict {
  fileprivate var words: String {
    switch self {
    case .accept: "accept"
    case .drop: "drop"
    case .reject: "reject"
    case .jump(let chain): "jump \(chain)"
    case .goto(let chain): "goto \(chain)"
    case .return: "return"
    }
  }

  /// The rules after it may be reached.
  fileprivate var isCall: Bool {
    switch self {
    case .jump: true
    case .accept, .drop, .reject, .goto, .return: false
    }
  }
}
