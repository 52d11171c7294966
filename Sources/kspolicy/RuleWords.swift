import IptablesBackend
import NftablesBackend
import PolicyLowering
import RulesetIR

/// The rules that a packet is followed through.
enum RuleWords: String, WordArgument {
  case nft, iptables

  var dialect: Dialect {
    switch self {
    case .nft: .nftables
    case .iptables: .iptables
    }
  }

  /// A rule as its program prints it; one that it cannot say, by its comment.
  func text(_ rule: Rule, in table: Table, of ruleset: Ruleset, policy name: String) -> [String] {
    do throws(UnsupportedByTarget) {
      switch self {
      case .nft: return [try nftRuleText(rule, in: table)]
      case .iptables: return try iptablesRuleText(rule, in: table, of: ruleset, policy: name)
      }
    } catch {
      return [rule.comment(byteLimit: 128)]
    }
  }
}
