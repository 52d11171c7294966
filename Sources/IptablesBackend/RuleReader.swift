import PacketSpace
import RulesetIR

/// Reads one rule of a saved table.
///
/// A rule that the model cannot say in one becomes several, of which a packet matches one at most
/// (`-s a,b` apart, which iptables itself makes two rules of).
struct RuleReader {
  let family: AddressFamily
  let table: String
  /// Where the rule stands, `filter INPUT 3`: part of the name of what answers anew each time.
  let place: String
  let surroundings: SavedSurroundings
  let isChain: (String) -> Bool

  /// What the rule asks for, as alternatives.
  private var alternatives: [[Match]] = [[]]
  /// Rules for effects that matches have.
  private var finished: [Rule] = []
  /// Protocol of a `-p` that is not negated.
  private(set) var transport: UInt8?
  var comment: String?
  /// The named sets that the rule looks up, with those made for ranges of addresses.
  private(set) var usedSets: [NamedSet] = []

  /// More alternatives than this and what comes next is not modelled, never left out.
  private static let alternativeLimit = 64

  init(
    family: AddressFamily, table: String, place: String, surroundings: SavedSurroundings,
    isChain: @escaping (String) -> Bool
  ) {
    self.family = family
    self.table = table
    self.place = place
    self.surroundings = surroundings
    self.isChain = isChain
  }

  /// - Parameter words: what stands behind the chain's name.
  mutating func read(_ words: ArraySlice<SavedWord>) throws(RulesetReadError) -> [Rule] {
    let syntax = try SavedRuleSyntax(words, isChain: isChain)
    for option in syntax.core { try read(option) }
    for module in syntax.modules { try read(module) }
    let outcomes = try self.outcomes(syntax.target, isGoto: syntax.isGoto)
    if finished.isEmpty || syntax.target != nil { for outcome in outcomes { finish(outcome) } }
    let (note, origin) = splitRuleComment(comment ?? "")
    for index in finished.indices {
      finished[index].note = note
      finished[index].origin = origin
    }
    return finished
  }

  // MARK: Conditions

  mutating func add(_ match: Match) {
    for index in alternatives.indices { alternatives[index].append(match) }
  }

  mutating func add(_ match: Match, isNegated: Bool) { add(isNegated ? .not(match) : match) }

  /// - Parameter choices: the rule holds where one of them does; at least one.
  mutating func add(_ choices: [[Match]]) {
    precondition(!choices.isEmpty, "a condition that nothing can meet is not left out")
    if alternatives.count * choices.count > RuleReader.alternativeLimit {
      add(.opaque("one of \(choices.count) conditions (\(place), \(alternatives[0].count))"))
      return
    }
    alternatives = alternatives.flatMap { matches in choices.map { matches + $0 } }
  }

  /// A condition that the model does not know.
  mutating func addOpaque(_ text: String, isNegated: Bool = false, isStateful: Bool = false) {
    add(.opaque(isStateful ? "\(text) (\(place))" : text), isNegated: isNegated)
  }

  /// No packet meets it.
  mutating func addNever() { add(.not(.family(family))) }

  mutating func use(_ set: NamedSet) {
    if !usedSets.contains(where: { $0.name == set.name }) { usedSets.append(set) }
  }

  /// Lets a match have its effect on the packets that meet all conditions so far.
  mutating func flush(_ statements: [RuleStatement]) {
    for matches in alternatives { finished.append(Rule(matches, statements, nil)) }
  }

  private mutating func finish(_ outcome: RuleOutcome) {
    for matches in alternatives {
      finished.append(Rule(matches + outcome.matches, outcome.statements, outcome.verdict))
    }
  }

  func require(_ family: AddressFamily, _ word: SavedWord) throws(RulesetReadError) {
    if family == self.family { return }
    throw word.error("\(word.quoted) is for \(family.title), and this table is not")
  }

  /// The kernel takes a module of a protocol only in a rule for this protocol.
  func require(transport number: UInt8, _ word: SavedWord) throws(RulesetReadError) {
    if transport == number { return }
    throw word.error(
      "`-m \(word.text)` needs `-p \(RuleOptions.protocolName(number))` in the same rule")
  }

  // MARK: Options of iptables itself

  private mutating func read(_ option: SavedOption) throws(RulesetReadError) {
    switch option.kind {
    case .source: try readAddress(.source, option)
    case .destination: try readAddress(.destination, option)
    case .input: try readInterface(.input, option)
    case .output: try readInterface(.output, option)
    case .transport: try readTransport(option)
    case .fragment:
      try require(.ipv4, option.name)
      add(.laterFragment(.ipv4), isNegated: option.isNegated)
    case .counters, .module, .jump, .goto, nil: break
    }
  }

  private mutating func readAddress(
    _ field: AddressField, _ option: SavedOption
  ) throws(RulesetReadError) {
    let word = option.arguments[0]
    let addresses = try word.addresses(family)
    if addresses.count > 1, option.isNegated {
      throw word.error("a list of addresses cannot be negated")
    }
    let opaque = Match.opaque(option.positiveText)
    var choices: [Match] = []
    for address in addresses {
      switch address {
      case .prefix(let prefix) where prefix.length == 0:
        if option.isNegated { addNever() }
        if addresses.count == 1 { return }
        choices.append(.family(family))
      case .prefix(let prefix):
        choices.append(.address(field, .prefix(prefix), isNegated: option.isNegated))
      case .masked:
        choices.append(option.isNegated ? .not(opaque) : opaque)
      }
    }
    add(choices.map { [$0] })
  }

  private mutating func readInterface(
    _ side: InterfaceSide, _ option: SavedOption
  ) throws(RulesetReadError) {
    let word = option.arguments[0]
    let isPrefix = word.text.hasSuffix("+")
    let name = isPrefix ? String(word.text.dropLast()) : word.text
    if word.text.isEmpty || word.text.utf8.count > 15 || word.text.contains("\u{fffd}") {
      throw word.error("expected the name of an interface, found \(word.quoted)")
    }
    if name.isEmpty {
      // `+` alone is any interface, and none as well.
      if option.isNegated { addNever() }
    } else {
      add(
        .interface(
          side, InterfacePattern(name, isPrefix: isPrefix), isNegated: option.isNegated))
    }
  }

  private mutating func readTransport(_ option: SavedOption) throws(RulesetReadError) {
    let word = option.arguments[0]
    guard let number = try SavedProtocols.number(word) else {
      return addOpaque("-p \(word.text)", isNegated: option.isNegated)
    }
    if number == 0 {
      if option.isNegated { addNever() }
      return
    }
    if !option.isNegated { transport = number }
    add(.transport([number]), isNegated: option.isNegated)
  }
}

/// One thing that a rule may do, and when.
struct RuleOutcome {
  /// Beside the rule's own.
  var matches: [Match] = []
  var statements: [RuleStatement] = []
  var verdict: Verdict?
}
