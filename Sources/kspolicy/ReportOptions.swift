import ArgumentParser
import Glibc
import PolicyDiagnostics

enum ReportFormat: String, WordArgument {
  case text, json, sarif
}

enum ColorChoice: String, WordArgument {
  case auto, always, never
}

/// How diagnostics are written; they go to standard error in every format.
struct ReportOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How diagnostics are written to standard error: text, json or sarif.",
      discussion: "json and sarif write one whole document, also when there is nothing to report."))
  var format: ReportFormat = .text

  @Option(help: "When text is coloured: auto (on a terminal), always or never.")
  var color: ColorChoice = .auto

  func write(_ report: Report) {
    writeToStandardError(render(report))
  }

  private func render(_ report: Report) -> String {
    switch format {
    case .text: renderText(report, style: style(on: STDERR_FILENO))
    case .json: renderJSON(report, toolVersion: kspolicyVersion)
    case .sarif: renderSARIF(report, toolVersion: kspolicyVersion)
    }
  }

  /// How text looks on one of the standard streams.
  func style(on stream: CInt) -> TextStyle {
    let isColored =
      switch color {
      case .always: true
      case .never: false
      case .auto:
        // https://no-color.org: any value but an empty one.
        (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
          && isatty(stream) == 1
      }
    return TextStyle(isColored: isColored)
  }
}

private func environment(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(cString: value)
}
