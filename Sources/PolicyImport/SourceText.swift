import PolicyDiagnostics

/// The bytes of a configuration, with the words that readers of such files need.
struct SourceText {
  let bytes: [UInt8]
  let file: FileID

  /// The text of a range; what is not UTF-8 becomes U+FFFD.
  func string(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  /// In backquotes, cut to a length that a message can bear.
  func quoted(_ range: Range<Int>) -> String {
    let limit = 48
    if range.count <= limit { return "`\(string(range))`" }
    var end = range.lowerBound + limit
    while end > range.lowerBound, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return "`\(string(range.lowerBound..<end))…`"
  }

  func lowercased(_ range: Range<Int>) -> String {
    String(decoding: bytes[range].map(asciiLowercase), as: UTF8.self)
  }

  func source(_ range: Range<Int>) -> SourceRange {
    SourceRange(file: file, start: range.lowerBound, end: range.upperBound)
  }

  /// Without white space at both ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isSpace(bytes[start]) { start += 1 }
    while end > start, isSpace(bytes[end - 1]) { end -= 1 }
    return start..<end
  }

  func first(_ byte: UInt8, in range: Range<Int>) -> Int? {
    bytes[range].firstIndex(of: byte)
  }

  func last(_ byte: UInt8, in range: Range<Int>) -> Int? {
    bytes[range].lastIndex(of: byte)
  }

  /// The parts between the separators, trimmed; empty ones are left out.
  func fields(_ range: Range<Int>, separatedBy isSeparator: (UInt8) -> Bool) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = range.lowerBound
    for index in range.lowerBound...range.upperBound
    where index == range.upperBound || isSeparator(bytes[index]) {
      let field = trimmed(start..<index)
      if !field.isEmpty { result.append(field) }
      start = index + 1
    }
    return result
  }

  /// The lines, each without its `\n`.
  func lines() -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      result.append(start..<end)
      start = end + 1
    }
    return result
  }

  /// A line with its `\n`, to be taken out as a whole.
  func wholeLine(_ line: Range<Int>) -> Range<Int> {
    line.upperBound < bytes.count ? line.lowerBound..<line.upperBound + 1 : line
  }
}

func isSpace(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
}

func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

func asciiLowercase(_ byte: UInt8) -> UInt8 {
  byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
}

/// What a text file may not begin with or hold; the rest of it is looked at behind the mark.
enum TextFault {
  /// A byte order mark (EF BB BF), which most readers of such files take for a part of the first word.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

extension SourceText {
  var startsWithByteOrderMark: Bool { bytes.starts(with: TextFault.byteOrderMark) }

  /// The first byte that no text has: NUL.
  ///
  /// UTF-16, as some editors write it, has one beside each letter.
  func nulByte() -> Diagnostic? {
    guard let index = bytes.firstIndex(of: 0) else { return nil }
    return Diagnostic(
      .invalidCharacter, "the file holds a NUL byte, so it is no text in UTF-8",
      at: source(index..<index + 1), notes: ["a file in UTF-16 must be saved as UTF-8"])
  }
}
