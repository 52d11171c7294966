import NftablesBackend
import PolicyGenerator
import RulesetIR
import Testing

/// A text with `«` at the place of its error.
struct BrokenText: Sendable, CustomTestStringConvertible {
  var text: [UInt8]
  var error: RulesetReadError
  var testDescription: String { error.message }

  init(_ marked: String, _ message: String) {
    let parts = marked.split(separator: "«", maxSplits: 1, omittingEmptySubsequences: false)
    text = parts.flatMap { Array($0.utf8) }
    let lines = parts[0].split(separator: "\n", omittingEmptySubsequences: false)
    error = RulesetReadError(
      message, line: lines.count, column: (lines.last?.utf8.count ?? 0) + 1)
  }
}

private func file(_ commands: String) -> String {
  """
  {"nftables": [
  {"table": {"family": "inet", "name": "t"}},
  {"chain": {"family": "inet", "table": "t", "name": "c"}},
  {"chain": {"family": "inet", "table": "t", "name": "b", "type": "filter", "hook": "input", "prio": 0}},
  \(commands)
  ]}
  """
}

private func rule(_ expressions: String, chain: String = "c") -> String {
  "{\"rule\": {\"family\": \"inet\", \"table\": \"t\", \"chain\": \"\(chain)\", \"expr\": [\(expressions)]}}"
}

private let syntaxErrors = [
  BrokenText("«", "the text ends where a JSON value is expected"),
  BrokenText("{\"nftables\": [«", "the text ends where a JSON value is expected"),
  BrokenText("{\"nftables\"«", "the text ends where `:` is expected"),
  BrokenText("{\"nftables\": []«", "the text ends where `,` or `}` is expected"),
  BrokenText("{\"nftables\": []} «x", "text behind the end of the JSON value"),
  BrokenText("{\"a\": «tru}", "expected a JSON value"),
  BrokenText("{\"a\": 1\n«\"b\": 2}", "expected `,` or `}`"),
  BrokenText("[1 «2]", "expected `,` or `]`"),
  BrokenText("[1, «]", "expected a JSON value"),
  BrokenText("{«1: 2}", "expected a key in double quotes"),
  BrokenText("{\"a\": 1, \"«a\": 2}", "the key `a` stands twice in one object"),
  BrokenText("{\"«\\u0061\": 2}", "a key with an escape"),
  BrokenText("[«\"abc", "a string that does not end"),
  BrokenText("[\"a«\n\"]", "a control character in a string"),
  BrokenText("[\"«\\x\"]", "an escape that JSON does not know"),
  BrokenText("[\"«\\u12g4\"]", "an escape without four hexadecimal digits"),
  BrokenText("[\"«\\u0000\"]", "NUL in a string"),
  BrokenText("[\"«\\ud800\"]", "half of a surrogate pair"),
  BrokenText("[\"«\\udc00\\ud800\"]", "half of a surrogate pair"),
  BrokenText("[-«]", "expected a digit"),
  BrokenText("[1.«]", "expected a digit"),
  BrokenText("[0«1]", "expected `,` or `]`"),
  BrokenText("[1e«]", "expected a digit"),
  BrokenText(String(repeating: "[", count: 64) + "«[", "nested more than 64 deep"),
  BrokenText(
    "{\(String((0..<64).map { "\"\($0)\":0," }.joined()))«\"x\":0}",
    "an object with more than 64 members"),
]

private let fileErrors = [
  BrokenText("«[]", "expected an object with an array `nftables`"),
  BrokenText("«{\"nftables\": 5}", "expected an object with an array `nftables`"),
  BrokenText(file("«5"), "expected a command, an object with one member"),
  BrokenText(file("«{\"reset\": {\"rule\": 1}}"), "the command `reset` cannot be read"),
  BrokenText(file("{\"add\": «{\"zebra\": 1}}"), "`zebra` cannot be read"),
  BrokenText(
    file("{\"table\": «{\"family\": \"x\", \"name\": \"u\"}}"), "`x` is no family of tables"),
  BrokenText(
    file("{\"chain\": «{\"family\": \"ip\", \"table\": \"t\", \"name\": \"c\"}}"),
    "there is no table `t` of this family"),
  BrokenText(
    file(
      "{\"chain\": {\"family\": \"inet\", \"table\": \"t\", \"name\": \"d\", \"hook\": «\"nowhere\"}}"
    ), "`nowhere` is no hook"),
  BrokenText(
    file(
      "{\"chain\": {\"family\": \"inet\", \"table\": \"t\", \"name\": \"d\", \"hook\": \"input\", \"prio\": «\"soon\"}}"
    ), "`soon` is no priority"),
  BrokenText(
    file(
      "{\"chain\": «{\"family\": \"inet\", \"table\": \"t\", \"name\": \"b\", \"hook\": \"output\"}}"
    ),
    "the chain `b` exists with another hook"),
  BrokenText(
    file(
      "{\"rule\": «{\"family\": \"inet\", \"table\": \"t\", \"chain\": \"x\", \"expr\": []}}"),
    "there is no chain `x` in the table"),
  BrokenText(
    file("{\"rule\": «{\"family\": \"inet\", \"table\": \"t\", \"chain\": \"c\"}}"),
    "expected an array `expr`; nft leaves it out where it fails"),
  BrokenText(
    file(
      "{\"add\": {\"rule\": {\"family\": \"inet\", \"table\": \"t\", \"chain\": \"c\", \"handle\": «5, \"expr\": []}}}"
    ), "`handle` is a place among rules that are not in the file"),
  BrokenText(
    file("{\"delete\": {\"table\": «{\"family\": \"ip\", \"name\": \"u\"}}}"),
    "there is no table `u` of this family"),
  BrokenText(
    file("{\"delete\": «{\"rule\": {\"family\": \"inet\", \"table\": \"t\"}}}"),
    "`rule` cannot be deleted here"),
]

