import PacketSpace
package import Policy
package import RulesetIR

/// What became of one `expect`.
package struct ExpectationResult: Sendable {
  package var expectation: Expectation
  /// A packet that breaks it, and its way through the rules; `nil` when it holds.
  package var broken: ExplainedPacket?
  /// It is `expect pass`, and no ordinary packet is as it says.
  package var isEmpty: Bool
  /// The diagrams grew beyond what was allowed: neither held nor broken.
  package var isExhausted: Bool

  package var holds: Bool { broken == nil && !isEmpty && !isExhausted }
}

/// Holds every `expect` of a policy against its rules.
///
/// `expect block` is about every packet; of what leaves this machine the last hook alone is asked,
/// whatever other tables did before it. `expect pass` is about every ordinary packet.
package func evaluateExpectations(
  _ policy: Policy, _ ruleset: Ruleset, tags: PolicyTags, nodeBudget: Int = 4_000_000
) -> [ExpectationResult] {
  var context = ProofContext(
    policy, tags, [ProofCandidate(ruleset)],
    expected: policy.expectations.map { $0.spoken(policy, tags) }, asking: [],
    on: Traversal.allCases, nodeBudget)
  return context.expectations(0)
}

extension ProofContext {
  /// The same for one of the rule sets that the context was made with.
  package mutating func expectations(_ candidate: Int) -> [ExpectationResult] {
    zip(policy.expectations, expected).map { expectation, packets in
      result(of: expectation, packets, candidate)
    }
  }

  /// - Parameter packets: those that the expectation is about.
  private mutating func result(
    of expectation: Expectation, _ packets: PacketExpression, _ candidate: Int
  ) -> ExpectationResult {
    let traversal = expectation.traversal
    let set = universe.set(packets)
    let passing = passing(candidate, traversal)
    let broken =
      expectation.isPass
      ? universe.difference(set, passing) : universe.intersection(set, passing)
    let packet = packet(in: broken, traversal)
    let isEmpty = expectation.isPass && packet == nil && !isPossible(set, traversal)
    let ruleset = candidates[candidate].ruleset
    return ExpectationResult(
      expectation: expectation,
      broken: isExhausted
        ? nil
        : packet.map { ExplainedPacket($0, passes: !expectation.isPass, ruleset, traversal) },
      isEmpty: isEmpty && !isExhausted, isExhausted: isExhausted)
  }
}

extension Expectation {
  /// `in` alone: for this machine; `out` alone: leaves it; both: forwarded.
  var traversal: Traversal {
    if outInterface == nil { return .arrives }
    if inInterface != nil { return .forwards }
    return isPass ? .leaves : .postrouting
  }

  /// The packets that the line holds for: of `expect pass` the ordinary ones alone.
  func spoken(_ policy: Policy, _ tags: PolicyTags) -> PacketExpression {
    let packets = packets(policy, tags, atLastHook: traversal == .postrouting)
    return isPass ? .and([packets, ordinary(policy, tags)]) : packets
  }

  /// The packets that the line speaks of.
  ///
  /// - Parameter atLastHook: as the hooks before it leave them.
  func packets(
    _ policy: Policy, _ tags: PolicyTags, atLastHook: Bool
  ) -> PacketExpression {
    var parts = [
      deviceTypes(policy), atLastHook ? tags.asOurChainsLeaveThem : .all,
      cgroupTree(Set(tags.cgroupBits.keys).union(selectors.cgroup.map { [$0] } ?? []).sorted()),
    ]
    if let protocolName { parts.append(protocolName.packets) }
    if let from { parts.append(.sent(from: from)) }
    if let to { parts.append(.anyAddress(to, PacketField.destination)) }
    if let port { parts.append(.ports(.destinationPort, port)) }
    if let sourcePort { parts.append(.ports(.sourcePort, sourcePort)) }
    if let mark = selectors.mark {
      let compared = atLastHook ? ~tags.markBits : .max
      parts.append(.test(PacketTest(.mark, .bits(value: mark & compared, mask: compared))))
    }
    if let user = selectors.user { parts.append(.ids(.user, user)) }
    if let group = selectors.group { parts.append(.ids(.group, group)) }
    if let path = selectors.cgroup { parts.append(.value(.cgroup(path), 1)) }
    if let inInterface { parts.append(inInterface.packets(.inputInterface, policy)) }
    if let outInterface { parts.append(outInterface.packets(.outputInterface, policy)) }
    if let state { parts.append(.value(.ctState, state.number)) }
    if isReply { parts.append(.value(.ctDirection, 1)) }
    return .and(parts)
  }

