import RulesetIR

// Numbers of nf_tables; linux/netfilter.h and linux/netfilter/nf_tables.h unless another file is named.

extension TableFamily {
  /// `NFPROTO_*`
  package var number: UInt8 {
    switch self {
    case .inet: 1
    case .ip: 2
    case .arp: 3
    case .netdev: 5
    case .bridge: 7
    case .ip6: 10
    }
  }

  init?(number: UInt8) {
    guard let family = TableFamily.allCases.first(where: { $0.number == number }) else {
      return nil
    }
    self = family
  }
}

extension Hook {
  /// `NF_INET_*`, `NF_NETDEV_*`, `NF_BR_*` and `NF_ARP_*`, which are numbered alike but for ARP and netdev.
  func number(in family: TableFamily) -> UInt32 {
    switch (family, self) {
    case (.netdev, .ingress): 0
    case (.netdev, .egress): 1
    case (.arp, .input): 0
    case (.arp, .output): 1
    case (_, .prerouting): 0
    case (_, .input): 1
    case (_, .forward): 2
    case (_, .output): 3
    case (_, .postrouting): 4
    case (_, .ingress): 5
    case (_, .egress): 6
    }
  }

  init?(number: UInt32, in family: TableFamily) {
    let hooks: [Hook] =
      switch family {
      case .netdev: [.ingress, .egress]
      case .arp: [.input, .output]
      case .inet: [.prerouting, .input, .forward, .output, .postrouting, .ingress]
      case .ip, .ip6, .bridge: [.prerouting, .input, .forward, .output, .postrouting]
      }
    guard let hook = hooks.first(where: { $0.number(in: family) == number }) else { return nil }
    self = hook
  }
}

/// A register of the rule machine: 1 to 4 have 16 bytes, 8 to 23 are the same room in parts of 4.
package typealias Register = UInt32

/// `NFT_META_*`
package enum MetaKey: UInt32, CaseIterable, Sendable {
  case length = 0
  case `protocol`, priority, mark, iif, oif, iifname, oifname, iiftype, oiftype, skuid, skgid
  case nftrace, rtclassid, secmark, nfproto, l4proto, bridgeInputName, bridgeOutputName, packetType
  case cpu, iifgroup, oifgroup, cgroup, random, secpath, iifkind, oifkind

  /// libnftnl's word.
  var word: String {
    switch self {
    case .length: "len"
    case .protocol: "protocol"
    case .priority: "priority"
    case .mark: "mark"
    case .iif: "iif"
    case .oif: "oif"
    case .iifname: "iifname"
    case .oifname: "oifname"
    case .iiftype: "iiftype"
    case .oiftype: "oiftype"
    case .skuid: "skuid"
    case .skgid: "skgid"
    case .nftrace: "nftrace"
    case .rtclassid: "rtclassid"
    case .secmark: "secmark"
    case .nfproto: "nfproto"
    case .l4proto: "l4proto"
    case .bridgeInputName: "bri_iifname"
    case .bridgeOutputName: "bri_oifname"
    case .packetType: "pkttype"
    case .cpu: "cpu"
    case .iifgroup: "iifgroup"
    case .oifgroup: "oifgroup"
    case .cgroup: "cgroup"
    case .random: "prandom"
    case .secpath: "secpath"
    case .iifkind: "iifkind"
    case .oifkind: "oifkind"
    }
  }
}

/// `NFT_CT_*`, those that rules of ours use.
package enum ConntrackKey: UInt32, CaseIterable, Sendable {
  case state = 0
  case direction = 1
  case mark = 3
  case `protocol` = 10
  case sourcePort = 11
  case destinationPort = 12
  case labels = 13
  case sourceIPv4 = 19
  case destinationIPv4 = 20
  case sourceIPv6 = 21
  case destinationIPv6 = 22

  var word: String {
    switch self {
    case .state: "state"
    case .direction: "direction"
    case .mark: "mark"
    case .protocol: "protocol"
    case .sourcePort: "proto_src"
    case .destinationPort: "proto_dst"
    case .labels: "label"
    case .sourceIPv4: "src_ip"
    case .destinationIPv4: "dst_ip"
    case .sourceIPv6: "src_ip6"
    case .destinationIPv6: "dst_ip6"
    }
  }
}

/// `NFT_PAYLOAD_*`
package enum PayloadBase: UInt32, Sendable {
  case link = 0
  case network, transport

  var word: String {
    switch self {
    case .link: "link header"
    case .network: "network header"
    case .transport: "transport header"
    }
  }
}

/// `NFT_CMP_*`
package enum Comparison: UInt32, Sendable {
  case equal = 0
  case notEqual, less, lessOrEqual, greater, greaterOrEqual

  var word: String {
    switch self {
    case .equal: "eq"
    case .notEqual: "neq"
    case .less: "lt"
    case .lessOrEqual: "lte"
    case .greater: "gt"
    case .greaterOrEqual: "gte"
    }
  }
}

/// What the elements of a set are, for those who list it; the kernel only keeps the number.
///
/// Source: `enum datatypes` of nft, include/datatype.h.
enum KeyType {
  static let integer: UInt32 = 4
  static let ipv4Address: UInt32 = 7
  static let ipv6Address: UInt32 = 8
  static let etherType: UInt32 = 10
  static let internetProtocol: UInt32 = 12
  static let port: UInt32 = 13
  static let icmpType: UInt32 = 14
  static let icmpv6Type: UInt32 = 29

  /// Six bits for each part.
  static func concatenation(_ first: UInt32, _ second: UInt32) -> UInt32 { first << 6 | second }
}

/// `NFT_SET_*`
package struct SetFlags: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  static let anonymous = SetFlags(rawValue: 0x1)
  static let constant = SetFlags(rawValue: 0x2)
  static let interval = SetFlags(rawValue: 0x4)
  static let map = SetFlags(rawValue: 0x8)
  static let timeout = SetFlags(rawValue: 0x10)
  /// Filled by rules.
  static let evaluated = SetFlags(rawValue: 0x20)
  static let object = SetFlags(rawValue: 0x40)
  static let concatenation = SetFlags(rawValue: 0x80)
}

/// `NFT_SET_ELEM_INTERVAL_END`
let intervalEndFlag: UInt8 = 1

/// `NFT_TABLE_F_*`
package struct TableFlags: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  package static let dormant = TableFlags(rawValue: 0x1)
  /// Only the socket that made it may change it.
  package static let owner = TableFlags(rawValue: 0x2)
  package static let persist = TableFlags(rawValue: 0x4)
}
