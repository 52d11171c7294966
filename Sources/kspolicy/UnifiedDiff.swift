/// The change from one text to another as `diff -u` and `patch` have it; empty for none.
///
/// Lines are compared byte by byte: two spellings of one letter are two lines.
func unifiedDiff(from old: [UInt8], to new: [UInt8], name: String, context: Int = 3) -> [UInt8] {
  let edits = lineEdits(from: lines(of: old), to: lines(of: new))
  if edits.allSatisfy({ $0.kind == .kept }) { return [] }
  var out = Array("--- \(name)\n+++ \(name)\n".utf8)
  for hunk in hunks(edits, context: context) { append(hunk, of: edits, to: &out) }
  return out
}

/// A line of either text; it holds its newline, except a last one that has none.
private struct LineEdit {
  enum Kind { case kept, removed, added }
  var kind: Kind
  var line: ArraySlice<UInt8>
}

private func lines(of text: [UInt8]) -> [ArraySlice<UInt8>] {
  var result: [ArraySlice<UInt8>] = []
  var rest = text[...]
  while !rest.isEmpty {
    let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
    result.append(rest[..<end])
    rest = rest[end...]
  }
  return result
}

private func lineEdits(from old: [ArraySlice<UInt8>], to new: [ArraySlice<UInt8>]) -> [LineEdit] {
  var head = 0
  while head < min(old.count, new.count), old[head] == new[head] { head += 1 }
  var tail = 0
  while tail < min(old.count, new.count) - head,
    old[old.count - 1 - tail] == new[new.count - 1 - tail]
  { tail += 1 }
  var edits = old[..<head].map { LineEdit(kind: .kept, line: $0) }
  edits += middleEdits(
    from: Array(old[head..<(old.count - tail)]), to: Array(new[head..<(new.count - tail)]))
  edits += old[(old.count - tail)...].map { LineEdit(kind: .kept, line: $0) }
  return edits
}

/// The standard library's algorithm is quadratic in the number of changes, so texts that differ in
/// very many lines are replaced as a whole.
private func middleEdits(from old: [ArraySlice<UInt8>], to new: [ArraySlice<UInt8>]) -> [LineEdit] {
  let isLarge = old.count + new.count > 4_000
  var removed: Set<Int> = isLarge ? Set(old.indices) : []
  var added: Set<Int> = isLarge ? Set(new.indices) : []
  if !isLarge {
    for change in new.difference(from: old) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
  }
  var edits: [LineEdit] = []
  var (i, j) = (0, 0)
  while i < old.count || j < new.count {
    if i < old.count, removed.contains(i) {
      edits.append(LineEdit(kind: .removed, line: old[i]))
      i += 1
    } else if j < new.count, added.contains(j) {
      edits.append(LineEdit(kind: .added, line: new[j]))
      j += 1
    } else {
      edits.append(LineEdit(kind: .kept, line: old[i]))
      (i, j) = (i + 1, j + 1)
    }
  }
  return edits
}

/// The stretches that are printed: the changes with some lines around them, merged where they meet.
private func hunks(_ edits: [LineEdit], context: Int) -> [Range<Int>] {
  var result: [Range<Int>] = []
  for (index, edit) in edits.enumerated() where edit.kind != .kept {
    let (start, end) = (max(0, index - context), min(edits.count, index + context + 1))
    if let last = result.last, start <= last.upperBound {
      result[result.count - 1] = last.lowerBound..<end
    } else {
      result.append(start..<end)
    }
  }
  return result
}

private func append(_ hunk: Range<Int>, of edits: [LineEdit], to out: inout [UInt8]) {
  let before = edits[..<hunk.lowerBound]
  let oldStart = before.count { $0.kind != .added }
  let newStart = before.count { $0.kind != .removed }
  let oldCount = edits[hunk].count { $0.kind != .added }
  let newCount = edits[hunk].count { $0.kind != .removed }
  out += Array("@@ -\(span(oldStart, oldCount)) +\(span(newStart, newCount)) @@\n".utf8)
  for edit in edits[hunk] {
    switch edit.kind {
    case .kept: out.append(UInt8(ascii: " "))
    case .removed: out.append(UInt8(ascii: "-"))
    case .added: out.append(UInt8(ascii: "+"))
    }
    out += edit.line
    if edit.line.last != UInt8(ascii: "\n") {
      out += Array("\n\\ No newline at end of file\n".utf8)
    }
  }
}

/// Line numbers start at 1; an empty stretch is named by the line before it.
private func span(_ start: Int, _ count: Int) -> String {
  count == 0 ? "\(start),0" : count == 1 ? "\(start + 1)" : "\(start + 1),\(count)"
}
