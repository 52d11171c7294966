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

  @Test(arguments: Dialect.allCases)
  func `rules mean what each policy of the project says`(_ dialect: Dialect) throws {
    try #require(try names.count > 10)
    for name in try names {
      let policy = try readPolicy(name)
      // What iptables cannot say at all is refused, not left out.
      if dialect == .iptables, policy.guardFrames != nil { continue }
      let result = try proof(of: policy, in: dialect)
      #expect(result.isProven, "\(name)\n\(result.text)")
    }
  }
}
