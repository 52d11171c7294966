import PolicyDiagnostics

/// What a value is for: it decides which words may be one, and what a message calls it.
enum Expected {
  case address
  case interface
  /// What a forwarded packet comes from.
  case source
  case port
  case mark
  case number
  case user
  case group
  case icmpType
  /// What a definition stands for.
  case definition

  var noun: String {
    switch self {
    case .address: "an address"
    case .interface: "an interface"
    case .source: "an interface or an address"
    case .port: "a port"
    case .mark: "a mark"
    case .number: "a number"
    case .user: "a user"
    case .group: "a group"
    case .icmpType: "an ICMP type"
    case .definition: "a value"
    }
  }

  /// The code for a place where the value is missing.
  var missingCode: DiagnosticCode {
    switch self {
    case .address: .missingAddress
    case .port: .missingPort
    case .interface, .source, .mark, .number, .user, .group, .icmpType, .definition:
      .unexpectedToken
    }
  }

  /// Whether the value is a name that somebody else gave: it may look like a keyword.
  var isForeignName: Bool {
    switch self {
    case .interface, .source, .user, .group, .definition: true
    case .address, .port, .mark, .number, .icmpType: false
    }
  }

  /// Whether a bare word can stand here; a definition is never named like a keyword.
  func takes(_ word: String) -> Bool {
    isForeignName || !Keyword.all.contains(word)
      || (self == .address && Keyword.builtInRanges.contains(word))
  }
}

extension Parser {
  /// `a, b, c`
  mutating func list(_ expected: Expected) throws(LineAbandoned) -> ValueList {
    let first = token
    var values = [try value(expected)]
    while token.kind == .comma {
      try skipComma()
      values.append(try value(expected))
    }
    return ValueList(values, range(from: first))
  }

  mutating func value(_ expected: Expected, depth: Int = 0) throws(LineAbandoned) -> Value {
    let first = token
    let kind: ValueKind
    switch first.kind {
    case .word:
      let text = text(of: first)
      guard expected.takes(text) else { try failMissing(expected) }
      kind = .word(text)
    case .pattern: kind = .pattern(String(text(of: first).dropLast()))
    case .string: kind = nameKind(stringText(first))
    case .number: kind = .number(try number(bytes(of: first)))
    case .numberRange: kind = try numberRange(first)
    case .address: kind = .address(text(of: first))
    case .leftBrace: return try set(expected, depth: depth)
    case .malformed(.digitName) where expected.isForeignName:
      report(.digitName)
      kind = .string(text(of: first))
    case .comma, .semicolon, .rightBrace, .equals, .slash, .comment, .newline, .end, .malformed:
      try failMissing(expected)
    }
    advance()
    return Value(kind, range(of: first))
  }

  private mutating func failMissing(_ expected: Expected) throws(LineAbandoned) -> Never {
    let isMissing = isLineEnd || token.kind == .word
    try fail(
      expecting: expected.noun, code: isMissing ? expected.missingCode : .unexpectedToken)
  }

  /// A string that ends in `*` is a pattern.
  private func nameKind(_ text: String) -> ValueKind {
    text.utf8.last == UInt8(ascii: "*") ? .pattern(String(text.dropLast())) : .string(text)
  }

  private mutating func number(_ text: ArraySlice<UInt8>) throws(LineAbandoned) -> UInt64 {
    let isHex = isHexPrefixed(text)
    let digits = String(decoding: isHex ? text.dropFirst(2) : text, as: UTF8.self)
    if let number = UInt64(digits, radix: isHex ? 16 : 10) { return number }
    report(
      Diagnostic(
        .invalidNumber, "the number `\(shortText(token))` has more than 64 bits",
        at: range(of: token)))
    throw LineAbandoned()
  }

  private mutating func numberRange(_ token: Token) throws(LineAbandoned) -> ValueKind {
    let ends = bytes(of: token).split(separator: UInt8(ascii: "-"))
    precondition(ends.count == 2, "a range of numbers has two ends")
    return .numberRange(try number(ends[0]), try number(ends[1]))
  }

  /// `{ a, b }`, over as many lines as it likes.
  private mutating func set(_ expected: Expected, depth: Int) throws(LineAbandoned) -> Value {
    let open = token
    advance()
    if depth == Self.maximumSetDepth {
      report(
        Diagnostic(
          .nestingTooDeep, "sets are nested more than \(Self.maximumSetDepth) deep",
          at: range(of: open)))
      skipSet()
      throw LineAbandoned()
    }
    skipNewlines()
    if token.kind == .rightBrace {
      advance()
      report(Diagnostic(.emptySet, "the set is empty", at: range(from: open)))
      throw LineAbandoned()
    }
    var values: [Value] = []
    var lacksComma = false
    repeat {
      if beginsAnotherLine(token) { try failUnclosed(open) }
      do {
        values.append(try value(expected, depth: depth + 1))
      } catch {
        skipElement()
      }
    } while try continueSet(open, &lacksComma)
    if values.isEmpty { throw LineAbandoned() }
    return Value(.set(values), range(from: open))
  }

  /// Moves to the next element, or past the end of the set.
  ///
  /// - Parameter lacksComma: whether the element before this one had no comma before it either.
  private mutating func continueSet(
    _ open: Token, _ lacksComma: inout Bool
  ) throws(LineAbandoned) -> Bool {
    skipNewlines()
    if token.kind == .rightBrace {
      advance()
      return false
    }
    if token.kind == .end || beginsAnotherLine(token) { try failUnclosed(open) }
    let separator = token
    if token.kind == .comma {
      lacksComma = false
      advance()
      skipNewlines()
      guard token.kind == .rightBrace else { return true }
      report(
        Diagnostic(
          .unexpectedToken, "expected a further value after `,`, found `}`",
          at: range(of: separator),
          fixIts: [FixIt("remove the comma", replace: range(of: separator), with: "")]))
      advance()
      return false
    }
    // Two in a row are no list any more; more likely the set was never closed.
    if lacksComma { throw LineAbandoned() }
    lacksComma = true
    reportMissingComma()
    return true
  }

  private mutating func failUnclosed(_ open: Token) throws(LineAbandoned) -> Never {
    reportUnclosed(open, what: "set")
    throw LineAbandoned()
  }

  /// Reports what stands where a comma should, and moves to the next value.
  private mutating func reportMissingComma() {
    let place = token.kind == .semicolon ? range(of: token) : range(lastEnd, lastEnd)
    if case .malformed(let fault) = token.kind {
      report(fault)
    } else {
      report(
        Diagnostic(
          .unexpectedToken, "expected `,` or `}`, found \(found(token))", at: range(of: token),
          fixIts: [FixIt("write a comma", replace: place, with: ",")]))
    }
    switch token.kind {
    case .semicolon, .equals, .slash, .malformed: advance()
    case .word, .pattern, .string, .number, .numberRange, .address, .comma, .leftBrace, .rightBrace,
      .comment, .newline, .end:
      break
    }
  }

  mutating func reportUnclosed(_ open: Token, what: String) {
    report(
      Diagnostic(
        .missingBrace, "expected `}` to close the \(what), found \(found(token))",
        at: range(of: open), label: "never closed",
        related: [Label(placeOfToken, "the \(what) has to end before this")],
        fixIts: [FixIt("close the \(what)", replace: range(lastEnd, lastEnd), with: "\n}")]))
  }
}
