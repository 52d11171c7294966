/// One word of a shell command, its quotes taken off.
struct ShellWord {
  var text: String
  /// With its quotes.
  var range: Range<Int>
  /// What stands between the quotes, where all of it stands in one pair.
  var inner: Range<Int>?
}

/// A command up to `;`, `&&`, `||`, `|`, `&` or the end of the line.
struct ShellCommand {
  var words: [ShellWord]

  var range: Range<Int> {
    (words.first?.range.lowerBound ?? 0)..<(words.last?.range.upperBound ?? 0)
  }

  /// The program's name without its folder.
  var program: String {
    let word = words.first?.text ?? ""
    return word.split(separator: "/").last.map(String.init) ?? word
  }
}

/// Takes a line apart as a shell does, as far as it matters for simple commands.
///
/// `$(…)` and backquotes stay in their word as they are. What a variable holds is not known.
struct ShellReader {
  private let bytes: [UInt8]
  private var index: Int
  private let end: Int
  private var commands: [ShellCommand] = []
  private var words: [ShellWord] = []

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    index = range.lowerBound
    end = range.upperBound
  }

  mutating func read() -> [ShellCommand] {
    while index < end {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\n") || ";|&()".utf8.contains(byte) {
        finishCommand()
        index += 1
      } else if isSpace(byte) {
        index += 1
      } else {
        readWord()
      }
    }
    finishCommand()
    return commands
  }

  private mutating func finishCommand() {
    if !words.isEmpty { commands.append(ShellCommand(words: words)) }
    words = []
  }

  private mutating func readWord() {
    let start = index
    var text: [UInt8] = []
    while index < end, !isSpace(bytes[index]) {
      let byte = bytes[index]
      if byte == UInt8(ascii: "&"), index > start, isRedirection(bytes[index - 1]) {
        text.append(byte)
        index += 1
        continue
      }
      if ";|&()".utf8.contains(byte) { break }
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): readQuoted(byte, into: &text)
      case UInt8(ascii: "`"): copy(through: matching("`"), into: &text)
      case UInt8(ascii: "$") where index + 1 < end && bytes[index + 1] == UInt8(ascii: "("):
        copy(through: closingParenthesis(), into: &text)
      case UInt8(ascii: "\\") where index + 1 < end:
        text.append(bytes[index + 1])
        index += 2
      default:
        text.append(byte)
        index += 1
      }
    }
    let isQuoted =
      index - start >= 2
      && (bytes[start] == UInt8(ascii: "'") || bytes[start] == UInt8(ascii: "\""))
      && bytes[index - 1] == bytes[start] && !bytes[start + 1..<index - 1].contains(bytes[start])
    words.append(
      ShellWord(
        text: String(decoding: text, as: UTF8.self), range: start..<index,
        inner: isQuoted ? start + 1..<index - 1 : nil))
  }

  private func isRedirection(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ">") || byte == UInt8(ascii: "<")
  }

  private mutating func readQuoted(_ quote: UInt8, into text: inout [UInt8]) {
    index += 1
    while index < end, bytes[index] != quote {
      if quote == UInt8(ascii: "\""), bytes[index] == UInt8(ascii: "\\"), index + 1 < end {
        index += 1
      }
      text.append(bytes[index])
      index += 1
    }
    if index < end { index += 1 }
  }

  private mutating func copy(through last: Int, into text: inout [UInt8]) {
    text += bytes[index..<last]
    index = last
  }

  /// Behind the quote that closes the one here.
  private func matching(_ quote: Character) -> Int {
    let close = bytes[(index + 1)..<end].firstIndex { $0 == quote.asciiValue }
    return close.map { $0 + 1 } ?? end
  }

  /// Behind the `)` that belongs to the `$(` here.
  private func closingParenthesis() -> Int {
    var depth = 0
    for place in index..<end {
      if bytes[place] == UInt8(ascii: "(") { depth += 1 }
      if bytes[place] == UInt8(ascii: ")") {
        depth -= 1
        if depth == 0 { return place + 1 }
      }
    }
    return end
  }
}

/// The commands of a line, those that it hands to another shell included, without what only leads to them.
func shellCommands(_ bytes: [UInt8], _ range: Range<Int>, depth: Int = 0) -> [ShellCommand] {
  var reader = ShellReader(bytes, range)
  return reader.read().flatMap { command -> [ShellCommand] in
    let command = withoutLeadIn(command)
    if command.words.isEmpty { return [] }
    if depth < 3, ["sh", "bash", "dash", "ash"].contains(command.program),
      let flag = command.words.firstIndex(where: { $0.text == "-c" }),
      flag + 1 < command.words.count,
      let inner = command.words[flag + 1].inner
    {
      return shellCommands(bytes, inner, depth: depth + 1)
    }
    return [command]
  }
}

/// `sudo`, `exec`, `if`, `NAME=value` and the like say nothing about what is run.
private func withoutLeadIn(_ command: ShellCommand) -> ShellCommand {
  var command = command
  while let word = command.words.first?.text {
    let isAssignment = word.contains("=") && !word.hasPrefix("-") && !word.contains("/")
    guard isAssignment || leadIns.contains(word) else { break }
    command.words.removeFirst()
  }
  return command
}

private let leadIns: Set<String> = [
  "sudo", "exec", "command", "!", "{", "}", "if", "then", "else", "elif", "fi", "do", "done",
  "while",
  "until", "nohup", "time", "-",
]
