import Foundation
import LeakCheck
import PacketSpace
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR
import Testing

/// The folder that holds Package.swift.
let packageRoot = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func readPolicy(_ name: String) throws -> Policy {
  let folder = packageRoot.appending(path: "policies")
  let reader = FileReader { path throws(FileReadError) in
    guard let data = try? Data(contentsOf: folder.appending(path: path)) else { throw .notFound }
    return FileContents(bytes: Array(data), canonicalPath: path)
  }
  let bytes = try Data(contentsOf: folder.appending(path: name))
  return try policy(SourceFile(name: name, bytes: Array(bytes)), reader)
}

func policy(_ text: String) throws -> Policy {
  try policy(SourceFile(name: "test.ksp", text: text), FileReader(files: [:]))
}

private func policy(_ file: SourceFile, _ reader: FileReader) throws -> Policy {
  let accounts = Accounts(
    users: ["www-data": 33, "root": 0], groups: ["www-data": 33, "root": 0])
  let resolution = resolve(file, files: reader, accounts: accounts)
  return try #require(
    resolution.policy, "\(resolution.diagnostics.map(\.message)) in\n\(file)")
}

/// The rules of a policy held against it.
func proof(of policy: Policy, in dialect: Dialect) throws -> ProofResult {
  let ruleset = try lower(policy, to: dialect, version: "0")
  return prove(
    policy, ruleset, tags: try takenBits(by: policy), on: dialect.target(for: ruleset))
}

extension Dialect {
  func target(for ruleset: Ruleset) -> ProofTarget {
    switch self {
    case .nftables: .nftables
    case .iptables: .iptables(ruleset)
    }
  }
}

extension ProofResult {
  var text: String {
    differences.map { "\($0.traversal): \($0.kind.rawValue): \($0.packet.text)" }
      .joined(separator: "\n")
  }
}
