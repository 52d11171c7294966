import IptablesBackend
import PolicyGenerator
import RulesetIR
import Testing

/// Whatever the text, there is a rule set or an error with a place in the text.
@Suite struct IptablesReaderFuzzTests {
  /// A place in a text, or one behind its last line.
  private func expectPlace(
    _ error: RulesetReadError, in text: [UInt8],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    #expect((1...lines.count).contains(error.line), sourceLocation: sourceLocation)
    guard lines.indices.contains(error.line - 1) else { return }
    let width = lines[error.line - 1].count
    #expect((1...(width + 1)).contains(error.column), "\(error)", sourceLocation: sourceLocation)
    #expect(!error.message.contains("\n"), sourceLocation: sourceLocation)
  }

  @Test(arguments: 0..<8) func `a broken save is read or refused`(_ seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var (read, refused) = (0, 0)
    for _ in 0..<60 {
      let text = mutated(Array(rulesByOthers.utf8), &random)
      do throws(RulesetReadError) {
        _ = try readIptablesSave(ipv4: text, ipv6: [], ipsets: Array(setsByOthers.utf8))
        read += 1
      } catch {
        expectPlace(error, in: text)
        refused += 1
      }
    }
    #expect(read > 0 && refused > 0)
  }

  @Test func `a broken text of sets is read or refused`() throws {
    var random = SplitMix(seed: 99)
    var (read, refused) = (0, 0)
    for _ in 0..<1000 {
      let text = mutated(Array(readerSets.utf8), &random)
      do throws(RulesetReadError) {
        _ = try readIptablesSave(ipv4: [], ipv6: [], ipsets: text)
        read += 1
      } catch {
        expectPlace(error, in: text)
        refused += 1
      }
    }
    #expect(read > 0 && refused > 0)
  }

  @Test func `a script that is cut anywhere is refused`() throws {
    let script = try #require(try CompiledPolicy("wg-quick")).script
    var random = SplitMix(seed: 7)
    for _ in 0..<60 {
      let text = Array(script.prefix(Int.random(in: 0..<script.count, using: &random)))
      let error = #expect(throws: RulesetReadError.self) { try readIptablesScript(text) }
      if let error { expectPlace(error, in: text) }
    }
  }

  @Test func `a script that lacks a line of its rules is refused`() throws {
    let script = try #require(try CompiledPolicy("wg-quick")).script
    let lines = script.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let rules = lines.indices.filter {
      lines[$0].starts(with: "-A ".utf8) || lines[$0].starts(with: ":KSP_".utf8)
        || lines[$0].starts(with: "chain ".utf8)
    }
    try #require(rules.count > 20)
    for index in rules.enumerated().filter({ $0.offset % 7 == 0 }).map(\.element) {
      var rest = lines
      rest.remove(at: index)
      let text = Array(rest.joined(separator: [UInt8(ascii: "\n")]))
      #expect(throws: RulesetReadError.self) { try readIptablesScript(text) }
    }
  }

  @Test func `a broken script is read or refused`() throws {
    let script = try #require(try CompiledPolicy("wg-quick")).script
    var random = SplitMix(seed: 3)
    for _ in 0..<60 {
      let text = mutated(script, &random)
      do throws(RulesetReadError) {
        _ = try readIptablesScript(text)
      } catch {
        expectPlace(error, in: text)
      }
    }
  }

  @Test func `a save that is cut anywhere but behind a table is refused`() throws {
    let text = Array(rulesByOthers.utf8)
    let ends = Set(
      String(decoding: text, as: UTF8.self).ranges(of: "COMMIT\n").map {
        String(decoding: text, as: UTF8.self).utf8.distance(
          from: String(decoding: text, as: UTF8.self).startIndex, to: $0.upperBound)
      })
    try #require(ends.count == 4)
    for end in stride(from: 1, to: text.count, by: 37) where !ends.contains(end) {
      #expect(throws: RulesetReadError.self) {
        try readIptablesSave(
          ipv4: Array(text.prefix(end)), ipv6: [], ipsets: Array(setsByOthers.utf8))
      }
    }
  }
}

/// One to three small changes.
private func mutated(_ text: [UInt8], _ random: inout SplitMix) -> [UInt8] {
  var result = text
  let pieces = [
    "!", " ! ", "\"", "\\", "\n", " ", "-m", " -m comment ", "-j", ":", "*", "COMMIT\n", "\0",
    "\u{ff}",
    "4294967296", "-1", "0x", ",", "/", "--", "-A INPUT ", "add x 1.2.3.4\n", "-g INPUT", "+",
  ]
  for _ in 0..<Int.random(in: 1...3, using: &random) {
    let at = Int.random(in: 0..<result.count, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: result[at] = UInt8.random(in: 0...255, using: &random)
    case 1: result.remove(at: at)
    case 2:
      let piece = pieces[Int.random(in: pieces.indices, using: &random)]
      result.insert(contentsOf: piece.utf8, at: at)
    case 3:
      let end = min(at + Int.random(in: 1...40, using: &random), result.count)
      result.insert(
        contentsOf: result[at..<end], at: Int.random(in: 0..<result.count, using: &random))
    default:
      result.removeSubrange(at..<min(at + Int.random(in: 1...40, using: &random), result.count))
    }
    if result.isEmpty { return text }
  }
  return result
}
