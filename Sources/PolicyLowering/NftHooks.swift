import PacketSpace
import Policy
import RulesetIR

/// The hook that a permit's or a deny's rule is written for, with what can be matched there.
enum NftHook {
  case input, forward, output, postrouting
}

/// Writes permits and denies as rules of one hook of the nftables target.
struct NftHooks {
  let policy: Policy
  let zones: Zones
  let tags: Tags
  let denies: EgressDenies
  var book: SetBook

  // MARK: Permits

  /// The accept rules of a permit at a hook; none where its packets do not pass there.
  mutating func rules(_ permit: Permit, at hook: NftHook) -> [Rule] {
    let interfaces = interfaceAlternatives(permit, at: hook)
    let selected = selectorAlternatives(permit.selectors, at: hook)
    let sourced = sourceAlternatives(permit, at: hook)
    var result: [Rule] = []
    for interface in interfaces {
      for source in sourced {
        for selector in selected {
          let matches = interface + source + permit.matches + selector
          if matches.families.isEmpty { continue }
          result.append(
            Rule(
              matches, statements(permit, at: hook) + [.counter], .accept, note: permit.note,
              origin: permit.origin))
        }
      }
    }
    return result
  }

  private func statements(_ permit: Permit, at hook: NftHook) -> [RuleStatement] {
    guard case .bridged = permit.path, hook == .forward, let bit = tags.bridged else {
      return permit.statements
    }
    return permit.statements + [.setMark(clear: 0, set: bit)]
  }

  private var bridgedMark: [Match] {
    tags.bridged.map { [.mark(value: $0, mask: $0)] } ?? []
  }

  private func interfaceAlternatives(_ permit: Permit, at hook: NftHook) -> [[Match]] {
    switch (permit.path, hook) {
    case (.arrives(let scope, _), .input): scope.matches(.input)
    case (.leaves(let path), .output): path.out.matches(.output)
    case (.leaves(let path), .postrouting):
      senders(path).flatMap { sender in path.out.matches(.output).map { sender + $0 } }
    case (.forwards(let inScope, let outScope, _), .forward):
      pairs(inScope.matches(.input), outScope.matches(.output))
    case (.forwards(let inScope, let outScope, _), .postrouting):
      // `iiftype` would read the output device here, since skb->dev is changed before the hook;
      // the forward chain has looked at it.
      pairs(inScope.matches(.input).map(\.received), outScope.matches(.output))
    case (.bridged(let scope), .forward):
      zip(scope.matches(.input), scope.matches(.output)).map { $0 + $1 }
    case (.bridged(let scope), .postrouting):
      scope.matches(.output).map { [.notReceived] + bridgedMark + $0 }
    case (.arrives, _), (.leaves, _), (.forwards, _), (.bridged, _): []
    }
  }

  private func pairs(_ inputs: [[Match]], _ outputs: [[Match]]) -> [[Match]] {
    inputs.flatMap { input in outputs.map { input + $0 } }
  }

  private func senders(_ path: LeavingPath) -> [[Match]] {
    switch path.sender {
    case .socket: [[.notReceived]]
    case .tunnel(let names, let others):
      [[.notReceived]] + names.map { [.interface(.input, $0)] + others }
    case .kernel: [[]]
    }
  }

  /// A source is looked at where all NAT is done; in output it may not be the final one.
  private mutating func sourceAlternatives(_ permit: Permit, at hook: NftHook) -> [[Match]] {
    guard case .leaves(let path) = permit.path, hook == .postrouting, let sources = path.sources
    else { return [[]] }
    return book.combine([AddressTest(place: .packet(.source), addresses: sources)], [[]])
  }

  private func selectorAlternatives(_ selectors: Selectors, at hook: NftHook) -> [[Match]] {
    var result: [[Match]] = [[]]
    if let mark = selectors.mark {
      result = result.map { $0 + [.mark(value: mark, mask: ~tags.allBits)] }
    }
    if let users = selectors.user {
      result = result.flatMap { base in users.ranges.map { base + [.socketUser($0)] } }
    }
    if let groups = selectors.group {
      result = result.flatMap { base in groups.ranges.map { base + [.socketGroup($0)] } }
    }
    if let path = selectors.cgroup {
      result = result.map { $0 + [cgroupMatch(path)] }
    }
    return result
  }

  /// Output tags every packet before anything else looks at it, so both hooks test the bit.
  private func cgroupMatch(_ path: String) -> Match {
    let bit = tags.bit(of: path)
    return .mark(value: bit, mask: bit)
  }

  // MARK: Denies

  /// The rules that end a packet's way: a log that never decides, then the verdict.
  func rules(_ deny: Deny, _ ending: Ending) -> [Rule] {
    var result: [Rule] = []
    if let log = policy.blocked.log {
      result.append(
        Rule(
          deny.matches,
          [.limit(packetsPerSecond: log.ratePerSecond), .log(prefix: log.prefix)], nil,
          note: "log", origin: policy.blocked.origin.map { RuleOrigin($0) }))
    }
    switch ending {
    case .drop:
      result.append(Rule(deny.matches, [.counter], .drop, note: deny.note, origin: deny.origin))
    case .reject:
      if let tcp = deny.matches.narrowed(to: 6) {
        result.append(
          Rule(tcp, [.counter], .reject(.tcpReset), note: deny.note, origin: deny.origin))
      }
      result.append(
        Rule(
          deny.matches, [.counter], .reject(.administrativelyProhibited), note: deny.note,
          origin: deny.origin))
    }
    return result
  }

  /// How this machine's own blocked packets end.
  var ownEnding: Ending { policy.blocked.isReject ? .reject : .drop }

  /// Blocked packets of a `forward` interface's clients, told at once; all others in silence.
  func insideDenies(_ deny: Deny) -> [Rule] {
    let told =
      policy.blocked.isReject
      ? policy.forwards.flatMap(\.interfaces).flatMap { name in
        rules(
          Deny(
            matches: [.interface(.input, name)] + deny.matches, origin: deny.origin,
            note: deny.note), .reject)
      } : []
    return told + rules(deny, .drop)
  }
}

enum Ending {
  case drop, reject
}
