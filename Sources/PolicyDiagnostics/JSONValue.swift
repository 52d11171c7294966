/// JSON whose members keep their order.
package indirect enum JSONValue: Equatable, Sendable {
  case integer(Int)
  case boolean(Bool)
  case string(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])

  package static func == (a: JSONValue, b: JSONValue) -> Bool {
    switch (a, b) {
    case (.integer(let x), .integer(let y)): x == y
    case (.boolean(let x), .boolean(let y)): x == y
    case (.string(let x), .string(let y)): x == y
    case (.array(let x), .array(let y)): x == y
    case (.object(let x), .object(let y)): x.elementsEqual(y) { $0 == $1 }
    case (.integer, _), (.boolean, _), (.string, _), (.array, _), (.object, _): false
    }
  }

  /// Indented by two spaces, with a newline at the end.
  package var document: String {
    var out = ""
    write(to: &out, indent: 0)
    return out + "\n"
  }

  private func write(to out: inout String, indent: Int) {
    switch self {
    case .integer(let number): out += String(number)
    case .boolean(let isTrue): out += isTrue ? "true" : "false"
    case .string(let text): JSONValue.write(text, to: &out)
    case .array(let elements):
      JSONValue.write(elements, brackets: ("[", "]"), to: &out, indent: indent) { element, out in
        element.write(to: &out, indent: indent + 2)
      }
    case .object(let members):
      JSONValue.write(members, brackets: ("{", "}"), to: &out, indent: indent) { member, out in
        JSONValue.write(member.key, to: &out)
        out += ": "
        member.value.write(to: &out, indent: indent + 2)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], brackets: (open: String, close: String), to out: inout String, indent: Int,
    item: (Item, inout String) -> Void
  ) {
    out += brackets.open
    for (index, element) in items.enumerated() {
      out += index == 0 ? "\n" : ",\n"
      out += String(repeating: " ", count: indent + 2)
      item(element, &out)
    }
    if !items.isEmpty { out += "\n" + String(repeating: " ", count: indent) }
    out += brackets.close
  }

  private static func write(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
        // RFC 8259 asks for the first range; the second would still move a terminal's cursor.
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      case _: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
