import PacketSpace
import Policy
import RulesetIR

extension PacketExpression {
  /// What an example packet should be like, the most wished for first.
  static let ordinary: [PacketTest] = [
    PacketTest(.family, 0), PacketTest(.laterFragment, 0), PacketTest(.ctState, 0),
    PacketTest(.ctDirection, 0), PacketTest(.origin, 0), PacketTest(.mark, 0),
    PacketTest(.transport, 6), PacketTest(.transport, 17), PacketTest(.user, 1000),
    PacketTest(.group, 1000), PacketTest(.sourcePort, 40000), PacketTest(.hopLimit, 64),
  ]

  /// The same, with addresses that a network of the policy could have.
  static func ordinary(_ policy: Policy, _ traversal: Traversal) -> [PacketTest] {
    let networks = policy.lans.flatMap(\.networks).map(\.addresses)
    let hosts = AddressFamily.allCases.flatMap { family in
      networks.compactMap { $0.host(2, family) }.prefix(1)
    }
    let neighbours = AddressFamily.allCases.flatMap { family in
      networks.compactMap { $0.host(3, family) }
    }
    let own = policy.tunnels.flatMap(\.addresses).compactMap(\.addresses.first)
    let inside = policy.tunnels.flatMap { $0.dns + $0.inner }.compactMap(\.addresses.first)
    let (from, to): ([IPAddress], [IPAddress]) =
      switch traversal {
      case .leaves, .postrouting: (hosts + own + atHome, elsewhere + neighbours + inside)
      case .arrives: (elsewhere + neighbours + inside, hosts + own + atHome)
      case .forwards: (behind + hosts, elsewhere + neighbours + inside)
      }
    let interfaces = [PacketField.outputInterface, .inputInterface].flatMap { field in
      policy.wayOutNames.map { PacketTest(field, .interface(InterfacePattern($0))) }
    }
    return ordinary + interfaces
      + from.map { PacketTest(PacketField.source, $0.family, AddressSet($0)) }
      + to.map { PacketTest(PacketField.destination, $0.family, AddressSet($0)) }
      + [
        PacketTest(.destinationPort, 443),
        PacketTest(.tcpFlags, .bits(value: 0x02, mask: 0xff)), PacketTest(.icmpType, 8),
        PacketTest(.icmpType, 128), PacketTest(.inputType, 1), PacketTest(.outputType, 1),
      ]
  }

  /// What an error is about; of other packets the header says it.
  static let aboutConnection =
    [PacketTest(.ctProtocol, 6), PacketTest(.ctOriginalSourcePort, 40000)]
    + [PacketField.ctOriginalDestinationPort, .ctReplySourcePort].map { PacketTest($0, 443) }
    + elsewhere.flatMap { address in
      [PacketField.ctOriginalDestination, PacketField.ctReplySource].map {
        PacketTest($0, address.family, AddressSet(address))
      }
    }

  /// Addresses for documentation: RFC 5737, RFC 3849.
  private static let elsewhere = [
    IPAddress(v4: 0xcb00_7109), IPAddress(family: .ipv6, bits: 0x2001_0db8 << 96 | 9),
  ]

  /// For this machine where the policy names no network.
  private static let atHome = [
    IPAddress(v4: 0xc0a8_0102), IPAddress(family: .ipv6, bits: 0xfd00_0001 << 96 | 2),
  ]

  /// Docker's first container, and a unique local address.
  private static let behind = [
    IPAddress(v4: 0xac11_0002), IPAddress(family: .ipv6, bits: 0xfd00 << 112 | 2),
  ]
}

extension PacketTest {
  /// The same values for every field that holds an address, or a port, of the packet's connection.
  ///
  /// Fields that must be equal are compared by the tests that are asked of them: without these, an address that is
  /// only wished for could stand in one of two equal fields.
  var ofConnection: [PacketTest] {
    let fields: [PacketField] =
      switch field {
      case .source(let family), .destination(let family):
        [
          .source(family), .destination(family), .ctOriginalSource(family),
          .ctOriginalDestination(family), .ctReplySource(family),
        ]
      case .sourcePort, .destinationPort:
        [
          .sourcePort, .destinationPort, .ctOriginalSourcePort, .ctOriginalDestinationPort,
          .ctReplySourcePort,
        ]
      case .transport: [.ctProtocol]
      case .family, .laterFragment, .opaque, .origin, .inputInterface, .outputInterface, .inputType,
        .outputType, .ctState, .ctDirection, .icmpType, .tcpFlags, .hopLimit, .mark, .ctMark,
        .ctLabel, .ctProtocol, .ctOriginalSource, .ctOriginalDestination, .ctReplySource,
        .ctReplyDestination, .ctOriginalSourcePort, .ctOriginalDestinationPort,
        .ctReplySourcePort, .ctReplyDestinationPort, .user, .group, .cgroup, .asked:
        []
      }
    return fields.map { PacketTest($0, values) }
  }
}

extension Policy {
  /// Names in full of interfaces that are no tunnels, for `uplink` at large.
  fileprivate var wayOutNames: [String] {
    let patterns = (uplinks?.interfaces ?? []) + lans.flatMap(\.interfaces)
    return patterns.filter { !$0.isPrefix }.map(\.name) + ["eth0"]
  }
}

extension AddressSet {
  /// The address so far behind the lowest one; `nil` where that is not in the set.
  func host(_ number: UInt128, _ family: AddressFamily) -> IPAddress? {
    let lowest: UInt128? =
      switch family {
      case .ipv4: ipv4.first.map { UInt128($0.lower) }
      case .ipv6: ipv6.first?.lower
      }
    guard let lowest else { return nil }
    let (bits, isPastEnd) = lowest.addingReportingOverflow(number)
    if isPastEnd || bits > family.maximum { return nil }
    let address = IPAddress(family: family, bits: bits)
    return contains(address) ? address : nil
  }
}
