package import Policy
package import RulesetIR

/// The bits that stand, in the rules of every dialect, for what only a socket knows.
///
/// Rules in iptables' shape take further bits of the mark; what rules write tells which.
package func takenBits(by policy: Policy) throws(UnsupportedByTarget) -> PolicyTags {
  let tags = try Tags(policy)
  return PolicyTags(
    cgroupBits: Dictionary(uniqueKeysWithValues: tags.cgroups.map { ($0.path, $0.bit) }),
    bridgedBit: tags.bridged ?? 0, markBits: tags.allBits, confinedLabel: policy.confinedLabel)
}
