import PacketSpace
import Policy
import RulesetIR

/// Which packets of a connection a service's conditions are for.
enum ServiceSide {
  /// Packets that carry the service in their own header.
  case original
  /// The answers: judged by direction and by the server's real port, whatever NAT wrote.
  case reply
  /// ICMP errors that belong to such a connection and travel in this direction: `reply` towards the
  /// one who opened it, `original` towards the other end; `nil`: both.
  case error(ConntrackDirection?)
}

/// What to demand of an address.
struct AddressTest {
  enum Place {
    case packet(AddressField)
    case connection(ConntrackDirection, AddressField)
  }
  var place: Place
  /// `nil`: any.
  var addresses: AddressSet?
}

/// The ports of DNS in clear and over TLS or QUIC.
let dnsPorts = PortSet([PortRange(53), PortRange(853)])

extension ServicePart {
  /// Alternatives, each a conjunction of matches.
  func alternatives(_ side: ServiceSide) -> [[Match]] {
    switch side {
    case .original: originalAlternatives
    // Established, since errors about any connection travel in its reply direction as `related`.
    case .reply:
      replyAlternatives.map { [.ctState([.established]), .ctDirection(.reply)] + $0 }
    case .error(let direction):
      AddressFamily.allCases.flatMap { family in
        connectionAlternatives.map {
          [.ctState([.related]), .icmpErrors(family)] + (direction.map { [.ctDirection($0)] } ?? [])
            + $0
        }
      }
    }
  }

  private var originalAlternatives: [[Match]] {
    switch self {
    case .any: [[]]
    case .ports(let transport, let ports):
      ports.singlesAndRanges.map { [.transport([transport.number]), .port(.destination, $0)] }
    case .icmp(let type): [type.map { [.icmpType([$0])] } ?? [.family(.ipv4), .transport([1])]]
    case .icmpv6(let type):
      [type.map { [.icmpv6Type([$0])] } ?? [.family(.ipv6), .transport([58])]]
    case .proto(let number): [[.transport([number])]]
    }
  }

  private var replyAlternatives: [[Match]] {
    switch self {
    case .any: [[]]
    case .ports(let transport, let ports):
      ports.ranges.map { [.transport([transport.number]), .ctPort(.reply, .source, $0)] }
    case .icmp(let type):
      [type.map { [.icmpType([ICMP.answer(to: $0)])] } ?? [.family(.ipv4), .transport([1])]]
    case .icmpv6(let type):
      [type.map { [.icmpv6Type([ICMP.answer6(to: $0)])] } ?? [.family(.ipv6), .transport([58])]]
    case .proto(let number): [[.transport([number])]]
    }
  }

  private var connectionAlternatives: [[Match]] {
    switch self {
    case .any: [[]]
    case .ports(let transport, let ports):
      ports.ranges.map { [.ctProtocol(transport.number), .ctPort(.reply, .source, $0)] }
    case .icmp: [[.ctProtocol(1)]]
    case .icmpv6: [[.ctProtocol(58)]]
    case .proto(let number): [[.ctProtocol(number)]]
    }
  }

  /// The packets of both; `nil` where there are none.
  func intersection(_ other: ServicePart) -> ServicePart? {
    switch (self, other) {
    case (.any, _): return other
    case (_, .any): return self
    case (.ports(let a, let ours), .ports(let b, let theirs)):
      let common = ours.subtracting(ours.subtracting(theirs))
      return a == b && !common.isEmpty ? .ports(a, common) : nil
    case (.icmp(let a), .icmp(let b)): return a == nil || a == b ? other : b == nil ? self : nil
    case (.icmpv6(let a), .icmpv6(let b)): return a == nil || a == b ? other : b == nil ? self : nil
    case (.proto(let number), _): return other.isProtocol(number) ? other : nil
    case (_, .proto(let number)): return isProtocol(number) ? self : nil
    case (.ports, _), (.icmp, _), (.icmpv6, _): return nil
    }
  }

  private func isProtocol(_ number: UInt8) -> Bool {
    switch self {
    case .any: true
    case .ports(let transport, _): transport.number == number
    case .icmp: number == 1
    case .icmpv6: number == 58
    case .proto(let own): own == number
    }
  }

  /// The parts of the service that are DNS.
  var dnsParts: [ServicePart] {
    if self == .any { return [.ports(.tcp, dnsPorts), .ports(.udp, dnsPorts)] }
    return dns.map { [$0] } ?? []
  }

