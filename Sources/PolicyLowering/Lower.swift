package import Policy
package import RulesetIR

/// In which shape of netfilter rules a policy is wanted.
package enum Dialect: String, CaseIterable, Sendable {
  /// One `inet` table of our own.
  case nftables
  /// Chains in the shared `filter`, `mangle` and `nat` tables of both families.
  case iptables
}

/// A policy as rules.
///
/// - Parameter version: of the compiler; the rules carry it, with the policy's name and the hash of its meaning.
/// - Throws: where the dialect cannot say a statement; nothing is left out in silence.
package func lower(
  _ policy: Policy, to dialect: Dialect, version: String
) throws(UnsupportedByTarget) -> Ruleset {
  let ruleset = try lowerToNftables(policy)
  let identity = "kspolicy \(version) policy \(policy.name) meaning \(ruleset.fingerprint)"
  switch dialect {
  case .nftables:
    return ruleset.identified(identity)
  case .iptables:
    return try lowerToIptables(policy, identity: identity)
  }
}

/// What rules say of themselves: `kspolicy VERSION policy NAME meaning HASH`.
package func identity(of ruleset: Ruleset) -> String? {
  let chains = ruleset.tables.flatMap(\.chains)
  return chains.first { $0.name.hasSuffix(aboutChain) }?.rules.first?.note
}

/// The end of its name in every dialect.
private let aboutChain = "about"

extension Ruleset {
  /// A chain that nothing jumps to says in its comment what is loaded; libnftables JSON has no other
  /// place for it.
  fileprivate func identified(_ identity: String) -> Ruleset {
    var result = self
    if let first = result.tables.indices.first {
      result.tables[first].chains.append(
        Chain(name: aboutChain, rules: [Rule([], [], .return, note: identity)]))
    }
    return result
  }
}
