/// A token or comment and what stood before it.
struct Piece {
  var kind: TokenKind
  var start: Int
  var end: Int
  /// Ends of lines before the piece inside its line of the policy: 0, 1, or 2 for a blank line.
  var breaks: Int
}

/// A statement, a line of a block, or a comment that has a line to itself.
struct LayoutLine {
  var pieces: [Piece]
  var isAfterBlankLine: Bool
  /// At the end of the line; behind the `{` where a block follows.
  var trailingComment: Piece?
  var block: LayoutBlock?

  var isComment: Bool { pieces[0].kind == .comment }
}

struct LayoutBlock {
  var lines: [LayoutLine]
  var isOnOneLine: Bool
  /// Behind the `}`.
  var trailingComment: Piece?
}

/// Reads the lines of a file that parses, with their comments and the breaks that its author made.
struct LayoutReader {
  private var lexer: Lexer
  private var token: Token
  /// Offsets of the `{` that open blocks, the last one first.
  private var blockBraces: [Int]

  init(_ bytes: [UInt8], blockBraces: [Int]) {
    lexer = Lexer(bytes)
    token = lexer.nextOrComment()
    self.blockBraces = blockBraces.reversed()
  }

  private mutating func advance() { token = lexer.nextOrComment() }

  /// The lines up to the end of the block or of the file.
  mutating func lines() -> [LayoutLine] {
    var lines: [LayoutLine] = []
    while true {
      let newlines = skipSeparators()
      let isAfterBlankLine = newlines > 1 && !lines.isEmpty
      switch token.kind {
      case .end, .rightBrace: return lines
      case .comment:
        let comment = piece(breaks: newlines)
        advance()
        if newlines == 0, let last = lines.indices.last {
          attach(comment, to: &lines[last])
        } else {
          lines.append(LayoutLine(pieces: [comment], isAfterBlankLine: isAfterBlankLine))
        }
      case .leftBrace: attachBlock(to: &lines)
      case .word, .pattern, .string, .number, .numberRange, .address, .comma, .semicolon, .equals,
        .slash, .newline, .malformed:
        lines.append(LayoutLine(pieces: linePieces(), isAfterBlankLine: isAfterBlankLine))
      }
    }
  }

  /// Moves over the ends of lines and returns how many there were, `;` not counted.
  private mutating func skipSeparators() -> Int {
    var newlines = 0
    while token.kind == .newline || token.kind == .semicolon {
      if token.kind == .newline { newlines += 1 }
      advance()
    }
    return newlines
  }

  private func piece(breaks: Int) -> Piece {
    Piece(kind: token.kind, start: token.start, end: token.end, breaks: min(breaks, 2))
  }

  private func attach(_ comment: Piece, to line: inout LayoutLine) {
    if line.block == nil {
      line.trailingComment = comment
    } else {
      line.block?.trailingComment = comment
    }
  }

  /// Reads the block of the last statement; comments between the two move into the block.
  private mutating func attachBlock(to lines: inout [LayoutLine]) {
    _ = blockBraces.popLast()
    var comments: [LayoutLine] = []
    while let last = lines.last, last.isComment { comments.append(lines.removeLast()) }
    // Never in a file that parses; if ever, the formatter's proof fails on what is lost here.
    guard let header = lines.indices.last else { return advance() }
    let start = token.end
    advance()
    var inner = self.lines()
    // A comment right behind the brace, where the header has none yet.
    if let first = inner.first, first.isComment, first.pieces[0].breaks == 0, comments.isEmpty,
      lines[header].trailingComment == nil
    {
      lines[header].trailingComment = inner.removeFirst().pieces[0]
    }
    inner = comments.reversed() + inner
    if !inner.isEmpty { inner[0].isAfterBlankLine = false }
    let content = lexer.bytes[start..<token.start]
    let isOnOneLine =
      !content.contains(UInt8(ascii: "\n")) && comments.isEmpty
      && lines[header].trailingComment == nil
    lines[header].block = LayoutBlock(lines: inner, isOnOneLine: isOnOneLine)
    advance()
  }

  /// The pieces of one line, up to its end or to the block behind it.
  private mutating func linePieces() -> [Piece] {
    var pieces: [Piece] = []
    var openSets: [Int] = []
    var breaks = 0
    var lastKind = TokenKind.newline
    while true {
      let mayBreak = !openSets.isEmpty || lastKind == .comma
      switch token.kind {
      case .newline where mayBreak: breaks += 1
      case .comment where mayBreak:
        pieces.append(piece(breaks: breaks))
        breaks = 0
      case .comma:
        insertComma(piece(breaks: 0), into: &pieces)
        lastKind = .comma
      case .leftBrace where token.start == blockBraces.last: return pieces
      case .rightBrace where !openSets.isEmpty:
        pieces.append(piece(breaks: min(breaks, 1)))
        closeSet(from: openSets.removeLast(), in: &pieces)
        breaks = 0
        lastKind = .rightBrace
      case .newline, .semicolon, .rightBrace, .comment, .end: return pieces
      case .leftBrace, .word, .pattern, .string, .number, .numberRange, .address, .equals, .slash,
        .malformed:
        if token.kind == .leftBrace { openSets.append(pieces.count) }
        pieces.append(piece(breaks: openSets.isEmpty ? min(breaks, 1) : breaks))
        breaks = 0
        lastKind = token.kind
      }
      advance()
    }
  }

  /// A comma follows its value at once, and comments between the two follow the comma.
  private func insertComma(_ comma: Piece, into pieces: inout [Piece]) {
    let place = pieces.lastIndex { $0.kind != .comment }.map { $0 + 1 } ?? 0
    pieces.insert(comma, at: place)
  }

  /// A set that has a break anywhere gets one inside both braces, and no blank line there.
  private func closeSet(from open: Int, in pieces: inout [Piece]) {
    let first = open + 1
    let last = pieces.count - 1
    guard pieces[first...last].contains(where: { $0.breaks > 0 }) else { return }
    pieces[last].breaks = 1
    if pieces[first].kind == .comment, pieces[first].breaks == 0 {
      pieces[first + 1].breaks = 1
    } else {
      pieces[first].breaks = 1
    }
  }
}
