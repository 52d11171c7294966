/// One thing about a packet that a rule or a policy can ask for.
///
/// The order of the cases is the order of the decision variables: measured, it decides by a factor of
/// 25 how large the diagrams grow.
package enum PacketField: Hashable, Comparable, Sendable {
  /// 0: IPv4, 1: IPv6.
  case family
  /// 1: a fragment other than the first.
  case laterFragment
  /// A match that the model does not know, by its text; 1 where it holds.
  case opaque(String)
  /// Where the packet comes from, see `PacketOrigin`.
  case origin
  case inputInterface
  case outputInterface
  /// `ARPHRD_*` numbers.
  case inputType
  case outputType
  case source(AddressFamily)
  case destination(AddressFamily)
  /// See `PacketCTState`; absent conntrack is its `untracked`.
  case ctState
  /// 0: original, 1: reply, 2: no connection.
  case ctDirection
  /// The IP protocol (IPv6: behind all extension headers).
  case transport
  case destinationPort
  case sourcePort
  /// ICMP or ICMPv6, as `transport` says.
  case icmpType
  case tcpFlags
  /// TTL or hop limit.
  case hopLimit
  case mark
  case ctMark
  case ctLabel(UInt8)
  case ctProtocol
  case ctOriginalSource(AddressFamily)
  case ctOriginalDestination(AddressFamily)
  case ctReplySource(AddressFamily)
  case ctReplyDestination(AddressFamily)
  case ctOriginalSourcePort
  case ctOriginalDestinationPort
  case ctReplySourcePort
  case ctReplyDestinationPort
  /// The socket's owner; `PacketField.noOwner` where no socket is attached.
  case user
  case group
  /// 1: the socket is in this cgroup or one below it.
  case cgroup(String)
  /// 1: address and port are in this dynamic set.
  case asked(String)

  /// One past the largest user or group number.
  package static let noOwner: UInt128 = 1 << 32

  /// The largest value.
  package var maximum: UInt128 {
    switch self {
    case .family, .laterFragment, .opaque, .cgroup, .asked, .ctLabel: 1
    case .origin: UInt128(PacketOrigin.allCases.count - 1)
    case .ctState: UInt128(PacketCTState.allCases.count - 1)
    case .ctDirection: 2
    case .inputInterface, .outputInterface: 0
    case .inputType, .outputType, .destinationPort, .sourcePort, .ctOriginalSourcePort,
      .ctOriginalDestinationPort, .ctReplySourcePort, .ctReplyDestinationPort:
      0xffff
    case .source(let family), .destination(let family), .ctOriginalSource(let family),
      .ctOriginalDestination(let family), .ctReplySource(let family),
      .ctReplyDestination(let family):
      family.maximum
    case .transport, .icmpType, .tcpFlags, .hopLimit, .ctProtocol: 255
    case .mark, .ctMark: 0xffff_ffff
    case .user, .group: PacketField.noOwner
    }
  }
}

package enum PacketOrigin: UInt8, CaseIterable, Sendable {
  /// A socket of this machine, still open.
  case local
  /// The kernel itself: resets, ICMP errors, neighbour discovery.
  case kernel
  /// A closed socket: late data, FIN, retransmissions.
  case orphan
  case forwarded
}

package enum PacketCTState: UInt8, CaseIterable, Sendable {
  case new, established, related, invalid, untracked
}

/// A set of values of one field.
package struct PacketTest: Hashable, Sendable {
  package var field: PacketField
  package var values: Values

  package enum Values: Hashable, Sendable {
    /// Closed ranges, ascending and disjoint.
    case ranges([ClosedRange<UInt128>])
    /// More than a few ranges of addresses of one family, in the memory that they already have: a list of a million is not
    /// copied for each test of it.
    case addresses(AddressSet)
    /// `value & mask == value` of a 32-bit field that is kept bit by bit (`mark`, `ctMark`, `tcpFlags`).
    case bits(value: UInt32, mask: UInt32)
    case interface(InterfacePattern)
    /// The packet has no such interface: it was not received from a device.
    case noInterface
  }

  package init(_ field: PacketField, _ values: Values) {
    self.field = field
    self.values = values
  }

  package init(_ field: PacketField, _ value: UInt128) {
    self.init(field, .ranges([value...value]))
  }

  /// - Parameter ranges: in any order; they may touch and overlap.
  package init(_ field: PacketField, _ ranges: [ClosedRange<UInt128>]) {
    let merged = ranges.merged
    if merged.count > PacketTest.fewRanges, let family = field.addressFamily {
      self.init(field, .addresses(AddressSet(merged, family)))
    } else {
      self.init(field, .ranges(merged))
    }
  }

  /// The field's packets of that family whose address is in the set; the family is not tested.
  package init(_ field: (AddressFamily) -> PacketField, _ family: AddressFamily, _ set: AddressSet)
  {
    if set.count(family) > PacketTest.fewRanges {
      self.init(field(family), .addresses(set.only(family)))
      return
    }
    switch family {
    case .ipv4:
      self.init(field(.ipv4), .ranges(set.ipv4.map { UInt128($0.lower)...UInt128($0.upper) }))
    case .ipv6: self.init(field(.ipv6), .ranges(set.ipv6.map { $0.lower...$0.upper }))
    }
  }

  /// Equal sets are equal tests: how many ranges there are decides alone how they are kept.
  private static let fewRanges = 8
}

