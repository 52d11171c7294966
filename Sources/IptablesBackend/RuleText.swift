import PacketSpace
package import RulesetIR

/// One rule as iptables has it: the options of the rules that it becomes, without their chain.
///
/// A rule that iptables cannot say in one is told by its parts: what leads to it, then what it does.
package func iptablesRuleText(
  _ rule: Rule, in table: Table, of ruleset: Ruleset, policy name: String
) throws(UnsupportedByTarget) -> [String] {
  let sets = IpsetBook(ruleset, prefix: "KSP_\(name)_")
  let families = try table.iptablesFamily(rule)
  guard
    let translated = try TranslatedRule(rule, family: families, table: table.name, sets: sets)
  else { return [] }
  let parts = translated.plainRules ?? translated.entries.map(translated.parts)
  return parts.map { $0.filter { !$0.isEmpty }.joined(separator: " ") }
}

extension TranslatedRule {
  fileprivate func parts(ledToBy entry: String) -> [String] {
    var parts = [entry]
    parts += exclusions.map { "but not \($0)" }
    parts += actions.always.map(\.text)
    if let limit = actions.limit { parts.append(limit) }
    parts += actions.rest.map(\.text)
    return parts + [comment]
  }
}

extension Table {
  fileprivate func iptablesFamily(_ rule: Rule) throws(UnsupportedByTarget) -> AddressFamily {
    switch family {
    case .ip: return .ipv4
    case .ip6: return .ipv6
    case .inet, .netdev, .bridge, .arp:
      throw UnsupportedByTarget(
        "a table of family \(family.rawValue) in iptables", instead: "use --target nft",
        origin: rule.origin)
    }
  }
}
