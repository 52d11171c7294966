import ArgumentParser
import PolicyDiagnostics
import PolicySyntax

struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    _superCommandName: Kspolicy.name,
    abstract: "Write policies in the usual layout.",
    discussion: """
      Files are rewritten in place. The meaning and the comments stay; a file with a syntax error \
      stays as it is.
      """)

  @Argument(
    help: "The policies; `-` formats standard input to standard output.",
    completion: .file(extensions: ["ksp"]))
  var files: [String]

  @Flag(help: "Write nothing; list the files that would change and exit with status 1.")
  var check = false

  @Flag(help: "Write nothing; print what would change as a unified diff.")
  var diff = false

  @OptionGroup var reports: ReportOptions

  func run() throws {
    // All are read before any is written: a wrong name changes nothing.
    let inputs = try files.map { try readInput($0) }
    var sources = SourceMap(root: inputs[0])
    for input in inputs.dropFirst() { _ = sources.add(input) }
    let results = inputs.indices.map { format(inputs[$0], id: FileID($0)) }
    let report = Report(results.flatMap(\.diagnostics), sources: sources)
    reports.write(report)

    var hasChanges = false
    for (index, result) in results.enumerated() {
      guard let text = result.text else { continue }
      let bytes = Array(text.utf8)
      if bytes != inputs[index].bytes { hasChanges = true }
      try write(bytes, of: inputs[index], at: files[index])
    }
    if report.hasErrors || (check && hasChanges) { throw ExitStatus.findings }
  }

  private func write(_ bytes: [UInt8], of source: SourceFile, at path: String) throws {
    let isChanged = bytes != source.bytes
    if check && isChanged && !diff {
      try writeToStandardOutput(Array("\(source.name)\n".utf8))
    }
    if diff {
      try writeToStandardOutput(unifiedDiff(from: source.bytes, to: bytes, name: source.name))
    }
    if check || diff { return }
    if path == "-" {
      try writeToStandardOutput(bytes)
    } else if isChanged {
      try writeFile(bytes, to: path, mode: .same)
    }
  }
}