  /// What `expect pass` takes for granted where the line does not say otherwise: new, whole, sent by
  /// a program of this machine or forwarded, from an address that the way out allows.
  func ordinary(_ policy: Policy, _ tags: PolicyTags) -> PacketExpression {
    var parts: [PacketExpression] = [
      .value(.laterFragment, 0), .value(.ctLabel(tags.confinedLabel), 0),
    ]
    if state == nil { parts.append(.value(.ctState, isReply ? 1 : 0)) }
    if !isReply { parts.append(.value(.ctDirection, 0)) }
    if selectors.mark == nil { parts.append(.test(PacketTest(.mark, .bits(value: 0, mask: .max)))) }
    if inInterface == nil { parts.append(.value(.origin, UInt128(PacketOrigin.local.rawValue))) }
    switch protocolName {
    case .icmp: parts.append(.value(.icmpType, isReply ? 0 : 8))
    case .icmpv6: parts.append(.value(.icmpType, isReply ? 129 : 128))
    case .transport(.tcp):
      // The first segment of a connection.
      if state == nil, !isReply {
        parts.append(.test(PacketTest(.tcpFlags, .bits(value: 0x02, mask: 0xff))))
      }
    case .transport, .proto, nil: break
    }
    if from == nil {
      if let outInterface, inInterface == nil {
        parts.append(ownSources(outInterface, policy))
      } else {
        parts.append(.not(.anyAddress(policy.ownAddresses, PacketField.source)))
      }
    }
    if to == nil { parts.append(.not(insideOtherTunnels(policy))) }
    parts.append(usualHopLimit)
    return .and(parts)
  }

  /// A tunnel's interface is a device of the kind that its block names.
  private func deviceTypes(_ policy: Policy) -> PacketExpression {
    .and(
      [(inInterface, PacketField.inputType), (outInterface, .outputType)].flatMap {
        place, field -> [PacketExpression] in
        guard case .interface(let pattern) = place else { return [] }
        return policy.tunnels.filter { $0.interfaces.contains(pattern) }.compactMap(\.kind).map {
          .value(field, UInt128($0.deviceType))
        }
      })
  }

  /// Into a tunnel: one of its addresses. Elsewhere: none of any tunnel's.
  private func ownSources(_ out: ExpectedInterface, _ policy: Policy) -> PacketExpression {
    var tunnels: [Tunnel] = []
    if case .interface(let pattern) = out {
      tunnels = policy.tunnels.filter { $0.interfaces.contains(pattern) }
    }
    let own = tunnels.flatMap(\.addresses).map(\.addresses)
    if !own.isEmpty {
      return .anyAddress(own.reduce(AddressSet()) { $0.union($1) }, PacketField.source)
    }
    return .not(.anyAddress(policy.ownAddresses, PacketField.source))
  }

  /// To what lives in a tunnel that the line does not name as the way out.
  private func insideOtherTunnels(_ policy: Policy) -> PacketExpression {
    let others = policy.tunnels.filter { tunnel in
      guard case .interface(let pattern) = outInterface else { return true }
      return !tunnel.interfaces.contains(pattern)
    }
    let lines = others.flatMap { $0.addresses + $0.inner + $0.dns }.map(\.addresses)
    return .anyAddress(lines.reduce(AddressSet()) { $0.union($1) }, PacketField.destination)
  }

  /// mDNS is sent with 255 (RFC 6762 section 11), other programs' packets with some other number.
  private var usualHopLimit: PacketExpression {
    let isMDNS = port?.contains(5353) ?? false
    return .value(.hopLimit, isMDNS ? 255 : 64)
  }
}

