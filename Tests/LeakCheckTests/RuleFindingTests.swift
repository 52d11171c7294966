import Foundation
import LeakCheck
import PacketSpace
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR
import Testing

@Suite struct RuleFindingTests {
  @Test(arguments: Dialect.allCases)
  func `the rules of a policy leave nothing open that the policy does not`(
    _ dialect: Dialect
  ) throws {
    for name in try policyNames {
      let policy = try readPolicy(name)
      if dialect == .iptables, policy.guardFrames != nil { continue }
      let audit = try audit(policy, dialect) { $0 }
      #expect(audit.disagreements.isEmpty, "\(name)\n\(audit.disagreements.map(\.text))")
      #expect(audit.findings.isEmpty, "\(name)\n\(audit.texts)")
      #expect(audit.blocked.isEmpty, "\(name)")
      #expect(!audit.isExhausted)
    }
  }
}

var policyNames: [String] {
  get throws {
    let folder = packageRoot.appending(path: "policies")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".ksp") && !$0.hasPrefix("fail-") }.sorted()
  }
}

/// Looks for leaks in what became of a policy's rules.
func audit(
  _ policy: Policy, _ dialect: Dialect = .nftables, change: (Ruleset) -> Ruleset
) throws -> RuleAudit {
  let ruleset = try lower(policy, to: dialect, version: "0")
  let scope = AuditScope(
    AuditPolicy(policy, tags: try takenBits(by: policy), on: dialect.target(for: ruleset)))
  return findLeaks(in: change(ruleset), scope)
}

extension RuleFinding {
  var text: String {
    "\(severity)[\(id.rawValue)] \(message) | \(packet?.text ?? "") | \(String(describing: place))"
  }
}

@Suite struct CatalogueMutationTests {
  @Test(arguments: catalogueMutations)
  func `a mistake in the rules raises its id, and nothing did before`(
    _ mutation: CatalogueMutation
  ) throws {
    let policy = try policy(mutation.policy)
    let before = try audit(policy, change: mutation.before)
    let known = Set(before.findings.map(\.id))
    for id in mutation.ids { #expect(!known.contains(id), "\(before.texts)") }
    let after = try audit(policy) { mutation.mistake(mutation.before($0)) }
    for id in mutation.ids {
      #expect(after.findings.contains { $0.id == id }, "\(id.rawValue)\n\(after.texts)")
    }
    #expect(after.disagreements.isEmpty, "\(after.disagreements.map(\.text))")
  }
}

@Suite struct WindowTests {
  private let scope = AuditScope(tunnels: [InterfacePattern("wg0")])

  private func table(_ family: TableFamily, _ name: String) -> Table {
    let rules = ["lo", "wg0"].map {
      Rule([.interface(.output, InterfacePattern($0))], [.counter], .accept)
    }
    return Table(
      family: family, name: name,
      chains: [
        Chain(
          name: "postrouting", base: BaseChain(hook: .postrouting, priority: 300, policy: .drop),
          rules: rules)
      ])
  }

  @Test func `rules in two files are open between them`() {
    let empty = Table(family: .inet, name: "first")
    let audit = findWindows(
      loading: [Ruleset(tables: [empty]), Ruleset(tables: [table(.inet, "t")])], scope)
    #expect(audit.findings.map(\.id) == [.applyWindow])
    let closed = findWindows(
      loading: [Ruleset(tables: [table(.inet, "t")]), Ruleset(tables: [empty])], scope)
    #expect(closed.findings.isEmpty)
    #expect(findWindows(loading: [Ruleset(tables: [table(.inet, "t")])], scope).findings.isEmpty)
  }

  @Test func `one family after the other leaves the second open`() throws {
    let audit = findWindows(
      loading: [table(.ip, "four"), table(.ip6, "six")].map { Ruleset(tables: [$0]) }, scope)
    #expect(audit.findings.map(\.id) == [.applyFamilies])
    #expect(try #require(audit.findings.first?.packet?.text).contains("["))
    let closed = findWindows(
      loading: [table(.inet, "block"), table(.ip, "four"), table(.ip6, "six")].map {
        Ruleset(tables: [$0])
      }, scope)
    #expect(closed.findings.isEmpty)
  }
}

@Suite struct PolicyComparisonTests {
  /// What is too much for the policy, at a hook.
  @Test(arguments: [
    (Hook.input, [Match.ctState([.established])], LeakID.notInPolicy),
    (
      .postrouting,
      [
        .interface(.input, InterfacePattern("eth0")),
        .interface(.output, InterfacePattern("eth1")),
      ], .lastHook
    ),
  ])
  func `what no entry names is still told`(
    _ hook: Hook, _ matches: [Match], _ id: LeakID
  ) throws {
    let policy = try policy(homePolicy)
    let rule = Rule(matches, [.counter], .accept)
    let audit = try audit(policy) { $0.addingFirst(rule, at: [hook]) }
    #expect(audit.findings.map(\.id) == [id], "\(audit.texts)")
    #expect(audit.disagreements.isEmpty)
  }

  @Test func `what is too little for the policy is told apart`() throws {
    let audit = try audit(try policy(homePolicy)) {
      $0.removingRules { $0.note == "endpoint" }
    }
    #expect(audit.findings.isEmpty, "\(audit.texts)")
    #expect(audit.blocked.map(\.traversal) == [.leaves])
  }
}

@Suite struct CatalogueTests {
  /// The last ones are found with others, or in the order of loading.
  @Test func `every id has rules or a policy that raise it`() {
    let found =
      policyPairs.map(\.id) + catalogueMutations.flatMap(\.ids) + rulePairs.map(\.id) + [
        .endpointHostName, .notInPolicy, .lastHook, .applyWindow, .applyFamilies,
      ]
    let also: [LeakID] = [.tunnelVision, .routerPrefix, .routerRoute, .boundSocket, .multipath]
    #expect(Set(found + also) == Set(LeakID.allCases))
  }

  @Test func `an open way out is open to what makes packets take it`() throws {
    let open = findLeaks(in: Ruleset(tables: []), AuditScope(tunnels: []))
    let finding = try #require(open.findings.first { $0.id == .noPolicy })
    #expect(
      Set(finding.also) == [.tunnelVision, .routerPrefix, .routerRoute, .boundSocket, .multipath])
  }
}

extension RuleAudit {
  var texts: String { findings.map(\.text).joined(separator: "\n") }
}
