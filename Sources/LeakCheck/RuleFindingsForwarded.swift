import PacketSpace
import RulesetIR

extension LeakSearch {
  /// What this machine hands on for others.
  mutating func searchForwarded() {
    var audit = universe(.forwards)
    let vocabulary = audit.vocabulary
    let passing = audit.passingButForNAT(ruleset)
    let view = audit.view(passing, at: vocabulary.outside)
    ask([vocabulary.forwardOpen, vocabulary.published], &audit, view)
    let open = audit.packets(of: vocabulary.forwardOpen, in: view)
    if !open.isEmpty { searchCauses(&audit, open, by: .forwards) }
    let inside = audit.view(passing, at: vocabulary.byTunnel)
    ask([vocabulary.intoTunnel], &audit, inside)
    isExhausted = isExhausted || audit.universe.isExhausted
  }

  /// What this machine takes in.
  mutating func searchArriving() {
    var audit = universe(.arrives)
    let vocabulary = audit.vocabulary
    let passing = audit.passingButForNAT(ruleset)
    let view = audit.view(passing, at: .all)
    let answers = findings.contains { $0.id == .inboundReply || $0.id == .noPolicy }
    // Without an answer nothing leaves; of a policy's rules every unmeant packet counts.
    if answers || scope.policy != nil {
      ask([vocabulary.revived], &audit, view)
      if !scope.tunnels.isEmpty, !ruleset.guardsTunnelAddresses(scope) {
        ask([vocabulary.tunnelAddressReply], &audit, view)
      }
    }
    ask([vocabulary.inbound], &audit, view)
    if scope.policy == nil { searchLostErrors(&audit, passing) }
    isExhausted = isExhausted || audit.universe.isExhausted
  }
}

extension LeakSearch {
  /// Errors that say how large the packets of the tunnel may be, all of them stopped.
  private mutating func searchLostErrors(_ audit: inout AuditUniverse, _ passing: PacketSet) {
    let tooBig = audit.universe.set(audit.vocabulary.tooBig)
    let taken = audit.universe.intersection(passing, tooBig)
    if audit.witness(taken) != nil { return }
    findings.append(
      RuleFinding(
        .packetTooBig, "errors about packets that are too large are not taken in",
        fix: "accept related ICMP type 3 and ICMPv6 type 2 in input"))
  }
}

extension Ruleset {
  /// Whether a rule drops packets to one address that come in by anything but a tunnel, where the tunnel's
  /// address is not known otherwise: wg-quick and others write it.
  fileprivate func guardsTunnelAddresses(_ scope: AuditScope) -> Bool {
    if !scope.tunnelAddresses.isEmpty { return false }
    return tables.contains { table in
      table.chains.filter { $0.base?.hook == .prerouting }.contains { chain in
        reachable(from: chain, in: table).contains { $0.rule.isDeny && $0.rule.isGuard(scope) }
      }
    }
  }
}

extension Rule {
  fileprivate func isGuard(_ scope: AuditScope) -> Bool {
    let isByAddress = matches.contains {
      if case .address(.destination, _, false) = $0 { true } else { false }
    }
    let isElsewhere = matches.contains {
      if case .interface(.input, let name, true) = $0 {
        scope.tunnels.contains(name)
      } else {
        false
      }
    }
    return isByAddress && isElsewhere
  }
}
