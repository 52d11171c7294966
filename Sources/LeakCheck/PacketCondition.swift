import PacketSpace

/// A fact about every packet that can exist.
enum PacketCondition: Sendable {
  case holds(PacketExpression)
  /// Two fields of these packets have one value, as far as tests can tell.
  case agreement(PacketField, PacketField, of: PacketExpression)

  /// What it asks for itself; what is asked of a field that agrees, others ask.
  func collectTests(into tests: inout TestTable) {
    switch self {
    case .holds(let packets), .agreement(_, _, of: let packets):
      packets.collectTests(into: &tests)
    }
  }
}

/// Conditions in one universe, each made into a set when it is first asked for.
struct PacketConditions: Sendable {
  private let conditions: [PacketCondition]
  /// The packets of `holds`, and those that an `agreement` is about.
  private var packets: [PacketSet?]
  private var agreements: [Agreement: PacketSet] = [:]

  private struct Agreement: Hashable {
    var condition: Int
    var values: PacketTest.Values
  }

  init(_ conditions: [PacketCondition]) {
    self.conditions = conditions
    packets = Array(repeating: nil, count: conditions.count)
  }

  /// What a packet would have to be in, and is not.
  mutating func broken(
    by vector: PacketVector, in universe: inout PacketUniverse
  ) -> [PacketSet] {
    var result: [PacketSet] = []
    for (index, condition) in conditions.enumerated() {
      let packets = packets(index, in: &universe)
      let isIn = universe.contains(vector, in: packets)
      switch condition {
      case .holds: if !isIn { result.append(packets) }
      case .agreement(let one, let other, _):
        if !isIn { continue }
        for values in universe.disagreements(one, other, in: vector) {
          result.append(agreement(index, one, other, values, in: &universe))
        }
      }
    }
    return result
  }

  private mutating func packets(
    _ index: Int, in universe: inout PacketUniverse
  ) -> PacketSet {
    if let known = packets[index] { return known }
    let set: PacketSet
    switch conditions[index] {
    case .holds(let packets), .agreement(_, _, of: let packets): set = universe.set(packets)
    }
    packets[index] = set
    return set
  }

  /// The packets for which one test holds for both fields or for neither, and all that the condition is not about.
  private mutating func agreement(
    _ index: Int, _ one: PacketField, _ other: PacketField, _ values: PacketTest.Values,
    in universe: inout PacketUniverse
  ) -> PacketSet {
    let key = Agreement(condition: index, values: values)
    if let known = agreements[key] { return known }
    let concerned = packets(index, in: &universe)
    let set = universe.set(
      .same(.test(PacketTest(one, values)), .test(PacketTest(other, values))))
    let result = universe.choose(concerned, then: set, else: .all)
    agreements[key] = result
    return result
  }
}
