package import PacketSpace

extension ConcretePacket {
  /// The packet of a witness; what the witness does not say is an ordinary value.
  package init(_ witness: PacketWitness) {
    let family: AddressFamily = witness.number(.family) == 1 ? .ipv6 : .ipv4
    func address(_ field: PacketField) -> IPAddress {
      IPAddress(family: family, bits: witness.number(field) ?? 0)
    }
    func port(_ field: PacketField) -> UInt16 { UInt16(witness.number(field) ?? 0) }
    func device(_ name: PacketField, _ type: PacketField) -> Device? {
      guard let name = witness.interface(name) else { return nil }
      return Device(name: name, type: UInt16(witness.number(type) ?? 1))
    }
    self.init(source: address(.source(family)), destination: address(.destination(family)))
    input = device(.inputInterface, .inputType)
    output = device(.outputInterface, .outputType)
    transport = UInt8(witness.number(.transport) ?? 17)
    sourcePort = port(.sourcePort)
    destinationPort = port(.destinationPort)
    icmpType = UInt8(witness.number(.icmpType) ?? 0)
    tcpFlags = UInt8(truncatingIfNeeded: witness.number(.tcpFlags) ?? 0)
    hopLimit = UInt8(witness.number(.hopLimit) ?? 64)
    isLaterFragment = witness.number(.laterFragment) == 1
    mark = UInt32(witness.number(.mark) ?? 0)
    state = StateBit(witness.number(.ctState) ?? 0)
    user = owner(witness.number(.user))
    group = owner(witness.number(.group))
    let direction = witness.number(.ctDirection) ?? 0
    if direction < 2 {
      connection = Connection(
        direction: direction == 0 ? .original : .reply,
        transport: UInt8(witness.number(.ctProtocol) ?? UInt128(transport)),
        original: Tuple(
          source: address(.ctOriginalSource(family)),
          destination: address(.ctOriginalDestination(family)),
          sourcePort: port(.ctOriginalSourcePort),
          destinationPort: port(.ctOriginalDestinationPort)),
        reply: Tuple(
          source: address(.ctReplySource(family)),
          destination: address(.ctReplyDestination(family)),
          sourcePort: port(.ctReplySourcePort), destinationPort: port(.ctReplyDestinationPort)))
    }
    for (field, value) in witness.values where value == .number(1) {
      if case .opaque(let text) = field { opaque.insert(text) }
      if case .cgroup(let path) = field { cgroups.insert(path) }
      if case .asked(let set) = field { asked.insert(set) }
      if case .ctLabel(let bit) = field { connection?.labels.insert(bit) }
    }
  }

  /// The packet's values by field: as a set of packets is asked for it.
  package var witness: PacketWitness {
    var values: [PacketField: PacketWitness.Value] = [
      .family: .number(family == .ipv4 ? 0 : 1), .source(family): .number(source.bits),
      .destination(family): .number(destination.bits), .transport: .number(UInt128(transport)),
      .sourcePort: .number(UInt128(sourcePort)),
      .destinationPort: .number(UInt128(destinationPort)),
      .icmpType: .number(UInt128(icmpType)), .tcpFlags: .number(UInt128(tcpFlags)),
      .hopLimit: .number(UInt128(hopLimit)), .laterFragment: .number(isLaterFragment ? 1 : 0),
      .mark: .number(UInt128(mark)), .ctState: .number(state.number),
      .user: .number(user.map { UInt128($0) } ?? PacketField.noOwner),
      .group: .number(group.map { UInt128($0) } ?? PacketField.noOwner),
      .inputInterface: input.map { .interface($0.name) } ?? .noInterface,
      .outputInterface: output.map { .interface($0.name) } ?? .noInterface,
      .inputType: .number(UInt128(input?.type ?? 0)),
      .outputType: .number(UInt128(output?.type ?? 0)), .ctDirection: .number(2),
    ]
    if let connection { values.merge(connection.values(family)) { $1 } }
    for text in opaque { values[.opaque(text)] = .number(1) }
    for path in cgroups { values[.cgroup(path)] = .number(1) }
    for set in asked { values[.asked(set)] = .number(1) }
    return PacketWitness(values: values)
  }
}

extension ConcretePacket.Connection {
  fileprivate func values(_ family: AddressFamily) -> [PacketField: PacketWitness.Value] {
    var values: [PacketField: PacketWitness.Value] = [
      .ctDirection: .number(direction == .original ? 0 : 1),
      .ctProtocol: .number(UInt128(transport)),
      .ctOriginalSource(family): .number(original.source.bits),
      .ctOriginalDestination(family): .number(original.destination.bits),
      .ctReplySource(family): .number(reply.source.bits),
      .ctReplyDestination(family): .number(reply.destination.bits),
      .ctOriginalSourcePort: .number(UInt128(original.sourcePort)),
      .ctOriginalDestinationPort: .number(UInt128(original.destinationPort)),
      .ctReplySourcePort: .number(UInt128(reply.sourcePort)),
      .ctReplyDestinationPort: .number(UInt128(reply.destinationPort)),
    ]
    for bit in labels { values[.ctLabel(bit)] = .number(1) }
    return values
  }
}

private func owner(_ number: UInt128?) -> UInt32? {
  number.flatMap { $0 == PacketField.noOwner ? nil : UInt32($0) }
}

extension StateBit {
  /// - Parameter number: a value of the field `ctState`.
  fileprivate init(_ number: UInt128) {
    self =
      switch UInt8(truncatingIfNeeded: number) {
      case PacketCTState.established.rawValue: .established
      case PacketCTState.related.rawValue: .related
      case PacketCTState.invalid.rawValue: .invalid
      case PacketCTState.untracked.rawValue: .untracked
      case _: .new
      }
  }

  fileprivate var number: UInt128 {
    let state: PacketCTState =
      switch self {
      case .new: .new
      case .established: .established
      case .related: .related
      case .invalid: .invalid
      case .untracked: .untracked
      }
    return UInt128(state.rawValue)
  }
}
