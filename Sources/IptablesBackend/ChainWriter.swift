import PacketSpace
import RulesetIR

/// Writes the rules of one table's own chains as `iptables-restore` reads them.
///
/// A rule that iptables cannot say in one, or in several with the same matches, gets a chain of its own
/// (`KSP_NAME_x1`): it is entered by the matches, returns first for what must not match, then acts.
struct ChainWriter {
  let family: AddressFamily
  let table: String
  /// `KSP_NAME_`
  let prefix: String
  let sets: IpsetBook
  /// In the order in which they are declared.
  private(set) var chains: [(name: String, rules: [String])] = []
  private var indexes: [String: Int] = [:]
  private var madeCount = 0

  init(family: AddressFamily, table: String, prefix: String, sets: IpsetBook) {
    self.family = family
    self.table = table
    self.prefix = prefix
    self.sets = sets
  }

  mutating func append(_ chain: Chain) throws(UnsupportedByTarget) {
    var rules: [TranslatedRule] = []
    for rule in chain.rules {
      let translated = try TranslatedRule(rule, family: family, table: table, sets: sets)
      if let translated { rules.append(translated) }
    }
    declare(chain.name)
    var current = chain.name
    var rest = rules[...]
    while let first = rest.first {
      // Rules that exclude the same return together.
      let group = rest.prefix { $0.exclusions == first.exclusions }
      rest = rest.dropFirst(group.count)
      if first.exclusions.isEmpty {
        for rule in group { write(rule, in: &current) }
      } else if group.count == 1, !first.actions.leavesChain {
        writeBlock(first, in: &current)
      } else {
        writeGroup(group, in: &current)
      }
    }
  }

  /// - Parameter current: the chain that the next rule belongs to; another one after a rule that had
  ///   to leave the chain from within a chain of its own.
  private mutating func write(_ rule: TranslatedRule, in current: inout String) {
    guard let lines = rule.plainRules else { return writeBlock(rule, in: &current) }
    for line in lines { add(line, to: current) }
  }

  /// Goes on in a chain that leaves out the group for what it excludes; all the rest of `current` is
  /// in another chain, which both ways lead to.
  private mutating func writeGroup(_ group: ArraySlice<TranslatedRule>, in current: inout String) {
    var inner = declareNext()
    let rest = declareNext()
    add(["-g \(inner)"], to: current)
    for exclusion in group.first?.exclusions ?? [] { add([exclusion, "-g \(rest)"], to: inner) }
    for var rule in group {
      rule.exclusions = []
      write(rule, in: &inner)
    }
    add(["-g \(rest)"], to: inner)
    current = rest
  }

  /// Enters a new chain by any of the entries, and carries the actions out there.
  private mutating func writeBlock(_ rule: TranslatedRule, in current: inout String) {
    let (actions, comment) = (rule.actions, rule.comment)
    let outer = current
    let inner = declareNext()
    let rest = actions.leavesChain ? declareNext() : nil
    let enter = rest == nil ? "-j" : "-g"
    for entry in rule.entries { add([entry, comment, "\(enter) \(inner)"], to: outer) }
    // What returns from `inner` would come back here, so the rest of this chain moves as well.
    if let rest { add(["-g \(rest)"], to: outer) }
    let leave = rest.map { "-g \($0)" } ?? "-j RETURN"
    for exclusion in rule.exclusions { add([exclusion, leave], to: inner) }
    for action in actions.always { add([action.requirement, comment, action.text], to: inner) }
    if let limit = actions.limit {
      if actions.rest.count <= 1 {
        let action = actions.rest.first
        add([action?.requirement ?? "", limit, comment, action?.text ?? ""], to: inner)
      } else {
        let limited = declareNext()
        add([limit, comment, "\(enter) \(limited)"], to: inner)
        for action in actions.rest { add([action.requirement, comment, action.text], to: limited) }
      }
      if rest != nil { add([leave], to: inner) }
    } else {
      for action in actions.rest { add([action.requirement, comment, action.text], to: inner) }
    }
    current = rest ?? outer
  }

  private mutating func declareNext() -> String {
    madeCount += 1
    let name = "\(prefix)x\(madeCount)"
    declare(name)
    return name
  }

  private mutating func declare(_ name: String) {
    precondition(indexes[name] == nil, "two chains of one table have the name \(name)")
    indexes[name] = chains.count
    chains.append((name, []))
  }

  private mutating func add(_ parts: [String], to chain: String) {
    guard let index = indexes[chain] else { preconditionFailure("chain \(chain) is not declared") }
    let line = ["-A \(chain)"] + parts.filter { !$0.isEmpty }
    chains[index].rules.append(line.joined(separator: " "))
  }
}

extension RuleAction {
  /// What the kernel wants to see in the rule itself.
  fileprivate var requirement: String {
    transport.map { "-p \(RuleOptions.protocolName($0))" } ?? ""
  }
}
