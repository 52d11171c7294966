import PacketSpace

/// Looks up the named sets of one table.
package struct SetContents: Sendable {
  private var sets: [String: AddressSet] = [:]
  /// What the rules look up behind a mask, worked out once.
  private var masked: [MaskedSet: AddressSet] = [:]

  private struct MaskedSet: Hashable {
    var name: String
    var length: Int
  }

  package init(_ table: Table) {
    for set in table.sets { sets[set.name] = set.elements.addresses }
    for rule in table.chains.lazy.flatMap(\.rules) {
      for case .set(let name, let family, let length?) in rule.matches.compactMap(\.operand) {
        let key = MaskedSet(name: name, length: length)
        if masked[key] == nil { masked[key] = sets[name]?.widened(family, to: length) }
      }
    }
  }

  /// The addresses that a look-up finds; prefixes of one length are kept as masked addresses.
  func addresses(_ operand: AddressOperand) -> AddressSet {
    switch operand {
    case .prefix(let prefix): return AddressSet([prefix])
    case .list(let addresses):
      return AddressSet(addresses.map { Prefix($0, length: $0.family.addressWidth) })
    case .set(let name, let family, let length?):
      return masked[MaskedSet(name: name, length: length)]
        ?? sets[name, default: AddressSet()].widened(family, to: length)
    case .set(let name, _, nil): return sets[name, default: AddressSet()]
    }
  }

  /// The look-up of one field of a packet.
  func test(_ field: PacketField, _ operand: AddressOperand) -> PacketTest {
    if case .prefix(let prefix) = operand {
      return PacketTest(field, .ranges([prefix.lower...prefix.upper]))
    }
    return PacketTest({ _ in field }, operand.family, addresses(operand))
  }
}

extension Match {
  /// The addresses that a field of the packet or of its connection is compared with.
  fileprivate var operand: AddressOperand? {
    switch self {
    case .address(_, let operand, _), .ctAddress(_, _, let operand): operand
    case .not(let inner): inner.operand
    case .interface, .notReceived, .deviceType, .family, .transport, .port, .ctState, .ctDirection,
      .ctProtocol, .asked, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser, .socketGroup,
      .cgroup, .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .arpAddress, .opaque:
      nil
    }
  }
}

extension SetElements {
  fileprivate var addresses: AddressSet {
    switch self {
    case .ipv4(let elements): AddressSet(ipv4: elements.map { IPv4Range($0, $0) })
    case .ipv6(let elements): AddressSet(ipv6: elements.map { IPv6Range($0, $0) })
    case .ipv4Ranges(let ranges): AddressSet(ipv4: ranges)
    case .ipv6Ranges(let ranges): AddressSet(ipv6: ranges)
    case .asked: AddressSet()
    }
  }
}

extension AddressSet {
  /// The addresses that, behind a mask of so many bits, are in this set of one family.
  fileprivate func widened(_ family: AddressFamily, to length: Int) -> AddressSet {
    let host = family.maximum & ~Prefix.mask(family, length: length)
    switch family {
    case .ipv4:
      return AddressSet(
        ipv4: ipv4.compactMap { range in
          masked(UInt128(range.lower)...UInt128(range.upper), host).map {
            IPv4Range(UInt32($0.lowerBound), UInt32($0.upperBound))
          }
        })
    case .ipv6:
      return AddressSet(
        ipv6: ipv6.compactMap { range in
          masked(range.lower...range.upper, host).map { IPv6Range($0.lowerBound, $0.upperBound) }
        })
    }
  }

  /// What a mask leads into the range; `nil`: it holds no masked address.
  private func masked(_ range: ClosedRange<UInt128>, _ host: UInt128) -> ClosedRange<UInt128>? {
    let last = range.upperBound & ~host
    var first = range.lowerBound
    if first & host != 0 {
      let (next, isPastEnd) = (first | host).addingReportingOverflow(1)
      if isPastEnd { return nil }
      first = next
    }
    return first > last ? nil : first...(last | host)
  }
}
