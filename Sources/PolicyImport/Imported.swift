package import PolicyDiagnostics

/// What became of a configuration.
package struct Imported: Sendable {
  /// The policy in the usual layout; `nil` where the configuration has an error.
  package var policy: String?
  /// Its sources have stars where the configuration has secrets.
  package var report: Report
}

/// Collects what an import has to say.
///
/// A file of many megabytes can have as many faults as lines. Of each kind the first are kept, and
/// one more that says how many there are.
struct ImportLog {
  private var diagnostics: [Diagnostic] = []
  private var counts: [DiagnosticCode: Int] = [:]
  private static let limit = 1000

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  mutating func add(_ diagnostic: Diagnostic) {
    let count = counts[diagnostic.code, default: 0] + 1
    counts[diagnostic.code] = count
    if count <= ImportLog.limit || diagnostic.severity == .error && !hasErrors {
      diagnostics.append(diagnostic)
    }
  }

  /// All that was said, in the order in which it was said.
  func all() -> [Diagnostic] {
    var result = diagnostics
    for code in DiagnosticCode.allCases {
      guard let count = counts[code], count > ImportLog.limit,
        let last = diagnostics.last(where: { $0.code == code })
      else { continue }
      result.append(
        Diagnostic(
          code, "there are \(count - ImportLog.limit) more of this kind", at: last.primary.range,
          severity: last.severity))
    }
    return result
  }
}
