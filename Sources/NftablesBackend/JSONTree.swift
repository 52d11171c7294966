import RulesetIR

/// A JSON text as a flat list of its values, each with its place.
///
/// No value is copied out of the text before someone asks for it: a set of a million addresses costs
/// 16 bytes an element.
struct JSONTree {
  let bytes: [UInt8]
  var nodes: [JSONNode]

  /// The value of the whole text.
  var root: JSONPlace { JSONPlace(index: 0) }

  func kind(_ place: JSONPlace) -> JSONKind { nodes[place.index].kind }

  /// Where the text of a value lies; that of a string is without its quotes.
  func range(_ place: JSONPlace) -> Range<Int> {
    Int(nodes[place.index].start)..<Int(nodes[place.index].end)
  }

  /// What an array holds, or the keys and values of an object in turn.
  func children(_ place: JSONPlace) -> [JSONPlace] {
    var result: [JSONPlace] = []
    var index = place.index + 1
    let end = Int(nodes[place.index].next)
    while index < end {
      result.append(JSONPlace(index: index))
      index = Int(nodes[index].next)
    }
    return result
  }

  /// `nil` for what is no array.
  func items(_ place: JSONPlace) -> [JSONPlace]? { kind(place) == .array ? children(place) : nil }

  func member(_ place: JSONPlace, _ key: String) -> JSONPlace? {
    guard kind(place) == .object else { return nil }
    var index = place.index + 1
    let end = Int(nodes[place.index].next)
    while index < end {
      let value = Int(nodes[index].next)
      if isString(JSONPlace(index: index), key) { return JSONPlace(index: value) }
      index = Int(nodes[value].next)
    }
    return nil
  }

  /// The key and value of an object with one member, libnftables' way to tag a value.
  func tagged(_ place: JSONPlace) -> (tag: String, value: JSONPlace)? {
    guard kind(place) == .object else { return nil }
    let parts = children(place)
    guard parts.count == 2, let tag = string(parts[0]) else { return nil }
    return (tag, parts[1])
  }

  func string(_ place: JSONPlace) -> String? {
    switch kind(place) {
    case .string: String(decoding: bytes[range(place)], as: UTF8.self)
    case .escapedString: unescaped(range(place))
    case .null, .boolean, .number, .array, .object: nil
    }
  }

  func isString(_ place: JSONPlace, _ text: String) -> Bool {
    switch kind(place) {
    case .string:
      let range = range(place)
      guard range.count == text.utf8.count else { return false }
      var index = range.lowerBound
      for byte in text.utf8 {
        if bytes[index] != byte { return false }
        index += 1
      }
      return true
    case .escapedString: return unescaped(range(place)) == text
    case .null, .boolean, .number, .array, .object: return false
    }
  }

  /// `nil` for what is no number, or one with a fraction or an exponent, or too large.
  func integer(_ place: JSONPlace) -> Int64? {
    guard kind(place) == .number else { return nil }
    return Int64(String(decoding: bytes[range(place)], as: UTF8.self))
  }

  func boolean(_ place: JSONPlace) -> Bool? {
    guard kind(place) == .boolean else { return nil }
    return bytes[range(place).lowerBound] == UInt8(ascii: "t")
  }

  func fault(_ message: String, at place: JSONPlace) -> RulesetReadError {
    let isString = kind(place) == .string || kind(place) == .escapedString
    return readError(message, in: bytes, at: range(place).lowerBound - (isString ? 1 : 0))
  }

  /// The reader has checked the escapes.
  private func unescaped(_ range: Range<Int>) -> String {
    var units: [UInt16] = []
    var text = ""
    var index = range.lowerBound
    var plain = index
    func flush(_ text: inout String, _ units: inout [UInt16]) {
      text += String(decoding: units, as: UTF16.self)
      units = []
    }
    while index < range.upperBound {
      guard bytes[index] == UInt8(ascii: "\\") else {
        index += 1
        continue
      }
      if plain < index { flush(&text, &units) }
      text += String(decoding: bytes[plain..<index], as: UTF8.self)
      if bytes[index + 1] == UInt8(ascii: "u") {
        units.append(hexadecimal(bytes[(index + 2)..<(index + 6)]) ?? 0)
        index += 6
      } else {
        units.append(UInt16(simpleEscape(bytes[index + 1]) ?? 0))
        index += 2
      }
      plain = index
    }
    flush(&text, &units)
    return text + String(decoding: bytes[plain..<range.upperBound], as: UTF8.self)
  }
}

enum JSONKind: UInt8 {
  case null, boolean, number, string, array, object
  /// A string with at least one backslash.
  case escapedString
}

struct JSONNode {
  var kind: JSONKind
  var start: UInt32
  var end: UInt32
  /// The index of the node behind this one and all that it holds.
  var next: UInt32
}

/// One value of a tree.
struct JSONPlace: Hashable {
  var index: Int
}

func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt16? {
  var value: UInt16 = 0
  for digit in digits {
    guard let number = hexadecimalDigit(digit) else { return nil }
    value = value << 4 | UInt16(number)
  }
  return value
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// What stands behind a backslash, but for `u`; RFC 8259, section 7.
func simpleEscape(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
  case UInt8(ascii: "b"): 0x08
  case UInt8(ascii: "f"): 0x0c
  case UInt8(ascii: "n"): 0x0a
  case UInt8(ascii: "r"): 0x0d
  case UInt8(ascii: "t"): 0x09
  default: nil
  }
}

func readError(_ message: String, in bytes: [UInt8], at offset: Int) -> RulesetReadError {
  var (line, start) = (1, 0)
  for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
    line += 1
    start = index + 1
  }
  return RulesetReadError(message, line: line, column: offset - start + 1)
}
