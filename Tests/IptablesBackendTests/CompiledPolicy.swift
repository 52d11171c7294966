import Foundation
import IptablesBackend
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR
import Testing

/// A policy of the project, compiled to rules for iptables.
struct CompiledPolicy {
  var name: String
  /// With the names that its sets have in the kernel.
  var ruleset: Ruleset
  var script: [UInt8]

  /// `nil` where iptables cannot say the policy.
  init?(_ fileName: String) throws {
    let folder = CompiledPolicy.folder
    let file = SourceFile(
      name: "\(fileName).ksp",
      bytes: Array(try Data(contentsOf: folder.appending(path: "\(fileName).ksp"))))
    let reader = FileReader { path throws(FileReadError) in
      guard let data = try? Data(contentsOf: folder.appending(path: path)) else { throw .notFound }
      return FileContents(bytes: Array(data), canonicalPath: path)
    }
    let policy = try #require(resolve(file, files: reader, accounts: .testing).policy)
    let lowered: Ruleset
    do {
      lowered = try lower(policy, to: .iptables, version: "0")
    } catch {
      return nil
    }
    name = policy.name
    ruleset = namedAsInKernel(lowered, policy: policy.name)
    script = try iptablesScript(lowered, header: ["a policy"], policy: policy.name)
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "policies")

  /// Without those that are named for the error that they have.
  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".ksp") && !$0.hasPrefix("fail-") }.map {
      String($0.dropLast(4))
    }.sorted()
  }()
}

extension Accounts {
  fileprivate static let testing = Accounts(
    users: ["root": 0, "openvpn": 911, "vpn_user": 912, "alice": 1000, "www-data": 33],
    groups: ["root": 0, "openvpn": 911, "vpn_user": 912, "alice": 1000, "www-data": 33])
}
