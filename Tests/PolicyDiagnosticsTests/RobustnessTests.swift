import Foundation
import Testing

@testable import PolicyDiagnostics

/// The same numbers in every run (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Pieces that meet every branch: line ends, tabs, wide and broken text, things a terminal obeys.
private let pieces: [[UInt8]] = [
  Array("endpoint 198.51.100.7".utf8), [0x0A], [0x0D, 0x0A], [0x0D], [0x09], [0x00], [0x1B, 0x5B],
  [0xFF], [0xE2, 0x82], [0xF0, 0x9F, 0x98], Array("漢é e\u{301}😀\u{202E}\u{85}".utf8),
  Array(String(repeating: "x", count: 150).utf8), Array("\u{1F468}\u{200D}\u{1F469}".utf8), [],
]

private func randomReport(_ random: inout SeededGenerator) -> Report {
  var sources: SourceMap?
  for _ in 0...Int.random(in: 0...1, using: &random) {
    let count = Int.random(in: 0...12, using: &random)
    let bytes = (0..<count).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
    let file = SourceFile(name: "a\u{1B}b.ksp", bytes: bytes)
    if sources == nil { sources = SourceMap(root: file) } else { _ = sources?.add(file) }
  }
  let map = sources ?? SourceMap(root: SourceFile(name: "", text: ""))
  func range() -> SourceRange {
    let file = Int.random(in: 0..<map.files.count, using: &random)
    let end = Int.random(in: 0...map.files[file].bytes.count, using: &random)
    return SourceRange(
      file: FileID(file), start: Int.random(in: 0...end, using: &random), end: end)
  }
  let diagnostics = (0...2).map { _ in
    Diagnostic(
      .unexpectedToken, "found \u{1B}", at: range(), label: "here",
      related: [Label(range(), "there"), Label(range())],
      fixIts: [
        FixIt("change it", replace: range(), with: "x\ny"),
        FixIt("remove it", replace: range(), with: ""),
      ])
  }
  return Report(diagnostics, sources: map)
}

@Suite struct RobustnessTests {
  @Test(arguments: 0..<20)
  func `whatever the text and the ranges, a report is written and is safe`(_ seed: UInt64) throws {
    var random = SeededGenerator(state: seed)
    for _ in 0..<100 {
      let report = randomReport(&random)
      let text = renderText(report)
      #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A })
      #expect(!text.unicodeScalars.contains { $0 == "\u{85}" || $0 == "\u{202E}" })
      for line in text.split(separator: "\n") { #expect(line.unicodeScalars.count < 700) }
      for document in [
        renderJSON(report, toolVersion: "1"), renderSARIF(report, toolVersion: "1"),
      ] {
        #expect(throws: Never.self) {
          try JSONSerialization.jsonObject(with: Data(document.utf8))
        }
      }
    }
  }
}
