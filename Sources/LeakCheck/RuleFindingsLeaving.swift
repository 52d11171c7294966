import PacketSpace
import Policy
import PolicyDiagnostics
import RulesetIR

extension LeakSearch {
  /// What this machine sends.
  mutating func searchLeaving() {
    var audit = universe(.leaves)
    let vocabulary = audit.vocabulary
    let passing = audit.passingButForNAT(ruleset)
    let view = audit.view(passing, at: vocabulary.outside)
    if !view.leaks.isEmpty {
      searchOpen(&audit, view)
      ask(
        vocabulary.openQuestions + vocabulary.holeQuestions + vocabulary.serviceQuestions
          + vocabulary.localQuestions + vocabulary.flowQuestions + vocabulary.kernelQuestions
          + vocabulary.ownerQuestions, &audit, view)
      searchPinned(&audit, view)
      searchConditions(&audit, view)
      searchRest(&audit, view)
    }
    searchNATDenies(&audit, view)
    searchStaleCgroups(&audit, view)
    searchRerouted(&audit, passing)
    let inside = audit.view(passing, at: vocabulary.byTunnel)
    if scope.policy != nil, !scope.tunnelAddresses.isEmpty {
      ask(vocabulary.insideQuestions, &audit, inside)
    }
    isExhausted = isExhausted || audit.universe.isExhausted
  }

  // MARK: What nothing stops

  private mutating func searchOpen(_ audit: inout AuditUniverse, _ view: LeakView) {
    let vocabulary = audit.vocabulary
    let everything = audit.universe.set(vocabulary.open)
    let open = audit.universe.intersection(view.definite, everything)
    let byNewDevice = audit.packets(of: vocabulary.newInterface, in: view)
    let rest = audit.universe.difference(open, byNewDevice)
    let ipv4 = audit.universe.set(.value(.family, 0))
    let (first, second) = (
      audit.universe.intersection(rest, ipv4), audit.universe.difference(rest, ipv4)
    )
    let packets = (audit.witness(first), audit.witness(second))
    let always: [LeakID] = [.boundSocket, .multipath]
    switch packets {
    case (nil, nil): break
    case (nil, let packet?):
      add(
        RuleFinding(
          .ipv6Unfiltered, "IPv6 leaves outside the tunnel as if there were no rules",
          fix: "put the rules into an `inet` table, or write them for ip6tables as well",
          also: [.routerPrefix, .routerRoute] + always, packet: packet), by: .leaves)
    case (let packet?, nil):
      add(
        RuleFinding(
          .ipv4Unfiltered, "IPv4 leaves outside the tunnel as if there were no rules",
          fix: "put the rules into an `inet` table, or write them for iptables as well",
          also: [.tunnelVision] + always, packet: packet), by: .leaves)
    case (_?, _?):
      searchFallThrough(
        &audit, rest, [.tunnelVision, .routerPrefix, .routerRoute] + always)
    }
    searchCauses(&audit, rest, by: .leaves)
  }

  private mutating func searchFallThrough(
    _ audit: inout AuditUniverse, _ open: PacketSet, _ also: [LeakID]
  ) {
    let explicit = audit.acceptedByRule(ruleset)
    let falling = audit.universe.difference(open, explicit)
    if let packet = audit.witness(falling) {
      let isFinality = ruleset.acceptsWithoutDeny(.leaves)
      add(
        RuleFinding(
          isFinality ? .finality : .noPolicy,
          isFinality
            ? "rules accept, and nothing blocks the rest"
            : "what no rule decides leaves outside the tunnel",
          fix: "end the chain with policy drop and a deny", also: also, packet: packet),
        by: .leaves)
      return
    }
    guard let packet = audit.witness(open) else { return }
    add(
      RuleFinding(
        .openEgress, "a rule lets everything leave outside the tunnel",
        fix: "name the interface of the tunnel, or what may leave outside it", severity: .error,
        also: also, packet: packet), by: .leaves)
  }

  /// Why packets pass that a deny somewhere in the rules would stop.
  mutating func searchCauses(
    _ audit: inout AuditUniverse, _ open: PacketSet, by way: Traversal
  ) {
    let causes: [(LeakID, Ruleset, String, String)] = [
      (
        .dormant, ruleset.awake, "a dormant table would stop it", "load the table without `dormant`"
      ),
      (
        .subchainAccept, ruleset.returningFromHelpers,
        "an accept in a chain that was jumped to lets it pass", "end helper chains with return"
      ),
      (
        .iptablesOrder, ruleset.withoutAccepts,
        "an accept stands above the deny that would stop it",
        "put the deny first, or into a table of its own"
      ),
    ]
    for (id, changed, message, fix) in causes where changed != ruleset {
      let passing = audit.passing(changed)
      let caused = audit.universe.difference(open, passing)
      guard let packet = audit.witness(caused) else { continue }
      add(RuleFinding(id, message, fix: fix, packet: packet), by: way)
    }
  }

