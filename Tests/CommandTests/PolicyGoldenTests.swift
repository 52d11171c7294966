import Foundation
import Policy
import PolicyDiagnostics
import Testing

@testable import kspolicy

/// The accounts that the policies name, the same on every machine.
let goldenAccounts = Accounts(
  users: ["root": 0, "openvpn": 911, "vpn_user": 912, "alice": 1000, "www-data": 33],
  groups: ["root": 0, "openvpn": 911, "vpn_user": 912, "alice": 1000, "www-data": 33])

private func compilePolicy(_ name: String, to target: Target) throws -> Compilation {
  let path = packageRoot.appending(path: "policies/\(name).ksp").path
  var source = try readInput(path)
  source.name = "\(name).ksp"
  return compile(
    source, to: target, files: try fileReader(forPolicyAt: path), accounts: goldenAccounts)
}

private func checkPolicy(_ name: String) throws -> (result: CheckResult, report: Report) {
  let path = packageRoot.appending(path: "policies/\(name).ksp").path
  var source = try readInput(path)
  source.name = "\(name).ksp"
  let checked = check(
    source, files: try fileReader(forPolicyAt: path), accounts: goldenAccounts, showingNotes: true)
  return (try #require(checked.result), checked.report)
}

private let policyNames = names(in: "policies", ending: ".ksp")
private let failingNames = policyNames.filter { $0.hasPrefix("fail-") }
private let goodNames = policyNames.filter { !$0.hasPrefix("fail-") }

@Suite struct PolicyGoldenTests {
  @Test func `there are policies that compile and policies that do not`() {
    #expect(goodNames.count > 1)
    #expect(failingNames.count > 1)
  }

  @Test(arguments: goodNames, Target.allCases)
  func `a policy compiles to its golden rules`(_ name: String, _ target: Target) throws {
    let compilation = try compilePolicy(name, to: target)
    try expectGolden(compilation.output, at: "\(name)/\(target.rawValue).txt")
    let refusal = compilation.output == nil ? Array(renderText(compilation.report).utf8) : nil
    try expectGolden(refusal, at: "\(name)/\(target.rawValue)-diagnostics.txt")
    #expect(
      compilation.report.diagnostics.allSatisfy {
        $0.code == .notExpressible || $0.severity != .error
      })
  }

  /// A policy named `warn-CODE` shows a warning; the others are as clean as they are meant to be read.
  @Test(arguments: goodNames)
  func `a policy that compiles warns of nothing but what it is named for`(_ name: String) throws {
    let report = try compilePolicy(name, to: .nft).report
    let expected = name.hasPrefix("warn-") ? [String(name.dropFirst(5))] : []
    #expect(Set(report.diagnostics.map(\.code.rawValue)) == Set(expected))
    let text = report.diagnostics.isEmpty ? nil : Array(renderText(report).utf8)
    try expectGolden(text, at: "\(name)/diagnostics.txt")
  }

  /// The whole of what `check` says, notes and accepted risks included.
  @Test(arguments: goodNames)
  func `a policy is checked`(_ name: String) throws {
    let checked = try checkPolicy(name)
    try expectGolden(
      Array((checked.result.text + renderText(checked.report)).utf8), at: "\(name)/check.txt")
    #expect(checked.result.isProven)
    #expect(checked.result.allExpectationsHold)
    #expect(!checked.report.hasErrors || name.hasPrefix("warn-"))
  }

  @Test(arguments: failingNames)
  func `a failing policy fails with the code that it is named for`(_ name: String) throws {
    let compilation = try compilePolicy(name, to: .nft)
    #expect(compilation.output == nil)
    let codes = Set(compilation.report.diagnostics.map(\.code.rawValue))
    #expect(codes == [String(name.dropFirst(5))])
    try expectGolden(
      Array(renderText(compilation.report).utf8), at: "\(name)/diagnostics.txt")
  }

  /// What only `check` says has tests of its own, with policies that no file holds.
  @Test(arguments: DiagnosticCode.allCases.filter { !$0.isOfCheck && !$0.isOfImport })
  func `a golden shows the diagnostic`(_ code: DiagnosticCode) throws {
    let folders = ["fail-\(code.rawValue)", "warn-\(code.rawValue)"] + goodNames
    let isShown = folders.contains { folder in
      names(in: "golden/\(folder)", ending: "diagnostics.txt").contains { prefix in
        let file = packageRoot.appending(path: "golden/\(folder)/\(prefix)diagnostics.txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.contains("[\(code.rawValue)]: ")
      }
    }
    #expect(isShown, "no file under golden/ shows \(code.rawValue)")
  }

  @Test func `every golden belongs to a policy`() {
    let folders = names(in: "golden", ending: "")
    #expect(Set(folders).subtracting(policyNames + ["import"]).isEmpty)
  }
}
