import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  /// The version of the language and the name of the policy.
  mutating func resolveHeader() {
    checkLanguage()
    var first: Name?
    for (index, statement) in statements.enumerated() {
      guard case .policy(let name) = statement.kind else { continue }
      if let first {
        report(
          .duplicatePolicyName, "a policy has one name; this one is already \(quoted(first.text))",
          at: name.range, related: [Label(first.range, "named here")])
        continue
      }
      first = name
      checkPlace(of: statement, at: index)
      if isPolicyName(name.text) {
        policy.name = name.text
      } else {
        report(
          .invalidPolicyName,
          "a policy's name is a lower-case letter and up to 15 letters, digits or `_`, not \(quoted(name.text))",
          at: name.range)
      }
    }
    if first == nil, !hasSyntaxErrors {
      let start = SourceRange(file: .root, start: 0, end: 0)
      report(
        .missingPolicyName, "expected `policy NAME` as the first statement",
        at: statements.first { $0.range.file == .root }?.keyword ?? start)
    }
  }

  /// `policy` stands first, behind `language` only, in the root file.
  private mutating func checkPlace(of statement: Statement, at index: Int) {
    if statement.range.file != .root {
      report(
        .misplacedStatement, "`policy` stands in the root file, not in an included one",
        at: statement.keyword)
      return
    }
    for earlier in statements[..<index] {
      if case .language = earlier.kind { continue }
      report(
        .misplacedStatement, "`policy` stands before every other statement",
        at: statement.keyword, related: [Label(earlier.keyword, "this one is before it")])
      return
    }
  }

  private mutating func checkLanguage() {
    var first: SourceRange?
    for (index, statement) in statements.enumerated() {
      guard case .language(let value) = statement.kind else { continue }
      if value.kind != .number(1) {
        report(
          .unsupportedLanguage, "expected language 1, the only one that this program knows",
          at: value.range)
      }
      if statement.range.file != .root { continue }
      if let first {
        report(
          .duplicateLine, "the language is named twice", at: statement.keyword,
          related: [Label(first, "first named here")])
      } else if index > 0 {
        report(
          .misplacedStatement, "`language` stands before every other statement",
          at: statement.keyword)
      }
      first = first ?? statement.keyword
    }
  }
}

/// `[a-z][a-z0-9_]{0,15}`
private func isPolicyName(_ name: String) -> Bool {
  let bytes = Array(name.utf8)
  let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
  let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  guard let first = bytes.first, letters.contains(first), bytes.count <= 16 else { return false }
  return bytes.allSatisfy {
    letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_")
  }
}
