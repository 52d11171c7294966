func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
}

func isDigit(_ byte: UInt8) -> Bool {
  byte &- UInt8(ascii: "0") < 10
}

func isLetter(_ byte: UInt8) -> Bool {
  (byte | 0x20) &- UInt8(ascii: "a") < 26
}

func isHexDigit(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
}

func isWordByte(_ byte: UInt8) -> Bool {
  isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    || byte == UInt8(ascii: ".")
}

/// Whether the byte belongs to the same run of text as a number or address before it.
///
/// What is wrong with `10.0.0.1/x` or `4g0` is said about the whole of it.
func isClumpByte(_ byte: UInt8) -> Bool {
  isWordByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "/")
    || byte == UInt8(ascii: "*")
}

/// The bytes that the scalar at `position` takes, or `nil` where the text is not UTF-8.
///
/// Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
func utf8Length(in bytes: [UInt8], at position: Int) -> Int? {
  let first = bytes[position]
  let length: Int
  var second: ClosedRange<UInt8> = 0x80...0xBF
  switch first {
  case 0..<0x80: return 1
  case 0xC2...0xDF: length = 2
  case 0xE0...0xEF:
    length = 3
    if first == 0xE0 { second = 0xA0...0xBF }
    if first == 0xED { second = 0x80...0x9F }
  case 0xF0...0xF4:
    length = 4
    if first == 0xF0 { second = 0x90...0xBF }
    if first == 0xF4 { second = 0x80...0x8F }
  default: return nil
  }
  guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { return nil }
  for index in position + 2..<position + length where bytes[index] & 0xC0 != 0x80 { return nil }
  return length
}

/// The first place of each line where the text is not UTF-8; not more than `limit` of them.
func invalidUTF8(in bytes: [UInt8], limit: Int) -> [Int] {
  var places: [Int] = []
  var position = 0
  while position < bytes.count, places.count < limit {
    if bytes[position] < 0x80 {
      position += 1
    } else if let length = utf8Length(in: bytes, at: position) {
      position += length
    } else {
      places.append(position)
      while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    }
  }
  return places
}
