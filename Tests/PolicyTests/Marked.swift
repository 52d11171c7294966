import Policy
import PolicyDiagnostics
import Testing

/// Text with the place of a mistake between `«` and `»`.
struct Marked {
  var text: String
  var start: Int
  var end: Int

  init(_ marked: String) throws {
    let parts = marked.split(separator: /[«»]/, omittingEmptySubsequences: false)
    try #require(parts.count == 3, "one pair of marks in: \(marked)")
    text = parts.joined()
    start = parts[0].utf8.count
    end = start + parts[1].utf8.count
  }
}

let testAccounts = Accounts(
  users: ["root": 0, "vpn": 101, "torrent": 1001, "debian-transmission": 115],
  groups: ["root": 0, "vpn": 201, "media": 3000])

/// Resolves a root policy named `homelab.ksp`.
func resolved(_ text: String, files: [String: String] = [:]) -> Resolution {
  resolve(
    SourceFile(name: "some/folder/homelab.ksp", text: text),
    files: FileReader(files: files.mapValues { Array($0.utf8) }), accounts: testAccounts)
}

/// The policy of a text without diagnostics.
func policy(
  _ text: String, files: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
) throws -> Policy {
  let resolution = resolved(text, files: files)
  #expect(
    resolution.diagnostics.map(\.message) == [], "no diagnostics", sourceLocation: sourceLocation)
  return try #require(resolution.policy, sourceLocation: sourceLocation)
}
