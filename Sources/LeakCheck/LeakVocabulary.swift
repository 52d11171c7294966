import PacketSpace
import Policy
import RulesetIR

/// The sets of packets that the entries of the catalogue are made of.
struct LeakVocabulary {
  let scope: AuditScope
  let generic: GenericPackets
  let ruleset: Ruleset
  /// Sent by any program, or by any that the policy confines.
  let byAnybody: PacketExpression

  init(_ scope: AuditScope, _ generic: GenericPackets, _ ruleset: Ruleset) {
    self.scope = scope
    self.generic = generic
    self.ruleset = ruleset
    byAnybody = scope.policy?.policy.confine == nil ? generic.byAnybody : .origin(.local)
  }

  // MARK: Places

  /// Leaves by what is neither `lo` nor a tunnel nor a device with this machine's own clients.
  var outside: PacketExpression { elsewhere(.outputInterface, than: scope.tunnels + scope.inside) }

  /// Comes from such a device.
  var fromOutside: PacketExpression {
    elsewhere(.inputInterface, than: scope.tunnels + scope.inside)
  }

  /// Comes from anything but a tunnel.
  var notFromTunnel: PacketExpression { elsewhere(.inputInterface, than: scope.tunnels) }

  var byTunnel: PacketExpression { by(.outputInterface, scope.tunnels) }
  var fromTunnel: PacketExpression { by(.inputInterface, scope.tunnels) }

  private func elsewhere(
    _ field: PacketField, than names: [InterfacePattern]
  ) -> PacketExpression {
    .and(
      [.not(.test(PacketTest(field, .noInterface)))]
        + ([InterfacePattern("lo")] + names).map { .not(.test(PacketTest(field, .interface($0)))) })
  }

  private func by(_ field: PacketField, _ names: [InterfacePattern]) -> PacketExpression {
    .or(names.map { .test(PacketTest(field, .interface($0))) })
  }

  // MARK: Packets

  /// The first packet of a connection, whole.
  let newFlow = PacketExpression.and([
    .state(.new), .value(.ctDirection, 0), .value(.laterFragment, 0),
  ])
  let noMark = PacketExpression.test(PacketTest(.mark, .bits(value: 0, mask: .max)))

  /// What any program can send without a mark, to begin a connection.
  var plain: PacketExpression {
    .and([newFlow, byAnybody, noMark, generic.fromAnywhere, generic.fromAnyPort])
  }

  var tcpOrUDP: PacketExpression { .or([.value(.transport, 6), .value(.transport, 17)]) }
  var anyService: PacketExpression { .and([tcpOrUDP, generic.toAnyPort]) }

  /// What every program needs: any address, any port.
  var open: PacketExpression { .and([plain, generic.toAnywhere, anyService]) }

  /// What this machine hands on for others, any address, any port.
  var openForwarded: PacketExpression {
    .and([
      newFlow, noMark, generic.fromAnywhere, generic.fromAnyPort, generic.toAnywhere, anyService,
    ])
  }

  func port(_ transport: UInt8?, _ ports: [UInt16]) -> PacketExpression {
    .and([
      transport.map { .value(.transport, UInt128($0)) } ?? tcpOrUDP, .value(.laterFragment, 0),
      .test(PacketTest(.destinationPort, ports.map { UInt128($0)...UInt128($0) })),
    ])
  }

  func to(_ addresses: AddressSet) -> PacketExpression {
    .anyAddress(addresses, PacketField.destination)
  }

  func from(_ addresses: AddressSet) -> PacketExpression {
    .anyAddress(addresses, PacketField.source)
  }

  /// Single addresses: those of the policy's endpoints, and those that rules name.
  var toEndpoint: PacketExpression { .or([to(scope.endpointAddresses), generic.toNamedHost]) }

  let isError = PacketExpression.or([
    .and([.value(.family, 0), .value(.transport, 1), .types([3, 11, 12])]),
    .and([.value(.family, 1), .value(.transport, 58), .types([1, 2, 3, 4])]),
  ])
  let isReset = PacketExpression.and([
    .value(.transport, 6), .test(PacketTest(.tcpFlags, .bits(value: 4, mask: 4))),
  ])
  let isPing = PacketExpression.or([
    .and([.value(.family, 0), .value(.transport, 1), .types([8])]),
    .and([.value(.family, 1), .value(.transport, 58), .types([128])]),
  ])

  // MARK: What a twin may change

  let destinationFields = PacketField.addresses {
    [.destination($0), .ctOriginalDestination($0), .ctReplySource($0), .ctOriginalSource($0)]
  }
  let sourceFields = PacketField.addresses {
    [.source($0), .ctOriginalSource($0), .ctReplyDestination($0)]
  }
  let destinationPortFields: [PacketField] = [
    .destinationPort, .ctReplySourcePort, .ctOriginalDestinationPort,
  ]
  let sourcePortFields: [PacketField] = [
    .sourcePort, .ctOriginalSourcePort, .ctReplyDestinationPort,
  ]
  var serviceFields: [PacketField] {
    [.transport, .ctProtocol, .icmpType, .tcpFlags] + destinationPortFields + sourcePortFields
  }
  /// All that a connection is known by.
  var flowFields: [PacketField] {
    [.ctState, .ctDirection, .tcpFlags, .icmpType, .ctProtocol] + sourcePortFields
      + destinationPortFields
      + PacketField.addresses {
        [
          .ctOriginalSource($0), .ctOriginalDestination($0), .ctReplySource($0),
          .ctReplyDestination($0),
        ]
      }
  }
  var senderFields: [PacketField] { [.origin] + generic.ownerFields }

  /// The same packet to any address.
  func anywhere(_ packets: PacketExpression) -> PacketTwin {
    PacketTwin(fields: destinationFields, packets: .and([packets, generic.toAnywhere]))
  }

  // MARK: Universe

  /// Everything that is asked beside the questions.
  var all: [PacketExpression] {
    [outside, fromOutside, notFromTunnel, byTunnel, fromTunnel, open, openForwarded, tooBig]
      + AddressFamily.allCases.map { .value(.family, $0 == .ipv4 ? 0 : 1) }
      + [generic.toNamedNetwork]
  }

  func questions(_ traversal: Traversal) -> [LeakQuestion] {
    switch traversal {
    case .leaves:
      openQuestions + holeQuestions + localQuestions + serviceQuestions + flowQuestions
        + kernelQuestions + ownerQuestions + rerouteQuestions + insideQuestions
    case .forwards: forwardQuestions
    case .arrives: arrivalQuestions
    case .postrouting: []
    }
  }
}

extension PacketField {
  fileprivate static func addresses(
    _ fields: (AddressFamily) -> [PacketField]
  ) -> [PacketField] {
    AddressFamily.allCases.flatMap(fields)
  }
}

extension PacketExpression {
  static func types(_ types: [UInt8]) -> PacketExpression {
    .and([
      .value(.laterFragment, 0),
      .test(PacketTest(.icmpType, types.map { UInt128($0)...UInt128($0) })),
    ])
  }
}
