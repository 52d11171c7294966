import PolicyDiagnostics

extension Parser {
  /// The lines of a block; `nil` where no block follows.
  ///
  /// `reportsMissing` is false where the header before it has been reported already.
  mutating func block<Word: KeywordSet, Line>(
    of statement: StatementWord, _ words: Word.Type, reportsMissing: Bool = true,
    line: (inout Parser, Word, Token) throws(LineAbandoned) -> Line?
  ) -> [Line]? {
    lineWords = statement.lineWords
    defer { lineWords = [] }
    guard let open = openBlock(of: statement, reportsMissing: reportsMissing) else { return nil }
    var lines: [Line] = []
    while true {
      while token.kind == .newline || token.kind == .semicolon { advance() }
      if token.kind == .rightBrace {
        advance()
        return lines
      }
      if token.kind == .end || beginsStatement(token) {
        reportUnclosed(open, what: "`\(statement.rawValue)` block")
        return lines
      }
      let first = token
      let count = diagnostics.count
      guard let (word, isRight) = lineWord(of: statement, words) else {
        advance()
        skipLine()
        continue
      }
      advance()
      do {
        if let line = try line(&self, word, first) { lines.append(line) }
        try expectLineEnd()
      } catch {
        skipLine()
        // What follows a guessed word need not be an error of the author's.
        if !isRight { forgetDiagnostics(after: count + 1) }
      }
    }
  }

  /// Moves over the `{` of a block and returns it, or the place where it should be.
  private mutating func openBlock(of statement: StatementWord, reportsMissing: Bool) -> Token? {
    if reportsMissing {
      skipNewlinesBeforeBrace()
      if token.kind != .leftBrace {
        reportUnexpected(
          expecting: "`{` and the lines of the `\(statement.rawValue)` block", code: .missingBrace)
      }
    }
    skipHeader()
    let open = token
    if token.kind == .leftBrace {
      if !erasesRanges { blockBraces.append(token.start) }
      advance()
      return open
    }
    let next = followingPastNewlines()
    guard token.kind == .newline, next.kind == .word, lineWords.contains(text(of: next)) else {
      return nil
    }
    skipNewlines()
    return open
  }

  /// Whether the block that the parser is in must have ended: its `}` is missing.
  private func beginsStatement(_ token: Token) -> Bool {
    guard token.isFirstOnLine, token.kind == .word else { return false }
    let text = text(of: token)
    return StatementWord(rawValue: text) != nil && !lineWords.contains(text)
  }

  /// The word that begins a line, or the one that was probably meant.
  private mutating func lineWord<Word: KeywordSet>(
    of statement: StatementWord, _ words: Word.Type
  ) -> (word: Word, isRight: Bool)? {
    let what = "`\(statement.rawValue)` block"
    guard token.kind == .word else {
      reportUnexpected(expecting: "a line of the \(what) or `}`")
      return nil
    }
    let text = text(of: token)
    if let word = Word(rawValue: text) { return (word, true) }
    var message = "unknown line `\(shortText(token))` in a \(what)"
    var notes: [String] = []
    var guess: (match: String, question: String, fixIt: FixIt)?
    if StatementWord(rawValue: text) != nil {
      notes = ["`\(text)` begins a statement, which has a line of its own outside any block"]
    } else if let owner = StatementWord.allCases.first(where: { $0.lineWords.contains(text) }) {
      notes = ["`\(text)` is a line of a `\(owner.rawValue)` block"]
    } else {
      guess = suggestion(for: token, among: statement.lineWords)
    }
    message += guess?.question ?? ", expected \(oneOf(statement.lineWords))"
    report(
      Diagnostic(
        .unknownLine, message, at: range(of: token), fixIts: guess.map { [$0.fixIt] } ?? [],
        notes: notes))
    return guess.flatMap { Word(rawValue: $0.match) }.map { ($0, false) }
  }
}
