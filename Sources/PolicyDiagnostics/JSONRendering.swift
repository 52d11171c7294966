/// The report for programs: one JSON object, described in `docs/diagnostics.md`.
///
/// Members may be added under the same `version`; a change of what one means raises it.
package func renderJSON(_ report: Report, toolVersion: String) -> String {
  var locators = SourceLocators(report.sources)
  let document = JSONValue.object([
    ("version", .integer(1)),
    ("tool", .object([("name", .string("kspolicy")), ("version", .string(toolVersion))])),
    ("errors", .integer(report.count(.error))),
    ("warnings", .integer(report.count(.warning))),
    ("notes", .integer(report.count(.note))),
    ("diagnostics", .array(report.diagnostics.map { json($0, &locators) })),
  ])
  return document.document
}

private func json(_ diagnostic: Diagnostic, _ locators: inout SourceLocators) -> JSONValue {
  var related: [JSONValue] = []
  for label in diagnostic.related {
    related.append(.object(place(label.range, &locators) + [("label", .string(label.text))]))
  }
  var fixes: [JSONValue] = []
  for fix in diagnostic.fixIts {
    fixes.append(
      .object(
        [("summary", .string(fix.summary))] + place(fix.range, &locators)
          + [("replacement", .string(fix.replacement))]))
  }
  return .object(
    [
      ("code", .string(diagnostic.id)),
      ("severity", .string(diagnostic.severity.rawValue)),
      ("message", .string(diagnostic.message)),
    ] + place(diagnostic.primary.range, &locators) + [
      ("label", .string(diagnostic.primary.text)),
      ("related", .array(related)),
      ("fixes", .array(fixes)),
      ("notes", .array(diagnostic.notes.map { .string($0) })),
    ])
}

/// Where a range is: as people count it, and in bytes; the ends are exclusive.
private func place(
  _ range: SourceRange, _ locators: inout SourceLocators
) -> [(key: String, value: JSONValue)] {
  let (start, end) = (locators.start(of: range), locators.end(of: range))
  return [
    ("file", .string(locators.sources[range.file].name)),
    ("line", .integer(start.line)),
    ("column", .integer(start.column)),
    ("endLine", .integer(end.line)),
    ("endColumn", .integer(end.column)),
    ("startByte", .integer(range.start)),
    ("endByte", .integer(range.end)),
  ]
}
