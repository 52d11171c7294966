import PacketSpace
import Policy
import RulesetIR

/// Our chains in iptables' shared tables; the raw value ends the name.
enum IptablesChain: String, CaseIterable {
  case prerouting = "pre"
  case input = "in"
  case forward = "fwd"
  case tag = "tag"
  case postrouting = "post"
  case output = "out"
  case rejectForward = "rfwd"
  case rejectInput = "rin"
  case nat = "nat"
  case confinedInput = "cin"
  case confinedForward = "cfwd"
  case confinedOutput = "cout"
  case confinedPostrouting = "cpost"
  case confinedLoopback = "clo"
  case about = "about"

  func name(_ policy: Policy) -> String { "KSP_\(policy.name)_\(rawValue)" }

  var table: String {
    switch self {
    case .prerouting, .input, .forward, .tag, .postrouting, .confinedInput, .confinedForward,
      .confinedPostrouting, .confinedLoopback:
      "mangle"
    case .output, .rejectForward, .rejectInput, .confinedOutput, .about: "filter"
    case .nat: "nat"
    }
  }

  /// The built-in chain that jumps to it; `nil`: only our own chains do.
  var hook: Hook? {
    switch self {
    case .prerouting: .prerouting
    case .input, .rejectInput: .input
    case .forward, .rejectForward: .forward
    case .tag, .output: .output
    case .postrouting, .nat: .postrouting
    case .confinedInput, .confinedForward, .confinedOutput, .confinedPostrouting,
      .confinedLoopback, .about:
      nil
    }
  }
}

/// Bits of the mark that carry a decision from one chain to the next.
///
/// postrouting cannot match the input interface, and only `filter` can reject. Every policy on the
/// machine uses the same bits in the same sense, so that several add up: a packet that one of them
/// refuses is refused. They are cleared on every packet first.
enum DecisionBits {
  static let isForwarded: UInt32 = 1 << 31
  static let isRefused: UInt32 = 1 << 30
  static let isMasqueraded: UInt32 = 1 << 29
  /// The top byte: lower bits are in use by wg-quick (51820), Kubernetes (0xc000) and Tailscale (0xff0000).
  static let reserved: UInt32 = 0xff00_0000
}

/// Writes permits and denies as rules of the iptables target.
///
/// "Pass" is RETURN: an ACCEPT would keep other tools' rules from being asked.
struct IptablesHooks {
  let policy: Policy
  let zones: Zones
  let interfaceBits: InterfaceBits
  let confinedLabel: UInt8
  let denies: EgressDenies
  var book: SetBook

  /// Where a permit's rule stands.
  enum Place {
    case input, forward, output, postrouting
  }

  static let loopbackOut = Rule([.interface(.output, Zones.loopback)], [], .return, note: "lo")
  static let loopbackIn = Rule([.interface(.input, Zones.loopback)], [], .return, note: "lo")

  func name(_ chain: IptablesChain) -> String { chain.name(policy) }

  // MARK: Permits

  mutating func rules(_ permit: Permit, at place: Place) -> [Rule] {
    let interfaces = interfaceAlternatives(permit, at: place)
    if interfaces.isEmpty { return [] }
    var sources: [[Match]] = [[]]
    if case .leaves(let path) = permit.path, place == .postrouting, let own = path.sources {
      sources = book.combine([AddressTest(place: .packet(.source), addresses: own)], [[]])
    }
    var result: [Rule] = []
    for interface in interfaces {
      for source in sources {
        for selector in selectorAlternatives(permit.selectors) {
          guard let wanted = sayable(permit) else { return [] }
          let matches = interfaceBits.encoding(interface + source + wanted + selector)
          if matches.families.isEmpty { continue }
          result.append(
            Rule(
              matches, permit.statements, .return, note: permit.note, origin: permit.origin))
        }
      }
    }
    return result
  }

