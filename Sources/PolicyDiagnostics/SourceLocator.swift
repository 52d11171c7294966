/// Finds lines and columns in one file.
///
/// Remembers where it counted to, so that all the diagnostics of one line of 100 MB cost one pass
/// over it together.
struct SourceLocator {
  let bytes: [UInt8]
  /// The offset at which each line starts; a file has at least one line.
  private let lineStarts: [Int]
  /// Places of the line that was asked for last, ascending, `checkpointDistance` bytes apart.
  private var checkpoints: [(offset: Int, column: Int)] = [(0, 0)]
  private var checkpointLine = 0
  private static let checkpointDistance = 4096

  init(_ file: SourceFile) {
    bytes = file.bytes
    var starts = [0]
    for (index, byte) in file.bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(index + 1)
    }
    lineStarts = starts
  }

  mutating func position(of offset: Int) -> SourcePosition {
    let line = lineIndex(of: offset)
    if line != checkpointLine {
      checkpointLine = line
      checkpoints = [(lineStarts[line], 0)]
    }
    let passed = (offset - lineStarts[line]) / SourceLocator.checkpointDistance
    var (index, column) = checkpoints[min(passed, checkpoints.count - 1)]
    if index > offset { (index, column) = checkpoints[max(0, passed - 1)] }
    while index < offset {
      index += decodeScalar(bytes, at: index, end: bytes.count).length
      column += 1
      let next = lineStarts[line] + checkpoints.count * SourceLocator.checkpointDistance
      if index >= next { checkpoints.append((index, column)) }
    }
    return SourcePosition(line: line + 1, column: column + 1)
  }

  /// Starts at 1.
  func line(of offset: Int) -> Int { lineIndex(of: offset) + 1 }

  /// The bytes of a line, counted from 1, without its line end.
  func bytes(ofLine line: Int) -> Range<Int> {
    let start = lineStarts[line - 1]
    var end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  private func lineIndex(of offset: Int) -> Int {
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }
}
