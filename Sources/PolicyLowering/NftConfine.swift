import PacketSpace
import Policy
import RulesetIR

/// The chains that judge the packets of confined subjects; everything else passes.
enum ConfinedChain: String, CaseIterable {
  case input = "confined_input"
  case forward = "confined_forward"
  case output = "confined_output"
  case postrouting = "confined_postrouting"
}

extension NftHooks {
  /// Only the subjects are confined: base chains find their packets and send them to regular chains.
  mutating func placeConfined(
    _ permits: [Permit], _ confinement: Confinement, into chains: inout [NftChain: [Rule]]
  ) -> [Chain] {
    let finder = SubjectFinder(confinement, policy: policy, zones: zones, tags: tags)
    let passes = Rule([], [], .accept, note: "not confined")
    let fromTunnel = permits.filter { $0.isFrom(.tunnel) }.flatMap { rules($0, at: .input) }
    chains[.input] =
      [NftHooks.loopbackIn] + fromTunnel + tunnelInputDenies()
      + finder.forwarded(.input, &book) + [passes]
    chains[.forward] = finder.forwarded(.forward, &book) + [passes]
    chains[.output] =
      tagRules() + endpointRules(permits) + finder.owners(labelling: true)
      + ownerlessRules(finder, []) + [passes]
    chains[.source, default: []] += finder.forwarded(.source, &book)
    let addressDenies = (denies.sources + denies.tunnelDestinations + wrongSources()).map {
      Deny(matches: [.notLoopback] + $0.matches, origin: $0.origin, note: $0.note)
    }
    chains[.postrouting] =
      addressDenies.flatMap { rules($0, .drop) } + finder.owners(labelling: false)
      + ownerlessRules(finder, [.notReceived]) + finder.forwarded(.postrouting, &book) + [passes]
    return confinedChains(permits.filter { $0.isFromSubject })
  }

  private mutating func confinedChains(_ permits: [Permit]) -> [Chain] {
    let final = Deny(matches: [], origin: nil, note: "blocked")
    let input =
      permits.flatMap { rules($0, at: .input) } + insideDenies(final)
    let forward =
      decide(permits, at: .forward) { hooks, deny in hooks.insideDenies(deny) }
      + insideDenies(final)
    let output =
      loopbackRules(ownEnding) + fragmentRules() + insideTunnelRules(ownEnding)
      + decide(permits, at: .output) { hooks, deny in hooks.rules(deny, hooks.ownEnding) }
      + rules(final, ownEnding)
    let postrouting =
      loopbackRules(.drop) + fragmentRules() + insideTunnelRules(.drop)
      + decide(permits, at: .postrouting) { hooks, deny in hooks.rules(deny, .drop) }
      + rules(final, .drop)
    return [
      Chain(name: ConfinedChain.input.rawValue, rules: input),
      Chain(name: ConfinedChain.forward.rawValue, rules: forward),
      Chain(name: ConfinedChain.output.rawValue, rules: output),
      Chain(name: ConfinedChain.postrouting.rawValue, rules: postrouting),
    ]
  }

  /// Encrypted packets pass before anything is labelled.
  ///
  /// A kernel tunnel's packet still has the socket of the packet inside it (`skb_scrub_packet` keeps
  /// `skb->sk`), so a confined user's traffic would label the tunnel's own connection, and with it
  /// everybody's packets in the tunnel.
  private mutating func endpointRules(_ permits: [Permit]) -> [Rule] {
    permits.filter { $0.stage == .endpoint }.flatMap { rules($0, at: .output) }
  }

  /// New connections from a tunnel need an `in` line, whoever would take them.
  private func tunnelInputDenies() -> [Rule] {
    zones.tunnels.matches(.input).flatMap {
      rules(Deny(matches: $0, origin: nil, note: "tunnel in"), .drop)
    }
  }

  private func loopbackRules(_ ending: Ending) -> [Rule] {
    ConfinedLoopback(policy).rules(accepting: .accept) { rules($0, ending) }
  }

  private func wrongSources() -> [Deny] {
    policy.wrongSources.map {
      Deny(matches: [.notReceived] + $0.matches, origin: $0.origin, note: $0.note)
    }
  }

  /// Data of a closed socket whose connection conntrack has forgotten could be a confined one's.
  private func ownerlessRules(_ finder: SubjectFinder, _ matches: [Match]) -> [Rule] {
    guard finder.hasOwners else { return [] }
    let owned = Rule(matches + [.socketUser(0...UInt32.max - 1)], [], .accept, note: "not confined")
    let deny = Deny(
      matches: matches + [.transport([6]), .tcpFlags(mask: 0x02, value: 0), .ctState([.new])],
      origin: finder.origin, note: "ownerless")
    return [NftHooks.loopbackOut, owned] + rules(deny, .drop)
  }
}

