import RulesetIR

/// Reads a JSON text (RFC 8259).
///
/// Stricter than the grammar where rules could hide: a key stands once in its object and has no
/// escape, no string holds NUL or half of a surrogate pair, all is UTF-8. Nesting and the number of members are limited, so
/// that time and memory stay linear.
func readJSON(_ bytes: [UInt8]) throws(RulesetReadError) -> JSONTree {
  guard bytes.count < Int(Int32.max) else {
    throw readError("the file is larger than 2 GiB", in: [], at: 0)
  }
  var reader = JSONReader(bytes: bytes)
  try reader.readAll()
  return JSONTree(bytes: bytes, nodes: reader.nodes)
}

private struct JSONReader {
  let bytes: [UInt8]
  var nodes: [JSONNode] = []
  private var index = 0
  private var containers: [Container] = []

  private struct Container {
    var node: Int
    var isObject: Bool
    var count = 0
  }

  /// libnftables nests some 15 deep.
  private static let nestingLimit = 64
  /// libnftables' largest object has 15 members.
  private static let memberLimit = 64

  init(bytes: [UInt8]) {
    self.bytes = bytes
    nodes.reserveCapacity(bytes.count / 16)
  }

  mutating func readAll() throws(RulesetReadError) {
    skipSpace()
    try readValue()
    while let container = containers.last {
      skipSpace()
      if try closes(container) { continue }
      if container.isObject { try readKey(of: container) }
      containers[containers.count - 1].count += 1
      try readValue()
    }
    skipSpace()
    if index < bytes.count { throw fault("text behind the end of the JSON value") }
  }

  /// Ends the container if it ends here, else passes the comma before its next value.
  private mutating func closes(_ container: Container) throws(RulesetReadError) -> Bool {
    let end = container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
    if byte == end {
      index += 1
      nodes[container.node].end = UInt32(index)
      nodes[container.node].next = UInt32(nodes.count)
      containers.removeLast()
      return true
    }
    if container.count > 0 {
      guard byte == UInt8(ascii: ",") else {
        throw expected("`,` or `\(container.isObject ? "}" : "]")`")
      }
      index += 1
      skipSpace()
    }
    return false
  }

  private mutating func readKey(of container: Container) throws(RulesetReadError) {
    guard byte == UInt8(ascii: "\"") else { throw expected("a key in double quotes") }
    if container.count == JSONReader.memberLimit {
      throw fault("an object with more than \(JSONReader.memberLimit) members")
    }
    let key = nodes.count
    try readString()
    if nodes[key].kind == .escapedString {
      throw readError("a key with an escape", in: bytes, at: Int(nodes[key].start))
    }
    var other = container.node + 1
    while other < key {
      if text(other).elementsEqual(text(key)) {
        let name = brief(String(decoding: text(key), as: UTF8.self))
        throw readError(
          "the key `\(name)` stands twice in one object", in: bytes, at: Int(nodes[key].start))
      }
      other = Int(nodes[Int(nodes[other].next)].next)
    }
    skipSpace()
    guard byte == UInt8(ascii: ":") else { throw expected("`:`") }
    index += 1
    skipSpace()
  }

  /// One scalar, or the beginning of an array or object.
  private mutating func readValue() throws(RulesetReadError) {
    guard let byte else { throw expected("a JSON value") }
    switch byte {
    case UInt8(ascii: "{"): try open(.object)
    case UInt8(ascii: "["): try open(.array)
    case UInt8(ascii: "\""): try readString()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
    case UInt8(ascii: "n"): try readWord("null", .null)
    case UInt8(ascii: "t"): try readWord("true", .boolean)
    case UInt8(ascii: "f"): try readWord("false", .boolean)
    default: throw expected("a JSON value")
    }
  }

  private mutating func open(_ kind: JSONKind) throws(RulesetReadError) {
    if containers.count == JSONReader.nestingLimit {
      throw fault("nested more than \(JSONReader.nestingLimit) deep")
    }
    containers.append(Container(node: nodes.count, isObject: kind == .object))
    append(kind, index..<index)
    index += 1
  }

  private mutating func readWord(_ word: String, _ kind: JSONKind) throws(RulesetReadError) {
    let end = index + word.utf8.count
    guard end <= bytes.count, bytes[index..<end].elementsEqual(word.utf8) else {
      throw expected("a JSON value")
    }
    append(kind, index..<end)
    index = end
  }

  private mutating func readNumber() throws(RulesetReadError) {
    let start = index
    if byte == UInt8(ascii: "-") { index += 1 }
    if byte == UInt8(ascii: "0") { index += 1 } else { try readDigits() }
    if byte == UInt8(ascii: ".") {
      index += 1
      try readDigits()
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      index += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { index += 1 }
      try readDigits()
    }
    append(.number, start..<index)
  }

  private mutating func readDigits() throws(RulesetReadError) {
    let start = index
    while let byte, byte &- UInt8(ascii: "0") <= 9 { index += 1 }
    if index == start { throw expected("a digit") }
  }

  private mutating func readString() throws(RulesetReadError) {
    let start = index + 1
    var (hasEscapes, isASCII) = (false, true)
    index = start
    while true {
      guard let byte else {
        throw readError("a string that does not end", in: bytes, at: start - 1)
      }
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        try readEscape()
        continue
      }
      if byte < 0x20 { throw fault("a control character in a string") }
      if byte >= 0x80 { isASCII = false }
      index += 1
    }
    if !isASCII, String(validating: bytes[start..<index], as: UTF8.self) == nil {
      throw readError("a string that is not UTF-8", in: bytes, at: start)
    }
    append(hasEscapes ? .escapedString : .string, start..<index)
    index += 1
  }

  private mutating func readEscape() throws(RulesetReadError) {
    let start = index
    guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "u") else {
      guard index + 1 < bytes.count, simpleEscape(bytes[index + 1]) != nil else {
        throw fault("an escape that JSON does not know")
      }
      index += 2
      return
    }
    let unit = try readUnit()
    if unit == 0 { throw readError("NUL in a string", in: bytes, at: start) }
    guard UTF16.isSurrogate(unit) else { return }
    let hasSecond =
      UTF16.isLeadSurrogate(unit) && index + 1 < bytes.count
      && bytes[index] == UInt8(ascii: "\\") && bytes[index + 1] == UInt8(ascii: "u")
    guard hasSecond, UTF16.isTrailSurrogate(try readUnit()) else {
      throw readError("half of a surrogate pair", in: bytes, at: start)
    }
  }

  /// Reads `\uXXXX`.
  private mutating func readUnit() throws(RulesetReadError) -> UInt16 {
    guard index + 6 <= bytes.count, let unit = hexadecimal(bytes[(index + 2)..<(index + 6)]) else {
      throw fault("an escape without four hexadecimal digits")
    }
    index += 6
    return unit
  }

  private mutating func append(_ kind: JSONKind, _ range: Range<Int>) {
    nodes.append(
      JSONNode(
        kind: kind, start: UInt32(range.lowerBound), end: UInt32(range.upperBound),
        next: UInt32(nodes.count + 1)))
  }

  private mutating func skipSpace() {
    while let byte, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { index += 1 }
  }

  private func text(_ node: Int) -> ArraySlice<UInt8> {
    bytes[Int(nodes[node].start)..<Int(nodes[node].end)]
  }

  private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func expected(_ what: String) -> RulesetReadError {
    index < bytes.count
      ? fault("expected \(what)") : fault("the text ends where \(what) is expected")
  }

  private func fault(_ message: String) -> RulesetReadError {
    readError(message, in: bytes, at: index)
  }
}
