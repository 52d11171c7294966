import Policy
import RulesetIR

func lowerToIptables(
  _ policy: Policy, identity: String
) throws(UnsupportedByTarget) -> Ruleset {
  throw UnsupportedByTarget("rules for iptables", instead: "use --target nft", origin: nil)
}
