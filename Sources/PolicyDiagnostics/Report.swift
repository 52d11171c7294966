/// What one run has to say, in the order in which it is read.
package struct Report: Sendable {
  /// By file and place; one that was found twice stands once.
  package let diagnostics: [Diagnostic]
  package let sources: SourceMap

  package init(_ diagnostics: [Diagnostic], sources: SourceMap) {
    let sorted = diagnostics.enumerated().sorted { a, b in
      let (x, y) = (a.element.primary.range, b.element.primary.range)
      return (x.file.index, x.start, x.end, a.offset) < (y.file.index, y.start, y.end, b.offset)
    }
    var unique: [Diagnostic] = []
    for (_, diagnostic) in sorted where unique.last != diagnostic { unique.append(diagnostic) }
    self.diagnostics = unique
    self.sources = sources
  }

  package func count(_ severity: Severity) -> Int {
    diagnostics.count { $0.severity == severity }
  }

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// `2 errors, 1 warning`; empty when there is nothing to say.
  package var summary: String {
    let parts: [String] = [Severity.error, .warning, .note].compactMap { severity in
      let count = count(severity)
      if count == 0 { return nil }
      return "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
    }
    return parts.joined(separator: ", ")
  }
}

/// One locator for each file that is asked for.
struct SourceLocators {
  let sources: SourceMap
  private var locators: [FileID: SourceLocator] = [:]

  init(_ sources: SourceMap) {
    self.sources = sources
  }

  /// Hands out the locator of a file; made at the first call.
  mutating func with<Answer>(_ file: FileID, _ body: (inout SourceLocator) -> Answer) -> Answer {
    var locator = locators.removeValue(forKey: file) ?? SourceLocator(sources[file])
    defer { locators[file] = locator }
    return body(&locator)
  }

  mutating func start(of range: SourceRange) -> SourcePosition {
    with(range.file) { $0.position(of: range.start) }
  }

  mutating func end(of range: SourceRange) -> SourcePosition {
    with(range.file) { $0.position(of: range.end) }
  }
}
