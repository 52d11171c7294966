import PacketSpace
import RulesetIR

/// A universe for one traversal, and the packets in it that can exist.
struct PacketQuestion {
  var universe: PacketUniverse
  private let conditions: [PacketExpression]

  /// - Parameter expressions: everything that is going to be asked for.
  init(
    _ traversal: Traversal, _ expressions: [PacketExpression], tests: [PacketTest] = [],
    tunnels: [InterfacePattern], nodeBudget: Int
  ) {
    var tests = tests + PacketExpression.ordinary
    for expression in expressions { expression.collectTests(into: &tests) }
    conditions =
      World(
        traversal: traversal, tunnels: tunnels, encapsulated: .none, asked: Array(Set(tests))
      ).conditions
    for condition in conditions { condition.collectTests(into: &tests) }
    universe = PacketUniverse(tests: tests, nodeBudget: nodeBudget)
  }

  mutating func witness(of expression: PacketExpression) -> PacketWitness? {
    let set = universe.set(expression)
    return witness(of: set)
  }

  /// A packet of the set that can exist.
  ///
  /// Only the conditions that some packet of the set breaks are asked for, one packet after the other: all of them at
  /// once would make diagrams a hundred times as large.
  mutating func witness(of set: PacketSet) -> PacketWitness? {
    var remaining = set
    while let packet = universe.witness(remaining, preferring: PacketExpression.ordinary) {
      let broken = conditions.filter { !$0.contains(packet) }
      if broken.isEmpty || universe.isExhausted { return packet }
      for condition in broken {
        let holds = universe.set(condition)
        remaining = universe.intersection(remaining, holds)
      }
    }
    return nil
  }
}
