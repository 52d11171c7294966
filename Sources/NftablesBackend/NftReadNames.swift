import RulesetIR

/// nft's names for the values of a field, as far as they do not depend on files of the host.
func nftConstant(_ name: String, of field: NftReadField) -> UInt64? {
  switch field {
  case .ctState: ctStateNumbers[name]
  case .ctDirection: ["original": 0, "reply": 1][name]
  case .transport, .ipProtocol, .nextHeader, .ctProtocol: protocolNumbers[name]
  case .icmpType: icmpTypeNumbers[name]
  case .icmpv6Type: icmpv6TypeNumbers[name]
  case .networkProtocol: ["ipv4": 2, "ipv6": 10][name]
  case .etherType: etherTypeNumbers[name]
  case .deviceType: deviceTypeNumbers[name]
  case .tcpFlags: tcpFlagNumbers[name]
  case .address, .ctAddress, .arpAddress, .interface, .interfaceIndex, .port, .ctLabel, .ctPort,
    .mark, .user, .group, .cgroup, .hopLimit, .fragmentOffset:
    nil
  }
}

/// Source: `NF_CT_STATE_BIT`, linux/netfilter/nf_conntrack_common.h.
let ctStateNumbers: [String: UInt64] = [
  "invalid": 1, "established": 2, "related": 4, "new": 8, "untracked": 64,
]

/// Names on which /etc/protocols, nft's own table and IANA agree.
let protocolNumbers: [String: UInt64] = [
  "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "dccp": 33, "ipv6": 41, "ipv6-route": 43,
  "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "icmpv6": 58,
  "ipv6-nonxt": 59, "ipv6-opts": 60, "eigrp": 88, "ospf": 89, "pim": 103, "comp": 108,
  "ipcomp": 108, "vrrp": 112, "l2tp": 115, "sctp": 132, "udplite": 136,
]

/// Source: `icmp_type_tbl` of nft.
private let icmpTypeNumbers: [String: UInt64] = [
  "echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5,
  "echo-request": 8, "router-advertisement": 9, "router-solicitation": 10, "time-exceeded": 11,
  "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14, "info-request": 15,
  "info-reply": 16, "address-mask-request": 17, "address-mask-reply": 18,
]

/// Source: `icmp6_type_tbl` of nft.
private let icmpv6TypeNumbers: [String: UInt64] = [
  "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4,
  "echo-request": 128, "echo-reply": 129, "mld-listener-query": 130, "mld-listener-report": 131,
  "mld-listener-done": 132, "mld-listener-reduction": 132, "nd-router-solicit": 133,
  "nd-router-advert": 134, "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136,
  "nd-redirect": 137, "router-renumbering": 138, "ind-neighbor-solicit": 141,
  "ind-neighbor-advert": 142, "mld2-listener-report": 143,
]

private let etherTypeNumbers: [String: UInt64] = [
  "ip": 0x0800, "arp": 0x0806, "ip6": 0x86dd, "8021q": 0x8100, "vlan": 0x8100, "8021ad": 0x88a8,
]

/// Source: `nft describe meta iiftype`; linux/if_arp.h.
private let deviceTypeNumbers: [String: UInt64] = [
  "ether": 1, "ppp": 512, "ipip": 768, "ipip6": 769, "loopback": 772, "sit": 776, "ipgre": 778,
]

private let tcpFlagNumbers: [String: UInt64] = [
  "fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128,
]

/// nft's named priorities; nft(8), "Standard priority names".
func nftPriority(named name: String, in family: TableFamily) -> Int32? {
  switch family {
  case .inet, .ip, .ip6: ipPriorities[name]
  case .bridge: ["dstnat": -300, "filter": -200, "out": 100, "srcnat": 300][name]
  case .arp, .netdev: ["filter": 0][name]
  }
}

private let ipPriorities: [String: Int32] = [
  "raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100,
]
