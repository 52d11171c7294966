import Foundation
import PacketSpace
import PolicyGenerator
import RulesetIR
import Testing

/// Two ways to read rules, written apart: what one gets wrong the other shows.
@Suite struct InterpreterAgreementTests {
  /// `RANDOM_PACKETS` asks for more than fit into an everyday run, a million for example.
  private static let packetCount =
    ProcessInfo.processInfo.environment["RANDOM_PACKETS"].flatMap { Int($0) } ?? 24_000
  private static let groupCount: UInt64 = 8
  private static let packetsPerRuleset = 50

  @Test(arguments: 0..<groupCount)
  func `diagrams and interpreter agree on random packets`(_ group: UInt64) throws {
    let count = Self.packetCount / Int(Self.groupCount) / Self.packetsPerRuleset
    try #require(count > 0)
    var rulesets = RandomRuleset(seed: group)
    var (passing, stopped) = (0, 0)
    for number in 0..<count {
      let ruleset = rulesets.next()
      var packets = RandomPacket(seed: group << 32 | UInt64(number), for: ruleset)
      let agreement = Agreement(ruleset)
      for _ in 0..<Self.packetsPerRuleset {
        let packet = packets.next()
        for traversal in Traversal.allCases {
          let outcome = agreement.outcome(packet, traversal)
          passing += outcome.traced == .passes ? 1 : 0
          stopped += outcome.traced == .stopped ? 1 : 0
          if outcome.agrees { continue }
          let smallest = shrunk(
            ruleset, while: { !Agreement($0).outcome(packet, traversal).agrees })
          Issue.record("\(traversal): \(packet) through \(smallest)")
          return
        }
      }
    }
    #expect(passing > count && stopped > count)
  }

  @Test func `every witness takes the way that it stands for`() throws {
    var rulesets = RandomRuleset(seed: 4711)
    for _ in 0..<200 {
      let ruleset = rulesets.next()
      let evaluator = RulesetEvaluator(ruleset)
      var universe = PacketUniverse(tests: evaluator.tests)
      for traversal in Traversal.allCases {
        let passes = evaluator.passes(traversal, in: &universe)
        let stops = universe.complement(passes)
        for (set, expected) in [(passes, PacketTrace.Outcome.passes), (stops, .stopped)] {
          guard let witness = universe.witness(set) else { continue }
          let packet = ConcretePacket(witness)
          #expect(trace(packet, through: ruleset, traversal: traversal).outcome == expected)
          #expect(universe.contains(packet.witness, in: set) == true)
        }
      }
    }
  }
}

/// What both say of a packet.
private struct Agreement {
  let ruleset: Ruleset
  private let universe: PacketUniverse
  private let passing: [Traversal: PacketSet]

  init(_ ruleset: Ruleset) {
    self.ruleset = ruleset
    let evaluator = RulesetEvaluator(ruleset)
    var universe = PacketUniverse(tests: evaluator.tests)
    var passing: [Traversal: PacketSet] = [:]
    for traversal in Traversal.allCases {
      passing[traversal] = evaluator.passes(traversal, in: &universe)
    }
    self.universe = universe
    self.passing = passing
  }

  func outcome(
    _ packet: ConcretePacket, _ traversal: Traversal
  ) -> (traced: PacketTrace.Outcome, agrees: Bool) {
    let traced = trace(packet, through: ruleset, traversal: traversal).outcome
    let isIn = universe.contains(packet.witness, in: passing[traversal] ?? .empty)
    return (traced, isIn == (traced == .passes) && traced != .unfinished)
  }
}

/// The rule set without what it does not need to fail.
private func shrunk(_ ruleset: Ruleset, while fails: (Ruleset) -> Bool) -> Ruleset {
  var smallest = ruleset
  while let next = smaller(smallest).first(where: fails) { smallest = next }
  return smallest
}

private func smaller(_ ruleset: Ruleset) -> [Ruleset] {
  var result: [Ruleset] = []
  for table in ruleset.tables.indices {
    var without = ruleset
    without.tables.remove(at: table)
    result.append(without)
    for chain in ruleset.tables[table].chains.indices {
      let rules = ruleset.tables[table].chains[chain].rules
      for index in rules.indices {
        var less = ruleset
        less.tables[table].chains[chain].rules.remove(at: index)
        result.append(less)
        for place in rules[index].matches.indices {
          var looser = ruleset
          looser.tables[table].chains[chain].rules[index].matches.remove(at: place)
          result.append(looser)
        }
        for place in rules[index].statements.indices {
          var quieter = ruleset
          quieter.tables[table].chains[chain].rules[index].statements.remove(at: place)
          result.append(quieter)
        }
      }
    }
  }
  return result
}
