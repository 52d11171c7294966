/// The text of a policy in pieces, which a test can put into another order or take away.
package struct GeneratedPolicy: Sendable, CustomStringConvertible {
  package struct Statement: Equatable, Sendable {
    package var head: String
    /// `nil`: a statement without a block.
    package var lines: [String]?

    package init(_ head: String, _ lines: [String]? = nil) {
      self.head = head
      self.lines = lines
    }
  }

  /// The root file's name; a lock file beside it is `FILENAME.lock`.
  package static let fileName = "generated.ksp"
  /// The accounts that a text may name.
  package static let users: [String: UInt32] = ["root": 0, "vpn": 101, "media": 1000]
  package static let groups: [String: UInt32] = ["root": 0, "vpn": 201, "media": 1000]

  /// Without the header (`language`, `policy`), whose place is fixed.
  package var statements: [Statement]
  /// Included files, lists and the lock file, by their paths.
  package var files: [String: String] = [:]

  package init(statements: [Statement], files: [String: String] = [:]) {
    self.statements = statements
    self.files = files
  }

  package var text: String {
    var result = "language 1\npolicy generated\n"
    for statement in statements {
      result += statement.head
      if let lines = statement.lines {
        result += " {\n" + lines.map { "    \($0)\n" }.joined() + "}"
      }
      result += "\n"
    }
    return result
  }

  package var description: String {
    files.sorted { $0.key < $1.key }.reduce(text) { "\($0)-- \($1.key)\n\($1.value)" }
  }

  /// The same statements and lines in another order, which means the same.
  package func permuted(_ random: inout SplitMix) -> GeneratedPolicy {
    var result = self
    result.statements = statements.map { statement in
      Statement(statement.head, statement.lines?.shuffled(using: &random))
    }.shuffled(using: &random)
    return result
  }

  /// Policies with a statement or a line less, larger steps first; some of them may have errors.
  package var smaller: [GeneratedPolicy] {
    var result: [GeneratedPolicy] = []
    for index in statements.indices {
      var without = self
      without.statements.remove(at: index)
      result.append(without)
    }
    for (index, statement) in statements.enumerated() {
      for line in (statement.lines ?? []).indices {
        var without = self
        without.statements[index].lines?.remove(at: line)
        result.append(without)
      }
    }
    return result
  }

  /// A policy that `fails` still holds for, and for no smaller one.
  package func shrunk(while fails: (GeneratedPolicy) -> Bool) -> GeneratedPolicy {
    var smallest = self
    while let next = smallest.smaller.first(where: fails) { smallest = next }
    return smallest
  }
}
