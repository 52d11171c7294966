import Foundation
import PacketSpace
import Policy
import PolicyLowering
import RulesetIR
import Testing

@testable import LeakCheck

/// Small mistakes in compiled rules: each is caught, or changes nothing that a packet could show.
@Suite struct RandomMutationTests {
  private static let policies = [
    "homelab", "laptop", "gateway", "multi-hop", "confine-user", "split-cgroup", "docker-host",
    "vpn-container", "openvpn-user", "ipv6-only",
  ]
  /// `RANDOM_MUTATIONS` asks for more than fit into an everyday run.
  private static let count =
    ProcessInfo.processInfo.environment["RANDOM_MUTATIONS"].flatMap { Int($0) } ?? 20

  @Test(arguments: policies)
  func `a mistake in the rules for nftables is caught, or no packet shows it`(
    _ name: String
  ) throws {
    try check(name, .nftables, Self.count)
  }

  @Test(arguments: policies)
  func `a mistake in the rules for iptables is caught, or no packet shows it`(
    _ name: String
  ) throws {
    try check(name, .iptables, Self.count / 2)
  }

  private func check(_ name: String, _ dialect: Dialect, _ count: Int) throws {
    let policy = try readPolicy("\(name).ksp")
    let ruleset = try lower(policy, to: dialect, version: "0")
    let meant = AuditPolicy(
      policy, tags: try takenBits(by: policy), on: dialect.target(for: ruleset))
    var tally: [Fate: Int] = [:]
    for number in 0..<count {
      // FNV-1a of the name: hashes of strings differ from run to run.
      let seed = name.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
        ($0 ^ UInt64($1)) &* 0x100_0000_01b3
      }
      var mutations = RandomMutation(seed: seed &+ UInt64(number) << 32)
      let (changed, what) = mutations.next(of: ruleset)
      let fate = fate(of: changed, insteadOf: ruleset, meant)
      tally[fate, default: 0] += 1
      #expect(fate != .unexplained, "\(name) \(dialect) \(number): \(what)")
    }
    #expect(tally[.caught, default: 0] > 0)
  }
}

private enum Fate {
  case caught
  /// No packet that can exist is treated otherwise.
  case equivalent
  /// Only packets of which the policy or the target says nothing.
  case undecided
  case unexplained
}

private func fate(of changed: Ruleset, insteadOf ruleset: Ruleset, _ meant: AuditPolicy) -> Fate {
  let proof = prove(meant.policy, changed, tags: meant.tags, on: meant.target)
  if proof.isExhausted { return .unexplained }
  if !proof.differences.isEmpty { return .caught }
  let kinds = Traversal.allCases.map { traversal in
    difference(changed, ruleset, meant, traversal)
  }
  if kinds.allSatisfy({ $0 == .equivalent }) { return .equivalent }
  let audit = findLeaks(in: changed, AuditScope(meant))
  if !audit.findings.isEmpty { return .caught }
  return kinds.contains(.unexplained) ? .unexplained : .undecided
}

/// Compares two rule sets for every packet that can exist.
private func difference(
  _ changed: Ruleset, _ ruleset: Ruleset, _ meant: AuditPolicy, _ traversal: Traversal
) -> Fate {
  let (old, new) = (RulesetEvaluator(ruleset), RulesetEvaluator(changed))
  let meaning = meant.meaning(ruleset)
  let left =
    [meaning.encapsulated, meaning.undecided]
    + meant.target.exceptions.filter { $0.traversals.contains(traversal) }.map(\.packets)
  var tests = TestTable(old.tests + new.tests)
  for packets in left { packets.collectTests(into: &tests) }
  let conditions = World(
    traversal: traversal, encapsulated: meaning.encapsulated, asked: tests.tests
  ).conditions
  for condition in conditions { condition.collectTests(into: &tests) }
  for fields in World.groups { tests.align(fields) }
  var universe = PacketUniverse(tests, nodeBudget: 4_000_000)
  let before = old.passes(traversal, in: &universe)
  let after = new.passes(traversal, in: &universe)
  let more = universe.difference(after, before)
  let less = universe.difference(before, after)
  let all = universe.union(more, less)
  var existing = PacketConditions(conditions)
  if universe.narrowing(all, to: &existing).isEmpty { return .equivalent }
  var told = PacketConditions(conditions + left.map { .holds(.not($0)) })
  // What the last hook stops too much, the hooks together show.
  let asked = traversal == .postrouting ? more : all
  return universe.narrowing(asked, to: &told).isEmpty ? .undecided : .unexplained
}
