import PacketSpace
import RulesetIR

/// A universe for one traversal, and the packets in it that can exist.
struct PacketQuestion {
  var universe: PacketUniverse
  private let conditions: [PacketExpression]
  private let wishes: [PacketTest]

  /// - Parameters:
  ///   - expressions: everything that is going to be asked for.
  ///   - wishes: what examples should be like.
  init(
    _ traversal: Traversal, _ expressions: [PacketExpression], tests: [PacketTest] = [],
    wishes: [PacketTest] = PacketExpression.ordinary, nodeBudget: Int
  ) {
    self.wishes = wishes
    var tests = tests + wishes + wishes.flatMap(\.ofConnection) + PacketExpression.aboutConnection
    for expression in expressions { expression.collectTests(into: &tests) }
    conditions =
      World(traversal: traversal, encapsulated: .none, asked: Array(Set(tests))).conditions
    for condition in conditions { condition.collectTests(into: &tests) }
    universe = PacketUniverse(tests: tests, nodeBudget: nodeBudget)
  }

  mutating func witness(of expression: PacketExpression) -> PacketWitness? {
    let set = universe.set(expression)
    return witness(of: set)
  }

  /// A packet of the set that can exist.
  mutating func witness(of set: PacketSet) -> PacketWitness? {
    universe.witness(of: set, where: conditions, .tests(wishes))
  }

  /// The same, with as few differences to another packet as can be.
  mutating func witness(of set: PacketSet, like packet: PacketWitness) -> PacketWitness? {
    universe.witness(of: set, where: conditions, .like(packet))
  }
}
