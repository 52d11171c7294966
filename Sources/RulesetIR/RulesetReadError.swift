/// Why a text cannot be read as a rule set.
package struct RulesetReadError: Error, Equatable, Sendable {
  /// Lower-case, one line, no full stop.
  package var message: String
  /// Starts at 1.
  package var line: Int
  /// In bytes, starts at 1.
  package var column: Int

  package init(_ message: String, line: Int, column: Int) {
    self.message = message
    self.line = line
    self.column = column
  }
}
