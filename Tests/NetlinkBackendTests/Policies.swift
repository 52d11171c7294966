import Foundation
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR
import Testing

/// The folder that holds Package.swift.
let packageRoot = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The project's policies that compile.
let policyNames: [String] = {
  let folder = packageRoot.appending(path: "policies").path
  let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  return files.filter { $0.hasSuffix(".ksp") && !$0.hasPrefix("fail-") }.map {
    String($0.dropLast(4))
  }
  .sorted()
}()

func readPolicy(_ name: String) throws -> Policy {
  let folder = packageRoot.appending(path: "policies")
  let reader = FileReader { path throws(FileReadError) in
    guard let data = try? Data(contentsOf: folder.appending(path: path)) else { throw .notFound }
    return FileContents(bytes: Array(data), canonicalPath: path)
  }
  let bytes = try Data(contentsOf: folder.appending(path: "\(name).ksp"))
  return try policy(SourceFile(name: "\(name).ksp", bytes: Array(bytes)), reader)
}

func policy(_ text: String) throws -> Policy {
  try policy(SourceFile(name: "test.ksp", text: text), FileReader(files: [:]))
}

private func policy(_ file: SourceFile, _ reader: FileReader) throws -> Policy {
  let names = ["root": UInt32(0), "openvpn": 911, "vpn_user": 912, "alice": 1000, "www-data": 33]
  let resolution = resolve(file, files: reader, accounts: Accounts(users: names, groups: names))
  return try #require(
    resolution.policy, "\(resolution.diagnostics.map(\.message)) in\n\(file)")
}

func rules(_ name: String) throws -> Ruleset {
  try lower(try readPolicy(name), to: .nftables, version: "0")
}

/// Numbers for all control groups that the rules name.
func controlGroups(_ ruleset: Ruleset) -> [String: UInt64] {
  var result: [String: UInt64] = [:]
  for rule in ruleset.tables.flatMap(\.chains).flatMap(\.rules) {
    for case .cgroup(let path, _) in rule.matches { result[path] = UInt64(result.count + 1) }
  }
  return result
}
