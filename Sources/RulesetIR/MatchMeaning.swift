package import PacketSpace

extension Match {
  /// The packets that a match holds for.
  ///
  /// A match that cannot load what it compares does not hold, negated or not: nf_tables breaks the
  /// rule (`NFT_BREAK`), and xtables' matches answer "no".
  package func meaning(_ sets: SetContents) -> PacketExpression {
    switch self {
    case .interface(let side, let pattern, let isNegated):
      return PacketExpression.test(PacketTest(side.field, .interface(pattern))).negated(isNegated)
    case .notReceived: return .test(PacketTest(.inputInterface, .noInterface))
    case .deviceType(let side, let type, let isNegated):
      let present = PacketExpression.not(.test(PacketTest(side.field, .noInterface)))
      let field: PacketField = side == .input ? .inputType : .outputType
      return .and([
        present, PacketExpression.test(PacketTest(field, UInt128(type))).negated(isNegated),
      ])
    case .family(let family): return .family(family)
    case .address(let field, let operand, let isNegated):
      let family = operand.family
      let place: PacketField = field == .source ? .source(family) : .destination(family)
      return .and([
        .family(family), PacketExpression.test(sets.test(place, operand)).negated(isNegated),
      ])
    case .transport(let numbers): return .numbers(.transport, numbers)
    case .port(let field, let ranges, let isNegated):
      let place: PacketField = field == .source ? .sourcePort : .destinationPort
      let test = PacketTest(place, ranges.map(\.numbers))
      return .and([.hasPorts, PacketExpression.test(test).negated(isNegated)])
    case .ctState(let states, let isNegated):
      return PacketExpression.or(
        states.map { .test(PacketTest(.ctState, UInt128($0.state.rawValue))) }
      ).negated(isNegated)
    case .hopLimit(let family, let hops):
      return .and([.family(family), .test(PacketTest(.hopLimit, UInt128(hops)))])
    case .laterFragment(let family):
      return .and([.family(family), .test(PacketTest(.laterFragment, 1))])
    case .tcpFlags(let mask, let value):
      return .and([
        .numbers(.transport, [6]), .wholeHeader,
        .test(PacketTest(.tcpFlags, .bits(value: UInt32(value), mask: UInt32(mask)))),
      ])
    case .icmpType(let types):
      return .and([
        .family(.ipv4), .numbers(.transport, [1]), .wholeHeader, .numbers(.icmpType, types),
      ])
    case .icmpv6Type(let types):
      return .and([
        .family(.ipv6), .numbers(.transport, [58]), .wholeHeader, .numbers(.icmpType, types),
      ])
    case .ctDirection, .ctProtocol, .ctAddress, .ctPort, .ctLabel: return connectionMeaning(sets)
    case .mark, .socketUser, .socketGroup, .cgroup, .asked, .isIP, .arpAddress, .opaque:
      return metaMeaning
    case .not(let inner): return .not(inner.meaning(sets))
    }
  }

  private func connectionMeaning(_ sets: SetContents) -> PacketExpression {
    switch self {
    case .ctDirection(let direction):
      return .test(PacketTest(.ctDirection, direction == .original ? 0 : 1))
    case .ctProtocol(let number):
      return .and([.hasConnection, .numbers(.ctProtocol, [number])])
    case .ctAddress(let direction, let field, let operand):
      let family = operand.family
      let place: PacketField =
        switch (direction, field) {
        case (.original, .source): .ctOriginalSource(family)
        case (.original, .destination): .ctOriginalDestination(family)
        case (.reply, .source): .ctReplySource(family)
        case (.reply, .destination): .ctReplyDestination(family)
        }
      return .and([.family(family), .hasConnection, .test(sets.test(place, operand))])
    case .ctPort(let direction, let field, let range):
      let place: PacketField =
        switch (direction, field) {
        case (.original, .source): .ctOriginalSourcePort
        case (.original, .destination): .ctOriginalDestinationPort
        case (.reply, .source): .ctReplySourcePort
        case (.reply, .destination): .ctReplyDestinationPort
        }
      return .and([.hasConnection, .test(PacketTest(place, [range.numbers]))])
    case .ctLabel(let bit): return .and([.hasConnection, .test(PacketTest(.ctLabel(bit), 1))])
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .icmpType, .icmpv6Type, .mark, .socketUser, .socketGroup, .cgroup, .hopLimit, .laterFragment,
      .tcpFlags, .isIP, .asked, .arpAddress, .opaque, .not:
      preconditionFailure("not a match of the connection")
    }
  }

  private var metaMeaning: PacketExpression {
    switch self {
    case .mark(let value, let mask, let isNegated):
      PacketExpression.test(PacketTest(.mark, .bits(value: value, mask: mask))).negated(isNegated)
    case .socketUser(let range):
      .test(PacketTest(.user, [UInt128(range.lowerBound)...UInt128(range.upperBound)]))
    case .socketGroup(let range):
      .test(PacketTest(.group, [UInt128(range.lowerBound)...UInt128(range.upperBound)]))
    case .cgroup(let path, _): .test(PacketTest(.cgroup(path), 1))
    case .asked(let set, let family, _, _):
      .and([.family(family), .test(PacketTest(.asked(askedQuestion(ofSet: set)), 1))])
    // The packet space holds IP packets only.
    case .isIP(let isNegated): isNegated ? .none : .all
    case .arpAddress: .none
    case .opaque(let text): .test(PacketTest(.opaque(text), 1))
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .hopLimit,
      .laterFragment, .tcpFlags, .ctLabel, .not:
      preconditionFailure("not a match of the packet's metadata")
    }
  }
}

extension InterfaceSide {
  fileprivate var field: PacketField { self == .input ? .inputInterface : .outputInterface }
}

extension StateBit {
  fileprivate var state: PacketCTState {
    switch self {
    case .invalid: .invalid
    case .new: .new
    case .established: .established
    case .related: .related
    case .untracked: .untracked
    }
  }
}

extension PortRange {
  var numbers: ClosedRange<UInt128> { UInt128(lower)...UInt128(upper) }
}

extension PacketExpression {
  fileprivate func negated(_ isNegated: Bool) -> PacketExpression { isNegated ? .not(self) : self }

  static func family(_ family: AddressFamily) -> PacketExpression {
    .test(PacketTest(.family, family == .ipv4 ? 0 : 1))
  }

  fileprivate static func numbers(_ field: PacketField, _ numbers: [UInt8]) -> PacketExpression {
    .test(PacketTest(field, numbers.sorted().map { UInt128($0)...UInt128($0) }))
  }

  /// A later fragment carries no transport header.
  fileprivate static let wholeHeader = PacketExpression.test(PacketTest(.laterFragment, 0))
  /// TCP, UDP, DCCP, SCTP and UDP-Lite begin with the ports.
  fileprivate static let hasPorts = PacketExpression.and([
    numbers(.transport, [6, 17, 33, 132, 136]), wholeHeader,
  ])
  fileprivate static let hasConnection = PacketExpression.not(.test(PacketTest(.ctDirection, 2)))
}

/// What a dynamic set remembers, whatever table or policy it belongs to: its name ends in the
/// protocol, the direction and the family of the question, as in `asked_mdns_out4`.
package func askedQuestion(ofSet name: String) -> String {
  let parts = name.split(separator: "_").suffix(2)
  return parts.count < 2 ? name : "asked_" + parts.joined(separator: "_")
}
