package import PacketSpace
package import Policy
import RulesetIR

/// What rules are held against.
package struct AuditScope: Sendable {
  /// What leaves by these is encrypted.
  package var tunnels: [InterfacePattern]
  /// Devices behind which only this machine's own containers or clients are.
  package var inside: [InterfacePattern]
  /// `nil`: nothing but the rules is known, and all that leaves outside the tunnels counts.
  package var policy: AuditPolicy?

  package init(tunnels: [InterfacePattern], inside: [InterfacePattern] = []) {
    self.tunnels = tunnels
    self.inside = inside
    policy = nil
  }

  package init(_ policy: AuditPolicy) {
    tunnels = policy.policy.tunnels.flatMap(\.interfaces)
    inside = policy.policy.forwards.flatMap(\.interfaces)
    self.policy = policy
  }
}

/// A policy that rules are meant to be those of.
package struct AuditPolicy: Sendable {
  package var policy: Policy
  package var tags: PolicyTags
  package var target: ProofTarget

  package init(_ policy: Policy, tags: PolicyTags, on target: ProofTarget) {
    self.policy = policy
    self.tags = tags
    self.target = target
  }
}

extension AuditScope {
  /// The tunnels' own addresses, as far as they are known.
  var tunnelAddresses: AddressSet {
    addresses { $0.addresses.map(\.addresses) }
  }

  /// What else lives inside the tunnels.
  var innerAddresses: AddressSet {
    addresses { ($0.inner + $0.dns).map(\.addresses) }.subtracting(.loopbackRange)
  }

  var endpointAddresses: AddressSet {
    addresses { $0.endpoints.map(\.addresses) }
  }

  private func addresses(_ lines: (Tunnel) -> [AddressSet]) -> AddressSet {
    (policy?.policy.tunnels ?? []).flatMap(lines).reduce(AddressSet()) { $0.union($1) }
  }
}

extension AuditPolicy {
  func meaning(_ ruleset: Ruleset) -> PolicyMeaning {
    LeakCheck.meaning(of: policy, for: ruleset, tags: tags, on: target)
  }
}
