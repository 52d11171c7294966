import Foundation
import LeakCheck
import Policy
import PolicyLowering
import Testing

@Suite struct PolicyFileTests {
  private var names: [String] {
    get throws {
      let folder = packageRoot.appending(path: "policies")
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".ksp") && !$0.hasPrefix("fail-") }.sorted()
    }
  }

  @Test func `nftables rules mean what each policy of the project says`() throws {
    try #require(try names.count > 10)
    for name in try names {
      let policy = try readPolicy(name)
      let ruleset = try lower(policy, to: .nftables, version: "0")
      let result = prove(policy, ruleset, tags: try takenBits(by: policy))
      #expect(result.isProven, "\(name)\n\(result.text)")
    }
  }
}
