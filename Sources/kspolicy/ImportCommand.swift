import ArgumentParser
import PolicyDiagnostics
import PolicyImport

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    _superCommandName: Kspolicy.name,
    abstract: "Make a policy of a VPN client's configuration.",
    discussion: """
      The policy goes to standard output, with comments that say what to change in the configuration. \
      What the configuration leaves open today, and what could not be read, goes to standard error. \
      Keys and passwords are neither printed nor copied.
      """,
    subcommands: [ImportWGQuickCommand.self, ImportOpenVPNCommand.self])
}

/// Where the policy goes, and how messages look.
struct ImportOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: "Where to write it, as a whole or not at all; `-` is standard output.",
    completion: .file(extensions: ["ksp"]))
  var output: String = "-"

  @OptionGroup var reports: ReportOptions

  func finish(_ imported: Imported) throws {
    reports.write(imported.report)
    guard let policy = imported.policy else { throw ExitStatus.findings }
    let bytes = Array(policy.utf8)
    if output == "-" {
      try writeToStandardOutput(bytes)
    } else {
      try writeFile(bytes, to: output, mode: .data)
    }
  }
}

struct ImportWGQuickCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wg-quick",
    abstract: "Make a policy of a wg-quick configuration, and explain its kill switch.",
    discussion: """
      `PostUp` and `PreDown` lines that block traffic are recognised; what they miss is listed with a \
      packet for each, and the policy holds an expectation for it.
      """)

  @Argument(
    help: "The configuration, as /etc/wireguard/wg0.conf; `-` is standard input.",
    completion: .file(extensions: ["conf"]))
  var file: String

  @Option(help: "The name of the interface; else that of the file.")
  var interface: String?

  @OptionGroup var options: ImportOptions

  func run() throws {
    let source = try readInput(file)
    try options.finish(importWGQuick(source, interface: interface ?? interfaceName(ofFile: file)))
  }
}

struct ImportOpenVPNCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openvpn",
    abstract: "Make a policy of the configuration of an OpenVPN client.")

  @Argument(
    help: "The configuration; `-` is standard input.",
    completion: .file(extensions: ["ovpn", "conf"]))
  var file: String

  @OptionGroup var options: ImportOptions

  func run() throws {
    try options.finish(importOpenVPN(try readInput(file)))
  }
}

/// wg-quick names the interface like the file, less `.conf`.
func interfaceName(ofFile path: String) -> String {
  if path == "-" { return "wg0" }
  let name = splitPath(path).name
  return name.hasSuffix(".conf") ? String(name.dropLast(5)) : name
}
