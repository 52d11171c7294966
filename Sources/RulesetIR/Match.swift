package import PacketSpace

package enum InterfaceSide: String, Hashable, Sendable {
  /// `iifname`, iptables' `-i`
  case input
  /// `oifname`, iptables' `-o`
  case output
}

package enum AddressField: String, Hashable, Sendable {
  case source, destination
}

package enum PortField: String, Hashable, Sendable {
  case source, destination
}

package enum ConntrackDirection: String, Hashable, Sendable {
  case original, reply
}

package enum StateBit: String, CaseIterable, Hashable, Comparable, Sendable {
  case invalid, new, established, related, untracked

  package static func < (a: StateBit, b: StateBit) -> Bool {
    a.rank < b.rank
  }

  private var rank: Int {
    switch self {
    case .invalid: 0
    case .new: 1
    case .established: 2
    case .related: 3
    case .untracked: 4
    }
  }
}

/// What an address is compared with; it implies the family.
package enum AddressOperand: Hashable, Sendable {
  case prefix(Prefix)
  /// Single addresses of one family, at least two: an anonymous set.
  case list([IPAddress])
  /// A named set of the same table; `maskLength` for a set of prefixes of one length, kept as
  /// masked addresses (`ip daddr & 255.255.255.240 @set`).
  case set(name: String, family: AddressFamily, maskLength: Int?)

  package var family: AddressFamily {
    switch self {
    case .prefix(let prefix): prefix.address.family
    case .list(let addresses): addresses[0].family
    case .set(_, let family, _): family
    }
  }
}

/// One condition of a rule.
package indirect enum Match: Hashable, Sendable {
  case interface(InterfaceSide, InterfacePattern, isNegated: Bool = false)
  /// `iif 0`: the packet was not received from a device.
  case notReceived
  /// `meta iiftype`, `meta oiftype`: an `ARPHRD_*` number.
  case deviceType(InterfaceSide, UInt16, isNegated: Bool = false)
  case family(AddressFamily)
  case address(AddressField, AddressOperand, isNegated: Bool = false)
  /// `meta l4proto`: one number, or an anonymous set of several.
  case transport([UInt8])
  /// Of TCP, UDP or SCTP; stands after a `transport` match. Ranges ascending; several make an anonymous set.
  case port(PortField, [PortRange], isNegated: Bool = false)
  /// A bit test: the packet has one of these states.
  case ctState([StateBit], isNegated: Bool = false)
  case ctDirection(ConntrackDirection)
  /// The protocol of the connection, which is not that of an ICMP error that belongs to it.
  case ctProtocol(UInt8)
  case ctAddress(ConntrackDirection, AddressField, AddressOperand)
  /// The pair of address and port is in a set that `updateSet` fills; implies the family.
  case asked(set: String, family: AddressFamily, AddressField, PortField)
  /// Never a set: nft cannot list a set of these again.
  case ctPort(ConntrackDirection, PortField, PortRange)
  /// Implies IPv4 and ICMP; several make an anonymous set.
  case icmpType([UInt8])
  /// Implies IPv6 and ICMPv6.
  case icmpv6Type([UInt8])
  /// `mark & mask == value`
  case mark(value: UInt32, mask: UInt32 = .max, isNegated: Bool = false)
  /// `meta skuid`, by the socket; absent (the rule breaks) for forwarded packets and closed sockets.
  case socketUser(ClosedRange<UInt32>)
  case socketGroup(ClosedRange<UInt32>)
  /// A path below the cgroup2 root and how deep it lies (1: directly below).
  case cgroup(path: String, level: Int)
  /// IPv4 TTL or IPv6 hop limit; implies the family.
  case hopLimit(AddressFamily, UInt8)
  /// A fragment other than the first.
  case laterFragment(AddressFamily)
  /// `tcp flags & mask == value`, bits as in the header (FIN 0x01, SYN 0x02, RST 0x04, PSH 0x08, ACK 0x10).
  case tcpFlags(mask: UInt8, value: UInt8)
  case ctLabel(bit: UInt8)
  /// Of netdev and bridge chains: the frame carries IPv4 or IPv6, or a VLAN tag that may hide them.
  case isIP(isNegated: Bool)
  /// Of arp chains: the sender or target protocol address.
  case arpAddress(AddressField, IPAddress)
  /// A match of rules by others that is not modelled, as its text; it may hold or not.
  case opaque(String)
  /// Holds exactly where the other does not, also where that cannot load what it compares.
  ///
  /// iptables negates some matches so (`! --uid-owner 5` holds without a socket); nft's `skuid != 5` is
  /// this together with a match that the field is there.
  case not(Match)
}
