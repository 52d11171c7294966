/// A set of packets of one universe; equal sets are equal values.
package struct PacketSet: Hashable, Sendable {
  let node: DecisionDiagrams.Node

  package static let empty = PacketSet(node: DecisionDiagrams.empty)
  package static let all = PacketSet(node: DecisionDiagrams.all)

  package var isEmpty: Bool { self == .empty }
}

/// All packets, as far as a fixed list of tests can tell them apart, and the algebra of their sets.
///
/// Made from the tests of everything that is going to be compared. A set of any size is one test.
package struct PacketUniverse: Sendable {
  private(set) var diagrams: DecisionDiagrams
  private let layout: VariableLayout
  /// For each test its set, once it was asked for.
  private var known: [PacketSet?]

  /// - Parameter nodeBudget: how many diagram nodes may be made, of about 40 bytes each.
  package init(tests: [PacketTest], nodeBudget: Int = 4_000_000) {
    self.init(TestTable(tests), nodeBudget: nodeBudget)
  }

  package init(_ tests: TestTable, nodeBudget: Int) {
    layout = VariableLayout(tests)
    diagrams = DecisionDiagrams(nodeBudget: nodeBudget)
    known = Array(repeating: nil, count: tests.tests.count)
  }

  /// Once true, sets made since are not to be believed: the budget is used up.
  package var isExhausted: Bool { diagrams.isExhausted }
  package var nodeCount: Int { diagrams.count }

  /// The packets that a test holds for; it must be one of those that the universe was made from.
  package mutating func set(_ test: PacketTest) -> PacketSet {
    guard let number = layout.tests.number(of: test) else {
      return PacketSet(node: layout.node(ofBits: test, in: &diagrams))
    }
    if let set = known[number] { return set }
    let set = PacketSet(node: layout.node(ofTest: number, in: &diagrams))
    known[number] = set
    return set
  }

  package mutating func intersection(_ a: PacketSet, _ b: PacketSet) -> PacketSet {
    PacketSet(node: diagrams.and(a.node, b.node))
  }

  package mutating func union(_ a: PacketSet, _ b: PacketSet) -> PacketSet {
    PacketSet(node: diagrams.or(a.node, b.node))
  }

  package mutating func complement(_ a: PacketSet) -> PacketSet {
    PacketSet(node: diagrams.not(a.node))
  }

  package mutating func difference(_ a: PacketSet, _ b: PacketSet) -> PacketSet {
    let other = diagrams.not(b.node)
    return PacketSet(node: diagrams.and(a.node, other))
  }

  /// The packets of `a` where the condition holds, those of `b` elsewhere.
  package mutating func choose(
    _ condition: PacketSet, then a: PacketSet, else b: PacketSet
  ) -> PacketSet {
    PacketSet(node: diagrams.ite(condition.node, a.node, b.node))
  }

  package mutating func isSubset(_ a: PacketSet, of b: PacketSet) -> Bool {
    difference(a, b).isEmpty
  }

  /// The packets that are in the set for some value of the fields.
  package mutating func forgetting(_ fields: [PacketField], _ set: PacketSet) -> PacketSet {
    let variables = Set(fields.flatMap(layout.variables))
    return PacketSet(node: diagrams.exists(variables, set.node))
  }

  /// The packets that are in the set once a rule has written those bits of a 32-bit field.
  package mutating func writing(
    _ field: PacketField, value: UInt32, mask: UInt32, _ set: PacketSet
  ) -> PacketSet {
    PacketSet(
      node: diagrams.assigning(layout.assignment(field, value: value, mask: mask), set.node))
  }

  /// The packets that are in the set once the test has been made to hold (a bit was set).
  package mutating func writing(_ test: PacketTest, _ set: PacketSet) -> PacketSet {
    PacketSet(node: diagrams.assigning(layout.assignment(test), set.node))
  }

  // MARK: Packets

  /// Whether a packet is in the set.
  ///
  /// A number that the packet does not say is 0, an interface none.
  ///
  /// - Returns: `nil` for an interface whose name tests are so many that the universe has none like it.
  package func contains(_ packet: PacketWitness, in set: PacketSet) -> Bool? {
    layout.contains(packet, in: set.node, diagrams)
  }

  /// The packets whose value of a field no test tells apart from this packet's.
  ///
  /// - Returns: all packets where the universe knows no such field or value.
  package mutating func sharing(_ field: PacketField, of packet: PacketWitness) -> PacketSet {
    PacketSet(node: layout.node(sharing: field, of: packet, in: &diagrams))
  }

  /// One packet of the set, readable where there is a choice; `nil` for the empty set.
  ///
  /// - Parameter preferring: tests that it should pass if it can, the most wished for first.
  package mutating func witness(_ set: PacketSet, preferring: [PacketTest] = []) -> PacketWitness? {
    let nearest = narrowing(set, to: preferring)
    return vector(in: nearest).map { packet($0, preferring: preferring) }
  }

  /// The packets of the set that pass as many of the tests as can be, the first ones before the others.
  package mutating func narrowing(_ set: PacketSet, to wishes: [PacketTest]) -> PacketSet {
    if set.isEmpty { return set }
    var narrowed = set
    for wish in wishes where layout.knows(wish) {
      let better = intersection(narrowed, self.set(wish))
      if !better.isEmpty { narrowed = better }
    }
    return narrowed
  }

  // MARK: Vectors

  /// Some packet of the set; `nil` for the empty set.
  package func vector(in set: PacketSet) -> PacketVector? {
    set.isEmpty ? nil : layout.vector(in: set.node, diagrams)
  }

  /// - Returns: `nil` for an interface whose name tests are so many that the universe has none like it.
  package func vector(of packet: PacketWitness) -> PacketVector? { layout.vector(of: packet) }

  package func contains(_ vector: PacketVector, in set: PacketSet) -> Bool {
    diagrams.contains(vector.bits, in: set.node)
  }

  /// The packet with readable values.
  ///
  /// - Parameter preferring: tests whose first value stands for all that no test tells apart from it.
  package func packet(
    _ vector: PacketVector, preferring: [PacketTest] = []
  ) -> PacketWitness {
    layout.packet(vector, preferring: preferring)
  }

  /// Values that are asked of both fields and that one of them has in a packet and the other has not.
  package func disagreements(
    _ a: PacketField, _ b: PacketField, in vector: PacketVector
  ) -> [PacketTest.Values] {
    layout.disagreements(a, b, in: vector)
  }
}

/// One packet, as far as the tests of a universe can tell: quick to make and to look for in sets.
package struct PacketVector: Equatable, Sendable {
  /// A value for each decision variable.
  let bits: [Bool]
}

/// One packet: a value for each field that the universe knows.
package struct PacketWitness: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    case number(UInt128)
    case interface(String)
    case noInterface
  }
  package var values: [PacketField: Value]

  package init(values: [PacketField: Value]) {
    self.values = values
  }

  package func number(_ field: PacketField) -> UInt128? {
    if case .number(let number) = values[field] { number } else { nil }
  }

  package func interface(_ field: PacketField) -> String? {
    if case .interface(let name) = values[field] { name } else { nil }
  }
}
