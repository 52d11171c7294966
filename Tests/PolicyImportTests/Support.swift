import Foundation
import Policy
import PolicyDiagnostics
import PolicyImport
import PolicySyntax
import Testing

/// The folder of the package.
let packageRoot = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// The texts of the files of a folder of `configs/`, by name.
func configurations(_ folder: String) throws -> [(name: String, bytes: [UInt8])] {
  let url = packageRoot.appending(path: "configs/\(folder)")
  let files = try FileManager.default.subpathsOfDirectory(atPath: url.path).sorted()
  return files.compactMap { name in
    (try? Data(contentsOf: url.appending(path: name))).map { (name, [UInt8]($0)) }
  }
}

/// SplitMix64: the same numbers for the same seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { bound == 0 ? 0 : Int(next() % UInt64(bound)) }
}

/// Changes a text as a tired or hostile author would.
func mutate(_ text: inout [UInt8], words: [String], _ random: inout SplitMix) {
  let from = random.below(text.count + 1)
  let to = min(text.count, from + random.below(random.below(60) + 1))
  switch random.below(7) {
  case 0: text.removeSubrange(from..<to)
  case 1: text.insert(contentsOf: Array(text[from..<to]), at: random.below(text.count + 1))
  case 2: text.insert(contentsOf: Array(words[random.below(words.count)].utf8), at: from)
  case 3: text.replaceSubrange(from..<to, with: Array(words[random.below(words.count)].utf8))
  case 4: text.insert(UInt8(truncatingIfNeeded: random.next()), at: from)
  case 5:
    // A whole line somewhere else.
    let line = text[..<from].lastIndex(of: 10).map { $0 + 1 } ?? 0
    let end = text[from...].firstIndex(of: 10).map { $0 + 1 } ?? text.count
    text.insert(contentsOf: Array(text[line..<end]), at: line)
  default: text.removeSubrange(to..<text.count)
  }
}

/// A lock file with an address for every name of a policy.
func lock(for policy: String) -> [UInt8] {
  let names = Set(policy.matches(of: /"([a-z0-9.-]+)"/).map { String($0.1) }).sorted()
  let lines = names.enumerated().map { "\($1) 192.0.2.\($0 % 250 + 1)\n" }
  return Array(lines.joined().utf8)
}

/// Holds what every import promises, whatever went in.
func expectPromises(
  _ imported: Imported, secrets: [String], _ input: [UInt8],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let report = imported.report
  let shown = { String(decoding: input, as: UTF8.self) }
  #expect(
    report.hasErrors == (imported.policy == nil), "\(shown())", sourceLocation: sourceLocation)
  for diagnostic in report.diagnostics {
    let ranges =
      ([diagnostic.primary] + diagnostic.related).map(\.range) + diagnostic.fixIts.map(\.range)
    #expect(
      ranges.allSatisfy { $0.end <= report.sources[$0.file].bytes.count }, "\(shown())",
      sourceLocation: sourceLocation)
    #expect(!diagnostic.message.contains("\n"), "\(shown())", sourceLocation: sourceLocation)
  }
  let told = (imported.policy ?? "") + renderJSON(report, toolVersion: "")
  for secret in secrets where told.contains(secret) {
    Issue.record("a key is told: \(shown())", sourceLocation: sourceLocation)
  }
  guard let policy = imported.policy else { return }
  let resolution = resolve(
    SourceFile(name: "i.ksp", text: policy),
    files: FileReader(files: ["i.ksp.lock": lock(for: policy)]),
    accounts: Accounts(users: [:], groups: [:]))
  #expect(
    resolution.policy != nil,
    "\(renderText(Report(resolution.diagnostics, sources: resolution.sources)))\nof\n\(shown())",
    sourceLocation: sourceLocation)
}
