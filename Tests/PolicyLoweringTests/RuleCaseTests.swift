import NftablesBackend
import Policy
import PolicyDiagnostics
import PolicyLowering
import Testing

/// Statements, and rules that they must make.
struct RuleCase: Sendable, CustomTestStringConvertible {
  var what: String
  var statements: String
  /// Chain and rule.
  var rules: [(chain: String, rule: String)]

  /// - Parameter rules: `CHAIN: RULE`; a rule goes on in lines that begin with a space.
  init(_ what: String, _ statements: String, _ rules: String) {
    self.what = what
    self.statements = statements
    self.rules = rules.replacing("\n ", with: "").split(separator: "\n").map { line in
      let parts = line.split(separator: ": ", maxSplits: 1)
      return (chain: String(parts[0]), rule: String(parts[1]))
    }
  }

  var testDescription: String { what }
}

/// The language, line by line: a change of the rules shows in the lines that it is about.
@Suite struct RuleCaseTests {
  @Test(arguments: tunnelCases + lanCases + forwardCases + hostCases + confineCases)
  func `a line becomes its rules`(_ expected: RuleCase) throws {
    let chains = try chains("policy t\n" + expected.statements)
    for (chain, rule) in expected.rules {
      let found = chains[chain] ?? []
      #expect(
        found.contains(rule),
        "\(chain) of\n\(expected.statements)\nhas\n\(found.joined(separator: "\n"))")
    }
  }

  /// The rules of each chain without their comments.
  private func chains(_ text: String) throws -> [String: [String]] {
    let resolution = resolve(
      SourceFile(name: "t.ksp", text: text), files: FileReader(files: [:]),
      accounts: Accounts(users: [:], groups: [:]))
    let policy = try #require(resolution.policy, "\(resolution.diagnostics.map(\.message))")
    let ruleset = try lower(policy, to: .nftables, version: "0")
    let output = String(decoding: try nftText(ruleset, header: []), as: UTF8.self)
    var result: [String: [String]] = [:]
    var chain = ""
    for line in output.split(separator: "\n") {
      if let name = line.wholeMatch(of: /\tchain (\w+) \{/)?.1 { chain = String(name) }
      guard line.hasPrefix("\t\t") else { continue }
      let rule = line.dropFirst(2).replacing(/\scomment "[^"]*"$/, with: "")
      result[chain, default: []].append(String(rule))
    }
    return result
  }
}
