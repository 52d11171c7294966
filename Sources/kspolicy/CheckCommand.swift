import ArgumentParser
import Policy
import PolicyDiagnostics
import RulesetIR

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    _superCommandName: Kspolicy.name,
    abstract: "Prove a policy's rules, hold its expectations, and list what can leave.",
    discussion: """
      The rules are compared with what the policy means for every packet that can exist. Then come the \
      ways out that the policy leaves open, its `expect` lines, and one table of all that can leave \
      outside the tunnel.

      Exit status: 0 nothing to object to; 1 an error: in the policy, a way out that nobody accepted, \
      an expectation that does not hold.
      """)

  @Argument(
    help: "The policy; `-` is standard input.", completion: .file(extensions: ["ksp"]))
  var file: String

  @Flag(help: "Count warnings as errors.")
  var strict = false

  @Flag(name: .shortAndLong, help: "Show notes and accepted risks as well.")
  var verbose = false

  @OptionGroup var reports: ReportOptions

  func run() throws {
    let source = try readInput(file)
    let resolution = resolve(
      source, files: try fileReader(forPolicyAt: file), accounts: systemAccounts())
    var diagnostics = resolution.diagnostics
    var output = ""
    if let policy = resolution.policy {
      do throws(UnsupportedByTarget) {
        let result = try check(policy)
        diagnostics += result.diagnostics(showingNotes: verbose)
        output = render(result)
      } catch {
        diagnostics.append(diagnostic(error, "nft", in: resolution.sources))
      }
    }
    let report = Report(diagnostics, sources: namedFromHere(resolution.sources))
    reports.write(report)
    try writeToStandardOutput(Array(output.utf8))
    if report.hasErrors || strict && report.count(.warning) > 0 { throw ExitStatus.findings }
  }

  private func render(_ result: CheckResult) -> String {
    switch reports.format {
    case .text: result.text
    case .json: result.json
    case .sarif: ""
    }
  }
}
