import PolicyDiagnostics

extension Parser {
  mutating func parseFile() {
    while true {
      while token.kind == .newline || token.kind == .semicolon { advance() }
      if token.kind == .end { return }
      let first = token
      guard let word = statementWord() else {
        advance()
        skipLine()
        continue
      }
      advance()
      do {
        let kind = try statement(word)
        let range = range(from: first)
        statements.append(Statement(kind, keyword: self.range(of: first), range: range))
        try expectLineEnd()
      } catch {
        skipLine()
      }
    }
  }

  /// The word that begins a statement, or the one that was probably meant.
  private mutating func statementWord() -> StatementWord? {
    guard token.kind == .word else {
      reportUnexpected(
        expecting: "a statement",
        notes: token.kind == .rightBrace ? ["no block is open here"] : [])
      return nil
    }
    let text = text(of: token)
    if let word = StatementWord(rawValue: text) { return word }
    var notes: [String] = []
    var guess: (match: String, question: String, fixIt: FixIt)?
    let owners = StatementWord.allCases.filter { $0.lineWords.contains(text) }.map(\.rawValue)
    if owners.isEmpty {
      guess = suggestion(for: token, among: Keyword.statements)
    } else {
      notes = ["`\(text)` is a line of a \(oneOf(owners)) block"]
    }
    report(
      Diagnostic(
        .unknownStatement, "unknown statement `\(shortText(token))`\(guess?.question ?? "")",
        at: range(of: token), fixIts: guess.map { [$0.fixIt] } ?? [], notes: notes))
    return guess.flatMap { StatementWord(rawValue: $0.match) }
  }

  private mutating func statement(_ word: StatementWord) throws(LineAbandoned) -> StatementKind {
    switch word {
    case .language:
      guard token.kind == .number else { try fail(expecting: "the number of a language version") }
      return .language(try value(.number))
    case .policy: return .policy(try policyName())
    case .include: return .include(try string("the name of a file"))
    case .define: return try define()
    case .confine: return .confine(try subjects())
    case .tunnel: return try tunnel()
    case .uplink: return .uplink(try list(.interface))
    case .lan: return try lan()
    case .forward: return try forward()
    case .bypass: return try bypass()
    case .host: return try host()
    case .blocked: return .blocked(try blocked())
    case .guard: return .guardFrames
    case .expect: return .expect(try expectation())
    case .acceptRisk: return .acceptRisk(try acceptRisk())
    }
  }

  private mutating func policyName() throws(LineAbandoned) -> Name {
    if token.kind == .word || isLineEnd { return try name("the policy's name") }
    if case .malformed(let fault) = token.kind, fault != .digitName {
      report(fault)
      throw LineAbandoned()
    }
    report(
      Diagnostic(
        .invalidPolicyName, "`\(shortText(token))` is not a policy's name", at: range(of: token),
        notes: ["a name begins with a letter and has lower-case letters, digits and `_`"]))
    throw LineAbandoned()
  }

  private mutating func define() throws(LineAbandoned) -> StatementKind {
    let name = try name("a name to define")
    guard token.kind == .equals else { try fail(expecting: "`=` after the name") }
    advance()
    guard token.kind == .word, text(of: token) == "file" else {
      return .define(name, .values(try list(.definition)))
    }
    advance()
    return .define(name, .file(try string("the name of a file")))
  }

  private mutating func tunnel() throws(LineAbandoned) -> StatementKind {
    let names = header(of: .tunnel)
    let lines = block(of: .tunnel, TunnelWord.self, reportsMissing: names != nil) {
      (parser: inout Parser, word, first) throws(LineAbandoned) in
      let kind = try parser.tunnelLine(word)
      return TunnelLine(kind, keyword: parser.range(of: first), range: parser.range(from: first))
    }
    guard let names, let lines else { throw LineAbandoned() }
    return .tunnel(names, lines)
  }

  private mutating func lan() throws(LineAbandoned) -> StatementKind {
    let names = header(of: .lan)
    let lines = block(of: .lan, LANWord.self, reportsMissing: names != nil) {
      (parser: inout Parser, word, first) throws(LineAbandoned) in
      let kind = try parser.lanLine(word)
      return LANLine(kind, keyword: parser.range(of: first), range: parser.range(from: first))
    }
    guard let names, let lines else { throw LineAbandoned() }
    return .lan(names, lines)
  }

