import ArgumentParser
import PolicyDiagnostics

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
    let checked = check(
      try readInput(file), files: try fileReader(forPolicyAt: file), accounts: systemAccounts(),
      showingNotes: verbose)
    reports.write(checked.report)
    if let result = checked.result { try writeToStandardOutput(Array(render(result).utf8)) }
    if checked.report.hasErrors || strict && checked.report.count(.warning) > 0 {
      throw ExitStatus.findings
    }
  }

  private func render(_ result: CheckResult) -> String {
    switch reports.format {
    case .text: result.text
    case .json: result.json
    case .sarif: ""
    }
  }
}
