import Foundation
import Policy
import PolicyDiagnostics
import PolicyGenerator
import PolicyLowering
import RulesetIR
import Testing

/// The folder that holds Package.swift.
let packageRoot = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// A policy with a name for messages.
struct NamedPolicy: Sendable, CustomTestStringConvertible {
  var name: String
  var policy: Policy
  var testDescription: String { name }
}

/// Every policy under `policies/` that compiles.
func projectPolicies() throws -> [NamedPolicy] {
  let folder = packageRoot.appending(path: "policies")
  let files = FileReader { path throws(FileReadError) in
    guard let data = try? Data(contentsOf: folder.appending(path: path)) else { throw .notFound }
    return FileContents(bytes: Array(data), canonicalPath: path)
  }
  // Any account will do: what a name stands for is not what is tested here.
  let accounts = Accounts(userID: { _ in 1000 }, groupID: { _ in 1000 })
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    .filter { $0.hasSuffix(".ksp") && !$0.hasPrefix("fail-") }.sorted()
  try #require(names.count > 10, "found hardly a policy in \(folder.path)")
  return try names.map { name in
    let file = SourceFile(
      name: name, bytes: Array(try Data(contentsOf: folder.appending(path: name))))
    let resolution = resolve(file, files: files, accounts: accounts)
    return NamedPolicy(
      name: name,
      policy: try #require(resolution.policy, "\(name): \(resolution.diagnostics.map(\.message))"))
  }
}

/// - Throws: where the text has an error, with the text.
func resolved(_ generated: GeneratedPolicy) throws -> Policy {
  let resolution = resolve(
    SourceFile(name: GeneratedPolicy.fileName, text: generated.text),
    files: FileReader(files: generated.files.mapValues { Array($0.utf8) }),
    accounts: Accounts(users: GeneratedPolicy.users, groups: GeneratedPolicy.groups))
  let messages = resolution.diagnostics.map { "line \($0.primary.range.start): \($0.message)" }
  return try #require(resolution.policy, "\(messages) in\n\(generated)")
}

/// Random policies, the same on every run.
func randomPolicies(_ count: Int, seed: UInt64) throws -> [NamedPolicy] {
  var generator = PolicyGenerator(seed: seed)
  return try (0..<count).map { index in
    let generated = generator.next()
    return NamedPolicy(
      name: "random policy \(index)\n\(generated)", policy: try resolved(generated))
  }
}

/// The rules, or `nil` where the dialect cannot say a statement.
func lowered(_ policy: Policy, to dialect: Dialect) -> Ruleset? {
  try? lower(policy, to: dialect, version: "0")
}
