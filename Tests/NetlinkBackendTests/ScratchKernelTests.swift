import Foundation
import Netfilter
import NetlinkBackend
import RulesetIR
import Testing

/// Real transactions, in a network namespace that only their socket lives in.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct ScratchKernelTests {
  @Test func `there are policies`() {
    #expect(policyNames.count > 10)
  }

  @Test(arguments: policyNames)
  func `a policy comes into force, and a second time there is nothing to do`(_ name: String) throws
  {
    let ruleset = try rules(name)
    let surroundings = RuleSurroundings(controlGroups: controlGroups(ruleset))
    let socket = try NetlinkSocket(in: .scratch)
    let before = try readTables(socket) { _ in true }
    #expect(before.tables.isEmpty)
    let change = try plan(ruleset, over: [], surroundings)
    var generation = before.generation
    for commands in change.batches {
      try socket.send(prepare(commands, generation: generation).batch)
      generation += 1
    }
    let after = try readTables(socket) { _ in true }
    #expect(after.generation == generation)
    let wanted = try compile(liveForm(ruleset, generation: generationPrefix(0)), surroundings)
    expectSame(after.tables.flatMap(\.textLines), wanted.flatMap(\.textLines), name)
    let hasNothingToDo = try plan(ruleset, over: after.tables, surroundings).isEmpty
    #expect(hasNothingToDo, "\(name)")
  }
}

/// Says what differs, line by line, but not more than can be read.
func expectSame(
  _ lines: [String], _ expected: [String], _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if lines == expected { return }
  let changes = lines.difference(from: expected).prefix(30).map { change in
    switch change {
    case .insert(let offset, let line, _): "+ \(offset): \(line)"
    case .remove(let offset, let line, _): "- \(offset): \(line)"
    }
  }
  Issue.record("\(what)\n\(changes.joined(separator: "\n"))", sourceLocation: sourceLocation)
}
