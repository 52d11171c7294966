import Policy
import PolicyDiagnostics
import PolicySyntax

struct Tally {
  var parsed = 0
  var compiled = 0
  var diagnostics = 0
}

/// The promises that hold for every input.
struct Target {
  private let files = FileReader(files: [
    "list.txt": Array("192.0.2.1\n198.51.100.0/24\n# a comment\n2001:db8::/32\n".utf8),
    "bad.txt": Array("192.0.2.1\n192.0.2.1/24\n\u{0}\n".utf8),
    "part.ksp": Array("define part = 192.0.2.1\n".utf8),
    "loop.ksp": Array("include \"loop.ksp\"\n".utf8),
  ])
  private let accounts = Accounts(users: ["root": 0, "vpn": 100], groups: ["root": 0, "vpn": 100])

  /// What the input breaks; `nil` when every promise holds.
  func check(_ bytes: [UInt8], _ tally: inout Tally) -> String? {
    let file = SourceFile(name: "fuzz.ksp", bytes: bytes)
    let parsed = parse(file, id: .root)
    let isBroken = parsed.diagnostics.contains { $0.severity == .error }
    tally.diagnostics += parsed.diagnostics.count
    if let broken = misplaced(parsed.diagnostics, in: SourceMap(root: file)) { return broken }
    let formatted = format(file, id: .root)
    if (formatted.text == nil) != isBroken { return "the formatter and the parser disagree" }
    if let text = formatted.text {
      tally.parsed += 1
      let again = format(SourceFile(name: "fuzz.ksp", text: text), id: .root)
      if again.text != text { return "formatting twice is not formatting once" }
    }
    let resolution = resolve(file, files: files, accounts: accounts)
    let hasError = resolution.diagnostics.contains { $0.severity == .error }
    if (resolution.policy == nil) != hasError { return "a policy with an error, or none without" }
    if isBroken, !hasError { return "a syntax error was lost" }
    if resolution.policy != nil { tally.compiled += 1 }
    return misplaced(resolution.diagnostics, in: resolution.sources)
  }

  private func misplaced(_ diagnostics: [Diagnostic], in sources: SourceMap) -> String? {
    for diagnostic in diagnostics {
      for label in [diagnostic.primary] + diagnostic.related
      where label.range.end > sources[label.range.file].bytes.count {
        return "\(diagnostic.code.rawValue) points behind the end of its file"
      }
    }
    return nil
  }
}
