import PolicyDiagnostics

extension Parser {
  /// What follows `expect`; its words stand in any order.
  mutating func expectation() throws(LineAbandoned) -> ExpectNode {
    let verdict = try name("a verdict", among: ["pass", "block"])
    return try packets(isPass: verdict.text == "pass")
  }

  /// The packets that an `expect` line speaks of, behind its verdict.
  mutating func packets(isPass: Bool) throws(LineAbandoned) -> ExpectNode {
    var protocolName: ExpectProtocol?
    var protocolPlace: SourceRange?
    var qualifiers = Qualifiers()
    while !isLineEnd {
      let place = range(of: token)
      if token.kind == .word, let word = QualifierWord(rawValue: text(of: token)),
        expectQualifiers.contains(word)
      {
        try qualifier(word, into: &qualifiers)
      } else if let word = serviceWord, let parsed = try expectedProtocol(word) {
        if let first = protocolPlace { reportRepeated("the protocol", at: place, first: first) }
        protocolPlace = protocolPlace ?? place
        protocolName = protocolName ?? parsed
      } else {
        try failExpectation()
      }
    }
    return ExpectNode(
      isPass: isPass, protocolName: protocolName, from: qualifiers.from,
      to: qualifiers.to, port: qualifiers.port, sourcePort: qualifiers.sourcePort,
      selectors: qualifiers.selectors, inInterface: qualifiers.inInterface,
      outInterface: qualifiers.outInterface, state: qualifiers.state, reply: qualifiers.reply)
  }

  /// A text that holds packets and nothing else; `nil` where something was reported.
  mutating func parsePackets() -> ExpectNode? {
    do throws(LineAbandoned) {
      skipNewlines()
      let node = try packets(isPass: true)
      skipNewlines()
      if token.kind != .end { try fail(expecting: "one packet and nothing behind it") }
      return node
    } catch {
      return nil
    }
  }

  /// `nil`, and nothing read, for `any`: an expectation without a protocol says that.
  private mutating func expectedProtocol(
    _ word: ServiceWord
  ) throws(LineAbandoned) -> ExpectProtocol? {
    let place = range(of: token)
    if word == .any { return nil }
    advance()
    switch word {
    case .any: return nil
    case .tcp: return .transport(.tcp, place)
    case .udp: return .transport(.udp, place)
    case .sctp: return .transport(.sctp, place)
    case .icmp: return .icmp(place)
    case .icmpv6: return .icmpv6(place)
    case .proto: return .proto(try value(.number))
    }
  }

  private mutating func failExpectation() throws(LineAbandoned) -> Never {
    let words =
      Keyword.services.filter { $0 != ServiceWord.any.rawValue }
      + expectQualifiers.map(\.rawValue)
    var notes: [String] = []
    if lastKind == .word, token.kind == .number {
      notes.append("a port is written `port \(shortText(token))`")
    }
    if token.kind == .comma { notes.append("several values are a set: `{ a, b }`") }
    try fail(
      expecting: "a protocol, \(oneOf(expectQualifiers.map(\.rawValue)))", among: words,
      notes: notes)
  }
}

private let expectQualifiers: [QualifierWord] = [
  .from, .to, .port, .sport, .mark, .user, .group, .cgroup, .in, .out, .state, .reply,
]
