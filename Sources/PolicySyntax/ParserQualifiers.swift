import PolicyDiagnostics

/// What stands behind the addresses and services of a line, or behind `expect pass`.
struct Qualifiers {
  var selectors = SelectorNodes()
  var from: Value?
  var to: Value?
  var port: Value?
  var sourcePort: Value?
  var inInterface: Value?
  var outInterface: Value?
  var via: Value?
  var state: Name?
  var reply: SourceRange?
  var anyProcess: SourceRange?
  /// Where each word stands.
  var places: [QualifierWord: SourceRange] = [:]
}

extension Parser {
  /// The qualifiers to the end of the line, in any order, each at most once.
  mutating func qualifiers(
    _ allowed: [QualifierWord]
  ) throws(LineAbandoned) -> Qualifiers {
    var result = Qualifiers()
    while !isLineEnd {
      let words = allowed.map(\.rawValue)
      guard token.kind == .word, let word = QualifierWord(rawValue: text(of: token)),
        allowed.contains(word)
      else { try fail(expecting: "\(oneOf(words)) or the end of the line", among: words) }
      try qualifier(word, into: &result)
    }
    return result
  }

  /// Reads one qualifier; one that stands twice is reported, and the first one counts.
  mutating func qualifier(
    _ word: QualifierWord, into result: inout Qualifiers
  ) throws(LineAbandoned) {
    let place = range(of: token)
    advance()
    if let first = result.places[word] {
      reportRepeated("`\(word.rawValue)`", at: place, first: first)
      var ignored = Qualifiers()
      try qualifierValue(word, at: place, into: &ignored)
    } else {
      result.places[word] = place
      try qualifierValue(word, at: place, into: &result)
    }
  }

  mutating func reportRepeated(_ what: String, at place: SourceRange, first: SourceRange) {
    report(
      Diagnostic(
        .duplicateLine, "\(what) stands twice on one line", at: place,
        related: [Label(first, "first here")]))
  }

  private mutating func qualifierValue(
    _ word: QualifierWord, at place: SourceRange, into result: inout Qualifiers
  ) throws(LineAbandoned) {
    switch word {
    case .from: result.from = try value(.address)
    case .to: result.to = try value(.address)
    case .port: result.port = try value(.port)
    case .sport: result.sourcePort = try value(.port)
    case .mark: result.selectors.mark = try value(.mark)
    case .user: result.selectors.user = try value(.user)
    case .group: result.selectors.group = try value(.group)
    case .cgroup: result.selectors.cgroup = try string("a cgroup path")
    case .in: result.inInterface = try value(.interface)
    case .out: result.outInterface = try value(.interface)
    case .via: result.via = try value(.interface)
    case .state: result.state = try name("a state", among: Keyword.states)
    case .reply: result.reply = place
    case .anyProcess: result.anyProcess = place
    }
  }
}
