import PacketSpace
import RulesetIR

// nft's words for fields and constants; nft(8), "Payload expressions" and "Conntrack expressions".

/// The `i` of `iifname` or the `o` of `oifname`.
func sidePrefix(_ side: InterfaceSide) -> String {
  switch side {
  case .input: "i"
  case .output: "o"
  }
}

func familyName(_ family: AddressFamily) -> String {
  switch family {
  case .ipv4: "ip"
  case .ipv6: "ip6"
  }
}

func addressName(_ field: AddressField) -> String {
  switch field {
  case .source: "saddr"
  case .destination: "daddr"
  }
}

func addressPayload(_ family: AddressFamily, _ field: AddressField) -> NftField {
  .payload(familyName(family), addressName(field))
}

func portPayload(_ header: String, _ field: PortField) -> NftField {
  switch field {
  case .source: .payload(header, "sport")
  case .destination: .payload(header, "dport")
  }
}

/// `th`, any transport header, where not exactly one protocol with a header of its own is allowed.
func portHeader(_ protocols: [UInt8]) -> String {
  switch protocols {
  case [6]: "tcp"
  case [17]: "udp"
  case [132]: "sctp"
  default: "th"
  }
}

func conntrackPortKey(_ field: PortField) -> String {
  switch field {
  case .source: "proto-src"
  case .destination: "proto-dst"
  }
}

func portValue(_ range: PortRange) -> NftValue {
  rangeValue(UInt32(range.lower), UInt32(range.upper))
}

func rangeValue(_ lower: UInt32, _ upper: UInt32) -> NftValue {
  lower == upper ? .number(lower) : .range(lower, upper)
}

func hopLimitField(_ family: AddressFamily) -> NftField {
  switch family {
  case .ipv4: .payload("ip", "ttl")
  case .ipv6: .payload("ip6", "hoplimit")
  }
}

/// Not 0 in every fragment but the first.
func fragmentOffset(_ family: AddressFamily) -> NftField {
  switch family {
  case .ipv4: .masked(.payload("ip", "frag-off"), .bits(0x1fff))  // below the three flags
  case .ipv6: .extensionHeader("frag", "frag-off")
  }
}

/// Source: `icmp_type_tbl` of nft, whose names need no file.
func icmpTypeValue(_ type: UInt8) -> NftValue {
  switch type {
  case 0: .name("echo-reply")
  case 3: .name("destination-unreachable")
  case 5: .name("redirect")
  case 8: .name("echo-request")
  case 9: .name("router-advertisement")
  case 10: .name("router-solicitation")
  case 11: .name("time-exceeded")
  case 12: .name("parameter-problem")
  default: .number(UInt32(type))
  }
}

/// Source: `icmp6_type_tbl` of nft.
func icmpv6TypeValue(_ type: UInt8) -> NftValue {
  switch type {
  case 1: .name("destination-unreachable")
  case 2: .name("packet-too-big")
  case 3: .name("time-exceeded")
  case 4: .name("parameter-problem")
  case 128: .name("echo-request")
  case 129: .name("echo-reply")
  case 130: .name("mld-listener-query")
  case 131: .name("mld-listener-report")
  case 132: .name("mld-listener-done")
  case 133: .name("nd-router-solicit")
  case 134: .name("nd-router-advert")
  case 135: .name("nd-neighbor-solicit")
  case 136: .name("nd-neighbor-advert")
  case 137: .name("nd-redirect")
  case 143: .name("mld2-listener-report")
  default: .number(UInt32(type))
  }
}

/// Ethernet types of frames that carry IP, at once or behind a VLAN tag, and nft's names for them.
///
/// A frame with a tag of VLAN 0 is taken like one without (IEEE 802.1Q, section 6.9), so that it must not count as
/// "no IP". Numbers: `ETH_P_*` in linux/if_ether.h.
let ipFrameTypes: [(number: UInt32, name: String?)] = [
  (0x0800, "ip"), (0x86dd, "ip6"), (0x8100, "8021q"), (0x88a8, "8021ad"), (0x9100, nil),
]