  /// Denies of nat chains, which established packets never meet.
  private mutating func searchNATDenies(_ audit: inout AuditUniverse, _ view: LeakView) {
    guard ruleset.hasNATDenies else { return }
    let passing = audit.passing(ruleset.withNATAsFilter)
    let stoppedThere = audit.universe.difference(view.definite, passing)
    let established = audit.universe.set(
      .and([.state(.established), .value(.ctDirection, 0), audit.vocabulary.tcpOrUDP]))
    let open = audit.universe.intersection(stoppedThere, established)
    guard let packet = audit.witness(open) else { return }
    add(
      RuleFinding(
        .natChain, "a deny stands in a chain of type nat", fix: "deny in chains of type filter",
        packet: packet), by: .leaves)
  }

  // MARK: Other devices

  /// Encrypted packets that may leave, but not by this device.
  private mutating func searchPinned(_ audit: inout AuditUniverse, _ view: LeakView) {
    guard scope.policy != nil, !scope.endpointAddresses.isEmpty else { return }
    let sent = audit.universe.set(
      .and([
        audit.vocabulary.newFlow, audit.vocabulary.to(scope.endpointAddresses),
      ]))
    let meant = audit.meantElsewhere()
    let leaking = audit.universe.intersection(view.definite, sent)
    let pinned = audit.universe.intersection(leaking, meant)
    guard let packet = audit.witness(pinned) else { return }
    add(
      RuleFinding(
        .endpointAnyInterface, "encrypted packets leave by another device than they may",
        fix: "name the interface beside the endpoint", packet: packet), by: .leaves)
  }

  /// Packets that output let pass by one device and that leave by another.
  private mutating func searchRerouted(_ audit: inout AuditUniverse, _ passing: PacketSet) {
    let first = audit.passing(ruleset.only(at: .output))
    let anyDevice = audit.universe.forgetting([.outputInterface, .outputType], first)
    let last = audit.passing(ruleset.only(at: .postrouting))
    let rerouted = audit.universe.intersection(anyDevice, last)
    let onlyRerouted = audit.universe.difference(rerouted, passing)
    let view = audit.view(onlyRerouted, at: audit.vocabulary.outside, lastHook: true)
    if view.leaks.isEmpty { return }
    ask(audit.vocabulary.rerouteQuestions, &audit, view, by: .postrouting)
  }

  /// A control group that was removed and made anew is not the one that the rule knows.
  private mutating func searchStaleCgroups(_ audit: inout AuditUniverse, _ view: LeakView) {
    let changed = ruleset.withStaleCgroups
    let isConfined = scope.policy?.policy.confine != nil
    if changed == ruleset || isConfined { return }
    let passing = audit.passing(changed)
    let stale = audit.view(passing, at: audit.vocabulary.outside)
    let fresh = audit.universe.difference(stale.definite, view.leaks)
    guard let packet = audit.witness(fresh) else { return }
    add(
      RuleFinding(
        .staleCgroup, "a deny by control group holds until the group is made anew",
        fix: "use control groups in accepting rules only", packet: packet), by: .leaves, in: changed
    )
  }

  // MARK: What is not modelled

  private mutating func searchConditions(_ audit: inout AuditUniverse, _ view: LeakView) {
    let vocabulary = audit.vocabulary
    let base: PacketExpression =
      scope.policy == nil
      ? .and([
        vocabulary.generic.toAnywhere, .origin(.local), vocabulary.tcpOrUDP,
        .value(.laterFragment, 0),
      ]) : .all
    let asked = audit.universe.set(base)
    let leaking = audit.universe.intersection(view.leaks, asked)
    for field in audit.generic.unknownFields {
      guard case .opaque(let text) = field else { continue }
      let other = audit.universe.forgetting([field], view.stopped)
      let dependent = audit.universe.intersection(leaking, other)
      guard let packet = audit.witness(dependent) else { continue }
      let holds = packet.number(field) == 1
      add(conditional(text, holds: holds, packet), by: audit.traversal)
    }
  }

  private func conditional(
    _ text: String, holds: Bool, _ packet: PacketWitness
  ) -> RuleFinding {
    let condition = holds ? "`\(text)` holds" : "`\(text)` does not hold"
    let (id, fix) = UnknownMatch(text, in: ruleset).kind
    return RuleFinding(
      id, "packets leave outside the tunnel where \(condition)", fix: fix, condition: condition,
      packet: packet)
  }

  /// What leaves to any address in a way that no other entry names.
  private mutating func searchRest(_ audit: inout AuditUniverse, _ view: LeakView) {
    guard scope.policy == nil else { return }
    let named: Set<LeakID> = [
      .noPolicy, .finality, .ipv6Unfiltered, .ipv4Unfiltered, .newInterface, .openEgress,
      .markAnywhere, .bypassAnywhere, .sourcePort,
    ]
    if findings.contains(where: { named.contains($0.id) }) { return }
    let question = audit.vocabulary.rest
    ask([question], &audit, view)
  }
}
