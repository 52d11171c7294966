import PolicyDiagnostics

/// The rest of a line makes no sense any more; why has been reported.
struct LineAbandoned: Error {}

/// Reads tokens and builds the tree.
///
/// A function that parses a thing starts at the thing's first token and leaves the token after it.
struct Parser {
  /// More errors than that are no text that somebody wrote; the rest of the file is not read.
  static let maximumDiagnostics = 10_000
  /// Sets within sets; deeper ones have no use and would cost stack.
  static let maximumSetDepth = 16

  private var lexer: Lexer
  let file: FileID
  /// The next token, not yet part of anything.
  private(set) var token: Token
  /// Where the last token ended that is no newline.
  private(set) var lastEnd: Int
  private(set) var lastKind = TokenKind.newline
  var erasesRanges = false
  var statements: [Statement] = []
  /// Offsets of the `{` that open blocks and not sets, in ascending order.
  var blockBraces: [Int] = []
  /// The words that begin a line where the parser is: those of the block or none.
  var lineWords: [String] = []
  private(set) var diagnostics: [Diagnostic] = []
  private var hasGivenUp = false

  init(_ source: SourceFile, id: FileID) {
    lexer = Lexer(source.bytes)
    file = id
    token = lexer.next()
    lastEnd = token.start
    for place in invalidUTF8(in: source.bytes, limit: Self.maximumDiagnostics) {
      report(
        Diagnostic(
          .invalidUTF8, "the text is not valid UTF-8",
          at: SourceRange(file: id, start: place, end: place + 1)))
    }
  }

  mutating func advance() {
    if token.kind != .newline { lastEnd = token.end }
    lastKind = token.kind
    token = lexer.next()
  }

  mutating func skipNewlines() {
    while token.kind == .newline { advance() }
  }

  /// The token after the current one.
  func following() -> Token {
    var ahead = lexer
    return ahead.next()
  }

  /// The first token after the current one that is no newline.
  func followingPastNewlines() -> Token {
    var ahead = lexer
    var token = ahead.next()
    while token.kind == .newline { token = ahead.next() }
    return token
  }

  /// The tokens after `count` further ones that are no newlines: enough to tell a set from a block.
  func lookAhead(_ count: Int) -> [Token] {
    var ahead = lexer
    var tokens: [Token] = []
    while tokens.count < count {
      let token = ahead.next()
      if token.kind != .newline { tokens.append(token) }
      if token.kind == .end { break }
    }
    return tokens
  }

  func bytes(of token: Token) -> ArraySlice<UInt8> { lexer.bytes[token.start..<token.end] }

  /// From the current token to the end of the file.
  var rest: ArraySlice<UInt8> { lexer.bytes[token.start...] }

  func text(of token: Token) -> String { String(decoding: bytes(of: token), as: UTF8.self) }

  func isKeyword(_ token: Token) -> Bool {
    token.kind == .word && Keyword.all.contains(text(of: token))
  }

  /// From the start of `first` to the end of what was read last.
  func range(from first: Token) -> SourceRange { range(first.start, lastEnd) }

  func range(of token: Token) -> SourceRange { range(token.start, token.end) }

  func range(_ start: Int, _ end: Int) -> SourceRange {
    erasesRanges
      ? SourceRange(file: file, start: 0, end: 0)
      : SourceRange(file: file, start: start, end: max(start, end))
  }

  mutating func report(_ diagnostic: Diagnostic) {
    guard !hasGivenUp else { return }
    diagnostics.append(diagnostic)
    guard diagnostics.count == Self.maximumDiagnostics else { return }
    diagnostics[diagnostics.count - 1].notes.append(
      "the rest of the file was not read after \(Self.maximumDiagnostics) errors")
    hasGivenUp = true
    lexer.moveToEnd()
    token = lexer.next()
  }

  /// Takes back the reports after the first `count`.
  mutating func forgetDiagnostics(after count: Int) {
    guard !hasGivenUp else { return }
    diagnostics.removeSubrange(count...)
  }
}
