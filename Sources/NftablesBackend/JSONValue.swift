/// A JSON value; members keep their order, so that the same value always gives the same bytes.
enum JSONValue {
  case null
  case number(UInt32)
  case signed(Int32)
  case string(String)
  case array([JSONValue])
  case object([(String, JSONValue)])

  /// An object with one member, libnftables' way to tag a value.
  static func tagged(_ name: String, _ value: JSONValue) -> JSONValue { .object([(name, value)]) }

  /// Appends the value on one line.
  func append(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .number(let number): bytes.append(contentsOf: "\(number)".utf8)
    case .signed(let number): bytes.append(contentsOf: "\(number)".utf8)
    case .string(let text): appendJSONString(text, to: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(contentsOf: ", ".utf8) }
        value.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(contentsOf: ", ".utf8) }
        appendJSONString(member.0, to: &bytes)
        bytes.append(contentsOf: ": ".utf8)
        member.1.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }
}

private func appendJSONString(_ text: String, to bytes: inout [UInt8]) {
  bytes.append(UInt8(ascii: "\""))
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    case 0..<0x20:
      let digits = String(byte, radix: 16)
      bytes.append(contentsOf: "\\u00\(digits.utf8.count == 1 ? "0" : "")\(digits)".utf8)
    default:
      bytes.append(byte)
    }
  }
  bytes.append(UInt8(ascii: "\""))
}
