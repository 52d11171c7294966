import Foundation
import Policy
import PolicyDiagnostics
import Testing

@testable import kspolicy

/// A fenced block of policy text in a page.
struct PolicyBlock: CustomTestStringConvertible, Sendable {
  var page: String
  /// Of the opening fence, from 1.
  var line: Int
  var text: String
  /// From a first line `# error: CODE` or `# warning: CODE`, perhaps with `on TARGET`.
  var expectedCode: String?
  var target = Target.nft

  var testDescription: String { "\(page):\(line)" }
}

private func policyBlocks(in page: String) -> [PolicyBlock] {
  let file = packageRoot.appending(path: page)
  let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  var blocks: [PolicyBlock] = []
  var open: PolicyBlock?
  for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
    if var block = open {
      if line == "```" {
        let marker = /# (?:error|warning): ([a-z0-9-]+)(?: on ([a-z-]+))?\n/
        if let match = block.text.prefixMatch(of: marker) {
          block.expectedCode = String(match.1)
          block.target = match.2.flatMap { Target(rawValue: String($0)) } ?? .nft
        }
        blocks.append(block)
        open = nil
      } else {
        open?.text += line + "\n"
      }
    } else if line == "```ksp" {
      open = PolicyBlock(page: page, line: index + 1, text: "")
    }
  }
  return blocks
}

private let pages =
  ["README.md"]
  + (FileManager.default.enumerator(atPath: packageRoot.appending(path: "docs").path)?
  .compactMap { ($0 as? String).map { "docs/\($0)" } } ?? []).filter { $0.hasSuffix(".md") }
  .sorted()
private let blocks = pages.flatMap(policyBlocks)

/// The files that policies in the documentation name.
private let documentationFiles = [
  "relays.txt": "# one address, prefix or range a line\n198.51.100.7\n198.51.100.16/28\n",
  "broken.txt": "198.51.100.7\n198.51.100.\n",
  "common.ksp": "host { dhcp; ndp }\n",
  // The block itself, for one that includes itself.
  "example.ksp": "",
]

@Suite struct DocumentationTests {
  @Test func `the pages hold policies`() {
    #expect(blocks.count > DiagnosticCode.allCases.count / 2)
  }

  /// A block without a `policy` statement is a part of a policy.
  @Test(arguments: blocks)
  func `a policy in the documentation does what the page says`(_ block: PolicyBlock) throws {
    let isWhole =
      block.text.contains(/(?m)^\s*policy\s/)
      || block.expectedCode == DiagnosticCode.missingPolicyName.rawValue
    let text = isWhole ? block.text : "policy example\n" + block.text
    let compilation = compile(
      SourceFile(name: "example.ksp", text: text), to: block.target,
      files: FileReader(files: documentationFiles.mapValues { Array($0.utf8) }),
      accounts: goldenAccounts)
    let found = Set(compilation.report.diagnostics.map(\.code.rawValue))
    let expected = block.expectedCode.map { [$0] } ?? []
    #expect(
      found == Set(expected), "\(block.page):\(block.line)\n\(renderText(compilation.report))")
  }

  @Test(arguments: DiagnosticCode.allCases)
  func `a diagnostic has a page that says what the program says`(_ code: DiagnosticCode) throws {
    let file = packageRoot.appending(path: "docs/diagnostics/\(code.rawValue).md")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.hasPrefix("# \(code.rawValue)\n\n\(code.meaning)\n"))
  }

  @Test func `every page belongs to a diagnostic`() {
    let codes = Set(DiagnosticCode.allCases.map(\.rawValue))
    #expect(Set(names(in: "docs/diagnostics", ending: ".md")).subtracting(codes).isEmpty)
  }
}
