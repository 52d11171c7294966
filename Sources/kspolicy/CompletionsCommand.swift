import ArgumentParser

struct CompletionsCommand: ParsableCommand {
  enum Shell: String, WordArgument {
    case bash, zsh, fish

    var completionShell: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "completions",
    _superCommandName: Kspolicy.name,
    abstract: "Print the completion script of a shell.",
    discussion: """
      For one session of bash:  source <(kspolicy completions bash)
      `make install` puts the scripts where the shells look for them.
      """)

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() throws {
    let script = Kspolicy.completionScript(for: shell.completionShell)
    try writeToStandardOutput(Array(script.utf8))
  }
}
