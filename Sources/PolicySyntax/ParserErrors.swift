import PolicyDiagnostics

extension Parser {
  /// Reports that the current token is not what must stand here.
  mutating func fail(
    expecting expected: String, code: DiagnosticCode = .unexpectedToken,
    among candidates: [String] = [], notes: [String] = []
  ) throws(LineAbandoned) -> Never {
    reportUnexpected(expecting: expected, code: code, among: candidates, notes: notes)
    throw LineAbandoned()
  }

  mutating func reportUnexpected(
    expecting expected: String, code: DiagnosticCode = .unexpectedToken,
    among candidates: [String] = [], notes: [String] = []
  ) {
    if case .malformed(let fault) = token.kind {
      report(fault)
      return
    }
    let guess = token.kind == .word ? suggestion(for: token, among: candidates) : nil
    report(
      Diagnostic(
        code, "expected \(expected), found \(found(token))\(guess?.question ?? "")",
        at: placeOfToken, fixIts: guess.map { [$0.fixIt] } ?? [], notes: notes))
  }

  /// What the word was probably meant to be, as the end of a message and as a fix.
  func suggestion(
    for word: Token, among candidates: [String]
  ) -> (match: String, question: String, fixIt: FixIt)? {
    guard let match = closestMatch(to: text(of: word), among: candidates) else { return nil }
    return (
      match, ", did you mean `\(match)`?",
      FixIt("write `\(match)`", replace: range(of: word), with: match)
    )
  }

  /// The current token, or the empty place before an end of line.
  var placeOfToken: SourceRange {
    switch token.kind {
    case .newline, .end: range(lastEnd, lastEnd)
    case .word, .pattern, .string, .number, .numberRange, .address, .comma, .semicolon, .leftBrace,
      .rightBrace, .equals, .slash, .comment, .malformed:
      range(of: token)
    }
  }

  func found(_ token: Token) -> String {
    switch token.kind {
    case .newline: "the end of the line"
    case .end: "the end of the file"
    case .word, .pattern, .string, .number, .numberRange, .address, .comma, .semicolon, .leftBrace,
      .rightBrace, .equals, .slash, .comment, .malformed:
      "`\(shortText(token))`"
    }
  }

  /// The text of the token, cut where it would fill a terminal.
  func shortText(_ token: Token) -> String {
    let limit = 40
    let bytes = bytes(of: token)
    if bytes.count <= limit { return printable(bytes) }
    return printable(bytes.prefix(limit)) + "…"
  }

  /// Reports what is wrong with the current token, which is malformed.
  mutating func report(_ fault: TokenFault) {
    let text = shortText(token)
    let place = range(of: token)
    let quoted = FixIt("write it as a string", replace: place, with: "\"\(self.text(of: token))\"")
    switch fault {
    case .invalidUTF8: break
    case .character:
      report(
        Diagnostic(
          .invalidCharacter, "unexpected character \(characterName(of: token))", at: place,
          notes: text == "-" ? ["a range has no blanks: `10.0.0.1-10.0.0.9`"] : []))
    case .unterminatedString:
      report(
        Diagnostic(
          .unterminatedString, "the string has no closing `\"` on its line", at: place))
    case .digitName:
      report(
        Diagnostic(
          .invalidInterfaceName,
          "`\(text)` is no number and no address, and a name that begins with a digit must be a string",
          at: place, fixIts: [quoted]))
    case .number:
      report(Diagnostic(.invalidNumber, "`\(text)` is not a number", at: place))
    case .pattern:
      report(
        Diagnostic(
          .invalidInterfaceName, "`\(text)` is no pattern: `*` stands once, at the end of a name",
          at: place))
    }
  }

  /// As it can be printed: `é` (U+00E9), U+0000.
  private func characterName(of token: Token) -> String {
    guard let scalar = text(of: token).unicodeScalars.first else { return "" }
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    if scalar.isASCII { return scalar.value > 0x20 && scalar.value < 0x7F ? "`\(scalar)`" : code }
    return scalar.properties.generalCategory.isVisible ? "`\(scalar)` (\(code))" : code
  }
}

/// The text with control characters and broken UTF-8 replaced, so that a message is one line.
private func printable(_ bytes: ArraySlice<UInt8>) -> String {
  let text = String(decoding: bytes, as: UTF8.self)
  if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    result.unicodeScalars.append(scalar.properties.generalCategory.isVisible ? scalar : "\u{FFFD}")
  }
  return result
}

extension Unicode.GeneralCategory {
  /// Takes part in a line of text without changing the direction, the line or what is on the terminal.
  fileprivate var isVisible: Bool {
    switch self {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    default: true
    }
  }
}

/// `` `a`, `b` or `c` ``
func oneOf(_ words: [String]) -> String {
  let quoted = words.map { "`\($0)`" }
  guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
  return quoted.dropLast().joined(separator: ", ") + " or " + last
}
