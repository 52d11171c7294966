/// The words that the language gives a meaning to; a definition cannot be named like one.
package enum Keyword {
  /// Words that begin a statement.
  package static let statements = [
    "language", "policy", "include", "define", "confine", "tunnel", "uplink", "lan", "forward",
    "bypass", "host", "blocked", "guard", "expect", "accept-risk",
  ]

  /// Words that begin a line of a `tunnel` block.
  package static let tunnelLines = ["kind", "endpoint", "address", "inner", "dns", "in", "out"]
  package static let lanLines = ["network", "out", "dns", "in", "multicast", "broadcast"]
  package static let forwardLines = ["to", "from", "among", "dhcp-server", "masquerade"]
  package static let bypassLines = ["user", "group", "cgroup", "from", "mark", "to", "via", "because"]
  package static let hostLines = ["dhcp", "dhcp6", "ndp", "igmp", "ping", "ntp", "guard"]

  package static let services = ["any", "tcp", "udp", "sctp", "icmp", "icmpv6", "proto"]
  package static let builtInRanges = ["private", "link-local", "cgnat"]
  package static let tunnelKinds = ["wireguard", "openvpn", "tun", "tap", "ppp", "xfrm"]
  package static let multicastProtocols = ["mdns", "ssdp", "llmnr", "wsd"]
  package static let states = ["new", "established", "related", "invalid"]

  private static let qualifiers = [
    "via", "any-process", "public", "file", "pass", "block", "port", "sport", "state", "reply",
    "drop", "reject", "log", "rate", "because",
  ]

  package static let all: Set<String> = Set(
    statements + tunnelLines + lanLines + forwardLines + bypassLines + hostLines + services
      + builtInRanges + tunnelKinds + multicastProtocols + states + qualifiers)
}