/// A socket in a cgroup is in the ones above it, and in none beside it.
private func cgroupTree(_ paths: [String]) -> PacketExpression {
  var parts: [PacketExpression] = []
  for (index, path) in paths.enumerated() {
    for other in paths[(index + 1)...] {
      let (inner, outer) = (
        PacketExpression.value(.cgroup(other), 1), PacketExpression.value(.cgroup(path), 1)
      )
      parts.append(
        other.hasPrefix(path + "/") ? .implies(inner, outer) : .not(.and([inner, outer])))
    }
  }
  return .and(parts)
}

extension PolicyTags {
  /// At the last hook a cgroup is known by a bit of the mark, which no other table may write.
  fileprivate var asOurChainsLeaveThem: PacketExpression {
    .and(
      cgroupBits.sorted { $0.key < $1.key }.map { path, bit in
        .same(
          .test(PacketTest(.mark, .bits(value: bit, mask: bit))), .value(.cgroup(path), 1))
      })
  }
}

extension ExpectedProtocol {
  fileprivate var packets: PacketExpression {
    switch self {
    case .transport(let transport): .value(.transport, UInt128(transport.number))
    case .icmp: .and([.value(.family, 0), .value(.transport, 1)])
    case .icmpv6: .and([.value(.family, 1), .value(.transport, 58)])
    case .proto(let number): .value(.transport, UInt128(number))
    }
  }
}

extension ExpectedInterface {
  fileprivate func packets(_ field: PacketField, _ policy: Policy) -> PacketExpression {
    func named(_ patterns: [InterfacePattern]) -> PacketExpression {
      .or(patterns.map { .test(PacketTest(field, .interface($0))) })
    }
    switch self {
    case .interface(let pattern): return named([pattern])
    case .everyUplink:
      if let uplinks = policy.uplinks { return named(uplinks.interfaces) }
      let others =
        [InterfacePattern("lo")] + policy.tunnels.flatMap(\.interfaces)
        + policy.forwards.flatMap(\.interfaces)
      return .and([.not(named(others)), .not(.test(PacketTest(field, .noInterface)))])
    }
  }
}

extension ConntrackState {
  fileprivate var number: UInt128 {
    let state: PacketCTState =
      switch self {
      case .new: .new
      case .established: .established
      case .related: .related
      case .invalid: .invalid
      }
    return UInt128(state.rawValue)
  }
}

extension Policy {
  /// The addresses of all tunnels.
  fileprivate var ownAddresses: AddressSet {
    tunnels.flatMap(\.addresses).map(\.addresses).reduce(AddressSet()) { $0.union($1) }
  }
}

extension PacketExpression {
  /// From one of the addresses, whatever another table made of the source on the way: the
  /// connection knows who sent it.
  fileprivate static func sent(from set: AddressSet) -> PacketExpression {
    .and([
      .anyAddress(set, PacketField.source),
      .or([
        .value(.ctDirection, 2),
        .and([.value(.ctDirection, 0), .anyAddress(set, PacketField.ctOriginalSource)]),
        .and([.value(.ctDirection, 1), .anyAddress(set, PacketField.ctReplySource)]),
      ]),
    ])
  }

  /// The address of either family is in the set.
  static func anyAddress(
    _ set: AddressSet, _ field: (AddressFamily) -> PacketField
  ) -> PacketExpression {
    .or(
      AddressFamily.allCases.filter { !set.isEmpty($0) }.map { family in
        .and([
          .value(.family, family == .ipv4 ? 0 : 1), .test(PacketTest(field, family, set)),
        ])
      })
  }

  fileprivate static func ports(_ field: PacketField, _ ports: PortSet) -> PacketExpression {
    .and([
      .value(.laterFragment, 0),
      .test(PacketTest(field, ports.ranges.map { UInt128($0.lower)...UInt128($0.upper) })),
    ])
  }

  fileprivate static func ids(_ field: PacketField, _ ids: IDSet) -> PacketExpression {
    .test(
      PacketTest(field, ids.ranges.map { UInt128($0.lowerBound)...UInt128($0.upperBound) }))
  }
}
