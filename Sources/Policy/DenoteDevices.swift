import PacketSpace

/// A set of network devices, told on the way in and on the way out.
struct Devices {
  var input: PacketExpression
  var output: PacketExpression

  init(input: PacketExpression, output: PacketExpression) {
    self.input = input
    self.output = output
  }

  init(_ patterns: [InterfacePattern]) {
    input = .or(patterns.map { .interface(.inputInterface, $0) })
    output = .or(patterns.map { .interface(.outputInterface, $0) })
  }

  static func any(of sets: [Devices]) -> Devices {
    Devices(input: .or(sets.map(\.input)), output: .or(sets.map(\.output)))
  }
}

extension Denotation {
  var loopback: Devices { Devices([InterfacePattern("lo")]) }

  func devices(_ tunnel: Tunnel) -> Devices {
    devices(tunnel.interfaces, type: tunnel.kind?.deviceType)
  }

  /// By name and, where it is given, by the device's type as well.
  ///
  /// The last hook does not see the type of the device that a packet came in by.
  private func devices(_ patterns: [InterfacePattern], type: UInt16?) -> Devices {
    var result = Devices(patterns)
    guard let type else { return result }
    if !isLastHook {
      result.input = .and([result.input, .test(PacketTest(.inputType, UInt128(type)))])
    }
    result.output = .and([result.output, .test(PacketTest(.outputType, UInt128(type)))])
    return result
  }

  var everyTunnel: Devices { .any(of: policy.tunnels.map { devices($0) }) }

  var everyForward: Devices { Devices(policy.forwards.flatMap(\.interfaces)) }

  /// Without an `uplink` statement: every interface that is no tunnel, not `lo`, not named in `forward`, and not where
  /// a subject comes from.
  var uplinks: Devices {
    if let declared = policy.uplinks { return Devices(declared.interfaces) }
    let inside = Devices(
      [InterfacePattern("lo")] + policy.tunnels.flatMap(\.interfaces)
        + policy.forwards.flatMap(\.interfaces) + subjectInterfaces)
    return Devices(
      input: .and([.not(.test(PacketTest(.inputInterface, .noInterface))), .not(inside.input)]),
      output: .and([.not(.test(PacketTest(.outputInterface, .noInterface))), .not(inside.output)]))
  }

  var subjectInterfaces: [InterfacePattern] {
    let subjects =
      policy.bypasses.flatMap(\.subjects).map(\.subject) + (policy.confine?.subjects ?? [])
    return subjects.compactMap { if case .fromInterface(let pattern) = $0 { pattern } else { nil } }
  }

  func devices(_ lan: LAN) -> Devices {
    let named = Devices(lan.interfaces)
    return lan.isEveryUplink ? .any(of: [named, uplinks]) : named
  }

  /// The tunnels that a name in a line stands for, with their types; else the plain name.
  func devices(named pattern: InterfacePattern) -> Devices {
    let tunnels = policy.tunnels.filter { $0.interfaces.contains(pattern) }
    if tunnels.isEmpty { return Devices([pattern]) }
    return .any(of: tunnels.map { devices([pattern], type: $0.kind?.deviceType) })
  }

  /// `via`, or every uplink.
  func waysOut(_ via: [InterfacePattern]) -> Devices {
    via.isEmpty ? uplinks : .any(of: via.map { devices(named: $0) })
  }
}
