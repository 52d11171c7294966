package enum Severity: String, Comparable, CaseIterable, Sendable {
  case note
  case warning
  case error

  package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .note: 0
    case .warning: 1
    case .error: 2
    }
  }
}

/// A range and what it has to do with the problem.
package struct Label: Equatable, Sendable {
  package var range: SourceRange
  /// Printed beside the mark; empty for a bare mark.
  package var text: String

  package init(_ range: SourceRange, _ text: String = "") {
    self.range = range
    self.text = text
  }
}

/// A change of the source that would mend the problem.
package struct FixIt: Equatable, Sendable {
  /// Lower-case, an imperative: "write the masked prefix".
  package var summary: String
  /// What is replaced; empty at the place of an insertion.
  package var range: SourceRange
  package var replacement: String

  package init(_ summary: String, replace range: SourceRange, with replacement: String) {
    self.summary = summary
    self.range = range
    self.replacement = replacement
  }
}

/// One thing to tell the author of a policy.
package struct Diagnostic: Error, Equatable, Sendable {
  package var code: DiagnosticCode
  /// The id of a way out in the leak catalogue; with the code `leak` only.
  package var leak: String?
  package var severity: Severity
  /// Lower-case, one line, no full stop; source text in backquotes.
  package var message: String
  /// The narrowest text that is wrong.
  package var primary: Label
  /// Other places that have to do with it: the first definition, the overlapping line.
  package var related: [Label]
  package var fixIts: [FixIt]
  /// Further lines, each printed as `= note: …`.
  package var notes: [String]

  package init(
    _ code: DiagnosticCode, _ message: String, at range: SourceRange, label: String = "",
    severity: Severity = .error, related: [Label] = [], fixIts: [FixIt] = [], notes: [String] = [],
    leak: String? = nil
  ) {
    self.code = code
    self.leak = leak
    self.severity = severity
    self.message = message
    self.primary = Label(range, label)
    self.related = related
    self.fixIts = fixIts
    self.notes = notes
  }

  /// What is printed in brackets, and what a program goes by.
  package var id: String { leak ?? code.rawValue }
}
