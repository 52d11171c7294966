import PolicyDiagnostics

/// One line of an OpenVPN configuration.
struct OpenVPNOption {
  struct Argument {
    /// Its quotes taken off.
    var text: String
    /// What stands in the file, with quotes.
    var range: Range<Int>
  }

  var name: String
  var nameRange: Range<Int>
  var arguments: [Argument]
  /// Without its `\n`.
  var line: Range<Int>
  /// From 1.
  var number: Int

  /// The option and its arguments.
  var range: Range<Int> {
    nameRange.lowerBound..<(arguments.last?.range.upperBound ?? nameRange.upperBound)
  }

  func text(_ index: Int) -> String? {
    index < arguments.count ? arguments[index].text : nil
  }
}

/// The options of a file, in order; those of a `<connection>` stand together.
enum OpenVPNItem {
  case option(OpenVPNOption)
  case connection([OpenVPNOption], header: Range<Int>)
}

/// Reads the lines as OpenVPN does.
///
/// Source: `parse_line` and `read_config_file` in OpenVPN's options: quotes of both kinds, a backslash before
/// any character, `#` or `;` where a word could begin; `<tag>` up to `</tag>` is a file within the file.
struct OpenVPNReader {
  let source: SourceText
  private(set) var items: [OpenVPNItem] = []
  private(set) var log = ImportLog()

  private enum Place {
    case file
    /// In a file within the file, by its tag.
    case inline(String, header: Range<Int>)
    case connection(header: Range<Int>)
  }

  private var place = Place.file
  /// Of the open `<connection>`.
  private var options: [OpenVPNOption] = []

  init(_ source: SourceText) {
    self.source = source
  }

  mutating func read() {
    for (index, line) in source.lines().enumerated() {
      let skipped = index == 0 && source.startsWithByteOrderMark ? TextFault.byteOrderMark.count : 0
      let start = min(line.lowerBound + skipped, line.upperBound)
      readLine(source.trimmed(start..<line.upperBound), line, number: index + 1)
    }
    finish()
  }

  private mutating func readLine(_ content: Range<Int>, _ line: Range<Int>, number: Int) {
    switch place {
    case .inline(let tag, _):
      if source.bytes[content].elementsEqual("</\(tag)>".utf8) { place = .file }
    case .connection(let header):
      if source.bytes[content].elementsEqual("</connection>".utf8) {
        closeConnection(header)
      } else if let option = option(content, line, number) {
        options.append(option)
      }
    case .file:
      if let tag = openingTag(content) {
        place =
          tag == "connection" ? .connection(header: content) : .inline(tag, header: content)
      } else if let option = option(content, line, number) {
        items.append(.option(option))
      }
    }
  }

  private mutating func finish() {
    switch place {
    case .file: return
    case .inline(let tag, let header): reportOpen(tag, header)
    case .connection(let header):
      reportOpen("connection", header)
      closeConnection(header)
    }
  }

  private mutating func closeConnection(_ header: Range<Int>) {
    items.append(.connection(options, header: header))
    options = []
    place = .file
  }

  private mutating func reportOpen(_ tag: String, _ header: Range<Int>) {
    log.add(
      Diagnostic(
        .invalidSetting, "`<\(tag)>` is not closed by `</\(tag)>`", at: source.source(header)))
  }

  private func openingTag(_ content: Range<Int>) -> String? {
    inlineTag(source.bytes, content)
  }

  private mutating func option(
    _ content: Range<Int>, _ line: Range<Int>, _ number: Int
  ) -> OpenVPNOption? {
    var words = OpenVPNWords(bytes: source.bytes, content)
    let all = words.read()
    if words.isUnbalanced {
      log.add(
        Diagnostic(
          .invalidSetting, "a quote is not closed", at: source.source(all.last?.range ?? content)))
    }
    guard let first = all.first else { return nil }
    let name = first.text.hasPrefix("--") ? String(first.text.dropFirst(2)) : first.text
    return OpenVPNOption(
      name: name, nameRange: first.range, arguments: Array(all.dropFirst()), line: line,
      number: number)
  }
}

/// The tag of a line that is `<tag>` and nothing else.
func inlineTag(_ bytes: [UInt8], _ content: Range<Int>) -> String? {
  guard content.count > 2, bytes[content.lowerBound] == UInt8(ascii: "<"),
    bytes[content.upperBound - 1] == UInt8(ascii: ">"),
    bytes[content.lowerBound + 1] != UInt8(ascii: "/"), !bytes[content].contains(where: isSpace)
  else { return nil }
  return String(
    decoding: bytes[content.lowerBound + 1..<content.upperBound - 1], as: UTF8.self)
}

private struct OpenVPNWords {
  let bytes: [UInt8]
  private var index: Int
  private let end: Int
  private(set) var isUnbalanced = false

  init(bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    index = range.lowerBound
    end = range.upperBound
  }

  mutating func read() -> [OpenVPNOption.Argument] {
    var result: [OpenVPNOption.Argument] = []
    while index < end {
      let byte = bytes[index]
      if isSpace(byte) {
        index += 1
      } else if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
        break
      } else {
        result.append(word())
      }
    }
    return result
  }

  private mutating func word() -> OpenVPNOption.Argument {
    let start = index
    var text: [UInt8] = []
    let quote: UInt8? = [UInt8(ascii: "\""), UInt8(ascii: "'")].first { $0 == bytes[index] }
    if quote != nil { index += 1 }
    while index < end {
      let byte = bytes[index]
      if let quote, byte == quote { break }
      if quote == nil, isSpace(byte) { break }
      if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'"), index + 1 < end { index += 1 }
      text.append(bytes[index])
      index += 1
    }
    if quote != nil {
      if index < end { index += 1 } else { isUnbalanced = true }
    }
    return OpenVPNOption.Argument(text: String(decoding: text, as: UTF8.self), range: start..<index)
  }
}

/// The text with stars in the place of keys: the files within the file, and the arguments that are secrets.
func hidingOpenVPNKeys(_ bytes: [UInt8]) -> [UInt8] {
  var result = withoutKeys(bytes)
  let source = SourceText(bytes: bytes, file: .root)
  var tag: String?
  var isArmoured = false
  for line in source.lines() {
    let content = source.trimmed(line)
    if let open = tag {
      if bytes[content].elementsEqual("</\(open)>".utf8) {
        tag = nil
      } else {
        hide(content, in: &result)
      }
      continue
    }
    if bytes[content].starts(with: "-----BEGIN".utf8) { isArmoured = true }
    if isArmoured {
      hide(content, in: &result)
      if bytes[content].starts(with: "-----END".utf8) { isArmoured = false }
    } else if let open = inlineTag(bytes, content), open != "connection" {
      tag = open
    } else {
      hideArguments(source, content, in: &result)
    }
  }
  return result
}

private func hideArguments(_ source: SourceText, _ content: Range<Int>, in bytes: inout [UInt8]) {
  let fields = source.fields(content, separatedBy: isSpace)
  guard let first = fields.first, let second = fields.dropFirst().first else { return }
  let name = source.string(first)
  let isSecret = ["auth-token", "auth-token-user", "setenv", "setenv-safe", "static-challenge"]
    .contains { name == $0 || name == "--\($0)" }
  if isSecret { hide(second.lowerBound..<content.upperBound, in: &bytes) }
}