private let ruleErrors = [
  BrokenText(
    file(rule("«\"accept\"")), "expected a statement, an object with one member"),
  BrokenText(
    file(rule("{\"match\": «{\"op\": \"==\", \"left\": 1}}")),
    "expected `match` with `op`, `left` and `right`"),
  BrokenText(
    file(rule("{\"match\": «{\"op\": \"=\", \"left\": 1, \"right\": 1}}")),
    "`=` is no comparison"),
  BrokenText(
    file(rule("{\"accept\": null}, «{\"counter\": null}")), "a statement behind the verdict"),
  BrokenText(
    file(rule("{\"jump\": {\"target\": «\"x\"}}")), "there is no chain `x` in the table"),
  BrokenText(
    file(rule("{\"jump\": {\"target\": «\"b\"}}")),
    "`b` is a base chain, which no rule can reach"),
  BrokenText(
    file(rule("{\"goto\": {\"target\": «\"c\"}}")), "chains call each other in a loop"),
  BrokenText(
    file(
      rule(
        "{\"match\": {\"op\": \"==\", \"left\": {\"meta\": {\"key\": \"mark\"}}, \"right\": «\"@s\"}}"
      )), "there is no set `s` in the table"),
  BrokenText(
    file(rule("{\"vmap\": {\"key\": 1, \"data\": {\"set\": [«5]}}}")),
    "expected a key and a verdict"),
]

@Suite struct NftReaderErrorTests {
  @Test(arguments: syntaxErrors + fileErrors + ruleErrors)
  func `says where a text is broken`(_ example: BrokenText) {
    #expect(throws: example.error) { try readNftJSON(example.text) }
  }

  @Test func `a string must be UTF-8`() {
    let text = Array("[\"a".utf8) + [0xff] + Array("\"]".utf8)
    #expect(throws: RulesetReadError("a string that is not UTF-8", line: 1, column: 3)) {
      try readNftJSON(text)
    }
  }

  @Test func `chains may call each other 16 deep`() throws {
    func chain(_ count: Int) -> [UInt8] {
      let names = (0...count).map {
        "{\"chain\": {\"family\": \"inet\", \"table\": \"t\", \"name\": \"c\($0)\"}},"
      }
      let jumps = (0..<count).map {
        rule("{\"jump\": {\"target\": \"c\($0 + 1)\"}}", chain: "c\($0)")
      }
      return Array(file((names + [jumps.joined(separator: ",\n")]).joined(separator: "\n")).utf8)
    }
    _ = try readNftJSON(chain(16))
    #expect(throws: RulesetReadError.self) { try readNftJSON(chain(17)) }
  }

  @Test func `every beginning of a text is an error`() throws {
    let whole = try nftJSON(smallRuleset)
    let end = whole.lastIndex(of: UInt8(ascii: "}")) ?? 0
    for count in 0...end {
      #expect(throws: RulesetReadError.self) { try readNftJSON(Array(whole.prefix(count))) }
    }
    #expect(throws: Never.self) { try readNftJSON(whole) }
  }

  /// Never a crash, never a hang; an error has a place in the text.
  @Test func `survives broken texts`() throws {
    let seeds = try [everyInetRule, otherFamilies, smallRuleset].map { try nftJSON($0) }
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "-1", "99999999999999999999", "1e9",
      "\"@s\"",
      "\"*\"", "{\"set\": []}", "{\"range\": [9, 1]}",
      "{\"prefix\": {\"addr\": \"::\", \"len\": 129}}",
      "{\"concat\": []}", "{\"&\": [1]}", "{\"|\": []}", "true", "{}", "\"\\u0001\"",
      "18446744073709551615",
    ].map { Array($0.utf8) }
    var random = SplitMix(seed: 5)
    var read = 0
    for _ in 0..<3000 {
      var text = random.pick(seeds)
      for _ in 0..<random.number(1...4) {
        let place = random.number(0...text.count - 1)
        let end = min(text.count, place + random.number(0...12))
        switch random.number(0...3) {
        case 0: text[place] = UInt8(random.number(0...255))
        case 1: text.removeSubrange(place..<end)
        case 2: text.replaceSubrange(place..<end, with: random.pick(pieces))
        default: text.insert(contentsOf: text[place..<end], at: random.number(0...text.count - 1))
        }
        if text.isEmpty { text = [UInt8(ascii: "{")] }
      }
      do throws(RulesetReadError) {
        _ = try readNftJSON(text)
        read += 1
      } catch {
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect(error.line >= 1 && error.line <= lines.count)
        #expect(error.column >= 1 && error.column <= lines[error.line - 1].count + 1)
        #expect(!error.message.isEmpty && !error.message.contains("\n"))
      }
    }
    #expect(read > 10)
  }
}
