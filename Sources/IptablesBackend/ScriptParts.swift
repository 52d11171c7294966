import RulesetIR

/// Our script, taken apart: what differs from policy to policy.
struct ScriptParts {
  /// The lines between `cat <<'KSP_END'` and `KSP_END`.
  struct Text {
    var range: Range<Int>
    /// The number of its first line, from 1.
    var firstLine: Int
  }

  /// By the name of the function that prints it.
  private(set) var texts: [String: Text] = [:]
  private var settings: [String: SavedWord] = [:]
  /// `ip.mangle` and the function that prints its rules.
  private var choices: [String: SavedWord] = [:]
  private var lines: ScriptLines

  init(_ script: [UInt8]) throws(RulesetReadError) {
    lines = ScriptLines(script)
    guard let first = lines.next(), first.text == "#!/bin/sh" else {
      throw RulesetReadError("expected `#!/bin/sh`", line: 1, column: 1)
    }
    while let line = lines.next() {
      if line.text == ScriptParts.programStart {
        try lines.checkProgram(script)
        return
      }
      try read(line)
    }
    throw lines.ended
  }

  /// The first line that is the same for every policy.
  private static let programStart = String(scriptProgram.prefix { $0 != "\n" })
  private static let settingNames = [
    "policy", "own_sets_ip", "own_sets_ip6", "tables_ip", "tables_ip6",
  ]

  private mutating func read(_ line: SavedWord) throws(RulesetReadError) {
    if line.text.isEmpty || line.text.hasPrefix("#") { return }
    if line.text.hasSuffix("() {") {
      let name = String(line.text.dropLast(4))
      if name == "rules" { return try readChoices() }
      if texts[name] != nil { throw line.error("a second function \(line.quoted)") }
      texts[name] = try readText()
      return
    }
    let parts = line.text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, ScriptParts.settingNames.contains(parts[0]),
      settings[parts[0]] == nil, parts[1].count > 1, parts[1].hasPrefix("'"),
      parts[1].hasSuffix("'"), !parts[1].dropFirst().dropLast().contains("'")
    else {
      throw line.error("expected a setting or a function of the script, found \(line.quoted)")
    }
    settings[parts[0]] = SavedWord(
      text: String(parts[1].dropFirst().dropLast()), line: line.line,
      column: parts[0].utf8.count + 3)
  }

  private mutating func readText() throws(RulesetReadError) -> Text {
    try lines.expect("  cat <<'KSP_END'")
    let start = lines.position
    let firstLine = lines.number + 1
    while true {
      let end = lines.position
      guard let isLast = lines.skip(until: "KSP_END") else { throw lines.ended }
      if isLast {
        try lines.expect("}")
        return Text(range: start..<end, firstLine: firstLine)
      }
    }
  }

  private mutating func readChoices() throws(RulesetReadError) {
    try lines.expect("  case $1.$2 in")
    while let line = lines.next() {
      if line.text == "  esac" { return try lines.expect("}") }
      let words = line.text.split(separator: " ").map(String.init)
      guard words.count == 3, words[0].hasSuffix(")"), words[2] == ";;" else {
        throw line.error("expected the choice of a table, found \(line.quoted)")
      }
      let name = String(words[0].dropLast())
      if choices[name] != nil { throw line.error("a second choice for `\(name)`") }
      choices[name] = SavedWord(text: words[1], line: line.line, column: line.column)
    }
    throw lines.ended
  }

  // MARK: Questions

  func text(_ name: String) throws(RulesetReadError) -> Text {
    guard let text = texts[name] else {
      throw RulesetReadError("the script has no function `\(name)`", line: 1, column: 1)
    }
    return text
  }

  func words(_ setting: String) throws(RulesetReadError) -> [String] {
    guard let value = settings[setting] else {
      throw RulesetReadError("the script does not set `\(setting)`", line: 1, column: 1)
    }
    return value.text.split(separator: " ").map(String.init)
  }

  func check(_ setting: String, is expected: [String]) throws(RulesetReadError) {
    let words = try words(setting)
    if words.sorted() == expected { return }
    let place = settings[setting]
    throw RulesetReadError(
      "`\(setting)` does not name the sets that the script makes", line: place?.line ?? 1,
      column: place?.column ?? 1)
  }

  /// Each table of a family is there once, with the function that prints its rules.
  func checkChoices(_ family: String, _ tables: [String]) throws(RulesetReadError) {
    let chosen = choices.filter { $0.key.hasPrefix("\(family).") }
    for table in tables where chosen["\(family).\(table)"]?.text != "rules_\(family)_\(table)" {
      throw RulesetReadError(
        "the script does not load table \(table) of family \(family)", line: 1, column: 1)
    }
    let printed = texts.keys.filter { $0.hasPrefix("rules_\(family)_") }
    if chosen.count != tables.count || printed.count != tables.count {
      throw RulesetReadError(
        "`tables_\(family)` does not name every table that the script has rules for", line: 1,
        column: 1)
    }
  }
}

/// Walks through the script line by line.
private struct ScriptLines {
  private let bytes: [UInt8]
  /// Where the next line starts.
  private(set) var position = 0
  /// Of the last line, from 1.
  private(set) var number = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var ended: RulesetReadError {
    RulesetReadError("the script ends before its time", line: number + 1, column: 1)
  }

  /// `nil` where no whole line is left.
  private mutating func nextRange() -> Range<Int>? {
    var end = position
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    if end == bytes.count { return nil }
    let range = position..<end
    position = end + 1
    number += 1
    return range
  }

  mutating func next() -> SavedWord? {
    nextRange().map {
      SavedWord(text: String(decoding: bytes[$0], as: UTF8.self), line: number, column: 1)
    }
  }

  mutating func expect(_ text: String) throws(RulesetReadError) {
    guard let line = next() else { throw ended }
    if line.text != text { throw line.error("expected `\(text)`, found \(line.quoted)") }
  }

  /// Passes one line, without making a text of it.
  ///
  /// - Returns: whether it is the one that is looked for.
  mutating func skip(until text: StaticString) -> Bool? {
    guard let range = nextRange() else { return nil }
    return range.count == text.utf8CodeUnitCount && bytes[range].elementsEqual("\(text)".utf8)
  }

  /// The program runs the texts; another one may do anything with them.
  func checkProgram(_ script: [UInt8]) throws(RulesetReadError) {
    let program = Array(scriptProgram.utf8)
    let start = position - ScriptLines.firstLineLength(program)
    var (line, lineStart) = (number, start)
    for (offset, byte) in program.enumerated() {
      let index = start + offset
      guard index < script.count, script[index] == byte else {
        throw RulesetReadError(
          "the program of the script is not the one that this version writes", line: line,
          column: index - lineStart + 1)
      }
      if byte == UInt8(ascii: "\n") { (line, lineStart) = (line + 1, index + 1) }
    }
    if start + program.count != script.count {
      throw RulesetReadError("text behind the end of the script", line: line, column: 1)
    }
  }

  private static func firstLineLength(_ program: [UInt8]) -> Int {
    (program.firstIndex(of: UInt8(ascii: "\n")) ?? program.count) + 1
  }
}