extension PacketTest.Values {
  /// Visits the ranges in ascending order; none where the values are no ranges.
  func forEachRange(_ visit: (_ lower: UInt128, _ upper: UInt128) -> Void) {
    switch self {
    case .ranges(let ranges): for range in ranges { visit(range.lowerBound, range.upperBound) }
    case .addresses(let set):
      for range in set.ipv4 { visit(UInt128(range.lower), UInt128(range.upper)) }
      for range in set.ipv6 { visit(range.lower, range.upper) }
    case .bits, .interface, .noInterface: break
    }
  }

  /// The smallest value of the ranges.
  var first: UInt128? {
    switch self {
    case .ranges(let ranges): ranges.first?.lowerBound
    case .addresses(let set): set.first?.bits
    case .bits, .interface, .noInterface: nil
    }
  }

  /// Whether a number is among the values.
  package func contains(_ number: UInt128) -> Bool {
    switch self {
    case .ranges(let ranges): ranges.contains { $0.contains(number) }
    case .addresses(let set): set.contains(number)
    case .bits(let value, let mask): UInt32(truncatingIfNeeded: number) & mask == value
    case .interface, .noInterface: false
    }
  }
}

extension [ClosedRange<UInt128>] {
  /// The same numbers in ascending ranges with gaps between them.
  fileprivate var merged: [ClosedRange<UInt128>] {
    let isMerged = zip(self, dropFirst()).allSatisfy { one, next in
      one.upperBound < next.lowerBound && one.upperBound + 1 < next.lowerBound
    }
    if isMerged { return self }
    var result: [ClosedRange<UInt128>] = []
    for range in sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last,
        range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound + 1
      {
        let upper = Swift.max(last.upperBound, range.upperBound)
        result[result.count - 1] = last.lowerBound...upper
      } else {
        result.append(range)
      }
    }
    return result
  }
}

extension PacketField {
  /// Kept as one decision variable for each bit, because rules test and set single bits.
  var isBitwise: Bool {
    switch self {
    case .mark, .ctMark, .tcpFlags: true
    case .family, .laterFragment, .opaque, .origin, .inputInterface, .outputInterface, .inputType,
      .outputType, .source, .destination, .ctState, .ctDirection, .transport, .destinationPort,
      .sourcePort, .icmpType, .hopLimit, .ctLabel, .ctProtocol, .ctOriginalSource,
      .ctOriginalDestination, .ctReplySource, .ctReplyDestination, .ctOriginalSourcePort,
      .ctOriginalDestinationPort, .ctReplySourcePort, .ctReplyDestinationPort, .user, .group,
      .cgroup, .asked:
      false
    }
  }

  var isInterface: Bool {
    switch self {
    case .inputInterface, .outputInterface: true
    case .family, .laterFragment, .opaque, .origin, .inputType, .outputType, .source, .destination,
      .ctState, .ctDirection, .transport, .destinationPort, .sourcePort, .icmpType, .tcpFlags,
      .hopLimit, .mark, .ctMark, .ctLabel, .ctProtocol, .ctOriginalSource, .ctOriginalDestination,
      .ctReplySource, .ctReplyDestination, .ctOriginalSourcePort, .ctOriginalDestinationPort,
      .ctReplySourcePort, .ctReplyDestinationPort, .user, .group, .cgroup, .asked:
      false
    }
  }

  /// Of a field that holds addresses.
  var addressFamily: AddressFamily? {
    switch self {
    case .source(let family), .destination(let family), .ctOriginalSource(let family),
      .ctOriginalDestination(let family), .ctReplySource(let family),
      .ctReplyDestination(let family):
      family
    case .family, .laterFragment, .opaque, .origin, .inputInterface, .outputInterface, .inputType,
      .outputType, .ctState, .ctDirection, .transport, .destinationPort, .sourcePort, .icmpType,
      .tcpFlags, .hopLimit, .mark, .ctMark, .ctLabel, .ctProtocol, .ctOriginalSourcePort,
      .ctOriginalDestinationPort, .ctReplySourcePort, .ctReplyDestinationPort, .user, .group,
      .cgroup, .asked:
      nil
    }
  }
}
