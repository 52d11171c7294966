/// One line of a file as it can be printed: without the white space around it, cut where it is too long.
///
/// - Parameter number: starts at 1; a line that the file does not have is empty.
package func quotedLine(_ number: Int, of file: SourceFile, style: TextStyle = TextStyle())
  -> String
{
  let newline = UInt8(ascii: "\n")
  let lines = file.bytes.split(
    separator: newline, maxSplits: number, omittingEmptySubsequences: false)
  guard number > 0, lines.indices.contains(number - 1) else { return "" }
  let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
  let line = lines[number - 1]
  guard let start = line.firstIndex(where: { !isBlank($0) }),
    let last = line.lastIndex(where: { !isBlank($0) })
  else { return "" }
  return ShownLine(file.bytes, line: start..<(last + 1), focus: start, cellLimit: style.cellLimit)
    .text
}

extension TextStyle {
  /// Text that is not ours, without anything that would move a terminal's cursor.
  package static func harmless(_ text: String) -> String { DisplayText.escaped(text) }
}
