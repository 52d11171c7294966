import PacketSpace
import RulesetIR

/// Protocol numbers by the names that /etc/protocols and iptables itself give them.
enum SavedProtocols {
  /// - Returns: `nil` for a name that is not known; 0 means any protocol.
  static func number(_ word: SavedWord) throws(RulesetReadError) -> UInt8? {
    let name = word.text.lowercased()
    if let number = names[name] { return number }
    guard let number = SavedWord.number(name[...]) else {
      if name.utf8.first.map({ (0x61...0x7a).contains($0) }) == true { return nil }
      throw word.error("expected a protocol, found \(word.quoted)")
    }
    // 262 is MPTCP, which no packet carries in its header.
    guard let byte = UInt8(exactly: number) else { return nil }
    return byte
  }

  /// Source: /etc/protocols of Debian 12, and `xtables_chain_protos` in libxtables/xtables.c.
  private static let names: [String: UInt8] = [
    "all": 0, "ip": 0, "hopopt": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "st": 5,
    "tcp": 6, "egp": 8, "igp": 9, "pup": 12, "udp": 17, "hmp": 20, "xns-idp": 22, "rdp": 27,
    "iso-tp4": 29, "dccp": 33, "xtp": 36, "ddp": 37, "idpr-cmtp": 38, "ipv6": 41,
    "ipv6-route": 43, "ipv6-frag": 44, "idrp": 45, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51,
    "skip": 57, "ipv6-icmp": 58, "icmpv6": 58, "icmp6": 58, "ipv6-nonxt": 59, "ipv6-opts": 60,
    "rspf": 73, "vmtp": 81, "eigrp": 88, "ospf": 89, "ax.25": 93, "ipip": 94, "etherip": 97,
    "encap": 98, "pim": 103, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "isis": 124, "sctp": 132,
    "fc": 133, "mobility-header": 135, "ipv6-mh": 135, "mh": 135, "udplite": 136,
    "mpls-in-ip": 137, "manet": 138, "hip": 139, "shim6": 140, "wesp": 141, "rohc": 142,
    "ethernet": 143,
  ]
}

/// An ICMP or ICMPv6 type, with a code or without.
struct SavedICMPType: Equatable {
  /// `nil`: any, which is iptables' type 255 of IPv4.
  var type: UInt8?
  var code: UInt8?

  /// - Returns: `nil` for a name that is not known.
  static func read(
    _ word: SavedWord, _ family: AddressFamily
  ) throws(RulesetReadError) -> SavedICMPType? {
    if word.text == "any" { return SavedICMPType() }
    let parts = word.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if let first = parts[0].utf8.first, (0x61...0x7a).contains(first | 0x20) {
      return names(family)[word.text.lowercased()].map {
        SavedICMPType(type: $0.type, code: $0.code)
      }
    }
    var numbers: [UInt8] = []
    for part in parts {
      guard let number = SavedWord.number(part), let byte = UInt8(exactly: number) else {
        throw word.error("expected an ICMP type, found \(word.quoted)")
      }
      numbers.append(byte)
    }
    let isAny = family == .ipv4 && numbers[0] == 255
    return SavedICMPType(
      type: isAny ? nil : numbers[0], code: numbers.count == 2 && !isAny ? numbers[1] : nil)
  }

  /// Source: `icmp_codes` in extensions/libxt_icmp.h of iptables.
  private static func names(_ family: AddressFamily) -> [String: (type: UInt8, code: UInt8?)] {
    switch family {
    case .ipv4:
      [
        "echo-reply": (0, nil), "pong": (0, nil), "destination-unreachable": (3, nil),
        "network-unreachable": (3, 0), "host-unreachable": (3, 1), "protocol-unreachable": (3, 2),
        "port-unreachable": (3, 3), "fragmentation-needed": (3, 4), "source-route-failed": (3, 5),
        "network-unknown": (3, 6), "host-unknown": (3, 7), "network-prohibited": (3, 9),
        "host-prohibited": (3, 10), "communication-prohibited": (3, 13), "source-quench": (4, nil),
        "redirect": (5, nil), "echo-request": (8, nil), "ping": (8, nil),
        "router-advertisement": (9, nil), "router-solicitation": (10, nil),
        "time-exceeded": (11, nil), "ttl-exceeded": (11, nil), "parameter-problem": (12, nil),
        "timestamp-request": (13, nil), "timestamp-reply": (14, nil),
        "address-mask-request": (17, nil), "address-mask-reply": (18, nil),
      ]
    case .ipv6:
      [
        "destination-unreachable": (1, nil), "no-route": (1, 0), "communication-prohibited": (1, 1),
        "address-unreachable": (1, 3), "port-unreachable": (1, 4), "packet-too-big": (2, nil),
        "time-exceeded": (3, nil), "ttl-exceeded": (3, nil), "parameter-problem": (4, nil),
        "echo-request": (128, nil), "ping": (128, nil), "echo-reply": (129, nil),
        "pong": (129, nil), "router-solicitation": (133, nil), "router-advertisement": (134, nil),
        "neighbour-solicitation": (135, nil), "neighbor-solicitation": (135, nil),
        "neighbour-advertisement": (136, nil), "neighbor-advertisement": (136, nil),
        "redirect": (137, nil),
      ]
    }
  }
}
