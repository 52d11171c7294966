import PacketSpace
import RulesetIR

/// A table's built-in chains, with hooks, types and priorities.
///
/// Source: iptables(8); `enum nf_ip_hook_priorities`, linux/netfilter_ipv4.h. nft has the output chain of
/// mangle as type route: a mark that changes there routes the packet anew.
struct BuiltInChains {
  let bases: [String: BaseChain]
  /// In the order in which a packet meets them.
  let names: [String]

  /// `nil` where iptables has no such table.
  init?(table: String) {
    let hooks: [Hook]
    switch table {
    case "filter", "security": hooks = [.input, .forward, .output]
    case "mangle": hooks = [.prerouting, .input, .forward, .output, .postrouting]
    case "nat": hooks = [.prerouting, .input, .output, .postrouting]
    case "raw": hooks = [.prerouting, .output]
    default: return nil
    }
    var bases: [String: BaseChain] = [:]
    for hook in hooks {
      let type: ChainType =
        table == "nat" ? .nat : table == "mangle" && hook == .output ? .route : .filter
      let priority: Int32 =
        switch table {
        case "raw": -300
        case "mangle": -150
        case "nat": hook == .prerouting || hook == .output ? -100 : 100
        case "security": 50
        default: 0
        }
      bases[hook.rawValue.uppercased()] = BaseChain(
        type: type, hook: hook, priority: priority, policy: .accept)
    }
    self.bases = bases
    names = hooks.map { $0.rawValue.uppercased() }
  }
}

/// Builds one table from the lines of a save, or of what `iptables-restore` reads.
struct SavedTable {
  let family: AddressFamily
  let name: String
  private let builtIn: BuiltInChains
  private let surroundings: SavedSurroundings
  /// Without their rules.
  private var chains: [Chain] = []
  /// Of each chain: what each rule of the text means.
  private var rules: [[[Rule]]] = []
  private var indexes: [String: Int] = [:]
  private var sets: [NamedSet] = []
  private var setNames: Set<String> = []
  /// Where a chain was named first, for messages.
  private var places: [String: SavedWord] = [:]

  /// - Parameter name: `filter`, without its `*`.
  init(
    _ name: SavedWord, _ family: AddressFamily, _ surroundings: SavedSurroundings
  ) throws(RulesetReadError) {
    guard let builtIn = BuiltInChains(table: name.text) else {
      throw name.error("expected a table of iptables, found \(name.quoted)")
    }
    self.family = family
    self.name = name.text
    self.builtIn = builtIn
    self.surroundings = surroundings
    for chain in builtIn.names { append(Chain(name: chain, base: builtIn.bases[chain])) }
  }

  /// Any line between `*TABLE` and `COMMIT`.
  mutating func read(_ line: SavedLine) throws(RulesetReadError) {
    var words = line.words[...]
    // `[PACKETS:BYTES]` of `iptables-save -c`.
    if let first = words.first, !first.isQuoted, first.text.hasPrefix("[") {
      words = words.dropFirst()
    }
    guard let command = words.popFirst() else {
      throw line.words[0].error("expected a rule behind its counters")
    }
    if command.text.hasPrefix(":"), !command.isQuoted {
      return try declare(command, words)
    }
    guard let chain = words.popFirst() else {
      throw command.error("expected a chain behind \(command.quoted)")
    }
    switch command.text {
    case "-A", "--append": try add(words, to: chain, at: nil)
    case "-I", "--insert":
      var place = 1
      if let word = words.first, let number = SavedWord.number(word.text[...]) {
        place = Int(number)
        words = words.dropFirst()
      }
      try add(words, to: chain, at: place)
    case "-N", "--new-chain": try declare(chain, named: chain.text)
    case "-P", "--policy": try setPolicy(of: chain, words)
    default:
      throw command.error("expected `-A` and a chain, found \(command.quoted)")
    }
  }

  /// - Throws: where chains lead in a circle, which the kernel refuses.
  func finish() throws(RulesetReadError) -> Table {
    var chains = chains
    for index in chains.indices { chains[index].rules = rules[index].flatMap { $0 } }
    try checkJumps(chains)
    return Table(
      family: family == .ipv4 ? .ip : .ip6, name: name, sets: sets, chains: chains)
  }

  func ruleCount(_ chain: String) -> Int? { indexes[chain].map { rules[$0].count } }

