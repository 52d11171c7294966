/// The report for code scanning services and editors: SARIF 2.1.0 with one run.
package func renderSARIF(_ report: Report, toolVersion: String) -> String {
  var locators = SourceLocators(report.sources)
  let rules = usedRules(report)
  var results: [JSONValue] = []
  for diagnostic in report.diagnostics {
    results.append(
      result(diagnostic, ruleIndex: rules.firstIndex { $0.id == diagnostic.id }, &locators))
  }
  let driver = JSONValue.object([
    ("name", .string("kspolicy")),
    ("version", .string(toolVersion)),
    ("rules", .array(rules.map(rule))),
  ])
  let run = JSONValue.object([
    ("tool", .object([("driver", driver)])),
    ("columnKind", .string("unicodeCodePoints")),
    ("results", .array(results)),
  ])
  let document = JSONValue.object([
    ("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")),
    ("version", .string("2.1.0")),
    ("runs", .array([run])),
  ])
  return document.document
}

/// What the results go by: a code, or the id of a way out.
private struct Rule {
  var id: String
  var code: DiagnosticCode
}

/// In the order of the registry, the ids of one code by name.
private func usedRules(_ report: Report) -> [Rule] {
  DiagnosticCode.allCases.flatMap { code in
    Set(report.diagnostics.filter { $0.code == code }.map(\.id)).sorted().map {
      Rule(id: $0, code: code)
    }
  }
}

private func rule(_ rule: Rule) -> JSONValue {
  let page = rule.code == .leak ? "leaks.md" : "diagnostics/\(rule.code.rawValue).md"
  return .object([
    ("id", .string(rule.id)),
    ("shortDescription", message(rule.code.meaning)),
    ("help", message("See docs/\(page).")),
  ])
}

private func result(
  _ diagnostic: Diagnostic, ruleIndex: Int?, _ locators: inout SourceLocators
) -> JSONValue {
  var text = diagnostic.message
  for note in diagnostic.notes { text += "\nnote: \(note)" }
  var members: [(key: String, value: JSONValue)] = [
    ("ruleId", .string(diagnostic.id))
  ]
  if let ruleIndex { members.append(("ruleIndex", .integer(ruleIndex))) }
  members += [
    ("level", .string(diagnostic.severity.rawValue)),
    ("message", message(text)),
    ("locations", .array([location(diagnostic.primary, &locators)])),
  ]
  if !diagnostic.related.isEmpty {
    var related: [JSONValue] = []
    for label in diagnostic.related { related.append(location(label, &locators)) }
    members.append(("relatedLocations", .array(related)))
  }
  if !diagnostic.fixIts.isEmpty {
    var fixes: [JSONValue] = []
    for fix in diagnostic.fixIts { fixes.append(json(fix, &locators)) }
    members.append(("fixes", .array(fixes)))
  }
  return .object(members)
}

private func location(_ label: Label, _ locators: inout SourceLocators) -> JSONValue {
  let place = JSONValue.object([
    ("artifactLocation", artifact(locators.sources[label.range.file])),
    ("region", region(label.range, &locators)),
  ])
  var members: [(key: String, value: JSONValue)] = [("physicalLocation", place)]
  if !label.text.isEmpty { members.append(("message", message(label.text))) }
  return .object(members)
}

private func json(_ fix: FixIt, _ locators: inout SourceLocators) -> JSONValue {
  let replacement = JSONValue.object([
    ("deletedRegion", region(fix.range, &locators)),
    ("insertedContent", message(fix.replacement)),
  ])
  let change = JSONValue.object([
    ("artifactLocation", artifact(locators.sources[fix.range.file])),
    ("replacements", .array([replacement])),
  ])
  return .object([
    ("description", message(fix.summary)), ("artifactChanges", .array([change])),
  ])
}

private func region(_ range: SourceRange, _ locators: inout SourceLocators) -> JSONValue {
  let (start, end) = (locators.start(of: range), locators.end(of: range))
  return .object([
    ("startLine", .integer(start.line)),
    ("startColumn", .integer(start.column)),
    ("endLine", .integer(end.line)),
    ("endColumn", .integer(end.column)),
    ("byteOffset", .integer(range.start)),
    ("byteLength", .integer(range.end - range.start)),
  ])
}

private func message(_ text: String) -> JSONValue { .object([("text", .string(text))]) }

private func artifact(_ file: SourceFile) -> JSONValue {
  .object([("uri", .string(uriReference(file.name)))])
}

/// RFC 3986: a relative reference, or a `file` URI for an absolute path.
private func uriReference(_ path: String) -> String {
  var out = path.hasPrefix("/") ? "file://" : ""
  for byte in path.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
      out.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte, radix: 16, uppercase: true)
      out += byte < 16 ? "%0\(digits)" : "%\(digits)"
    }
  }
  return out
}
