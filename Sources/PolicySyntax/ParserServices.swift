import PolicyDiagnostics

extension Parser {
  /// `tcp 22, 443, udp 53`
  mutating func service() throws(LineAbandoned) -> ServiceNode {
    let first = token
    var items = [try serviceItem()]
    while token.kind == .comma {
      try skipComma()
      guard serviceWord != nil else { try failBareValue() }
      items.append(try serviceItem())
    }
    return ServiceNode(items, range(from: first))
  }

  var serviceWord: ServiceWord? {
    token.kind == .word ? ServiceWord(rawValue: text(of: token)) : nil
  }

  mutating func serviceItem() throws(LineAbandoned) -> ServiceItem {
    guard let word = serviceWord else {
      try fail(expecting: "a service: \(oneOf(Keyword.services))", among: Keyword.services)
    }
    let keyword = range(of: token)
    advance()
    switch word {
    case .any: return .any(keyword)
    case .tcp: return .ports(.tcp, try ports(), keyword)
    case .udp: return .ports(.udp, try ports(), keyword)
    case .sctp: return .ports(.sctp, try ports(), keyword)
    case .icmp: return .icmp(try icmpType(), keyword)
    case .icmpv6: return .icmpv6(try icmpType(), keyword)
    case .proto: return .proto(try value(.number), keyword)
    }
  }

  /// The ports of one protocol; a comma before the word of a further service is left.
  private mutating func ports() throws(LineAbandoned) -> ValueList {
    let first = token
    var ports = [try value(.port)]
    while token.kind == .comma {
      let next = followingPastNewlines()
      if next.kind == .word, ServiceWord(rawValue: text(of: next)) != nil { break }
      try skipComma()
      ports.append(try value(.port))
    }
    return ValueList(ports, range(from: first))
  }

  private mutating func icmpType() throws(LineAbandoned) -> Value? {
    switch token.kind {
    case .word: isKeyword(token) ? nil : try value(.icmpType)
    case .number, .numberRange, .leftBrace, .malformed: try value(.icmpType)
    case .pattern, .string, .address, .comma, .semicolon, .rightBrace, .equals, .slash, .comment,
      .newline, .end:
      nil
    }
  }

  /// Reports what stands after the comma behind a service that takes no ports.
  private mutating func failBareValue() throws(LineAbandoned) -> Never {
    if case .malformed(let fault) = token.kind {
      report(fault)
    } else if isLineEnd || token.kind == .word {
      reportUnexpected(
        expecting: "a service: \(oneOf(Keyword.services))", among: Keyword.services)
    } else {
      let start = range(token.start, token.start)
      report(
        Diagnostic(
          .bareNumberInService,
          "expected a service after `,`, found \(found(token)), which belongs to no protocol",
          at: range(of: token),
          fixIts: [FixIt("write the protocol", replace: start, with: "tcp ")],
          notes: ["a bare port continues only `tcp`, `udp` and `sctp`"]))
    }
    throw LineAbandoned()
  }

  mutating func subjects() throws(LineAbandoned) -> [SubjectNode] {
    guard let word = subjectWord else {
      try fail(expecting: "a subject: \(oneOf(subjectWords))", among: subjectWords)
    }
    advance()
    return try subjects(of: word)
  }

  /// `user a, group g, from docker0, 172.20.0.2` behind its first word; a bare value continues the
  /// word before it.
  mutating func subjects(of first: SubjectWord) throws(LineAbandoned) -> [SubjectNode] {
    var word = first
    var subjects = [try subject(word)]
    while token.kind == .comma {
      try skipComma(before: subjectWords)
      if let next = subjectWord {
        word = next
        advance()
      }
      subjects.append(try subject(word))
    }
    return subjects
  }

  private var subjectWord: SubjectWord? {
    token.kind == .word ? SubjectWord(rawValue: text(of: token)) : nil
  }

  private mutating func subject(_ word: SubjectWord) throws(LineAbandoned) -> SubjectNode {
    switch word {
    case .user: .user(try value(.user))
    case .group: .group(try value(.group))
    case .cgroup: .cgroup(try string("a cgroup path"))
    case .from: .from(try value(.source))
    }
  }
}

private let subjectWords = SubjectWord.allCases.map(\.rawValue)