  private mutating func forward() throws(LineAbandoned) -> StatementKind {
    let names = header(of: .forward)
    let lines = block(of: .forward, ForwardWord.self, reportsMissing: names != nil) {
      (parser: inout Parser, word, first) throws(LineAbandoned) in
      let kind = try parser.forwardLine(word)
      return ForwardLine(kind, keyword: parser.range(of: first), range: parser.range(from: first))
    }
    guard let names, let lines else { throw LineAbandoned() }
    return .forward(names, lines)
  }

  private mutating func bypass() throws(LineAbandoned) -> StatementKind {
    let name = bypassName()
    let lines = block(of: .bypass, BypassWord.self, reportsMissing: name != nil) {
      (parser: inout Parser, word, first) throws(LineAbandoned) in
      let kind = try parser.bypassLine(word)
      return BypassLine(kind, keyword: parser.range(of: first), range: parser.range(from: first))
    }
    guard let name, let lines else { throw LineAbandoned() }
    return .bypass(name, lines)
  }

  private mutating func host() throws(LineAbandoned) -> StatementKind {
    var guards: [Statement] = []
    let lines = block(of: .host, HostWord.self) {
      (parser: inout Parser, word: HostWord, first: Token) throws(LineAbandoned) -> HostLine? in
      let kind = try parser.hostLine(word)
      let range = parser.range(from: first)
      guard let kind else {
        guards.append(Statement(.guardFrames, keyword: range, range: range))
        return nil
      }
      return HostLine(kind, range: range)
    }
    statements += guards
    guard let lines else { throw LineAbandoned() }
    return .host(lines)
  }

  /// The interfaces before a block; `nil` when they do not parse, which has been reported.
  private mutating func header(of statement: StatementWord) -> ValueList? {
    do {
      let first = token
      var values = [try headerInterface(of: statement)]
      while token.kind == .comma {
        try skipComma()
        values.append(try headerInterface(of: statement))
      }
      return ValueList(values, range(from: first))
    } catch {
      return nil
    }
  }

  /// An interface or a set of them, but not the block itself where the interface is missing.
  private mutating func headerInterface(
    of statement: StatementWord
  ) throws(LineAbandoned) -> Value {
    if token.kind == .leftBrace {
      let ahead = lookAhead(2)
      let isSet = ahead.count == 2 && [.comma, .rightBrace].contains(ahead[1].kind)
      let isLine = ahead.first.map { statement.lineWords.contains(text(of: $0)) } ?? false
      if !isSet || isLine { try fail(expecting: "an interface before the block") }
    }
    return try value(.interface)
  }

  private mutating func bypassName() -> Name? {
    let first = token
    if first.kind == .string {
      let text = stringText(first)
      advance()
      return Name(text, range(of: first))
    }
    do { return try name("a name for the bypass") } catch { return nil }
  }

  private mutating func blocked() throws(LineAbandoned) -> BlockedNode {
    let verdict = try name("a verdict", among: ["drop", "reject"])
    var node = BlockedNode(isReject: verdict.text == "reject")
    if isLineEnd { return node }
    try keyword("log", expecting: "`log` or the end of the line")
    node.logPrefix = try string("a log prefix")
    if isLineEnd { return node }
    try keyword("rate", expecting: "`rate` or the end of the line")
    node.ratePerSecond = try value(.number)
    guard token.kind == .slash else { try fail(expecting: "`/second` after the rate") }
    advance()
    try keyword("second", expecting: "`second`, the only unit of a rate")
    return node
  }

  private mutating func keyword(
    _ word: String, expecting expected: String
  ) throws(LineAbandoned) {
    guard token.kind == .word, text(of: token) == word else {
      try fail(expecting: expected, among: [word])
    }
    advance()
  }

  private mutating func acceptRisk() throws(LineAbandoned) -> AcceptRiskNode {
    let id = try name("the id of a finding")
    var block: Value?
    // Before a string stands `because`, or what was meant to be it.
    if token.kind != .word || (text(of: token) != "because" && following().kind != .string) {
      block = try value(.interface)
    }
    try keyword("because", expecting: "`because` and the reason")
    return AcceptRiskNode(id: id, block: block, because: try string("a reason"))
  }
}
