import PacketSpace

extension ConcretePacket {
  /// Whether a match holds: what it compares is there, and compares so.
  func meets(_ match: Match, sets: [NamedSet]) -> Bool {
    switch match {
    case .interface(let side, let pattern, let isNegated):
      // A device that is not there has the empty name.
      let name = device(side)?.name ?? ""
      let isNamed = pattern.isPrefix ? name.hasPrefix(pattern.name) : name == pattern.name
      return isNamed != isNegated
    case .notReceived: return input == nil
    case .deviceType(let side, let type, let isNegated):
      guard let device = device(side) else { return false }
      return (device.type == type) != isNegated
    case .family(let family): return self.family == family
    case .address(let field, let operand, let isNegated):
      guard operand.family == family else { return false }
      return has(field == .source ? source : destination, operand, sets) != isNegated
    case .asked(let set, let family, _, _): return self.family == family && asked.contains(set)
    case .transport(let numbers): return numbers.contains(transport)
    case .port(let field, let ranges, let isNegated):
      // TCP, UDP, DCCP, SCTP, UDP-Lite; only the first fragment has a transport header.
      guard [6, 17, 33, 132, 136].contains(transport), !isLaterFragment else { return false }
      let port = field == .source ? sourcePort : destinationPort
      return ranges.contains { $0.lower <= port && port <= $0.upper } != isNegated
    case .icmpType(let types):
      return family == .ipv4 && transport == 1 && !isLaterFragment && types.contains(icmpType)
    case .icmpv6Type(let types):
      return family == .ipv6 && transport == 58 && !isLaterFragment && types.contains(icmpType)
    case .tcpFlags(let mask, let value):
      return transport == 6 && !isLaterFragment && tcpFlags & mask == value
    case .mark(let value, let mask, let isNegated): return (mark & mask == value) != isNegated
    case .socketUser(let range): return user.map { range.contains($0) } ?? false
    case .socketGroup(let range): return group.map { range.contains($0) } ?? false
    case .cgroup(let path, _): return cgroups.contains(path)
    case .hopLimit(let family, let hops): return self.family == family && hopLimit == hops
    case .laterFragment(let family): return self.family == family && isLaterFragment
    // This is an IP packet.
    case .isIP(let isNegated): return !isNegated
    case .arpAddress: return false
    case .opaque(let text): return opaque.contains(text)
    case .not(let inner): return !meets(inner, sets: sets)
    case .ctState(let states, let isNegated): return states.contains(state) != isNegated
    case .ctDirection, .ctProtocol, .ctAddress, .ctPort, .ctLabel:
      return connection?.meets(match, of: self, sets) ?? false
    }
  }

  private func device(_ side: InterfaceSide) -> Device? {
    switch side {
    case .input: input
    case .output: output
    }
  }

  /// - Parameter operand: of the packet's family.
  fileprivate func has(
    _ address: IPAddress, _ operand: AddressOperand, _ sets: [NamedSet]
  ) -> Bool {
    switch operand {
    case .prefix(let prefix):
      let hostBits = UInt128(family.addressWidth - prefix.length)
      return address.bits >> hostBits == prefix.address.bits >> hostBits
    case .list(let addresses): return addresses.contains(address)
    case .set(let name, _, let maskLength):
      let hostBits = UInt128(family.addressWidth - (maskLength ?? family.addressWidth))
      let key = (address.bits >> hostBits) << hostBits
      return sets.first { $0.name == name }?.elements.has(key, family) ?? false
    }
  }
}

extension ConcretePacket.Connection {
  fileprivate func meets(_ match: Match, of packet: ConcretePacket, _ sets: [NamedSet]) -> Bool {
    switch match {
    case .ctDirection(let direction): return self.direction == direction
    case .ctProtocol(let number): return transport == number
    case .ctAddress(let direction, let field, let operand):
      guard operand.family == packet.family else { return false }
      let tuple = direction == .original ? original : reply
      return packet.has(field == .source ? tuple.source : tuple.destination, operand, sets)
    case .ctPort(let direction, let field, let range):
      let tuple = direction == .original ? original : reply
      let port = field == .source ? tuple.sourcePort : tuple.destinationPort
      return range.lower <= port && port <= range.upper
    case .ctLabel(let bit): return labels.contains(bit)
    case .interface, .notReceived, .deviceType, .family, .address, .asked, .transport, .port,
      .ctState, .icmpType, .icmpv6Type, .mark, .socketUser, .socketGroup, .cgroup, .hopLimit,
      .laterFragment, .tcpFlags, .isIP, .arpAddress, .opaque, .not:
      preconditionFailure("a connection is asked for what only a packet has")
    }
  }
}

extension SetElements {
  fileprivate func has(_ key: UInt128, _ family: AddressFamily) -> Bool {
    guard self.family == family else { return false }
    switch self {
    case .ipv4(let addresses): return addresses.contains { UInt128($0) == key }
    case .ipv6(let addresses): return addresses.contains(key)
    case .ipv4Ranges(let ranges):
      return ranges.contains { UInt128($0.lower) <= key && key <= UInt128($0.upper) }
    case .ipv6Ranges(let ranges): return ranges.contains { $0.lower <= key && key <= $0.upper }
    // What rules put there is not known by value.
    case .asked: return false
    }
  }
}
