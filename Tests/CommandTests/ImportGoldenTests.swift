import Foundation
import Policy
import PolicyDiagnostics
import PolicyImport
import Testing

@testable import kspolicy

/// A configuration under `configs/`.
struct Configuration: CustomTestStringConvertible, Sendable {
  enum Kind: String, CaseIterable {
    case wgQuick = "wg-quick"
    case openVPN = "openvpn"

    var ending: String {
      switch self {
      case .wgQuick: ".conf"
      case .openVPN: ".ovpn"
      }
    }
  }

  var kind: Kind
  var name: String

  var testDescription: String { "\(kind.rawValue)/\(name)" }

  /// Named so where it does not become a policy.
  var isFailing: Bool { name.hasPrefix("fail-") }

  var bytes: [UInt8] {
    get throws {
      let file = packageRoot.appending(path: "configs/\(kind.rawValue)/\(name)\(kind.ending)")
      return [UInt8](try Data(contentsOf: file))
    }
  }

  func imported(_ bytes: [UInt8]) -> Imported {
    let file = SourceFile(name: name + kind.ending, bytes: bytes)
    switch kind {
    case .wgQuick: return importWGQuick(file, interface: "wg0")
    case .openVPN: return importOpenVPN(file)
    }
  }
}

private let configurations = Configuration.Kind.allCases.flatMap { kind in
  names(in: "configs/\(kind.rawValue)", ending: kind.ending).map {
    Configuration(kind: kind, name: $0)
  }
}
private let goodConfigurations = configurations.filter { !$0.isFailing }
private let failingConfigurations = configurations.filter(\.isFailing)

/// Addresses for every host name of a policy.
private func lock(for policy: String) -> [UInt8] {
  let names = Set(policy.matches(of: /"([a-z0-9.-]+)"/).map { String($0.1) }).sorted()
  let lines = names.enumerated().map { "\($1) 192.0.2.\(33 + $0)\n" }
  return Array(lines.joined().utf8)
}

private func checked(_ policy: String) -> Checked {
  check(
    SourceFile(name: "imported.ksp", text: policy),
    files: FileReader(files: ["imported.ksp.lock": lock(for: policy)]), accounts: goldenAccounts,
    showingNotes: true)
}

@Suite struct ImportGoldenTests {
  @Test func `there are configurations that can be imported and some that cannot`() {
    for kind in Configuration.Kind.allCases {
      #expect(goodConfigurations.contains { $0.kind == kind })
      #expect(failingConfigurations.contains { $0.kind == kind })
    }
  }

  @Test(arguments: goodConfigurations)
  func `a configuration becomes its golden policy`(_ configuration: Configuration) throws {
    let imported = configuration.imported(try configuration.bytes)
    let folder = "import/\(configuration.testDescription)"
    let messages = renderText(imported.report)
    try expectGolden(messages.isEmpty ? nil : Array(messages.utf8), at: "\(folder)/messages.txt")
    try expectGolden(imported.policy.map { Array($0.utf8) }, at: "\(folder)/policy.ksp")
    #expect(!imported.report.hasErrors)
  }

  @Test(arguments: goodConfigurations)
  func `an imported policy compiles, is proven, and holds what it expects`(
    _ configuration: Configuration
  ) throws {
    let policy = try #require(configuration.imported(try configuration.bytes).policy)
    let checked = checked(policy)
    let result = try #require(checked.result, "\(renderText(checked.report))")
    #expect(result.isProven)
    #expect(result.allExpectationsHold, "\(renderText(checked.report))")
    #expect(!checked.report.hasErrors, "\(renderText(checked.report))")
    try expectGolden(
      Array(result.text.utf8), at: "import/\(configuration.testDescription)/check.txt")
  }

  @Test(arguments: failingConfigurations)
  func `a wrong configuration fails with the code that it is named for`(
    _ configuration: Configuration
  ) throws {
    let imported = configuration.imported(try configuration.bytes)
    #expect(imported.policy == nil)
    let errors = Set(imported.report.diagnostics.filter { $0.severity == .error }.map(\.id))
    #expect(errors.contains { configuration.name.hasPrefix("fail-\($0)") })
    #expect(errors.count == 1, "\(errors.sorted())")
    try expectGolden(
      Array(renderText(imported.report).utf8),
      at: "import/\(configuration.testDescription)/messages.txt")
  }

  /// What the fixes make of the configuration needs no further change.
  @Test(arguments: goodConfigurations)
  func `a configuration changed as its fixes say asks for nothing more`(
    _ configuration: Configuration
  ) throws {
    let bytes = try configuration.bytes
    let report = configuration.imported(bytes).report
    let fixes = report.diagnostics.flatMap(\.fixIts)
    let again = configuration.imported(applied(fixes, to: bytes))
    let open = again.report.diagnostics.flatMap(\.fixIts)
    #expect(open.isEmpty, "\(open.map(\.summary))")
    #expect(again.policy != nil)
  }

  @Test(arguments: configurations)
  func `no key of a configuration is told`(_ configuration: Configuration) throws {
    let text = String(decoding: try configuration.bytes, as: UTF8.self)
    let secrets = text.matches(of: /[A-Za-z0-9+\/]{43}=|SECRET[A-Za-z0-9]*/).map { String($0.0) }
    let imported = configuration.imported(try configuration.bytes)
    let told = [
      imported.policy ?? "", renderText(imported.report),
      renderJSON(imported.report, toolVersion: ""),
      renderSARIF(imported.report, toolVersion: ""),
    ].joined()
    for secret in secrets { #expect(!told.contains(secret)) }
  }

  @Test(arguments: DiagnosticCode.allCases.filter(\.isOfImport))
  func `a golden shows what import can say`(_ code: DiagnosticCode) throws {
    let isShown = configurations.contains { configuration in
      let file = packageRoot.appending(
        path: "golden/import/\(configuration.testDescription)/messages.txt")
      let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
      return text.contains("[\(code.rawValue)]: ")
    }
    #expect(isShown, "no file under golden/import shows \(code.rawValue)")
  }

  @Test func `every golden of an import belongs to a configuration`() {
    for kind in Configuration.Kind.allCases {
      let known = configurations.filter { $0.kind == kind }.map(\.name)
      #expect(
        Set(names(in: "golden/import/\(kind.rawValue)", ending: "")).subtracting(known).isEmpty)
    }
    let kinds = Configuration.Kind.allCases.map(\.rawValue)
    #expect(Set(names(in: "golden/import", ending: "")).subtracting(kinds).isEmpty)
  }
}

/// The text with all fixes made, last place first.
private func applied(_ fixes: [FixIt], to bytes: [UInt8]) -> [UInt8] {
  var result = bytes
  for fix in fixes.sorted(by: { $0.range.start > $1.range.start }) {
    result.replaceSubrange(fix.range.start..<fix.range.end, with: fix.replacement.utf8)
  }
  return result
}