  var ownChains: [String] { chains.filter { $0.base == nil }.map(\.name) }

  // MARK: Chains

  private mutating func append(_ chain: Chain) {
    indexes[chain.name] = chains.count
    chains.append(chain)
    rules.append([])
  }

  /// `:CHAIN POLICY [PACKETS:BYTES]`
  private mutating func declare(
    _ word: SavedWord, _ rest: ArraySlice<SavedWord>
  ) throws(RulesetReadError) {
    let chain = String(word.text.dropFirst())
    guard let policy = rest.first else {
      throw word.error("expected a policy behind the chain's name")
    }
    if builtIn.bases[chain] != nil {
      try setPolicy(of: SavedWord(text: chain, line: word.line, column: word.column + 1), rest)
    } else if policy.text == "-" {
      try declare(word, named: chain)
    } else {
      throw policy.error("expected `-`, since \(word.quoted) is no built-in chain of this table")
    }
  }

  private mutating func declare(
    _ word: SavedWord, named name: String
  ) throws(RulesetReadError) {
    if name.isEmpty { throw word.error("expected the name of a chain") }
    if indexes[name] != nil { throw word.error("chain `\(name)` is there already") }
    append(Chain(name: name))
    places[name] = word
  }

  private mutating func setPolicy(
    of chain: SavedWord, _ rest: ArraySlice<SavedWord>
  ) throws(RulesetReadError) {
    guard let index = indexes[chain.text], chains[index].base != nil else {
      throw chain.error("\(chain.quoted) is no built-in chain of table \(name)")
    }
    switch rest.first?.text {
    case "ACCEPT": chains[index].base?.policy = .accept
    case "DROP": chains[index].base?.policy = .drop
    default: throw (rest.first ?? chain).error("expected the policy ACCEPT or DROP")
    }
  }

  // MARK: Rules

  private mutating func add(
    _ words: ArraySlice<SavedWord>, to chain: SavedWord, at place: Int?
  ) throws(RulesetReadError) {
    guard let index = indexes[chain.text] else {
      throw chain.error("chain \(chain.quoted) is not declared in table \(name)")
    }
    let count = rules[index].count
    let position = place.map { $0 - 1 } ?? count
    if position < 0 || position > count {
      throw chain.error("chain \(chain.quoted) has no position \(position + 1)")
    }
    let (known, bases) = (indexes, builtIn.bases)
    var reader = RuleReader(
      family: family, table: name, place: "\(name) \(chain.text) \(position + 1)",
      surroundings: surroundings, isChain: { known[$0] != nil && bases[$0] == nil })
    let rule = try reader.read(words)
    for set in reader.usedSets where setNames.insert(set.name).inserted { sets.append(set) }
    rules[index].insert(rule, at: position)
  }

  /// Deeper than any tool makes chains, and no danger for the stack of who walks them.
  private static let depthLimit = 256

  private func checkJumps(_ chains: [Chain]) throws(RulesetReadError) {
    var depths: [Int?] = Array(repeating: nil, count: chains.count)
    let targets = chains.map { chain in Set(chain.rules.compactMap(\.target)).sorted() }
    for start in chains.indices where depths[start] == nil {
      var path = [(chain: start, next: 0)]
      var isOnPath: Set<Int> = [start]
      while let (chain, next) = path.last {
        guard next < targets[chain].count else {
          let below = targets[chain].compactMap { indexes[$0].flatMap { depths[$0] } }
          depths[chain] = 1 + (below.max() ?? 0)
          if let depth = depths[chain], depth > SavedTable.depthLimit {
            throw problem(chain, "leads through more than \(SavedTable.depthLimit) chains")
          }
          isOnPath.remove(chain)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        guard let target = indexes[targets[chain][next]] else { continue }
        if isOnPath.contains(target) { throw problem(target, "leads back to itself") }
        if depths[target] == nil {
          path.append((target, 0))
          isOnPath.insert(target)
        }
      }
    }
  }

  private func problem(_ index: Int, _ what: String) -> RulesetReadError {
    let name = chains[index].name
    let place = places[name]
    return RulesetReadError(
      "chain `\(name)` \(what)", line: place?.line ?? 1, column: place?.column ?? 1)
  }
}

extension Rule {
  fileprivate var target: String? {
    switch verdict {
    case .jump(let chain), .goto(let chain): chain
    case .accept, .drop, .reject, .return, nil: nil
    }
  }
}
