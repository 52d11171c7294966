package import PolicyDiagnostics

/// Parses a policy file.
///
/// Always returns a tree: what does not parse is reported and left out, so that one run reports every
/// syntax error of the file. Diagnostics come in the order of their places.
package func parse(
  _ file: SourceFile, id: FileID
) -> (tree: PolicyFile, diagnostics: [Diagnostic]) {
  var parser = Parser(file, id: id)
  parser.parseFile()
  let diagnostics = parser.diagnostics.sorted {
    ($0.primary.range.start, $0.primary.range.end) < ($1.primary.range.start, $1.primary.range.end)
  }
  return (PolicyFile(statements: parser.statements), diagnostics)
}

/// Parses the packets that somebody asks about: an `expect` line without `expect` and its verdict.
///
/// - Returns: `nil` where something was reported.
package func parsePackets(
  _ text: SourceFile, id: FileID
) -> (packets: ExpectNode?, diagnostics: [Diagnostic]) {
  var parser = Parser(text, id: id)
  let node = parser.parsePackets()
  return (parser.diagnostics.isEmpty ? node : nil, parser.diagnostics)
}

/// The tree of a file with every range at 0: two files that say the same give equal trees.
func parseErasingRanges(_ file: SourceFile) -> PolicyFile {
  var parser = Parser(file, id: .root)
  parser.erasesRanges = true
  parser.parseFile()
  return PolicyFile(statements: parser.statements)
}
