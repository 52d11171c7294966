import Foundation

/// A policy of the project that compiles, and what it needs to be loaded.
struct PolicyFile: Sendable, CustomStringConvertible {
  let path: String
  let text: String

  var description: String { URL(filePath: path).lastPathComponent }

  var hasGuard: Bool { text.split(separator: "\n").contains("guard") }

  /// The control groups that it names: a rule can only hold one that exists.
  var cgroups: [String] {
    text.split(separator: "cgroup \"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }
}

/// policies/*.ksp without those that are there to fail.
func policyFiles() throws -> [PolicyFile] {
  let folder = packageRoot.appending(path: "policies").path
  let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  return try names.filter { $0.hasSuffix(".ksp") && !$0.hasPrefix("fail-") }.map { name in
    let path = "\(folder)/\(name)"
    return PolicyFile(path: path, text: try String(contentsOfFile: path, encoding: .utf8))
  }
}
