package import PacketSpace
package import RulesetIR

/// Packets that a comparison leaves out, and why.
package struct ProofException: Sendable {
  package var reason: String
  package var traversals: [Traversal]
  package var packets: PacketExpression

  package init(
    _ reason: String, in traversals: [Traversal] = Traversal.allCases, _ packets: PacketExpression
  ) {
    self.reason = reason
    self.traversals = traversals
    self.packets = packets
  }
}

/// What rules of a kind can say at all, and so how far they can be proven.
package struct ProofTarget: Sendable {
  /// Rules can ask for the type of a device; else a tunnel's `kind` counts for nothing.
  package var seesDeviceTypes: Bool
  /// The last hook asks for the cgroup itself; else for the bit of the mark that stands for it.
  package var seesCgroupsLast: Bool
  package var exceptions: [ProofException]

  package init(seesDeviceTypes: Bool, seesCgroupsLast: Bool, exceptions: [ProofException] = []) {
    self.seesDeviceTypes = seesDeviceTypes
    self.seesCgroupsLast = seesCgroupsLast
    self.exceptions = exceptions
  }

  package static let nftables = ProofTarget(seesDeviceTypes: true, seesCgroupsLast: false)

  /// - Parameter ruleset: whose long lists of addresses decide what cannot be said.
  package static func iptables(_ ruleset: Ruleset) -> ProofTarget {
    let hasSets = ruleset.tables.contains { $0.sets.contains { $0.elements.count > 0 } }
    return ProofTarget(
      seesDeviceTypes: false, seesCgroupsLast: true,
      exceptions: hasSets ? [forwardedLast, errorsAboutSets] : [forwardedLast])
  }

  /// The last hook does not see by which device a packet came: a bit of the mark, of those that the rules keep for
  /// themselves, says that the forward hook let it pass.
  private static let forwardedLast = ProofException(
    "forwarded packets are decided in the forward hook", in: [.postrouting],
    .or([
      .test(PacketTest(.origin, UInt128(PacketOrigin.forwarded.rawValue))),
      .not(.test(PacketTest(.mark, .bits(value: 0, mask: 0xff00_0000)))),
    ]))

  /// A set is looked up for a packet's own addresses, not for those of the connection that an error is about.
  private static let errorsAboutSets = ProofException(
    "an error is not asked whether it is about an address of a long list", in: [.arrives],
    .and([
      .test(PacketTest(.ctState, UInt128(PacketCTState.related.rawValue))),
      .test(PacketTest(.ctDirection, 1)),
    ]))
}