  /// The part of the service that is DNS; `nil` where there is none.
  var dns: ServicePart? {
    guard case .ports(let transport, let ports) = self, transport != .sctp else { return nil }
    let common = PortSet(dnsPorts.ranges.filter { ports.contains($0.lower) })
    return common.isEmpty ? nil : .ports(transport, common)
  }
}

extension Match {
  /// The errors that a connection needs: unreachable (with "fragmentation needed"), time exceeded,
  /// parameter problem; for IPv6 packet-too-big as well.
  ///
  /// Source: RFC 792, RFC 4443.
  static func icmpErrors(_ family: AddressFamily) -> Match {
    switch family {
    case .ipv4: .icmpType([3, 11, 12])
    case .ipv6: .icmpv6Type([1, 2, 3, 4])
    }
  }
}

/// ICMP numbers.
///
/// Source: IANA "ICMP Parameters" and "ICMPv6 Parameters".
enum ICMP {
  static let echoRequest: UInt8 = 8
  static let echoRequest6: UInt8 = 128

  /// The type that conntrack takes for the answer (`invmap`, net/netfilter/nf_conntrack_proto_icmp.c);
  /// other types have no answer and stand for themselves.
  static func answer(to type: UInt8) -> UInt8 {
    switch type {
    case 8: 0
    case 13: 14
    case 15: 16
    case 17: 18
    default: type
    }
  }

  static func answer6(to type: UInt8) -> UInt8 {
    switch type {
    case 128: 129
    case 139: 140
    default: type
    }
  }
}

extension PortSet {
  /// Single ports as one list, which is a hash set; each range for itself, so that no rule depends
  /// on an interval set while it is being built.
  var singlesAndRanges: [[PortRange]] {
    let singles = ranges.filter { $0.lower == $0.upper }
    let rest = ranges.filter { $0.lower != $0.upper }
    return (singles.isEmpty ? [] : [singles]) + rest.map { [$0] }
  }
}

extension [Match] {
  /// The same for one protocol only; `nil` where the matches name others.
  func narrowed(to number: UInt8) -> [Match]? {
    var result: [Match] = []
    var found = false
    for match in self {
      if case .transport(let numbers) = match {
        if !numbers.contains(number) { return nil }
        result.append(.transport([number]))
        found = true
      } else {
        result.append(match)
      }
    }
    return found ? result : [.transport([number])] + result
  }

  /// The address family that the matches imply, both if they imply none; empty where they contradict.
  var families: Set<AddressFamily> {
    reduce(into: Set(AddressFamily.allCases)) { families, match in
      if let family = match.family { families.formIntersection([family]) }
    }
  }
}

extension Match {
  /// The only family whose packets can have it.
  var family: AddressFamily? {
    switch self {
    case .family(let family), .hopLimit(let family, _), .laterFragment(let family): family
    case .address(_, let operand, _), .ctAddress(_, _, let operand): operand.family
    case .asked(_, let family, _, _): family
    case .icmpType, .ctProtocol(1): .ipv4
    case .icmpv6Type, .ctProtocol(58): .ipv6
    case .arpAddress(_, let address): address.family
    case .interface, .notReceived, .deviceType, .transport, .port, .ctState, .ctDirection,
      .ctProtocol, .ctPort, .mark, .socketUser, .socketGroup, .cgroup, .tcpFlags, .ctLabel, .isIP,
      .opaque, .not:
      nil
    }
  }
}

extension SetBook {
  /// Every way to satisfy all the address tests and one of the alternatives; contradictions left out.
  mutating func combine(
    _ tests: [AddressTest], _ alternatives: [[Match]], avoidsIntervals: Bool = false
  ) -> [[Match]] {
    var result = alternatives
    for test in tests {
      guard let addresses = test.addresses else { continue }
      let operands = AddressFamily.allCases.flatMap {
        self.operands(addresses, $0, avoidsIntervals: avoidsIntervals)
      }
      result = operands.flatMap { operand in
        result.map { [test.place.match(operand)] + $0 }
      }
    }
    return result.filter { !$0.families.isEmpty }
  }
}

extension AddressTest.Place {
  fileprivate func match(_ operand: AddressOperand) -> Match {
    switch self {
    case .packet(let field): .address(field, operand)
    case .connection(let direction, let field): .ctAddress(direction, field, operand)
    }
  }
}
