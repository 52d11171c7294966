/// Writes lines in the canonical layout.
struct LayoutWriter {
  private let source: [UInt8]
  private(set) var output: [UInt8] = []

  /// Columns of an indentation.
  private static let step = 4
  /// A block that was on one line stays there when it fits.
  private static let maximumColumns = 80
  /// A longer word that begins a line does not move the others to the right.
  private static let maximumAlignedWord = 8

  init(_ source: [UInt8], capacity: Int) {
    self.source = source
    output.reserveCapacity(capacity)
  }

  mutating func write(_ lines: [LayoutLine], indent: Int) {
    let padding = indent == 0 ? statementPadding(of: lines) : linePadding(of: lines)
    let columns = commentColumns(of: lines, indent: indent, padding: padding)
    for (index, line) in lines.enumerated() {
      if line.isAfterBlankLine { output.append(UInt8(ascii: "\n")) }
      write(line, indent: indent, padding: padding[index], commentColumn: columns[index])
      output.append(UInt8(ascii: "\n"))
    }
  }

  private mutating func write(
    _ line: LayoutLine, indent: Int, padding: Padding, commentColumn: Int
  ) {
    let start = output.count
    write(line.pieces, indent: indent, padding: padding)
    if let block = line.block {
      write(" {")
      if block.isOnOneLine, writeOnOneLine(block, from: start) { return }
      write(line.trailingComment)
      output.append(UInt8(ascii: "\n"))
      write(block.lines, indent: indent + Self.step)
      write("}", indent: indent)
      write(block.trailingComment)
    } else if line.trailingComment != nil {
      writeSpaces(commentColumn - columns(from: start))
      write(line.trailingComment)
    }
  }

  /// Writes the rest of the block and returns true, or nothing when it does not fit.
  private mutating func writeOnOneLine(_ block: LayoutBlock, from start: Int) -> Bool {
    let end = output.count
    for (index, line) in block.lines.enumerated() {
      write(index == 0 ? " " : "; ")
      write(line.pieces, indent: 0, padding: .none)
    }
    write(" }")
    guard columns(from: start) <= Self.maximumColumns else {
      output.removeSubrange(end...)
      return false
    }
    write(block.trailingComment)
    return true
  }

  private mutating func write(_ pieces: [Piece], indent: Int, padding: Padding) {
    var lineIndent = indent
    /// The indentation of the line that each open set began on.
    var openSets: [Int] = []
    for (index, piece) in pieces.enumerated() {
      if piece.kind == .rightBrace, let outer = openSets.popLast(), piece.breaks > 0 {
        lineIndent = outer
        beginLine(piece.breaks, indent: lineIndent)
      } else if index == 0 {
        writeSpaces(indent)
      } else if piece.breaks > 0 {
        lineIndent = (openSets.last ?? indent) + Self.step
        beginLine(piece.breaks, indent: lineIndent)
      } else {
        writeGap(between: pieces[index - 1], and: piece)
      }
      let text = source[piece.start..<piece.end]
      output += piece.kind == .comment ? trimmedComment(text) : text
      if piece.kind == .leftBrace { openSets.append(lineIndent) }
      if index == padding.index, index + 1 < pieces.count, pieces[index + 1].breaks == 0 {
        writeSpaces(padding.columns - text.count)
      }
    }
  }

  private mutating func beginLine(_ breaks: Int, indent: Int) {
    output += repeatElement(UInt8(ascii: "\n"), count: breaks)
    writeSpaces(indent)
  }

  private mutating func writeGap(between left: Piece, and right: Piece) {
    if right.kind == .comma || right.kind == .slash || left.kind == .slash { return }
    writeSpaces(right.kind == .comment ? 2 : 1)
  }

  private mutating func write(_ text: String, indent: Int = 0) {
    writeSpaces(indent)
    output += text.utf8
  }

  private mutating func write(_ trailingComment: Piece?) {
    guard let comment = trailingComment else { return }
    writeSpaces(2)
    output += trimmedComment(source[comment.start..<comment.end])
  }

  private mutating func writeSpaces(_ count: Int) {
    output += repeatElement(UInt8(ascii: " "), count: max(0, count))
  }

  /// Which piece of a line is filled up to how many columns.
  private struct Padding {
    var index: Int
    var columns: Int

    static let none = Padding(index: -1, columns: 0)
  }

  /// In a block, what follows the first word is aligned.
  private func linePadding(of lines: [LayoutLine]) -> [Padding] {
    let words = lines.filter { $0.pieces.count > 1 }.map { length($0.pieces[0]) }
    let columns = words.filter { $0 <= Self.maximumAlignedWord }.max() ?? 0
    return lines.map { _ in Padding(index: 0, columns: columns) }
  }

  /// Neighbouring definitions are aligned behind their names, expectations behind `pass` and `block`.
  private func statementPadding(of lines: [LayoutLine]) -> [Padding] {
    var result = Array(repeating: Padding.none, count: lines.count)
    var group: [Int] = []
    for (index, line) in lines.enumerated() where !line.isComment || line.isAfterBlankLine {
      let keyword = keyword(of: line)
      if keyword == .expect { result[index] = Padding(index: 1, columns: "block".utf8.count) }
      if keyword != .define || line.isAfterBlankLine {
        align(group, of: lines, in: &result)
        group = []
      }
      if keyword == .define { group.append(index) }
    }
    align(group, of: lines, in: &result)
    return result
  }

  private func align(_ group: [Int], of lines: [LayoutLine], in result: inout [Padding]) {
    let columns = group.map { length(lines[$0].pieces[1]) }.max() ?? 0
    for index in group { result[index] = Padding(index: 1, columns: columns) }
  }

  /// Where the text of neighbouring lines ends that have comments behind them.
  private func commentColumns(
    of lines: [LayoutLine], indent: Int, padding: [Padding]
  ) -> [Int] {
    var result = Array(repeating: 0, count: lines.count)
    var group: [Int] = []
    var column = 0
    for (index, line) in lines.enumerated() {
      let isAlignable =
        line.trailingComment != nil && line.block == nil
        && line.pieces.allSatisfy { $0.breaks == 0 }
      if !isAlignable || line.isAfterBlankLine {
        for member in group { result[member] = column }
        (group, column) = ([], 0)
      }
      guard isAlignable else { continue }
      group.append(index)
      var scratch = LayoutWriter(source, capacity: 0)
      scratch.write(line.pieces, indent: indent, padding: padding[index])
      column = max(column, scratch.columns(from: 0))
    }
    for member in group { result[member] = column }
    return result
  }

  private func columns(from start: Int) -> Int {
    output[start...].count { $0 & 0xC0 != 0x80 }
  }

  private func keyword(of line: LayoutLine) -> StatementWord? {
    let piece = line.pieces[0]
    return StatementWord(rawValue: String(decoding: source[piece.start..<piece.end], as: UTF8.self))
  }

  private func length(_ piece: Piece) -> Int { piece.end - piece.start }
}
