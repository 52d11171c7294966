import PolicyDiagnostics
import PolicySyntax
import Testing

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What must hold of every text, however broken.
private func check(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws {
  let file = SourceFile(name: "test.ksp", bytes: bytes)
  let (tree, diagnostics) = parse(file, id: .root)
  for diagnostic in diagnostics {
    let places = [diagnostic.primary.range] + diagnostic.related.map(\.range)
    for range in places + diagnostic.fixIts.map(\.range) {
      #expect(range.end <= bytes.count, sourceLocation: sourceLocation)
    }
    let isOneLine = diagnostic.message.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    #expect(isOneLine, "\(diagnostic.message)", sourceLocation: sourceLocation)
  }
  let (text, _) = format(file, id: .root)
  #expect((text == nil) == !diagnostics.isEmpty, sourceLocation: sourceLocation)
  guard let text else { return }
  let again = format(SourceFile(name: "test.ksp", text: text), id: .root).text
  #expect(again == text, sourceLocation: sourceLocation)
  #expect(
    outline(tree) == outline(parse(text).tree), "\(text)", sourceLocation: sourceLocation)
}

@Suite struct RobustnessTests {
  @Test func `random bytes do no harm`() throws {
    var random = SeededGenerator(state: 1)
    for _ in 0..<1_000 {
      let count = Int.random(in: 0..<200, using: &random)
      try check((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    }
  }

  @Test func `a policy with some bytes changed does no harm`() throws {
    var random = SeededGenerator(state: 2)
    let alphabet = Array("{},;\n\"#\\*-:/.= \r\0\u{FF}0aZ".utf8)
    for _ in 0..<200 {
      var bytes = Array(homelab.utf8)
      for _ in 0..<Int.random(in: 1..<6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let byte = alphabet.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = byte
        case 1: bytes.insert(byte, at: place)
        default: bytes.remove(at: place)
        }
      }
      try check(bytes)
    }
  }

  @Test func `a policy with its words shuffled does no harm`() throws {
    var random = SeededGenerator(state: 3)
    let words =
      homelab.split(separator: " ").flatMap { [String($0), " "] } + ["{", "}", "\n", ","]
    for _ in 0..<300 {
      let count = Int.random(in: 1..<60, using: &random)
      let text = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined()
      try check(Array(text.utf8))
    }
  }

  /// Breaks and comments go wherever they mean nothing.
  @Test func `the formatter keeps every comment and the meaning, however a policy is broken up`()
    throws
  {
    var random = SeededGenerator(state: 4)
    for _ in 0..<50 {
      var text = ""
      var comments: [String] = []
      for character in homelab.replacing("# The", with: "\n#").split(separator: "\n").dropFirst()
        .joined(separator: "\n")
      {
        text.append(character)
        guard character == "," || character == "\n" else { continue }
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
          if Bool.random(using: &random) {
            comments.append("# \(comments.count)")
            text += comments[comments.count - 1]
          }
          text += "\n"
        }
      }
      let result = try formatted(text)
      #expect(try formatted(result) == result)
      #expect(outline(parse(result).tree) == outline(parse(homelab).tree))
      let kept = result.split(separator: "\n").compactMap { line in
        line.firstIndex(of: "#").map { String(line[$0...]) }
      }
      #expect(kept.filter { comments.contains($0) } == comments)
    }
  }

  @Test func `a hundred thousand sets in one another are an error, not a crash`() {
    let text = "define a = " + String(repeating: "{", count: 100_000)
    let diagnostics = parse(SourceFile(name: "test.ksp", text: text), id: .root).diagnostics
    #expect(diagnostics.contains { $0.code == .nestingTooDeep })
  }

  @Test(arguments: [
    ("{", DiagnosticCode.unexpectedToken), ("}", .unexpectedToken),
    ("define a = {", .unexpectedToken),
    ("{\n", .unexpectedToken), ("tunnel ", .missingBrace), ("\0", .invalidCharacter),
    ("\"", .unexpectedToken), ("a", .unknownStatement), ("a,\n", .unknownStatement),
    ("host {\n", .missingBrace), ("1.", .unexpectedToken), ("9", .unexpectedToken),
    ("lan { a", .unexpectedToken), ("in tcp {\n", .unknownStatement),
    ("define a = { {", .unexpectedToken), ("define a = {\n", .missingBrace),
    ("\\", .invalidCharacter), ("a* ", .unexpectedToken), ("\r", .invalidCharacter),
  ])
  func `a long text of the same piece gives a bounded number of errors`(
    _ piece: String, _ code: DiagnosticCode
  ) throws {
    let piece = Array(piece.utf8)
    let bytes = Array(repeatElement(piece, count: 100_000 / piece.count).joined())
    let diagnostics = parse(SourceFile(name: "test.ksp", bytes: bytes), id: .root).diagnostics
    #expect(diagnostics.contains { $0.code == code }, "\(diagnostics.prefix(3).map(\.message))")
    #expect(diagnostics.count <= 10_000)
    #expect(diagnostics.allSatisfy { $0.message.utf8.count < 400 })
  }

  @Test func `sets nest to a depth and no further`() throws {
    func nested(_ depth: Int) -> String {
      "define a = \(String(repeating: "{", count: depth)) 1 \(String(repeating: "}", count: depth))"
    }
    #expect(faults(in: nested(16)) == [])
    #expect(faults(in: nested(17)) == ["nesting-too-deep 27..<28"])
    #expect(faults(in: nested(100_000)) == ["nesting-too-deep 27..<28"])
  }

  @Test func `a set of twenty thousand addresses is read and laid out`() throws {
    let addresses = (0..<20_000).map { "10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255)" }
    let text = "define relays = {\n    \(addresses.joined(separator: ",\n    "))\n}\n"
    let tree = try tree(of: text)
    guard case .define(_, .values(let list)) = tree.statements[0].kind,
      case .set(let values) = list.values[0].kind
    else {
      Issue.record("not a set")
      return
    }
    #expect(values.count == 20_000)
    #expect(try formatted(text) == text)
  }
}
