import PacketSpace
import Policy
import RulesetIR

/// Collects the permits of a policy.
struct PermitBuilder {
  let zones: Zones
  var book: SetBook
  private(set) var permits: [Permit] = []

  init(zones: Zones, book: SetBook) {
    self.zones = zones
    self.book = book
  }

  /// Adds a permit for every way to satisfy the tests.
  mutating func add(
    _ path: PacketPath, _ stage: Stage, _ tests: [AddressTest], _ alternatives: [[Match]],
    selectors: Selectors = Selectors(), statements: [RuleStatement] = [], from origin: Origin,
    note: String
  ) {
    for matches in book.combine(tests, alternatives) {
      permits.append(
        Permit(
          path: path, stage: stage, matches: matches, selectors: selectors,
          statements: statements, origin: RuleOrigin(origin), note: note))
    }
  }

  /// The answers to a connection that this machine opened, and the errors that belong to it.
  ///
  /// - Parameter servers: the real addresses of the far end; `nil`: any.
  mutating func addAnswers(
    to part: ServicePart, by scope: InterfaceScope, zone: Zone, servers: AddressSet?,
    from origin: Origin, note: String
  ) {
    let server = AddressTest(place: .connection(.reply, .source), addresses: servers)
    add(
      .arrives(scope, from: zone), .answer, [server], part.alternatives(.reply), from: origin,
      note: "\(note) reply")
    add(
      .arrives(scope, from: zone), .answer, [server], part.alternatives(.error(.reply)),
      from: origin,
      note: "\(note) error")
  }

  /// A service of this machine: the connections to it, its answers, and the errors of both ends.
  ///
  /// - Parameter clients: the addresses that may ask; `nil`: any.
  mutating func addServed(
    _ part: ServicePart, by scope: InterfaceScope, zone: Zone, clients: AddressSet?,
    sources: AddressSet?, from origin: Origin, note: String
  ) {
    let source = AddressTest(place: .packet(.source), addresses: clients)
    let client = AddressTest(place: .connection(.original, .source), addresses: clients)
    let out = PacketPath.leaves(
      LeavingPath(out: scope, sender: answering(part), sources: sources))
    add(
      .arrives(scope, from: zone), .line, [source], part.alternatives(.original), from: origin,
      note: note)
    add(out, .answer, [client], part.alternatives(.reply), from: origin, note: "\(note) reply")
    add(
      .arrives(scope, from: zone), .answer, [client], part.alternatives(.error(.original)),
      from: origin,
      note: "\(note) error")
    add(
      .leaves(LeavingPath(out: scope, sources: sources)), .answer, [client],
      part.alternatives(.error(.reply)), from: origin, note: "\(note) error")
  }

  /// A tunnel served by the kernel (WireGuard for a phone) answers by UDP with the tunnel's device still set.
  private func answering(_ part: ServicePart) -> Sender {
    let devices = zones.inside + zones.tunnelNames
    return switch part {
    case .any: .tunnel(devices, [.transport([17])])
    case .ports(.udp, _): .tunnel(devices)
    case .ports(.tcp, _), .ports(.sctp, _), .icmp, .icmpv6, .proto: .socket
    }
  }

  /// A forwarded connection: its packets, the answers, and the errors of both ends.
  mutating func addForwarded(_ flow: ForwardedFlow, _ part: ServicePart, from origin: Origin) {
    let client = AddressTest(
      place: .connection(.original, .source), addresses: flow.clients)
    let destination = AddressTest(place: .packet(.destination), addresses: flow.servers)
    let there = PacketPath.forwards(flow.inScope, flow.outScope, from: flow.clientZone)
    let stage: Stage = flow.serverZone == .inside ? .inside : .line
    // Only what the client sends: an answer to a connection from the other side needs a line of its own.
    add(
      there, stage, [client, destination],
      part.alternatives(.original).map { [.ctDirection(.original)] + $0 },
      from: origin, note: flow.note)
    addForwardedAnswers(flow, part, from: origin)
  }

  /// The answers of a forwarded connection, and the errors of both ends.
  mutating func addForwardedAnswers(
    _ flow: ForwardedFlow, _ part: ServicePart, from origin: Origin
  ) {
    let client = AddressTest(
      place: .connection(.original, .source), addresses: flow.clients)
    let server = AddressTest(place: .connection(.reply, .source), addresses: flow.servers)
    let there = PacketPath.forwards(flow.inScope, flow.outScope, from: flow.clientZone)
    let back = PacketPath.forwards(flow.outScope, flow.inScope, from: flow.serverZone)
    add(
      back, .answer, [client, server], part.alternatives(.reply), from: origin,
      note: "\(flow.note) reply")
    add(
      back, .answer, [client, server], part.alternatives(.error(.reply)), from: origin,
      note: "\(flow.note) error")
    // By an uplink an error leaves only for a connection that came in by it.
    if flow.serverZone != .outside {
      add(
        there, .answer, [client, server], part.alternatives(.error(.original)), from: origin,
        note: "\(flow.note) error")
    }
  }
}

/// Who may open forwarded connections to whom.
struct ForwardedFlow {
  var inScope: InterfaceScope
  var clientZone: Zone
  var clients: AddressSet?
  var outScope: InterfaceScope
  var serverZone: Zone
  var servers: AddressSet?
  var note: String
}

extension PermitBuilder {
  /// All permits of a policy, in the order in which they are tried.
  static func permits(
    of policy: Policy, _ zones: Zones, book: SetBook
  ) -> (permits: [Permit], book: SetBook) {
    var builder = PermitBuilder(zones: zones, book: book)
    builder.addTunnels(policy)
    builder.addForwards(policy)
    builder.addLANs(policy)
    builder.addBypasses(policy)
    builder.addHost(policy)
    return (builder.permits.stablySorted { $0.stage < $1.stage }, builder.book)
  }
}

extension Array {
  /// `sort` does not promise to keep equal elements in order; output must be the same every time.
  fileprivate func stablySorted(_ before: (Element, Element) -> Bool) -> [Element] {
    enumerated().sorted { a, b in
      if before(a.element, b.element) { return true }
      if before(b.element, a.element) { return false }
      return a.offset < b.offset
    }.map(\.element)
  }
}
