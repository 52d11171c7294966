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

  func validate() throws {
    guard let code, DiagnosticCode(rawValue: code) == nil else { return }
    let close = closestMatch(to: code, among: DiagnosticCode.allCases.map(\.rawValue))
    let hint = close.map { "; did you mean `\($0)`?" } ?? ""
    throw ValidationError("there is no diagnostic code `\(code)`\(hint)")
  }

  func run() throws {
    let all = DiagnosticCode.allCases
    let width = code == nil ? all.map { $0.rawValue.utf8.count }.max() ?? 0 : 0
    let lines = all.filter { code == nil || $0.rawValue == code }.map { code in
      let padding = String(repeating: " ", count: max(0, width - code.rawValue.utf8.count))
      return "\(code.rawValue)\(padding)  \(code.meaning)\n"
    }
    try writeToStandardOutput(Array(lines.joined().utf8))
  }
}
