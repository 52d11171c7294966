import PolicyDiagnostics

/// The lines of the blocks; each function starts behind the word that begins the line.
extension Parser {
  mutating func tunnelLine(_ word: TunnelWord) throws(LineAbandoned) -> TunnelLineKind {
    switch word {
    case .kind: return .kind(try name("a kind of tunnel", among: Keyword.tunnelKinds))
    case .endpoint: return .endpoint(try endpoint())
    case .address: return .address(try list(.address))
    case .inner: return .inner(try list(.address))
    case .dns: return .dns(try list(.address))
    case .in: return .in(try service())
    case .out:
      let service = try service()
      guard try optional("to") != nil else { return .out(service, to: nil) }
      return .out(service, to: try list(.address))
    }
  }

  private mutating func endpoint() throws(LineAbandoned) -> EndpointNode {
    let addresses = try list(.address)
    var service: ServiceItem?
    switch serviceWord {
    case .tcp, .udp, .proto:
      service = try serviceItem()
      if token.kind == .comma {
        try fail(
          expecting: "the end of the line",
          notes: ["each protocol of an endpoint has its own `endpoint` line"])
      }
    case .any, .sctp, .icmp, .icmpv6:
      try fail(expecting: "the protocol of the tunnel: `udp`, `tcp` or `proto`")
    case nil: break
    }
    let qualifiers = try qualifiers([.mark, .user, .group, .cgroup, .anyProcess, .via])
    return EndpointNode(
      addresses: addresses, service: service, selectors: qualifiers.selectors,
      anyProcess: qualifiers.anyProcess, via: qualifiers.via)
  }

  mutating func lanLine(_ word: LANWord) throws(LineAbandoned) -> LANLineKind {
    switch word {
    case .network:
      let networks = try list(.address)
      return .network(networks, isPublic: try optional("public"))
    case .out:
      let service = try service()
      return .out(service, try qualifiers([.user, .group, .cgroup]).selectors)
    case .dns: return .dns(try list(.address))
    case .in:
      let service = try service()
      guard try optional("from") != nil else { return .in(service, fromAny: nil) }
      guard serviceWord == .any else { try fail(expecting: "`any` after `from`") }
      let any = range(of: token)
      advance()
      return .in(service, fromAny: any)
    case .multicast: return .multicast(try multicastNames())
    case .broadcast: return .broadcast(try service())
    }
  }

  private mutating func multicastNames() throws(LineAbandoned) -> [Name] {
    let what = "a discovery protocol"
    var names = [try name(what, among: Keyword.multicastProtocols)]
    while token.kind == .comma {
      try skipComma()
      names.append(try name(what, among: Keyword.multicastProtocols))
    }
    return names
  }

  /// The place of the word, when it stands here; anything else but the end of the line is an error.
  private mutating func optional(_ word: String) throws(LineAbandoned) -> SourceRange? {
    if isLineEnd { return nil }
    guard token.kind == .word, text(of: token) == word else {
      try fail(expecting: "`\(word)` or the end of the line", among: [word])
    }
    advance()
    return range(lastEnd - word.utf8.count, lastEnd)
  }

  mutating func forwardLine(_ word: ForwardWord) throws(LineAbandoned) -> ForwardLineKind {
    switch word {
    case .to:
      if serviceWord == .any { try fail(expecting: "an interface, `lan` or `host` after `to`") }
      let peer = try forwardPeer()
      if isLineEnd, case .interface = peer { return .to(peer, nil) }
      return .to(peer, try service())
    case .from:
      let peer = try forwardPeer()
      return .from(peer, try service())
    case .among: return .among
    case .dhcpServer: return .dhcpServer
    case .masquerade: return .masquerade
    }
  }

  private mutating func forwardPeer() throws(LineAbandoned) -> ForwardPeer {
    let place = range(of: token)
    guard token.kind == .word else { return .interface(try value(.interface)) }
    switch text(of: token) {
    case "lan":
      advance()
      return .lan(place)
    case "any":
      advance()
      return .any(place)
    case "host":
      advance()
      return .host(place)
    default: return .interface(try value(.interface))
    }
  }

  mutating func bypassLine(_ word: BypassWord) throws(LineAbandoned) -> BypassLineKind {
    switch word {
    case .user: return .subjects(try subjects(of: .user))
    case .group: return .subjects(try subjects(of: .group))
    case .cgroup: return .subjects(try subjects(of: .cgroup))
    case .from: return .subjects(try subjects(of: .from))
    case .mark: return .mark(try value(.mark))
    case .to:
      if serviceWord == .any {
        advance()
        return .to(nil, try service())
      }
      let addresses = try list(.address)
      return .to(addresses, try service())
    case .via: return .via(try value(.interface))
    case .because: return .because(try string("a reason"))
    }
  }

  /// `nil` for `guard`, which is the same as a statement of its own.
  mutating func hostLine(_ word: HostWord) throws(LineAbandoned) -> HostLineKind? {
    switch word {
    case .dhcp: .dhcp
    case .dhcp6: .dhcp6
    case .ndp: .ndp
    case .igmp: .igmp
    case .ping: .ping
    case .ntp: .ntp(try list(.address))
    case .guard: nil
    }
  }
}
