import PacketSpace
import PolicyDiagnostics
import PolicySyntax

/// What the interfaces of a policy are, known before any line is resolved.
struct InterfaceRoles {
  var tunnels: [PlacedInterface] = []
  var uplinks: [PlacedInterface] = []
  var lans: [PlacedInterface] = []
  var forwards: [PlacedInterface] = []
  /// By the statement's index.
  var heads: [Int: BlockHead] = [:]
}

/// The interfaces that a block names.
struct BlockHead {
  var interfaces: [InterfacePattern] = []
  /// `uplink` stands among them, and the policy has no `uplink` statement.
  var isEveryUplink = false
}

extension InterfacePattern {
  static var loopback: InterfacePattern { InterfacePattern("lo") }
}

extension Resolver {
  /// Reads the heads of all blocks: what an interface is does not depend on the order of the text.
  mutating func resolveInterfaces() {
    for (index, statement) in statements.enumerated() {
      switch statement.kind {
      case .tunnel(let list, _):
        let placed = own(list, refusing: "a tunnel cannot be an uplink")
        interfaces.tunnels += placed
        interfaces.heads[index] = head(placed)
      case .uplink(let list):
        let placed = own(list, refusing: "`uplink` stands for what this statement names")
        interfaces.uplinks += placed
        if policy.uplinks == nil, !placed.isEmpty {
          policy.uplinks = Uplinks(interfaces: [], origin: origin(statement.range))
        }
      case .confine: isConfined = true
      case .language, .policy, .include, .define, .lan, .forward, .bypass, .host, .blocked,
        .guardFrames, .expect, .acceptRisk:
        continue
      }
    }
    let uplinks = distinct(interfaces.uplinks)
    policy.uplinks?.interfaces = uplinks
    for (index, statement) in statements.enumerated() {
      switch statement.kind {
      case .lan(let list, _):
        let (placed, isEveryUplink) = withUplinks(list)
        interfaces.lans += placed
        interfaces.heads[index] = head(placed, isEveryUplink: isEveryUplink)
      case .forward(let list, _):
        let (placed, isEveryUplink) = withUplinks(list)
        if isEveryUplink {
          report(
            .unknownInterface, "there is no `uplink` statement that says what `uplink` stands for",
            at: list.range)
        }
        interfaces.forwards += placed
        interfaces.heads[index] = head(placed)
      case .language, .policy, .include, .define, .confine, .tunnel, .uplink, .bypass, .host,
        .blocked, .guardFrames, .expect, .acceptRisk:
        continue
      }
    }
    checkRoles()
  }

  /// The interfaces of a statement in which `uplink` has no meaning.
  private mutating func own(_ list: ValueList, refusing reason: String) -> [PlacedInterface] {
    let (placed, uplinks) = placedInterfaces(list.values)
    if let uplinks { report(.conflictingInterface, reason, at: uplinks) }
    return placed
  }

  /// The interfaces of a list, the declared uplinks in the place of `uplink`.
  private mutating func withUplinks(
    _ list: ValueList
  ) -> (placed: [PlacedInterface], isEveryUplink: Bool) {
    let (placed, word) = placedInterfaces(list.values)
    guard let word else { return (placed, false) }
    if let uplinks = policy.uplinks?.interfaces {
      return (placed + uplinks.map { PlacedInterface(pattern: $0, range: word) }, false)
    }
    return (placed, true)
  }

  private func head(_ placed: [PlacedInterface], isEveryUplink: Bool = false) -> BlockHead {
    BlockHead(interfaces: distinct(placed), isEveryUplink: isEveryUplink)
  }

  private func distinct(_ placed: [PlacedInterface]) -> [InterfacePattern] {
    var seen: Set<InterfacePattern> = []
    return placed.map(\.pattern).filter { seen.insert($0).inserted }
  }

  // MARK: Checks

  private mutating func checkRoles() {
    let others = [
      ("an uplink", interfaces.uplinks), ("a LAN interface", interfaces.lans),
      ("a `forward` interface", interfaces.forwards),
    ]
    for tunnel in interfaces.tunnels where tunnel.pattern.overlaps(.loopback) {
      reportLoopback(tunnel)
    }
    for (role, placed) in others {
      for other in placed {
        if other.pattern.overlaps(.loopback) {
          reportLoopback(other)
        } else if let tunnel = interfaces.tunnels.first(where: {
          $0.pattern.overlaps(other.pattern)
        }) {
          report(
            .conflictingInterface,
            "\(quoted(other.pattern.text)) is \(role) here, but a tunnel is named \(quoted(tunnel.pattern.text))",
            at: other.range, related: [Label(tunnel.range, "a tunnel here")])
        }
      }
    }
  }

  mutating func reportLoopback(_ interface: PlacedInterface) {
    report(
      .conflictingInterface,
      "\(quoted(interface.pattern.text)) is the loopback device, which always passes",
      at: interface.range)
  }

  // MARK: References

  /// The interfaces behind `via`; empty for `uplink`, or where something was reported.
  ///
  /// An interface that is no tunnel must be one of the uplinks, if the policy says which they are.
  mutating func via(_ value: Value, allowsTunnel: Bool) -> [InterfacePattern] {
    let (placed, _) = placedInterfaces([value])
    return placed.compactMap { interface in
      let pattern = interface.pattern
      let isTunnel = interfaces.tunnels.contains { $0.pattern == pattern }
      if isTunnel ? allowsTunnel : isUplink(pattern) { return pattern }
      reportNoWayOut(interface, allowsTunnel: allowsTunnel)
      return nil
    }
  }

  private func isUplink(_ pattern: InterfacePattern) -> Bool {
    if let uplinks = policy.uplinks { return uplinks.interfaces.contains { $0.covers(pattern) } }
    let inside = interfaces.tunnels + interfaces.forwards
    return !pattern.overlaps(.loopback) && !inside.contains { $0.pattern.overlaps(pattern) }
  }

  private mutating func reportNoWayOut(_ interface: PlacedInterface, allowsTunnel: Bool) {
    if hasSyntaxErrors { return }
    let text = interface.pattern.text
    let tunnels = allowsTunnel ? interfaces.tunnels : []
    let candidates = (tunnels + interfaces.uplinks).map(\.pattern.text)
    let guess = guess(text, at: interface.range, among: candidates)
    let fault =
      allowsTunnel ? "is neither a tunnel nor an uplink" : "is no uplink"
    report(
      .unknownInterface, "\(quoted(text)) \(fault) of this policy\(guess.question)",
      at: interface.range, fixIts: guess.fixIts)
  }
}
