import PacketSpace
import RulesetIR

/// What a condition is compared with.
struct NftOperand {
  /// One value, or the elements of a set.
  var places: [JSONPlace]
  var isSet = false
  /// A named set that the rule set can refer to.
  var set: NftAddressSet?
}

/// No kernel takes a longer rule: `NFT_RULE_MAXEXPRS`, net/netfilter/nf_tables.h.
private let statementLimit = 128

/// Reads the rules of one table.
struct NftTableReader {
  let tree: JSONTree
  let source: NftReadTable
  /// Fields that rules write: two looks at them may differ.
  let writtenKeys: Set<String>
  var budget: NftReadBudget
  /// Every set of the table by its name.
  private(set) var contents: [String: NftSetContents] = [:]
  /// Verdict maps that rules have looked at.
  var maps: [String: NftMap] = [:]
  /// Sets that stand for anonymous ones.
  var newSets: [NamedSet] = []
  /// Chains that stand for several ways to one jump.
  var newChains: [Chain] = []
  var links: [NftChainLink] = []
  /// The rule being read.
  var draft = NftRuleDraft()
  /// Of the chain being read.
  var rules: [Rule] = []
  private(set) var chain = 0
  private var ruleNumber = 0
  private var newNameCount = 0

  init(
    tree: JSONTree, source: NftReadTable, isWritten: Set<String>, writtenKeys: Set<String>,
    budget: NftReadBudget
  ) {
    self.tree = tree
    self.source = source
    self.writtenKeys = writtenKeys
    self.budget = budget
    for set in source.sets where !set.isDeleted {
      contents[set.name] = tree.contents(set, isWritten: isWritten.contains(set.name))
    }
  }

  mutating func read() throws(RulesetReadError) -> Table {
    var table = Table(family: source.family, name: source.name, isDormant: source.isDormant)
    for set in source.sets where !set.isDeleted {
      if let set = contents[set.name]?.set { table.sets.append(set.named) }
    }
    for (index, chain) in source.chains.enumerated() where !chain.isDeleted {
      self.chain = index
      rules = []
      for (number, rule) in source.rules(chain).enumerated() {
        ruleNumber = number + 1
        try read(rule)
      }
      table.chains.append(Chain(name: chain.name, base: chain.base, rules: rules))
    }
    try tree.checkLinks(links, chainCount: source.chains.count)
    table.sets += newSets
    table.chains += newChains
    return table
  }

  private mutating func read(_ rule: JSONPlace) throws(RulesetReadError) {
    draft = NftRuleDraft()
    if let comment = tree.member(rule, "comment").flatMap({ tree.string($0) }) {
      (draft.note, draft.origin) = splitRuleComment(comment)
    }
    let items = tree.member(rule, "expr").flatMap { tree.items($0) } ?? []
    if items.count > statementLimit {
      throw tree.fault("a rule with more than \(statementLimit) statements", at: rule)
    }
    for (index, item) in items.enumerated() {
      if draft.isFinished { throw tree.fault("a statement behind the verdict", at: item) }
      try read(item, followedBy: items[(index + 1)...])
    }
    if !draft.isFinished { emit(nil) }
  }

  // MARK: Names for what is not modelled

  /// Where the rule stands; makes a text one for each occurrence.
  var occurrence: String {
    let chain = source.chains[chain].name
    return "(\(source.family.rawValue) \(source.name) \(chain), rule \(ruleNumber))"
  }

  func opaque(_ text: String, isStateful: Bool = false) -> Match {
    let changes =
      isStateful || writtenKeys.count > 64 || writtenKeys.contains(where: text.contains)
      || text.contains("numgen") || text.contains("meta random")
    return .opaque(printable(changes ? "\(text) \(occurrence)" : text))
  }

  /// A name that no set and no chain of the table has.
  mutating func newName(_ stem: String) -> String {
    while true {
      let name = "\(stem)\(newNameCount)"
      newNameCount += 1
      if contents[name] == nil, source.chainIndex[name] == nil { return name }
    }
  }

  // MARK: Operands

  /// `nil` where elements come and go, or there are too many looks at too many.
  mutating func operand(_ right: JSONPlace) throws(RulesetReadError) -> NftOperand? {
    if let name = tree.setReference(right) {
      guard let contents = contents[name] else {
        throw tree.fault("there is no set `\(brief(name))` in the table", at: right)
      }
      if let set = contents.set {
        return NftOperand(places: contents.places ?? [], isSet: true, set: set)
      }
      guard let places = contents.places, spend(places.count) else { return nil }
      return NftOperand(places: places, isSet: true)
    }
    if let elements = tree.member(right, "set") {
      return NftOperand(places: tree.items(elements) ?? [elements], isSet: true)
    }
    return NftOperand(places: [right])
  }
}

extension NftTableReader {
  /// Whether so many elements of a named set may still be spelled out.
  mutating func spend(_ count: Int) -> Bool {
    budget.elements -= count
    return budget.elements >= 0
  }
}

extension JSONTree {
  /// The name of `"@name"`.
  func setReference(_ place: JSONPlace) -> String? {
    guard let text = string(place), text.hasPrefix("@"), text.utf8.count > 1 else { return nil }
    return String(text.dropFirst())
  }
}
