/// How diagnostics look as text.
package struct TextStyle: Sendable {
  package var isColored: Bool
  /// Longer source lines are cut to about this many terminal cells around what is marked.
  package var cellLimit: Int
  /// At most this many diagnostics are written out; the summary counts all.
  package var diagnosticLimit: Int

  package init(isColored: Bool = false, cellLimit: Int = 120, diagnosticLimit: Int = 100) {
    self.isColored = isColored
    self.cellLimit = cellLimit
    self.diagnosticLimit = diagnosticLimit
  }

  package enum Paint {
    case error, warning, note
    case message, gutter, related, removed, added

    init(_ severity: Severity) {
      switch severity {
      case .error: self = .error
      case .warning: self = .warning
      case .note: self = .note
      }
    }

    /// The parameters of a "select graphic rendition" sequence, ECMA-48 section 8.3.117.
    var parameters: String {
      switch self {
      case .error: "1;31"
      case .warning: "1;33"
      case .note: "1;36"
      case .message: "1"
      case .gutter, .related: "1;34"
      case .removed: "31"
      case .added: "32"
      }
    }
  }

  package func paint(_ text: String, _ paint: Paint) -> String {
    if !isColored || text.isEmpty { return text }
    return "\u{1B}[\(paint.parameters)m\(text)\u{1B}[0m"
  }
}
