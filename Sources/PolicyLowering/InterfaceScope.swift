import PacketSpace
import Policy
import RulesetIR

/// One condition on an interface.
struct InterfaceTest: Hashable {
  var pattern: InterfacePattern
  /// The device type that a tunnel's `kind` asks for.
  var deviceType: UInt16?
  var isNegated = false

  /// The matches that hold exactly when this does.
  ///
  /// A negated test has no device type: "not this name" is what a deny or an uplink asks for.
  func matches(_ side: InterfaceSide) -> [Match] {
    var result: [Match] = [.interface(side, pattern, isNegated: isNegated)]
    if let deviceType, !isNegated { result.append(.deviceType(side, deviceType)) }
    return result
  }
}

/// Interfaces by alternatives; within one, all tests must hold.
struct InterfaceScope: Equatable {
  var alternatives: [[InterfaceTest]]

  static let any = InterfaceScope(alternatives: [[]])

  init(alternatives: [[InterfaceTest]]) {
    self.alternatives = alternatives
  }

  init(_ patterns: [InterfacePattern], deviceType: UInt16? = nil) {
    alternatives = patterns.map { [InterfaceTest(pattern: $0, deviceType: deviceType)] }
  }

  func matches(_ side: InterfaceSide) -> [[Match]] {
    alternatives.map { tests in tests.flatMap { $0.matches(side) } }
  }

  func union(_ other: InterfaceScope) -> InterfaceScope {
    InterfaceScope(
      alternatives: alternatives + other.alternatives.filter { !alternatives.contains($0) })
  }
}

/// How a policy divides the machine's interfaces.
struct Zones {
  let tunnels: InterfaceScope
  /// The names alone, for "not a tunnel".
  let tunnelNames: [InterfacePattern]
  let inside: [InterfacePattern]
  /// The `forward` interfaces alone.
  let forwards: [InterfacePattern]
  let uplinks: InterfaceScope
  /// Neither `lo` nor a tunnel.
  let notTunnel: InterfaceScope

  static let loopback = InterfacePattern("lo")

  init(_ policy: Policy) {
    var tunnelScope = InterfaceScope(alternatives: [])
    var names: [InterfacePattern] = []
    for tunnel in policy.tunnels {
      tunnelScope = tunnelScope.union(
        InterfaceScope(tunnel.interfaces, deviceType: tunnel.kind?.deviceType))
      for name in tunnel.interfaces where !names.contains(name) { names.append(name) }
    }
    tunnels = tunnelScope
    tunnelNames = names
    inside = Zones.insideNames(policy)
    forwards = policy.forwards.flatMap(\.interfaces)
    let outer = ([Zones.loopback] + names).map { InterfaceTest(pattern: $0, isNegated: true) }
    notTunnel = InterfaceScope(alternatives: [outer])
    if let declared = policy.uplinks {
      uplinks = InterfaceScope(declared.interfaces)
    } else {
      uplinks = InterfaceScope(alternatives: [
        outer + inside.map { InterfaceTest(pattern: $0, isNegated: true) }
      ])
    }
  }

  /// The `forward` interfaces, and those that a subject is named by: neither is a way to the world.
  private static func insideNames(_ policy: Policy) -> [InterfacePattern] {
    var names = policy.forwards.flatMap(\.interfaces)
    for subject in policy.subjects {
      if case .fromInterface(let pattern) = subject { names.append(pattern) }
    }
    var result: [InterfacePattern] = []
    for name in names where !result.contains(name) { result.append(name) }
    return result
  }

  /// The test of a tunnel's interface, with the device type that its block asks for.
  func tunnel(_ pattern: InterfacePattern) -> InterfaceScope {
    InterfaceScope(alternatives: tunnels.alternatives.filter { $0[0].pattern == pattern })
  }

  /// The scope of `via IFACE`: a tunnel keeps its device type.
  func via(_ pattern: InterfacePattern) -> InterfaceScope {
    let tunnel = tunnel(pattern)
    return tunnel.alternatives.isEmpty ? InterfaceScope([pattern]) : tunnel
  }

  func scope(of lan: LAN) -> InterfaceScope {
    lan.isEveryUplink ? uplinks : InterfaceScope(lan.interfaces)
  }
}

extension Policy {
  /// Every subject that the policy names, in `confine` and in `bypass`.
  var subjects: [Subject] {
    (confine?.subjects ?? []) + bypasses.flatMap(\.subjects).map(\.subject)
  }
}
