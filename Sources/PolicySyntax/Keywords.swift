/// The words that the language gives a meaning to; a definition cannot be named like one.
package enum Keyword {
  /// Words that begin a statement.
  package static let statements = names(StatementWord.self)

  /// Words that begin a line of a `tunnel` block.
  package static let tunnelLines = names(TunnelWord.self)
  package static let lanLines = names(LANWord.self)
  package static let forwardLines = names(ForwardWord.self)
  package static let bypassLines = names(BypassWord.self)
  package static let hostLines = names(HostWord.self)

  package static let services = names(ServiceWord.self)
  package static let builtInRanges = ["private", "link-local", "cgnat"]
  package static let tunnelKinds = ["wireguard", "openvpn", "tun", "tap", "ppp", "xfrm"]
  package static let multicastProtocols = ["mdns", "ssdp", "llmnr", "wsd"]
  package static let states = ["new", "established", "related", "invalid"]

  package static let all: Set<String> = Set(
    statements + tunnelLines + lanLines + forwardLines + bypassLines + hostLines + services
      + builtInRanges + tunnelKinds + multicastProtocols + states + names(QualifierWord.self)
      + ["public", "file", "pass", "block", "drop", "reject", "log", "rate", "because"])

  private static func names<Word: KeywordSet>(_ words: Word.Type) -> [String] {
    words.allCases.map(\.rawValue)
  }
}

/// The words that may stand in one kind of place.
typealias KeywordSet = CaseIterable & RawRepresentable<String>

enum StatementWord: String, CaseIterable {
  case language, policy, include, define, confine, tunnel, uplink, lan, forward, bypass, host
  case blocked, `guard`, expect
  case acceptRisk = "accept-risk"

  /// The words that begin a line of the statement's block; none for a statement without a block.
  var lineWords: [String] {
    switch self {
    case .tunnel: Keyword.tunnelLines
    case .lan: Keyword.lanLines
    case .forward: Keyword.forwardLines
    case .bypass: Keyword.bypassLines
    case .host: Keyword.hostLines
    case .language, .policy, .include, .define, .confine, .uplink, .blocked, .guard, .expect,
      .acceptRisk:
      []
    }
  }
}

enum TunnelWord: String, CaseIterable {
  case kind, endpoint, address, inner, dns, `in`, out
}

enum LANWord: String, CaseIterable {
  case network, out, dns, `in`, multicast, broadcast
}

enum ForwardWord: String, CaseIterable {
  case to, from, among
  case dhcpServer = "dhcp-server"
  case masquerade
}

enum BypassWord: String, CaseIterable {
  case user, group, cgroup, from, mark, to, via, because
}

enum HostWord: String, CaseIterable {
  case dhcp, dhcp6, ndp, igmp, ping, ntp, `guard`
}

enum ServiceWord: String, CaseIterable {
  case any, tcp, udp, sctp, icmp, icmpv6, proto
}

enum SubjectWord: String, CaseIterable {
  case user, group, cgroup, from
}

/// What may follow `expect pass` or stand behind the addresses and services of a line.
enum QualifierWord: String, CaseIterable {
  case from, to, port, sport, mark, user, group, cgroup, `in`, out, state, reply
  case anyProcess = "any-process"
  case via
}
