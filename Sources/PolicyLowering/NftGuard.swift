import PacketSpace
import Policy
import RulesetIR

/// `guard`: tables for the frames that the IP hooks do not see.
///
/// These hooks know no connections (a netdev chain refuses ct), so an answer is told by its header,
/// and a later fragment by its destination.
extension NftHooks {
  mutating func frameTables(_ permits: [Permit]) -> [Table] {
    guard let origin = policy.guardFrames, let uplinks = policy.uplinks else { return [] }
    let egress = egressRules(permits, uplinks.interfaces)
    let notIP = Rule(
      [.isIP(isNegated: true)], [], .accept, note: "not IP", origin: RuleOrigin(origin))
    let final = Deny(matches: [], origin: RuleOrigin(origin), note: "guard")
    let name = "kspolicy_\(policy.name)"
    let netdev = Chain(
      name: "egress_0",
      base: BaseChain(
        hook: .egress, priority: 0, policy: .drop, devices: uplinks.interfaces.map(\.name)),
      rules: [notIP] + egress + rules(final, .drop))
    let bridged = egress.filter { !$0.matches.contains(where: \.needsSocket) }
    let bridge = Chain(
      name: "forward_300", base: BaseChain(hook: .forward, priority: 300, policy: .accept),
      rules: [notIP] + bridged + denied([final], uplinks.interfaces))
    let sets = book.sets
    return [
      Table(family: .netdev, name: name, sets: sets.used(by: [netdev]), chains: [netdev]),
      Table(family: .bridge, name: name, sets: sets.used(by: [bridge]), chains: [bridge]),
      Table(family: .arp, name: name, chains: [arpChain(origin)]),
    ]
  }

  /// The order of the IP hooks: what lives inside tunnels never leaves by an uplink, and DNS only
  /// where a line names the resolver.
  private func egressRules(_ permits: [Permit], _ uplinks: [InterfacePattern]) -> [Rule] {
    let inside =
      policy.tunnelAddresses.flatMap { $0.denies(.source) + $0.denies(.destination) }
      + policy.innerAddresses.flatMap { $0.denies(.destination) }
    let dns = dnsAlternatives.map { Deny(matches: $0, origin: nil, note: "dns") }
    func accepts(_ permits: [Permit]) -> [Rule] {
      permits.flatMap { frameRules($0, uplinks) }.uniqued
    }
    let lines = accepts(permits.filter { $0.stage == .line })
    return denied(inside, uplinks) + accepts(permits.filter { $0.stage < .line })
      + (lines.isEmpty ? [] : denied(dns, uplinks)) + lines
  }

  private func denied(_ denies: [Deny], _ uplinks: [InterfacePattern]) -> [Rule] {
    denies.flatMap { deny in
      uplinks.flatMap { uplink in
        rules(
          Deny(
            matches: [.interface(.output, uplink)] + deny.matches, origin: deny.origin,
            note: deny.note), .drop)
      }
    }
  }

  /// The tunnel's address is not answered for on a LAN.
  private func arpChain(_ origin: Origin) -> Chain {
    var result: [Rule] = []
    for own in policy.tunnelAddresses {
      let elsewhere = own.owners.map { Match.interface(.output, $0, isNegated: true) }
      // A host has a few addresses of its own, not a network of them.
      for prefix in own.addresses.prefixes(.ipv4) where prefix.length >= 24 {
        for bits in prefix.lower...prefix.upper {
          result.append(
            Rule(
              elsewhere + [.arpAddress(.source, IPAddress(family: .ipv4, bits: bits))],
              [.counter], .drop, note: "tunnel address", origin: own.origin))
        }
      }
    }
    return Chain(
      name: "output_0", base: BaseChain(hook: .output, priority: 0, policy: .accept), rules: result)
  }

  /// The rules by which a permit's frames leave by one of the uplinks.
  private func frameRules(_ permit: Permit, _ uplinks: [InterfacePattern]) -> [Rule] {
    let out: InterfaceScope
    let isForwarded: Bool
    switch permit.path {
    case .arrives, .bridged: return []
    case .leaves(let path): (out, isForwarded) = (path.out, false)
    case .forwards(_, let scope, _): (out, isForwarded) = (scope, true)
    }
    let names = uplinks.filter { out.canMatch($0) }
    if names.isEmpty { return [] }
    // An ICMP error has no ports: those of its connection are nowhere in the frame's own header.
    let isMessage = permit.matches.contains(where: \.isICMP)
    let header = permit.matches.compactMap { match -> Match? in
      if case .ctPort = match, isMessage { return nil }
      return match.inFrame(isForwarded: isForwarded)
    }
    let fragments = AddressFamily.allCases.compactMap { family -> [Match]? in
      guard header.families.contains(family), permit.mayBeFragmented else { return nil }
      let destination = header.filter(\.isDestination)
      return destination.isEmpty ? nil : destination + [.laterFragment(family)]
    }
    return names.flatMap { name in
      ([header + selectorMatches(permit.selectors)] + fragments).map { matches in
        Rule(
          [.interface(.output, name)] + matches, [.counter], .accept, note: permit.note,
          origin: permit.origin)
      }
    }
  }

