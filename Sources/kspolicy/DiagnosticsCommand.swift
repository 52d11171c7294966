import ArgumentParser
import PolicyDiagnostics

struct DiagnosticsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnostics",
    _superCommandName: Kspolicy.name,
    abstract: "List the diagnostic codes and what each means.")

  @Argument(
    help: "Only this code.",
    completion: .list(DiagnosticCode.allCases.map(\.rawValue)))
  var code: String?

  func run() throws {
    let all = DiagnosticCode.allCases
    guard let code else {
      let width = all.map { $0.rawValue.utf8.count }.max() ?? 0
      let lines = all.map { code in
        let padding = String(repeating: " ", count: width - code.rawValue.utf8.count)
        return "\(code.rawValue)\(padding)  \(code.meaning)\n"
      }
      try writeToStandardOutput(Array(lines.joined().utf8))
      return
    }
    guard let known = DiagnosticCode(rawValue: code) else {
      let close = closestMatch(to: code, among: all.map(\.rawValue))
      let hint = close.map { "; did you mean `\($0)`?" } ?? ""
      throw ValidationError("there is no diagnostic code `\(code)`\(hint)")
    }
    try writeToStandardOutput(Array("\(known.rawValue): \(known.meaning)\n".utf8))
  }
}
