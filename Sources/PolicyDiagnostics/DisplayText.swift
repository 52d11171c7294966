/// Text as a terminal shows it.
///
/// A policy comes from anywhere, so nothing of it reaches a terminal as a control sequence: control,
/// format and invalid bytes are written as escapes.
struct DisplayText {
  private(set) var text = ""
  /// In terminal cells.
  private(set) var width = 0

  /// One line of prose: messages, labels, file names.
  static func escaped(_ prose: String) -> String {
    if prose.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return prose }
    var display = DisplayText()
    for scalar in prose.unicodeScalars {
      switch scalar {
      case "\t": display.append(escape: "\\t")
      case "\n": display.append(escape: "\\n")
      case "\r": display.append(escape: "\\r")
      default: display.append(scalar)
      }
    }
    return display.text
  }

  /// Appends a scalar of source text; a tab becomes four cells.
  mutating func append(_ scalar: Unicode.Scalar) {
    if scalar.value >= 0x20 && scalar.value < 0x7F {
      text.unicodeScalars.append(scalar)
      width += 1
      return
    }
    if scalar == "\t" {
      append(escape: "    ")
      return
    }
    let category = scalar.properties.generalCategory
    if category == .control && scalar.value < 0x80 {
      append(escape: "\\x" + hex(scalar.value, digits: 2))
    } else if DisplayText.invisible.contains(category) {
      append(escape: "\\u{" + hex(scalar.value, digits: 1) + "}")
    } else {
      text.unicodeScalars.append(scalar)
      let isCombining = category == .nonspacingMark || category == .enclosingMark
      width += isCombining ? 0 : isWide(scalar) ? 2 : 1
    }
  }

  /// What moves the cursor, turns the direction of writing, or shows nothing.
  private static let invisible: [Unicode.GeneralCategory] = [
    .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned,
  ]

  /// Appends a byte that belongs to no scalar.
  mutating func append(invalid byte: UInt8) {
    append(escape: "\\x" + hex(UInt32(byte), digits: 2))
  }

  private mutating func append(escape: String) {
    text += escape
    width += escape.utf8.count
  }
}

private func hex(_ value: UInt32, digits: Int) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

/// Whether a terminal gives the scalar two cells.
///
/// Source: the blocks of EastAsianWidth.txt (Unicode 16) that are wholly or nearly W or F.
private func isWide(_ scalar: Unicode.Scalar) -> Bool {
  if scalar.value < 0x1100 { return false }
  switch scalar.value {
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
    0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x20000...0x3FFFD:
    return true
  default:
    return scalar.properties.isEmojiPresentation
  }
}

/// Reads one scalar of UTF-8; `nil` for a byte that begins none, which then has length 1.
func decodeScalar(_ bytes: [UInt8], at index: Int, end: Int) -> (
  scalar: Unicode.Scalar?, length: Int
) {
  let first = bytes[index]
  if first < 0x80 { return (Unicode.Scalar(first), 1) }
  let (length, lead, least): (Int, UInt32, UInt32)
  switch first {
  case 0xC2...0xDF: (length, lead, least) = (2, UInt32(first & 0x1F), 0x80)
  case 0xE0...0xEF: (length, lead, least) = (3, UInt32(first & 0x0F), 0x800)
  case 0xF0...0xF4: (length, lead, least) = (4, UInt32(first & 0x07), 0x10000)
  default: return (nil, 1)
  }
  if index + length > end { return (nil, 1) }
  var value = lead
  for byte in bytes[(index + 1)..<(index + length)] {
    if byte & 0xC0 != 0x80 { return (nil, 1) }
    value = value << 6 | UInt32(byte & 0x3F)
  }
  guard value >= least, let scalar = Unicode.Scalar(value) else { return (nil, 1) }
  return (scalar, length)
}
