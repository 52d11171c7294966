import Foundation
import LeakCheck
import Netfilter
import NetlinkBackend
import Policy
import PolicyLowering
import RulesetIR
import Testing

/// What is written reads back as rules that mean the same.
@Suite struct ReadBackTests {
  @Test(arguments: policyNames)
  func `the messages of a policy are proven to mean what it says`(_ name: String) throws {
    let policy = try readPolicy(name)
    let ruleset = try lower(policy, to: .nftables, version: "0")
    let surroundings = RuleSurroundings(controlGroups: controlGroups(ruleset))
    var state = TableState()
    for commands in try plan(ruleset, over: [], surroundings).batches {
      for message in prepare(commands, generation: 1).batch.messages { state.apply(message) }
    }
    let read = NetlinkBackend.ruleset(of: state.tables, surroundings)
    let result = prove(policy, read, tags: try takenBits(by: policy))
    #expect(result.isProven, "\(name): \(result.differences.map(\.packet.text))")
    #expect(!read.hasOpaqueRules)
  }
}

extension Ruleset {
  var hasOpaqueRules: Bool {
    tables.flatMap(\.chains).flatMap(\.rules).contains { rule in
      rule.matches.contains { if case .opaque = $0 { true } else { false } }
        || rule.statements.contains { if case .opaque = $0 { true } else { false } }
    }
  }
}