extension Permit {
  func isFrom(_ zone: Zone) -> Bool {
    if case .arrives(_, let from) = path { from == zone } else { false }
  }

  /// Whether the sender can be a confined subject; others are left alone.
  var isFromSubject: Bool {
    switch path {
    case .arrives(_, let from): from == .inside || from == .everywhere
    case .leaves, .bridged: true
    case .forwards(_, _, let from): from == .inside
    }
  }
}

/// The rules that find the packets of confined subjects.
struct SubjectFinder {
  let origin: RuleOrigin
  private let owners: [Match]
  private let label: UInt8
  private let senders: [(InterfaceScope, AddressSet?)]

  init(_ confinement: Confinement, policy: Policy, zones: Zones, tags: Tags) {
    origin = RuleOrigin(confinement.origin)
    label = policy.confinedLabel
    var owners: [Match] = []
    var senders: [(InterfaceScope, AddressSet?)] = []
    for subject in confinement.subjects {
      switch subject {
      case .user(let ids): owners += ids.ranges.map { .socketUser($0) }
      case .group(let ids): owners += ids.ranges.map { .socketGroup($0) }
      case .cgroup(let path):
        owners.append(.mark(value: tags.bit(of: path), mask: tags.bit(of: path)))
      case .fromInterface, .fromAddresses: senders.append(zones.senders(subject))
      }
    }
    self.owners = owners
    self.senders = senders
  }

  var hasOwners: Bool { !owners.isEmpty }

  /// By the socket's owner, and by the label of the connection for what has no socket any more.
  func owners(labelling: Bool) -> [Rule] {
    if owners.isEmpty { return [] }
    let chain = labelling ? ConfinedChain.output : ConfinedChain.postrouting
    // In postrouting a forwarded packet must not be taken for a local one by a bit of its mark.
    let local: [Match] = labelling ? [] : [.notReceived]
    let statements: [RuleStatement] = labelling ? [.setConntrackLabel(bit: label)] : []
    return owners.map {
      Rule(local + [$0], statements, .goto(chain.rawValue), note: "confine", origin: origin)
    } + [
      Rule(
        local + [.ctLabel(bit: label)], [], .goto(chain.rawValue), note: "confine", origin: origin)
    ]
  }

  /// By interface, and by address: the packet's own before NAT, the connection's after it.
  func forwarded(_ chain: NftChain, _ book: inout SetBook) -> [Rule] {
    let target: ConfinedChain =
      switch chain {
      case .input, .prerouting: .input
      case .forward: .forward
      case .output: .output
      case .source, .postrouting, .nat: .postrouting
      }
    var result: [Rule] = []
    if chain == .postrouting { result += ownMessages }
    for (scope, addresses) in senders {
      // The source chain stands before NAT for the sake of addresses; interfaces can wait.
      if chain == .source, addresses == nil { continue }
      for found in addressAlternatives(addresses, chain, &book) {
        for input in scope.matches(.input) {
          let isLast = target == .postrouting
          result.append(
            Rule(
              (isLast ? input.received : input) + found, [], .goto(target.rawValue),
              note: "confine", origin: origin))
        }
      }
    }
    return result
  }

  /// What the kernel itself says on a subject's interface: neighbour discovery and memberships.
  ///
  /// postrouting shows it as received by the interface that it leaves by; what is forwarded never
  /// has a hop limit of 255, and these messages do not outlive their network.
  private var ownMessages: [Rule] {
    senders.filter { $0.1 == nil }.flatMap { scope, _ -> [Rule] in
      zip(scope.matches(.input), scope.matches(.output)).flatMap { input, output in
        NDP.ownMessages.map {
          Rule(
            (input + output).withoutDeviceTypes + $0, [.counter], .accept, note: "own messages",
            origin: origin)
        }
      }
    }
  }

  private func addressAlternatives(
    _ addresses: AddressSet?, _ chain: NftChain, _ book: inout SetBook
  ) -> [[Match]] {
    guard let addresses else { return [[]] }
    if chain != .postrouting {
      return book.combine(
        [AddressTest(place: .packet(.source), addresses: addresses)], [[]], avoidsIntervals: true)
    }
    let opened = AddressTest(place: .connection(.original, .source), addresses: addresses)
    let answering = AddressTest(place: .connection(.reply, .source), addresses: addresses)
    return book.combine([opened], [[.ctDirection(.original)]], avoidsIntervals: true)
      + book.combine([answering], [[.ctDirection(.reply)]], avoidsIntervals: true)
  }
}
