import ArgumentParser
import Glibc
import PolicyDiagnostics

/// The command that all others belong to.
struct Kspolicy: ParsableCommand {
  static let name = "kspolicy"
  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Compile VPN kill-switch policies to nftables and iptables rules.",
    discussion: """
      A policy says what may leave a machine outside its VPN tunnel; everything else is blocked, \
      whether the tunnel is up or down.

      Exit status: 0 done; 1 the policy has an error; 64 wrong usage; 70 the system failed.
      """,
    version: kspolicyVersion,
    subcommands: [
      CompileCommand.self, CheckCommand.self, ExplainCommand.self, FormatCommand.self,
      ImportCommand.self, DiagnosticsCommand.self, CompletionsCommand.self,
    ])
}

@main enum Main {
  static func main() {
    openClosedStandardStreams()
    let arguments = Array(CommandLine.arguments.dropFirst())
    if let message = messageForUnknownCommand(arguments) {
      fail(message, status: ExitCode.validationFailure)
    }
    var command: any ParsableCommand = Kspolicy()
    do {
      command = try parseSubcommand(arguments) ?? Kspolicy.parseAsRoot(arguments)
      try command.run()
    } catch let failure as SystemFailure {
      fail("kspolicy: \(failure.message)\n", status: ExitStatus.failure)
    } catch {
      type(of: command).exit(withError: error)
    }
  }

  private static func fail(_ message: String, status: ExitCode) -> Never {
    writeToStandardError(message)
    exit(status.rawValue)
  }
}

/// A subcommand whose arguments are right; `nil` for all else, and then the root has to say what it is.
///
/// To begin at the root takes longer than to compile a small policy: it looks at every command and at requests
/// for completion scripts.
private func parseSubcommand(_ arguments: [String]) -> (any ParsableCommand)? {
  let command = Kspolicy.configuration.subcommands.first {
    $0.configuration.commandName == arguments.first
  }
  return try? command?.parse(Array(arguments.dropFirst()))
}

/// What to say to a first word that is no command; `nil` when it is one.
func messageForUnknownCommand(_ arguments: [String]) -> String? {
  guard let word = arguments.first, !word.hasPrefix("-") else { return nil }
  let names = Kspolicy.configuration.subcommands.compactMap { $0.configuration.commandName }
  if names.contains(word) || word == "help" { return nil }
  var message = "kspolicy: unknown command `\(word)`"
  if word.hasSuffix(".ksp") {
    message += "; did you mean `kspolicy compile \(word)`?"
  } else if let name = closestMatch(to: word, among: names + ["help"]) {
    message += "; did you mean `\(name)`?"
  }
  return message + "\nThe commands are \(names.joined(separator: ", ")); see `kspolicy help`.\n"
}