  private func selectorMatches(_ selectors: Selectors) -> [Match] {
    var result: [Match] = []
    if let mark = selectors.mark { result.append(.mark(value: mark, mask: ~tags.allBits)) }
    if let path = selectors.cgroup {
      let bit = tags.bit(of: path)
      result.append(.mark(value: bit, mask: bit))
    }
    // An owner given as several ranges stands as the range that spans them: the IP hooks have
    // judged it exactly, and a raw socket's frame is held to the rest of the line.
    if let ids = selectors.user, let span = ids.span { result.append(.socketUser(span)) }
    if let ids = selectors.group, let span = ids.span { result.append(.socketGroup(span)) }
    return result
  }
}

extension IDSet {
  fileprivate var span: ClosedRange<UInt32>? {
    guard let first = ranges.first, let last = ranges.last else { return nil }
    return first.lowerBound...last.upperBound
  }
}

extension Permit {
  /// Datagrams are cut on their way to the device; TCP fits its segments to the path.
  fileprivate var mayBeFragmented: Bool {
    !matches.contains { if case .transport([6]) = $0 { true } else { false } }
  }
}

extension Match {
  /// What a frame's own header shows of a match; `nil` for what it does not show.
  fileprivate func inFrame(isForwarded: Bool) -> Match? {
    switch self {
    case .ctState, .ctDirection, .ctProtocol, .ctLabel, .asked: nil
    case .ctAddress(.original, .source, let operand):
      isForwarded ? nil : .address(.destination, operand)
    case .ctAddress: nil
    // A published port is already back in place of the container's when the frame leaves.
    case .ctPort(.reply, .source, let range): isForwarded ? nil : .port(.source, [range])
    case .ctPort: nil
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .icmpType,
      .icmpv6Type, .mark, .socketUser, .socketGroup, .cgroup, .hopLimit, .laterFragment, .tcpFlags,
      .isIP, .arpAddress, .opaque:
      self
    case .not(let inner): inner.inFrame(isForwarded: isForwarded).map { .not($0) }
    }
  }

  fileprivate var isICMP: Bool {
    switch self {
    case .icmpType, .icmpv6Type: true
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .mark, .socketUser, .socketGroup, .cgroup,
      .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .asked, .arpAddress, .opaque, .not:
      false
    }
  }

  fileprivate var isDestination: Bool {
    if case .address(.destination, _, _) = self { true } else { false }
  }

  fileprivate var needsSocket: Bool {
    switch self {
    case .socketUser, .socketGroup: true
    case .not(let inner): inner.needsSocket
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .cgroup,
      .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .asked, .arpAddress, .opaque:
      false
    }
  }

  /// The named set that it looks an address up in.
  var setName: String? {
    switch self {
    case .address(_, .set(let name, _, _), _), .ctAddress(_, _, .set(let name, _, _)): name
    case .asked(let set, _, _, _): set
    case .not(let inner): inner.setName
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser,
      .socketGroup, .cgroup, .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .arpAddress,
      .opaque:
      nil
    }
  }
}

extension InterfaceScope {
  /// Whether packets leaving by the interface can be in the scope, device types aside.
  fileprivate func canMatch(_ name: InterfacePattern) -> Bool {
    alternatives.contains { tests in
      tests.allSatisfy { $0.isNegated != $0.pattern.matches(name.name) }
    }
  }
}

extension [NamedSet] {
  /// The sets that rules of the chains look up or fill.
  func used(by chains: [Chain]) -> [NamedSet] {
    var names: Set<String> = []
    for rule in chains.flatMap(\.rules) {
      names.formUnion(rule.matches.compactMap(\.setName))
      for case .updateSet(let name, _, _) in rule.statements { names.insert(name) }
    }
    return filter { names.contains($0.name) }
  }
}

extension [Rule] {
  /// The first of each group of equal rules.
  fileprivate var uniqued: [Rule] {
    var seen: Set<[Match]> = []
    return filter { seen.insert($0.matches).inserted }
  }
}
