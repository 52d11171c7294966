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
    default:
      let (verdict, target) = try verdict(item)
      if let target { link(target) }
      emit(verdict)
    }
  }

  /// `nil` for `continue`.
  private func verdict(_ item: JSONPlace) throws(RulesetReadError) -> (Verdict?, NftTarget?) {
    guard let (tag, value) = tree.tagged(item) else {
      throw tree.fault("expected a verdict", at: item)
    }
    switch tag {
    case "accept": return (.accept, nil)
    case "drop": return (.drop, nil)
    case "return": return (.return, nil)
    case "continue": return (nil, nil)
    case "jump":
      let target = try target(value)
      return (.jump(source.chains[target.chain].name), target)
    case "goto":
      let target = try target(value)
      return (.goto(source.chains[target.chain].name), target)
    default: throw tree.fault("`\(brief(tag))` is no verdict", at: item)
    }
  }

  private func target(_ value: JSONPlace) throws(RulesetReadError) -> NftTarget {
    guard let place = tree.member(value, "target"), let name = tree.string(place) else {
      throw tree.fault("expected a chain `target`", at: value)
    }
    guard let index = source.chainIndex[name] else {
      throw tree.fault("there is no chain `\(brief(name))` in the table", at: place)
    }
    if source.chains[index].base != nil {
      throw tree.fault("`\(brief(name))` is a base chain, which no rule can reach", at: place)
    }
    return NftTarget(chain: index, place: place)
  }

  private mutating func link(_ target: NftTarget) {
    links.append(NftChainLink(from: chain, to: target.chain, place: target.place))
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
    let map = try map(data)
    let text = "\(tree.text(key)) vmap \(tree.text(data))"
    // A map with a name costs as much at every look at it.
    guard tree.setReference(data) == nil || spend(map.entries.count) else {
      return mayDoAnything(value, text)
    }
    for target in map.targets { link(target) }
    let calls = map.entries.contains { $0.verdict?.isCall ?? true }
    var entryRules: [NftMapRule] = []
    var isSpelledOut = map.isStatic && map.entries.count <= max(64, min(4096, budget.extraRules))
    for entry in map.entries where isSpelledOut {
      if let rule = mapRule(key, entry, text, calls: calls) {
        entryRules.append(rule)
      } else {
        isSpelledOut = false
      }
    }
    if !isSpelledOut { entryRules = anyOf(map, text, key) }
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
    _ key: JSONPlace, _ entry: NftMap.Entry, _ text: String, calls: Bool
  ) -> NftMapRule? {
    let (element, verdict) = (entry.key, entry.verdict)
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
  private func anyOf(_ map: NftMap, _ text: String, _ key: JSONPlace) -> [NftMapRule] {
    map.verdicts.map { verdict in
      let match = opaque("\(text) to \(verdict.words)", isStateful: true)
      return NftMapRule(alternatives: [tree.implied(key) + [match]], verdict: verdict)
    }
  }

  private mutating func map(_ data: JSONPlace) throws(RulesetReadError) -> NftMap {
    if let name = tree.setReference(data) {
      if let known = maps[name] { return known }
      guard let index = source.setIndex[name], let contents = contents[name] else {
        throw tree.fault("there is no map `\(brief(name))` in the table", at: data)
      }
      let places = source.sets[index].elements.flatMap { tree.items($0) ?? [$0] }
      let map = try map(places, isStatic: contents.places != nil)
      maps[name] = map
      return map
    }
    guard let elements = tree.member(data, "set") else {
      throw tree.fault("expected a map", at: data)
    }
    return try map(tree.items(elements) ?? [elements], isStatic: true)
  }

  private func map(_ places: [JSONPlace], isStatic: Bool) throws(RulesetReadError) -> NftMap {
    var map = NftMap(isStatic: isStatic)
    var known: Set<Verdict> = []
    for place in places {
      guard let pair = tree.items(place), pair.count == 2 else {
        throw tree.fault("expected a key and a verdict", at: place)
      }
      let key = tree.plainElement(pair[0])
      if key == nil { map.isStatic = false }
      let (verdict, target) = try verdict(pair[1])
      map.entries.append(NftMap.Entry(key: key ?? pair[0], verdict: verdict))
      if let verdict, known.insert(verdict).inserted {
        map.verdicts.append(verdict)
        if let target { map.targets.append(target) }
      }
    }
    return map
  }
}

/// A verdict map.
struct NftMap {
  struct Entry {
    var key: JSONPlace
    /// `nil` for `continue`.
    var verdict: Verdict?
  }

  var entries: [Entry] = []
  /// Each once.
  var verdicts: [Verdict] = []
  var targets: [NftTarget] = []
  /// Its elements stay as they are.
  var isStatic: Bool
}

/// The chain that a jump or goto names.
struct NftTarget {
  var chain: Int
  var place: JSONPlace
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
