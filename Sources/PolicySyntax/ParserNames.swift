import PolicyDiagnostics

extension Parser {
  /// A bare word, whatever it is.
  mutating func name(_ noun: String) throws(LineAbandoned) -> Name {
    guard token.kind == .word else { try fail(expecting: noun) }
    let name = Name(text(of: token), range(of: token))
    advance()
    return name
  }

  /// One of a closed list of words.
  mutating func name(_ noun: String, among words: [String]) throws(LineAbandoned) -> Name {
    guard token.kind == .word, words.contains(text(of: token)) else {
      try fail(expecting: "\(noun): \(oneOf(words))", among: words)
    }
    return try name(noun)
  }

  mutating func string(_ noun: String) throws(LineAbandoned) -> StringLiteral {
    let first = token
    guard first.kind == .string else { try failUnquoted(noun) }
    let text = stringText(first)
    advance()
    return StringLiteral(text, range(of: first))
  }

  /// Reports that quotes are missing, and where they belong.
  private mutating func failUnquoted(_ noun: String) throws(LineAbandoned) -> Never {
    let text = unquotedText()
    if text.isEmpty { try fail(expecting: "\(noun) in quotes") }
    report(
      Diagnostic(
        .unexpectedToken, "expected \(noun) in quotes, found \(found(token))",
        at: range(of: token),
        fixIts: [
          FixIt(
            "write it as a string", replace: range(token.start, token.start + text.utf8.count),
            with: "\"\(text)\"")
        ]))
    throw LineAbandoned()
  }

  /// What was probably meant as the string: all up to a blank, without what a string would need to escape.
  private func unquotedText() -> String {
    let text = rest.prefix { byte in
      isClumpByte(byte) || byte == UInt8(ascii: "@") || byte == UInt8(ascii: "~")
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The value of the current token, a string; reports what is wrong inside it.
  mutating func stringText(_ token: Token) -> String {
    let content = bytes(of: token).dropFirst().dropLast()
    if content.allSatisfy({ $0 != UInt8(ascii: "\\") && $0 >= 0x20 && $0 != 0x7F }) {
      return String(decoding: content, as: UTF8.self)
    }
    var result: [UInt8] = []
    var index = content.startIndex
    while index < content.endIndex {
      let byte = content[index]
      if byte == UInt8(ascii: "\\") {
        result.append(escaped(content, at: index))
        index += 2
        continue
      }
      if (byte < 0x20 && byte != UInt8(ascii: "\t")) || byte == 0x7F {
        report(
          Diagnostic(
            .invalidCharacter, "a string cannot hold a control character",
            at: range(index, index + 1)))
      }
      result.append(byte)
      index += 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  private mutating func escaped(_ content: ArraySlice<UInt8>, at backslash: Int) -> UInt8 {
    // The lexer ends a string only at a quote without a backslash, so a byte follows.
    switch content[backslash + 1] {
    case UInt8(ascii: "n"): return UInt8(ascii: "\n")
    case UInt8(ascii: "t"): return UInt8(ascii: "\t")
    case UInt8(ascii: "\""): return UInt8(ascii: "\"")
    case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
    case let other:
      let place = range(backslash, backslash + 1)
      report(
        Diagnostic(
          .invalidEscape, "a string knows `\\\"`, `\\\\`, `\\n` and `\\t` after a backslash",
          at: range(backslash, backslash + 2),
          fixIts: [FixIt("write the backslash twice", replace: place, with: "\\\\")]))
      return other
    }
  }
}
