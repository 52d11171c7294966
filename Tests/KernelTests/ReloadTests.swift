import Foundation
import Testing

extension KernelTests {
  @Suite struct ReloadTests {
    @Test(arguments: Target.allCases)
    func `rules loaded again under a flood let nothing out`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let versions = try [homeHostPolicy, homeHostPolicyWithMoreEndpoints].map {
        try network.compile(text: $0, to: target)
      }
      try network.host.load(versions[0])
      _ = try lab.floods(at: .router)
      let floods = try network.startFloods()
      let start = Date.now
      var reloads = 0
      while reloads < (target.isScript ? 5 : 24) || start.timeIntervalSinceNow > -2.5 {
        reloads += 1
        try network.host.load(versions[reloads % 2])
      }
      let sent = floods.map { $0.finish().map(packetCount) ?? 0 }
      #expect(sent[0] + sent[1] >= 100_000, "\(sent)")
      #expect(sent.allSatisfy { $0 > 10_000 }, "\(sent)")
      let seen = try lab.floods(at: .router).filter { $0.key.hasSuffix("/in") }
      #expect(seen.isEmpty, "\(seen) of \(sent) packets left in \(reloads) reloads")
    }

    @Test func `the flood finds the gap between removing rules and loading them`() throws {
      let lab = try Lab.standard()
      let network = lab.network
      let rules = try network.compile(text: homeHostPolicy, to: .nft)
      try network.host.load(rules)
      _ = try lab.floods(at: .router)
      let floods = try network.startFloods()
      try network.host.remove(rules)
      try network.host.load(rules)
      let sent = floods.map { $0.finish().map(packetCount) ?? 0 }
      let seen = try lab.floods(at: .router)["lan0/in"] ?? 0
      #expect(seen > 0, "none of \(sent)")
    }
  }
}

extension Network {
  /// By the host past the tunnel, and by the container: nothing of it may leave by eth0.
  fileprivate func startFloods() throws -> [Child] {
    [
      try flood(
        "count=100000000 dev=eth0 to=\(Address.site)/9000,\(Address.site6)/9000,"
          + "\(Address.router)/53,\(Address.router6)/53,10.64.0.77/9000,\(Address.server)/443"),
      try flood(
        from: .container,
        "count=100000000 to=\(Address.router)/9000,\(Address.router6)/53,\(Address.server)/443"),
    ]
  }
}

/// From `sent=NUMBER refused=NUMBER`.
private func packetCount(_ line: String) -> Int {
  line.split(separator: " ").compactMap { Int($0.split(separator: "=").last ?? "") }.reduce(0, +)
}

/// Enough addresses to make the compiler use a set, and its elements another size.
private let homeHostPolicyWithMoreEndpoints = homeHostPolicy.replacingOccurrences(
  of: "endpoint \(Address.server), ",
  with: "endpoint "
    + (1...200).map { "198.51.100.\($0)" }.filter { $0 != Address.server }.joined(separator: ", ")
    + ", \(Address.server), ")