  private func interfaceAlternatives(_ permit: Permit, at place: Place) -> [[Match]] {
    switch (permit.path, place) {
    case (.arrives(let scope, _), .input): scope.matches(.input).map(\.withoutDeviceTypes)
    case (.leaves(let path), .output), (.leaves(let path), .postrouting):
      path.out.matches(.output).map(\.withoutDeviceTypes)
    case (.forwards(let inScope, let outScope, _), .forward):
      inScope.matches(.input).flatMap { input in
        outScope.matches(.output).map { (input + $0).withoutDeviceTypes }
      }
    case (.arrives, _), (.leaves, _), (.forwards, _), (.bridged, _): []
    }
  }

  /// An ipset holds addresses of packets, not of connections.
  ///
  /// The packet's own address says the same, for an answer the other way round. For an ICMP error
  /// nothing does: one that comes in is told by the connection's protocol and port alone, one that
  /// would leave is not allowed.
  private func sayable(_ permit: Permit) -> [Match]? {
    let isAnswer = permit.matches.contains(.ctDirection(.reply))
    let isError = permit.matches.contains(.ctState([.related]))
    var result: [Match] = []
    for match in permit.matches {
      guard case .ctAddress(let direction, _, let operand) = match, operand.isNamedSet else {
        result.append(match)
        continue
      }
      if !isError {
        let isServer = direction == .reply
        result.append(.address(isServer == isAnswer ? .source : .destination, operand))
      } else if permit.leavesMachine {
        return nil
      } else {
        result.append(.family(operand.family))
      }
    }
    return result
  }

  private func selectorAlternatives(_ selectors: Selectors) -> [[Match]] {
    var result: [[Match]] = [[]]
    if let mark = selectors.mark {
      result = result.map { $0 + [.mark(value: mark, mask: ~DecisionBits.reserved)] }
    }
    if let users = selectors.user {
      result = result.flatMap { base in users.ranges.map { base + [.socketUser($0)] } }
    }
    if let groups = selectors.group {
      result = result.flatMap { base in groups.ranges.map { base + [.socketGroup($0)] } }
    }
    if let path = selectors.cgroup {
      result = result.map { $0 + [.cgroup(path: path, level: path.cgroupLevel)] }
    }
    return result
  }

  // MARK: Denies

  func rules(_ deny: Deny, _ ending: Ending) -> [Rule] {
    let matches = interfaceBits.encoding(deny.matches.withoutDeviceTypes)
    var result: [Rule] = []
    if let log = policy.blocked.log {
      result.append(
        Rule(
          matches, [.limit(packetsPerSecond: log.ratePerSecond), .log(prefix: log.prefix)], nil,
          note: "log", origin: policy.blocked.origin.map { RuleOrigin($0) }))
    }
    switch ending {
    case .drop:
      result.append(Rule(matches, [], .drop, note: deny.note, origin: deny.origin))
    case .reject:
      if let tcp = matches.narrowed(to: 6) {
        result.append(Rule(tcp, [], .reject(.tcpReset), note: deny.note, origin: deny.origin))
      }
      result.append(
        Rule(
          matches, [], .reject(.administrativelyProhibited), note: deny.note, origin: deny.origin))
    }
    return result
  }

  var ownEnding: Ending { policy.blocked.isReject ? .reject : .drop }

  /// Permits by stage, with the DNS denies before those that allow ports at large.
  mutating func decide(
    _ permits: [Permit], at place: Place, denying: (borrowing IptablesHooks, Deny) -> [Rule]
  ) -> [Rule] {
    var result: [Rule] = []
    for permit in permits where permit.stage < .line { result += rules(permit, at: place) }
    let lines = permits.filter { $0.stage == .line }.flatMap { rules($0, at: place) }
    if !lines.isEmpty { for deny in denies.dns { result += denying(self, deny) } }
    return result + lines
  }

  func bit(_ bit: UInt32, isSet: Bool = true) -> Match {
    .mark(value: bit, mask: bit, isNegated: !isSet)
  }
}

extension String {
  /// How deep a cgroup lies below the root; 1 is directly below it.
  var cgroupLevel: Int { utf8.count { $0 == UInt8(ascii: "/") } + 1 }
}

extension AddressOperand {
  fileprivate var isNamedSet: Bool {
    if case .set = self { true } else { false }
  }
}

extension Permit {
  fileprivate var leavesMachine: Bool {
    if case .arrives = path { false } else { true }
  }
}
