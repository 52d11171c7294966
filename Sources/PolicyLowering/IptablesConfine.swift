import PacketSpace
import Policy
import RulesetIR

extension IptablesHooks {
  /// Only the subjects are confined: the hook's chains find their packets, and the rest passes.
  mutating func placeConfined(
    _ permits: [Permit], _ confinement: Confinement, into chains: inout [IptablesChain: [Rule]]
  ) {
    let origin = RuleOrigin(confinement.origin)
    let owners = ownerMatches(confinement)
    let own = permits.filter(\.isFromSubject)
    let fromTunnel = permits.filter { $0.isFrom(.tunnel) }.flatMap { rules($0, at: .input) }
    chains[.input] =
      [IptablesHooks.loopbackIn] + fromTunnel + tunnelInputDenies()
      + senders(confinement, .goto(name(.confinedInput)))
    chains[.forward] = [markForwarded] + senders(confinement, .goto(name(.confinedForward)))
    // Before anything is labelled: a kernel tunnel's packet has the socket of the packet inside it.
    let endpoints = permits.filter { $0.stage == .endpoint }.flatMap { rules($0, at: .output) }
    chains[.output] =
      endpoints
      + owners.map {
        Rule(
          [$0], [.setConntrackLabel(bit: confinedLabel)], .goto(name(.confinedOutput)),
          note: "confine", origin: origin)
      } + labelled(owners, .confinedOutput, origin) + ownerlessRules(owners, origin)
    let judged =
      owners.map {
        Rule([$0], [], .goto(name(.confinedPostrouting)), note: "confine", origin: origin)
      } + labelled(owners, .confinedPostrouting, origin)
    chains[.confinedLoopback] = judged
    chains[.postrouting] =
      [
        Rule(
          [.interface(.output, Zones.loopback)], [], .goto(name(.confinedLoopback)), note: "lo")
      ] + addressRules(denies.sources + denies.tunnelDestinations) + forwardedRules()
      + addressRules(policy.wrongSources) + judged + ownerlessRules(owners, origin)
    placeJudging(own, into: &chains)
  }

  private mutating func placeJudging(
    _ permits: [Permit], into chains: inout [IptablesChain: [Rule]]
  ) {
    let final = Deny(matches: [], origin: nil, note: "blocked")
    chains[.confinedInput] = permits.flatMap { rules($0, at: .input) } + refuse(final)
    chains[.confinedForward] = innerForwardDenies() + forwardRules(permits)
    chains[.confinedOutput] =
      loopbackRules(ownEnding) + fragmentRules() + insideTunnelRules(ownEnding)
      + decide(permits, at: .output) { hooks, deny in hooks.rules(deny, hooks.ownEnding) }
      + rules(final, ownEnding)
    chains[.confinedPostrouting] =
      loopbackRules(.drop) + fragmentRules() + insideTunnelRules(.drop)
      + decide(permits, at: .postrouting) { hooks, deny in hooks.rules(deny, .drop) }
      + rules(final, .drop)
  }

  /// Denies that the whole machine's postrouting chain would hold; here it leaves others alone.
  private func innerForwardDenies() -> [Rule] {
    fragmentRules()
      + denies.innerDestinations.filter(\.canBeSaidByName).flatMap { rules($0, .drop) }
  }

  private func ownerMatches(_ confinement: Confinement) -> [Match] {
    confinement.subjects.flatMap { subject -> [Match] in
      switch subject {
      case .user(let ids): ids.ranges.map { .socketUser($0) }
      case .group(let ids): ids.ranges.map { .socketGroup($0) }
      case .cgroup(let path): [.cgroup(path: path, level: path.cgroupLevel)]
      case .fromInterface, .fromAddresses: []
      }
    }
  }

  private mutating func senders(_ confinement: Confinement, _ verdict: Verdict) -> [Rule] {
    var result: [Rule] = []
    for subject in confinement.subjects where subject.selectors == nil {
      let (scope, addresses) = zones.senders(subject)
      let test = AddressTest(place: .packet(.source), addresses: addresses)
      for found in book.combine([test], [[]]) {
        for input in scope.matches(.input) {
          result.append(
            Rule(
              (input + found).withoutDeviceTypes, [], verdict, note: "confine",
              origin: RuleOrigin(confinement.origin)))
        }
      }
    }
    return result
  }

  private func labelled(
    _ owners: [Match], _ chain: IptablesChain, _ origin: RuleOrigin
  ) -> [Rule] {
    owners.isEmpty
      ? []
      : [
        Rule(
          [.ctLabel(bit: confinedLabel)], [], .goto(name(chain)), note: "confine", origin: origin)
      ]
  }

  /// Data of a closed socket whose connection conntrack has forgotten could be a confined one's.
  private func ownerlessRules(_ owners: [Match], _ origin: RuleOrigin) -> [Rule] {
    if owners.isEmpty { return [] }
    let owned = Rule([.socketUser(0...UInt32.max - 1)], [], .return, note: "not confined")
    let deny = Deny(
      matches: [.transport([6]), .tcpFlags(mask: 0x02, value: 0), .ctState([.new])],
      origin: origin, note: "ownerless")
    return [IptablesHooks.loopbackOut, owned] + rules(deny, .drop)
  }

  private func tunnelInputDenies() -> [Rule] {
    zones.tunnels.matches(.input).flatMap {
      rules(Deny(matches: $0, origin: nil, note: "tunnel in"), .drop)
    }
  }

  private func loopbackRules(_ ending: Ending) -> [Rule] {
    ConfinedLoopback(policy).rules(accepting: .return) { rules($0, ending) }
  }

  /// Denies for the whole machine.
  private func addressRules(_ denies: [Deny]) -> [Rule] {
    denies.filter(\.canBeSaidByName).flatMap { rules($0, .drop) }
  }
}
