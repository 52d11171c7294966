/// A part of one line, as shown, and where its bytes stand in it.
struct ShownLine {
  /// Ready for a terminal; `…` at an end where the line goes on.
  private(set) var text = ""
  /// The cell at which each shown scalar begins, by byte offset, ascending; the last is the end.
  private var cells: [(offset: Int, cell: Int)] = []
  private var isCutBefore = false
  private var isCutAfter = false

  /// Shows the line whole if it fits, else what stands around `focus`.
  init(_ bytes: [UInt8], line: Range<Int>, focus: Int, cellLimit: Int) {
    var index = line.lowerBound
    if line.count > cellLimit, focus - index > cellLimit / 2 {
      index = focus - cellLimit / 3
      while index < focus, bytes[index] & 0xC0 == 0x80 { index += 1 }
      isCutBefore = true
    }
    var display = DisplayText()
    let start = isCutBefore ? 1 : 0
    while index < line.upperBound {
      if display.width >= cellLimit {
        isCutAfter = true
        break
      }
      cells.append((index, start + display.width))
      let (scalar, length) = decodeScalar(bytes, at: index, end: line.upperBound)
      if let scalar {
        display.append(scalar)
      } else {
        display.append(invalid: bytes[index])
      }
      index += length
    }
    cells.append((index, start + display.width))
    text = (isCutBefore ? "…" : "") + display.text + (isCutAfter ? "…" : "")
  }

  func shows(_ offset: Int) -> Bool {
    guard let first = cells.first, let last = cells.last else { return false }
    return first.offset <= offset && (isCutAfter ? offset < last.offset : true)
  }

  /// The cell of the scalar that holds the byte; the end for what stands behind.
  func cell(of offset: Int) -> Int {
    var (low, high) = (0, cells.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if cells[middle].offset <= offset { low = middle } else { high = middle }
    }
    return cells[low].cell
  }
}

/// What is marked in one line.
struct Mark {
  var line: Int
  /// Byte offsets.
  var start: Int
  var end: Int
  var text: String
  var isPrimary: Bool
}

extension SourceLocator {
  /// The marks of a label: one, or the first and last line of a range that has several.
  func marks(of label: Label, isPrimary: Bool) -> [Mark] {
    let (start, end) = (label.range.start, label.range.end)
    let first = line(of: start)
    let last = end > start ? line(of: end - 1) : first
    if first == last {
      return [Mark(line: first, start: start, end: end, text: label.text, isPrimary: isPrimary)]
    }
    let firstEnd = max(start, bytes(ofLine: first).upperBound)
    return [
      Mark(line: first, start: start, end: firstEnd, text: label.text, isPrimary: isPrimary),
      Mark(
        line: last, start: bytes(ofLine: last).lowerBound, end: end,
        text: "… to here", isPrimary: isPrimary),
    ]
  }
}

/// The source lines that some labels of one file point into, with the marks under them.
struct Excerpt {
  private(set) var lines: [(gutter: String, text: String)] = []

  init(_ marks: [Mark], of locator: SourceLocator, style: TextStyle, severity: Severity) {
    let sorted = marks.sorted { ($0.line, $0.start, $0.end) < ($1.line, $1.start, $1.end) }
    var previous: Int?
    var rest = sorted[...]
    while let first = rest.first {
      if let previous, first.line > previous + 1 { lines.append(("", "…")) }
      let shown = ShownLine(
        locator.bytes, line: locator.bytes(ofLine: first.line), focus: first.start,
        cellLimit: style.cellLimit)
      lines.append((String(first.line), shown.text))
      var isFirst = true
      while let mark = rest.first, mark.line == first.line, isFirst || shown.shows(mark.start) {
        lines.append(("", Excerpt.underline(mark, in: shown, style: style, severity: severity)))
        rest.removeFirst()
        isFirst = false
      }
      previous = first.line
    }
  }

  private static func underline(
    _ mark: Mark, in shown: ShownLine, style: TextStyle, severity: Severity
  ) -> String {
    let start = shown.cell(of: mark.start)
    let count = max(1, shown.cell(of: mark.end) - start)
    var marks = String(repeating: mark.isPrimary ? "^" : "-", count: count)
    if !mark.text.isEmpty { marks += " " + DisplayText.escaped(mark.text) }
    let paint = mark.isPrimary ? TextStyle.Paint(severity) : .related
    return String(repeating: " ", count: start) + style.paint(marks, paint)
  }
}
