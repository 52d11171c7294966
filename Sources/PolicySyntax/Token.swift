/// A piece of the text; the offsets are those of its first byte and of the byte after its last.
struct Token: Equatable {
  var kind: TokenKind
  var start: Int
  var end: Int
  /// Only blanks stand before it on its line.
  var isFirstOnLine: Bool
}

enum TokenKind: Equatable {
  case word
  /// A word that ends in `*`, which is part of the token.
  case pattern
  /// With its quotes; its escapes are looked at only when it is used.
  case string
  case number
  /// Two numbers and a `-` between them.
  case numberRange
  /// Anything that looks like an address, a prefix or a range of addresses.
  case address
  case comma
  case semicolon
  case leftBrace
  case rightBrace
  case equals
  case slash
  /// From the `#` to before the end of the line.
  case comment
  case newline
  case end
  case malformed(TokenFault)
}

enum TokenFault: Equatable {
  case character
  /// Reported for the whole file before it is parsed.
  case invalidUTF8
  case unterminatedString
  /// Begins with a digit and is no number, range or address.
  case digitName
  case number
  case pattern
}
