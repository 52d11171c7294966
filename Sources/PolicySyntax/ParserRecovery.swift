import PolicyDiagnostics

extension Parser {
  /// Moves to the end of the line, or to where another line or statement evidently begins.
  mutating func skipLine() {
    var depth = 0
    while token.kind != .end {
      if beginsAnotherLine(token) { return }
      if token.kind == .newline, lastKind == .comma {
        skipNewlines()
        continue
      }
      if depth == 0, isLineEnd { return }
      if token.kind == .leftBrace { depth += 1 }
      if token.kind == .rightBrace { depth -= 1 }
      advance()
    }
  }

  /// Moves past the set whose `{` was just read, or to where something else evidently begins.
  mutating func skipSet() {
    var depth = 1
    while depth > 0, token.kind != .end, !beginsAnotherLine(token) {
      if token.kind == .leftBrace { depth += 1 }
      if token.kind == .rightBrace { depth -= 1 }
      advance()
    }
  }

  /// Moves to the next comma or the end of the set that the parser is in.
  mutating func skipElement() {
    var depth = 0
    while token.kind != .end, !beginsAnotherLine(token) {
      if depth == 0, token.kind == .comma || token.kind == .rightBrace { return }
      if token.kind == .leftBrace { depth += 1 }
      if token.kind == .rightBrace { depth -= 1 }
      advance()
    }
  }

  /// Moves to the `{` of a block whose header is wrong, or to the end of the header's line.
  mutating func skipHeader() {
    while !isLineEnd, token.kind != .leftBrace, !beginsAnotherLine(token) { advance() }
    skipNewlinesBeforeBrace()
  }

  mutating func skipNewlinesBeforeBrace() {
    if token.kind == .newline, followingPastNewlines().kind == .leftBrace { skipNewlines() }
  }

  /// Whether a line or a statement has to end here.
  var isLineEnd: Bool {
    switch token.kind {
    case .newline, .semicolon, .rightBrace, .end: true
    case .word, .pattern, .string, .number, .numberRange, .address, .comma, .leftBrace, .equals,
      .slash, .comment, .malformed:
      false
    }
  }

  mutating func expectLineEnd() throws(LineAbandoned) {
    // A block without its `}` ends where the next line begins.
    if !isLineEnd, lastKind != .newline { try fail(expecting: "the end of the line") }
  }

  /// Whether the token, where a list or a set could go on, rather begins a line or a statement.
  ///
  /// An interface may be called `lan` or `in`; then a comma, a brace or nothing stands behind it.
  func beginsAnotherLine(_ token: Token) -> Bool {
    guard token.isFirstOnLine, token.kind == .word else { return false }
    let text = text(of: token)
    guard StatementWord(rawValue: text) != nil || lineWords.contains(text) else { return false }
    switch following().kind {
    case .comma, .rightBrace, .newline, .semicolon, .end: return false
    case .word, .pattern, .string, .number, .numberRange, .address, .leftBrace, .equals, .slash,
      .comment, .malformed:
      return true
    }
  }

  /// Moves over a comma and the newlines after it; the words given may follow on the next line.
  mutating func skipComma(before words: [String] = []) throws(LineAbandoned) {
    let comma = token
    advance()
    let isLastOnLine = token.kind == .newline
    skipNewlines()
    let isMissing = isLastOnLine && beginsAnotherLine(token) && !words.contains(text(of: token))
    guard isMissing || isLineEnd else { return }
    report(
      Diagnostic(
        .unexpectedToken, "expected a further value after `,`, found \(found(token))",
        at: range(of: comma),
        fixIts: [FixIt("remove the comma", replace: range(of: comma), with: "")]))
    throw LineAbandoned()
  }
}
