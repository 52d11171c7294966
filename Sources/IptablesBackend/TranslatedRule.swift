import PacketSpace
import RulesetIR

/// A rule in iptables' words, before it is placed in a chain.
struct TranslatedRule {
  /// The options of rules that together match what the rule matches.
  var entries: [String]
  /// Options of rules that must return first.
  var exclusions: [String]
  var actions: RuleActions
  /// `-m comment` with its option; empty for none.
  var comment: String
  /// The actions change a mark that the entries compare: a second rule would not match any more.
  private var changesWhatIsCompared: Bool

  /// `nil` where no packet can match the rule.
  init?(
    _ rule: Rule, family: AddressFamily, table: String, sets: IpsetBook
  ) throws(UnsupportedByTarget) {
    let translation = MatchOptions(family: family, origin: rule.origin, sets: sets)
    let alternatives = try translation.alternatives(rule.matches)
    actions = try RuleActions(rule, family: family, table: table, sets: sets)
    let all = actions.always + actions.rest
    for transport in all.compactMap(\.transport)
    where !alternatives.allSatisfy({ $0.transport == transport }) {
      throw translation.unsupported(
        "a TCP reset for other protocols", "compare the protocol with TCP")
    }
    guard let first = alternatives.first else { return nil }
    entries = alternatives.map(\.text)
    // Only interfaces and fragments make exclusions, and they never make alternatives.
    exclusions = first.exclusions
    changesWhatIsCompared = first.comparesMark && all.dropLast().contains { $0.changesMark }
    comment = TranslatedRule.commentOption(rule)
  }

  /// The rules where several with the same matches do; `nil` where it takes a chain of its own.
  var plainRules: [[String]]? {
    if !exclusions.isEmpty || changesWhatIsCompared { return nil }
    guard let limit = actions.limit else {
      let texts = actions.rest.isEmpty ? [""] : actions.rest.map(\.text)
      return entries.flatMap { entry in texts.map { [entry, comment, $0] } }
    }
    // Two rules with a limit each would let twice as many pass.
    if entries.count > 1 || actions.rest.count > 1 || !actions.always.isEmpty { return nil }
    return [[entries[0], limit, comment, actions.rest.first?.text ?? ""]]
  }

  private static func commentOption(_ rule: Rule) -> String {
    // A comment has 256 bytes with its NUL (linux/netfilter/xt_comment.h).
    let text = rule.comment(byteLimit: 250)
    if text.isEmpty { return "" }
    // Some releases take an argument that begins with a dash for an option.
    var plain = text.hasPrefix("-") ? " " : ""
    for scalar in text.unicodeScalars {
      plain.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7f ? " " : scalar)
    }
    return "-m comment --comment \(restoreQuoted(plain))"
  }
}
