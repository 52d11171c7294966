import ArgumentParser
import Glibc
import LeakCheck
import PolicyDiagnostics

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    _superCommandName: Kspolicy.name,
    abstract: "Follow a packet through the rules of a policy.",
    discussion: """
      The packet is written as in an `expect` line, without its verdict. What it does not say is taken as \
      usual, and named. The answer is the verdict, each rule on the way, and the policy lines that decided; \
      and whether every packet that fits the description goes the same way.

        kspolicy explain homelab.ksp tcp to 1.1.1.1 port 443 out eth0
        kspolicy explain homelab.ksp 'udp to vpn_server port 51820 mark 0x6b73 out uplink'

      Exit status: 0 there is an answer; 1 the policy or the packet has an error. With `--exit-code` also \
      2: the packet is blocked.
      """)

  @Argument(
    help: "The policy; `-` is standard input.", completion: .file(extensions: ["ksp"]))
  var file: String

  @Argument(help: "The packet, in one argument or several.")
  var packet: [String]

  @Option(help: "Whose rules the packet is followed through: nft or iptables.")
  var target: RuleWords = .nft

  @Flag(name: .customLong("exit-code"), help: "Exit with status 2 where the packet is blocked.")
  var hasExitCode = false

  @Flag(name: .shortAndLong, help: "Print no answer; implies `--exit-code`.")
  var quiet = false

  @Flag(help: "The same as `--format json`.")
  var json = false

  @OptionGroup var reports: ReportOptions

  func run() throws {
    var reports = reports
    if json { reports.format = .json }
    let explained = explain(
      try readInput(file), packets: packetText(packet), words: target,
      files: try fileReader(forPolicyAt: file), accounts: systemAccounts())
    reports.write(explained.report)
    guard let result = explained.result else { throw ExitStatus.findings }
    if !quiet {
      let text =
        switch reports.format {
        case .text: result.text(reports.style(on: STDOUT_FILENO))
        case .json: result.json
        case .sarif: ""
        }
      try writeToStandardOutput(Array(text.utf8))
    }
    if hasExitCode || quiet, result.isBlocked { throw ExitStatus.differs }
  }
}

extension ExplainResult {
  /// Nothing is known of packets that cannot be, and of rules that were not analysed.
  fileprivate var isBlocked: Bool {
    switch explanation.answer {
    case .found(let packet, _): !packet.passes
    case .impossible, .notAnalysed: true
    }
  }
}
