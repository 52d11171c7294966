/// One line of a change, before or after it.
struct ChangedLine: Equatable {
  /// Empty where a long stretch is left out.
  var number: String
  /// Ready for a terminal.
  var text: String
  var isAdded: Bool

  var paint: TextStyle.Paint { isAdded ? .added : .removed }
}

/// The lines that a fix-it touches, as they are and as they would be.
func changedLines(_ fix: FixIt, in locator: SourceLocator, style: TextStyle) -> [ChangedLine] {
  let first = locator.line(of: fix.range.start)
  var old = oldLines(fix, in: locator, style: style)
  var new = newLines(fix, in: locator, style: style)
  while let a = old.last, let b = new.last, a == b {
    old.removeLast()
    new.removeLast()
  }
  if old == [""] { old = [] }
  let limit = 4
  var result = old.prefix(limit).enumerated().map { index, text in
    ChangedLine(number: String(first + index), text: text, isAdded: false)
  }
  if old.count > limit { result.append(ChangedLine(number: "", text: "…", isAdded: false)) }
  result += new.enumerated().map { index, text in
    ChangedLine(number: String(first + index), text: text, isAdded: true)
  }
  return result
}

/// The lines from the first to the last byte of the range, at most a handful.
private func oldLines(_ fix: FixIt, in locator: SourceLocator, style: TextStyle) -> [String] {
  let first = locator.line(of: fix.range.start)
  let last = locator.line(of: fix.range.end)
  return (first...last).map { line in
    let bytes = locator.bytes(ofLine: line)
    if line > first + 8 && line < last { return "" }
    let focus = line == first ? min(fix.range.start, bytes.upperBound) : bytes.lowerBound
    return ShownLine(locator.bytes, line: bytes, focus: focus, cellLimit: style.cellLimit).text
  }
}

/// The same lines after the change; of a long line what stands near it.
private func newLines(_ fix: FixIt, in locator: SourceLocator, style: TextStyle) -> [String] {
  let first = locator.bytes(ofLine: locator.line(of: fix.range.start))
  let last = locator.bytes(ofLine: locator.line(of: fix.range.end))
  // More than a line shows, so that one which goes on is seen to do so.
  let reach = style.cellLimit * 4 + 8
  var before = max(first.lowerBound, min(fix.range.start, first.upperBound) - reach)
  while before < fix.range.start, locator.bytes[before] & 0xC0 == 0x80 { before += 1 }
  let after = max(fix.range.end, min(last.upperBound, fix.range.end + reach))

  var changed = Array(locator.bytes[before..<fix.range.start])
  let focus = changed.count
  changed += Array(fix.replacement.utf8)
  changed += Array(locator.bytes[fix.range.end..<after])
  let pieces = changed.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  return pieces.enumerated().map { index, piece in
    let line = Array(piece)
    let place = index == 0 ? min(focus, line.count) : 0
    return ShownLine(line, line: 0..<line.count, focus: place, cellLimit: style.cellLimit).text
  }
}
