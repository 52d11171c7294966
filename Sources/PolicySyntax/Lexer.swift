/// Cuts the bytes of a policy into tokens, one at a time, in constant space.
///
/// A copy of a lexer is a place to come back to.
struct Lexer {
  let bytes: [UInt8]
  /// Of the next byte to read.
  private(set) var position: Int
  private var isAtLineStart = true

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
  }

  /// The next token that is no comment.
  mutating func next() -> Token {
    while true {
      let token = nextOrComment()
      if token.kind != .comment { return token }
    }
  }

  mutating func nextOrComment() -> Token {
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
    let start = position
    let isFirstOnLine = isAtLineStart
    let kind = scan()
    if kind == .newline {
      isAtLineStart = true
    } else if kind != .comment {
      isAtLineStart = false
    }
    return Token(kind: kind, start: start, end: position, isFirstOnLine: isFirstOnLine)
  }

  /// Makes every following token the end of the file.
  mutating func moveToEnd() {
    position = bytes.count
  }

  /// Moves over the token at the position, which is no blank.
  private mutating func scan() -> TokenKind {
    guard position < bytes.count else { return .end }
    let byte = bytes[position]
    if isDigit(byte) { return scanNumeric() }
    if isLetter(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":") {
      return scanWord()
    }
    switch byte {
    case UInt8(ascii: "\n"): return single(.newline)
    case UInt8(ascii: "\r"):
      position += 1
      return position < bytes.count && bytes[position] == UInt8(ascii: "\n")
        ? single(.newline) : .malformed(.character)
    case UInt8(ascii: ","): return single(.comma)
    case UInt8(ascii: ";"): return single(.semicolon)
    case UInt8(ascii: "{"): return single(.leftBrace)
    case UInt8(ascii: "}"): return single(.rightBrace)
    case UInt8(ascii: "="): return single(.equals)
    case UInt8(ascii: "/"): return single(.slash)
    case UInt8(ascii: "\""): return scanString()
    case UInt8(ascii: "#"): return scanComment()
    case UInt8(ascii: "*"):
      skip(while: isClumpByte)
      return .malformed(.pattern)
    case 0..<0x80: return single(.malformed(.character))
    default: return scanOther()
    }
  }

  private mutating func single(_ kind: TokenKind) -> TokenKind {
    position += 1
    return kind
  }

  private mutating func skip(while holds: (UInt8) -> Bool) {
    while position < bytes.count, holds(bytes[position]) { position += 1 }
  }

  /// A word, or an address that begins with a letter or a colon.
  private mutating func scanWord() -> TokenKind {
    let start = position
    skip(while: { isHexDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") })
    if bytes[start..<position].contains(UInt8(ascii: ":")) {
      skip(while: isClumpByte)
      return .address
    }
    skip(while: isWordByte)
    guard position < bytes.count, bytes[position] == UInt8(ascii: "*") else { return .word }
    position += 1
    guard position < bytes.count, isClumpByte(bytes[position]) else { return .pattern }
    skip(while: isClumpByte)
    return .malformed(.pattern)
  }

  private mutating func scanNumeric() -> TokenKind {
    let start = position
    skip(while: isDigit)
    // `5/second` is three tokens; a prefix has a dot or a colon before its slash.
    if position == bytes.count || bytes[position] == UInt8(ascii: "/") { return .number }
    skip(while: isClumpByte)
    return numericKind(bytes[start..<position])
  }

  private mutating func scanString() -> TokenKind {
    position += 1
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""): return single(.string)
      case UInt8(ascii: "\n"):
        if bytes[position - 1] == UInt8(ascii: "\r") { position -= 1 }
        return .malformed(.unterminatedString)
      case UInt8(ascii: "\\"):
        position += 1
        if position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
      default: position += 1
      }
    }
    return .malformed(.unterminatedString)
  }

  private mutating func scanComment() -> TokenKind {
    skip(while: { $0 != UInt8(ascii: "\n") })
    if position < bytes.count, bytes[position - 1] == UInt8(ascii: "\r") { position -= 1 }
    return .comment
  }

  private mutating func scanOther() -> TokenKind {
    if let length = utf8Length(in: bytes, at: position) {
      position += length
      return .malformed(.character)
    }
    return single(.malformed(.invalidUTF8))
  }
}

private let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

/// What a run of clump bytes that begins with a digit is.
private func numericKind(_ text: ArraySlice<UInt8>) -> TokenKind {
  if isNumber(text) { return .number }
  let head = text.prefix { isDigit($0) || $0 == UInt8(ascii: ".") }
  if head.contains(UInt8(ascii: ".")) || text.contains(UInt8(ascii: ":")) { return .address }
  if let dash = text.firstIndex(of: UInt8(ascii: "-")), isNumber(text[..<dash]),
    isNumber(text[(dash + 1)...])
  {
    return .numberRange
  }
  let looksNumeric = isHexPrefixed(text) || !text.contains(where: isLetter)
  return .malformed(looksNumeric ? .number : .digitName)
}

/// Decimal digits, or `0x` and hexadecimal digits.
private func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
  if isHexPrefixed(text) { return text.count > 2 && text.dropFirst(2).allSatisfy(isHexDigit) }
  return !text.isEmpty && text.allSatisfy(isDigit)
}

func isHexPrefixed(_ text: ArraySlice<UInt8>) -> Bool {
  text.count >= 2 && text[text.startIndex] == UInt8(ascii: "0")
    && text[text.startIndex + 1] == UInt8(ascii: "x")
}
