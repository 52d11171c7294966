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
    var current = chain.name
    declare(current)
    for rule in chain.rules { try append(rule, to: &current) }
  }

  /// - Parameter current: the chain that the next rule belongs to; another one after a rule that had
  ///   to leave the chain from within a chain of its own.
  private mutating func append(
    _ rule: Rule, to current: inout String
  ) throws(UnsupportedByTarget) {
    let translation = MatchOptions(family: family, origin: rule.origin, sets: sets)
    let alternatives = try translation.alternatives(rule.matches)
    guard let first = alternatives.first else { return }
    let actions = try RuleActions(rule, family: family, table: table, sets: sets)
    let comment = commentOption(rule)
    let needsTransport = (actions.always + actions.rest).compactMap(\.transport)
    for transport in needsTransport where !alternatives.allSatisfy({ $0.transport == transport }) {
      throw translation.unsupported(
        "a TCP reset for other protocols", "compare the protocol with TCP")
    }
    // Only interfaces and fragments make exclusions, and they never make alternatives.
    let exclusions = first.exclusions
    let entries = alternatives.map(\.text)
    if exclusions.isEmpty, actions.limit == nil,
      !RuleActions.changesWhatIsCompared(actions.rest, first)
    {
      let texts = actions.rest.isEmpty ? [""] : actions.rest.map(\.text)
      for entry in entries { for text in texts { add([entry, comment, text], to: current) } }
    } else if exclusions.isEmpty, entries.count == 1, let limit = actions.limit,
      actions.always.isEmpty, actions.rest.count <= 1
    {
      add([entries[0], limit, comment, actions.rest.first?.text ?? ""], to: current)
    } else {
      writeBlock(entries, exclusions, actions, comment, in: &current)
    }
  }

  /// Enters a new chain by any of the entries, and carries the actions out there.
  private mutating func writeBlock(
    _ entries: [String], _ exclusions: [String], _ actions: RuleActions, _ comment: String,
    in current: inout String
  ) {
    let outer = current
    let inner = declareNext()
    let rest = actions.leavesChain ? declareNext() : nil
    let enter = rest == nil ? "-j" : "-g"
    for entry in entries { add([entry, comment, "\(enter) \(inner)"], to: outer) }
    // What returns from `inner` would come back here, so the rest of this chain moves as well.
    if let rest { add(["-g \(rest)"], to: outer) }
    let leave = rest.map { "-g \($0)" } ?? "-j RETURN"
    for exclusion in exclusions { add([exclusion, leave], to: inner) }
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

  private func commentOption(_ rule: Rule) -> String {
    // A comment has 256 bytes with its NUL (linux/netfilter/xt_comment.h).
    var text = rule.comment(byteLimit: 250)
    if text.isEmpty { return "" }
    var plain = ""
    for scalar in text.unicodeScalars {
      plain.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7f ? " " : scalar)
    }
    text = plain
    // Some releases take an argument that begins with a dash for an option.
    if text.hasPrefix("-") { text = " " + text }
    return "-m comment --comment \(restoreQuoted(text))"
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

extension RuleActions {
  /// A second rule with the same matches would not match any more.
  fileprivate static func changesWhatIsCompared(
    _ actions: [RuleAction], _ options: RuleOptions
  ) -> Bool {
    options.comparesMark && actions.dropLast().contains { $0.changesMark }
  }
}
