/// The report for people: each diagnostic with its source lines, then the summary.
///
/// Empty when there is nothing to say; ends with a newline otherwise.
package func renderText(_ report: Report, style: TextStyle = TextStyle()) -> String {
  var text = ""
  var locators = SourceLocators(report.sources)
  for diagnostic in report.diagnostics.prefix(style.diagnosticLimit) {
    text += DiagnosticText(diagnostic, style: style).render(&locators)
    text += "\n"
  }
  let hidden = report.diagnostics.count - style.diagnosticLimit
  if hidden > 0 { text += "… and \(hidden) more, which the formats json and sarif list\n" }
  let summary = report.summary
  if !summary.isEmpty { text += summary + "\n" }
  return text
}

/// One diagnostic on its way to text.
private struct DiagnosticText {
  let diagnostic: Diagnostic
  let style: TextStyle
  private var out = ""
  /// Cells of the column of line numbers.
  private var gutterWidth = 1

  init(_ diagnostic: Diagnostic, style: TextStyle) {
    self.diagnostic = diagnostic
    self.style = style
  }

  consuming func render(_ locators: inout SourceLocators) -> String {
    gutterWidth = widestLineNumber(&locators)
    let severity = diagnostic.severity
    out += style.paint("\(severity.rawValue)[\(diagnostic.id)]", .init(severity))
    out += style.paint(": " + DisplayText.escaped(diagnostic.message), .message) + "\n"
    for (index, group) in labelsByFile().enumerated() {
      appendExcerpt(group, isFirst: index == 0, &locators)
    }
    let hasMore = !diagnostic.notes.isEmpty || !diagnostic.fixIts.isEmpty
    if hasMore { appendLine("", "") }
    for note in diagnostic.notes { appendRemark("note", note) }
    for fix in diagnostic.fixIts {
      appendRemark("help", fix.summary)
      let changed = locators.with(fix.range.file) { changedLines(fix, in: $0, style: style) }
      for line in changed { appendChange(line) }
    }
    return out
  }

  private typealias LabelGroup = (file: FileID, labels: [(label: Label, isPrimary: Bool)])

  /// The labels of the primary file first, the others in the order in which they are first named.
  private func labelsByFile() -> [LabelGroup] {
    var groups: [LabelGroup] = [(diagnostic.primary.range.file, [(diagnostic.primary, true)])]
    for label in diagnostic.related {
      if let index = groups.firstIndex(where: { $0.file == label.range.file }) {
        groups[index].labels.append((label, false))
      } else {
        groups.append((label.range.file, [(label, false)]))
      }
    }
    return groups
  }

  private mutating func appendExcerpt(
    _ group: LabelGroup, isFirst: Bool, _ locators: inout SourceLocators
  ) {
    let position = locators.start(of: group.labels[0].label.range)
    let name = DisplayText.escaped(locators.sources[group.file].name)
    let arrow = style.paint(isFirst ? "-->" : ":::", .gutter)
    out += String(repeating: " ", count: gutterWidth)
    out += "\(arrow) \(name):\(position.line):\(position.column)\n"
    appendLine("", "")
    let excerpt = locators.with(group.file) { locator in
      let marks = group.labels.flatMap { locator.marks(of: $0.label, isPrimary: $0.isPrimary) }
      return Excerpt(marks, of: locator, style: style, severity: diagnostic.severity)
    }
    for line in excerpt.lines { appendLine(line.gutter, line.text) }
  }

  private mutating func appendLine(_ number: String, _ text: String) {
    out += style.paint(padded(number) + " |", .gutter)
    out += text.isEmpty ? "\n" : " \(text)\n"
  }

  private mutating func appendRemark(_ kind: String, _ text: String) {
    out += padded("") + " " + style.paint("=", .gutter) + " "
    out += style.paint("\(kind):", .message) + " \(DisplayText.escaped(text))\n"
  }

  private mutating func appendChange(_ line: ChangedLine) {
    let sign = line.isAdded ? "+" : "-"
    out += style.paint(padded(line.number), .gutter)
    out += " " + style.paint(line.text.isEmpty ? sign : "\(sign) \(line.text)", line.paint) + "\n"
  }

  private func padded(_ number: String) -> String {
    String(repeating: " ", count: max(0, gutterWidth - number.utf8.count)) + number
  }

  private func widestLineNumber(_ locators: inout SourceLocators) -> Int {
    var ranges = [diagnostic.primary.range]
    ranges += diagnostic.related.map(\.range)
    ranges += diagnostic.fixIts.map(\.range)
    var widest = 1
    for range in ranges {
      let line = locators.with(range.file) { $0.line(of: range.end) }
      widest = max(widest, String(line).utf8.count)
    }
    return widest
  }
}
