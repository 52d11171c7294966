import ArgumentParser
import PolicyDiagnostics

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    _superCommandName: Kspolicy.name,
    abstract: "Turn a policy into rules for nftables or iptables.",
    discussion: """
      Nothing is written when the policy has an error. The same policy gives the same bytes.

        kspolicy compile homelab.ksp -o homelab.nft && nft -f homelab.nft
        kspolicy compile --target iptables homelab.ksp -o homelab.sh && ./homelab.sh apply
      """)

  @Argument(
    help: "The policy; `-` is standard input.", completion: .file(extensions: ["ksp"]))
  var file: String

  @Option(
    help:
      "What to write: nft (text for `nft -f`), nft-json (for `nft -j -f`) or iptables (a script).")
  var target: Target = .nft

  @Option(
    name: .shortAndLong,
    help: "Where to write it, as a whole or not at all; `-` is standard output.",
    completion: .file())
  var output: String = "-"

  @OptionGroup var reports: ReportOptions

  func run() throws {
    let source = try readInput(file)
    let compilation = compile(
      source, to: target, files: try fileReader(forPolicyAt: file), accounts: systemAccounts())
    reports.write(compilation.report)
    guard let rules = compilation.output else { throw ExitStatus.findings }
    if output == "-" {
      try writeToStandardOutput(rules)
    } else {
      try writeFile(rules, to: output, mode: target.outputMode)
    }
  }
}
