import Foundation
import Testing

@testable import PolicyDiagnostics

/// Two files, a fix and a related place in the other one.
private func sample() -> Report {
  let (source, ranges) = splitMarks("policy p\n\tü «a-b» \"\n", name: "my policy.ksp")
  let (other, others) = splitMarks("\n«x»", name: "/etc/x.ksp", file: FileID(1))
  var sources = SourceMap(root: source)
  _ = sources.add(other)
  let diagnostic = Diagnostic(
    .invalidRange, "found `a-b\"\\`\u{1B}", at: ranges[0], label: "here", severity: .warning,
    related: [Label(others[0], "there")],
    fixIts: [FixIt("swap them", replace: ranges[0], with: "b-a")], notes: ["a note"])
  return Report([diagnostic], sources: sources)
}

private func object(_ text: String) throws -> [String: Any] {
  let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
  return try #require(value as? [String: Any])
}

/// Follows member names and indices through parsed JSON.
private func at(_ path: String, of root: Any) -> Any? {
  var value: Any? = root
  for step in path.split(separator: ".") {
    if let index = Int(step) {
      let array = value as? [Any]
      value = array.flatMap { $0.indices.contains(index) ? $0[index] : nil }
    } else {
      value = (value as? [String: Any])?[String(step)]
    }
  }
  return value
}

private func text(_ value: Any?) -> String { value.map { "\($0)" } ?? "missing" }

@Suite struct MachineFormatTests {
  @Test(arguments: [
    ("version", "1"), ("tool.name", "kspolicy"), ("tool.version", "9.9"), ("errors", "0"),
    ("warnings", "1"), ("diagnostics.0.code", "invalid-range"),
    ("diagnostics.0.severity", "warning"), ("diagnostics.0.message", "found `a-b\"\\`\u{1B}"),
    ("diagnostics.0.file", "my policy.ksp"), ("diagnostics.0.line", "2"),
    // Columns count scalars: tab, ü, space.
    ("diagnostics.0.column", "4"), ("diagnostics.0.endLine", "2"),
    ("diagnostics.0.endColumn", "7"), ("diagnostics.0.startByte", "13"),
    ("diagnostics.0.endByte", "16"), ("diagnostics.0.label", "here"),
    ("diagnostics.0.related.0.file", "/etc/x.ksp"), ("diagnostics.0.related.0.line", "2"),
    ("diagnostics.0.related.0.label", "there"), ("diagnostics.0.fixes.0.summary", "swap them"),
    ("diagnostics.0.fixes.0.startByte", "13"), ("diagnostics.0.fixes.0.replacement", "b-a"),
    ("diagnostics.0.notes.0", "a note"),
  ])
  func `JSON says it`(_ path: String, _ expected: String) throws {
    let document = try object(renderJSON(sample(), toolVersion: "9.9"))
    #expect(text(at(path, of: document)) == expected)
  }

  @Test(arguments: [
    ("version", "2.1.0"), ("runs.0.tool.driver.name", "kspolicy"),
    ("runs.0.tool.driver.version", "9.9"), ("runs.0.columnKind", "unicodeCodePoints"),
    ("runs.0.tool.driver.rules.0.id", "invalid-range"), ("runs.0.results.0.ruleIndex", "0"),
    ("runs.0.results.0.ruleId", "invalid-range"), ("runs.0.results.0.level", "warning"),
    (
      "runs.0.results.0.locations.0.physicalLocation.artifactLocation.uri",
      "my%20policy.ksp"
    ),
    ("runs.0.results.0.locations.0.physicalLocation.region.startLine", "2"),
    ("runs.0.results.0.locations.0.physicalLocation.region.startColumn", "4"),
    ("runs.0.results.0.locations.0.physicalLocation.region.endColumn", "7"),
    ("runs.0.results.0.locations.0.physicalLocation.region.byteOffset", "13"),
    ("runs.0.results.0.locations.0.physicalLocation.region.byteLength", "3"),
    (
      "runs.0.results.0.relatedLocations.0.physicalLocation.artifactLocation.uri",
      "file:///etc/x.ksp"
    ),
    ("runs.0.results.0.relatedLocations.0.message.text", "there"),
    (
      "runs.0.results.0.fixes.0.artifactChanges.0.replacements.0.insertedContent.text",
      "b-a"
    ),
    ("runs.0.results.0.fixes.0.artifactChanges.0.replacements.0.deletedRegion.byteLength", "3"),
  ])
  func `SARIF says it`(_ path: String, _ expected: String) throws {
    let document = try object(renderSARIF(sample(), toolVersion: "9.9"))
    #expect(text(at(path, of: document)) == expected)
  }

  @Test func `a clean run is a whole document too`() throws {
    let report = Report([], sources: SourceMap(root: SourceFile(name: "x", text: "")))
    let json = try object(renderJSON(report, toolVersion: "1"))
    #expect(text(at("errors", of: json)) == "0")
    let sarif = try object(renderSARIF(report, toolVersion: "1"))
    #expect((at("runs.0.results", of: sarif) as? [Any])?.isEmpty == true)
  }

  @Test(arguments: DiagnosticCode.allCases)
  func `a code is lower-case words and its meaning one sentence`(_ code: DiagnosticCode) {
    #expect(code.rawValue.wholeMatch(of: /[a-z]+[a-z0-9]*(-[a-z0-9]+)*/) != nil)
    #expect(code.meaning.hasSuffix("."))
    #expect(!code.meaning.contains("\n"))
  }
}

@Suite struct SourceLocatorTests {
  @Test func `positions are the same whatever the order of the questions`() {
    let line = String(repeating: "ü漢x", count: 5_000)
    let file = SourceFile(name: "x", text: "first\n" + line + "\n" + line)
    let offsets = stride(from: 0, through: file.bytes.count, by: 997).map { $0 }
    var fresh: [SourcePosition] = []
    for offset in offsets {
      var locator = SourceLocator(file)
      fresh.append(locator.position(of: offset))
    }
    var locator = SourceLocator(file)
    let ascending = offsets.map { locator.position(of: $0) }
    let descending = offsets.reversed().map { locator.position(of: $0) }
    #expect(ascending == fresh)
    #expect(Array(descending.reversed()) == fresh)
  }
}
