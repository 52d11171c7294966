import PacketSpace

/// One packet with a value for each field that a test asks for, and the obvious answer to every test.
typealias ConcretePacket = [PacketField: PacketWitness.Value]

extension PacketTest {
  func holds(for packet: ConcretePacket) -> Bool {
    switch (values, packet[field]) {
    case (.ranges(let ranges), .number(let number)): ranges.contains { $0.contains(number) }
    case (.bits(let value, let mask), .number(let number)):
      UInt32(truncatingIfNeeded: number) & mask == value
    case (.interface(let pattern), .interface(let name)): pattern.matches(name)
    case (.noInterface, .noInterface): true
    default: false
    }
  }
}

extension PacketExpression {
  func holds(for packet: ConcretePacket) -> Bool {
    switch self {
    case .all: true
    case .none: false
    case .test(let test): test.holds(for: packet)
    case .not(let inner): !inner.holds(for: packet)
    case .and(let parts): parts.allSatisfy { $0.holds(for: packet) }
    case .or(let parts): parts.contains { $0.holds(for: packet) }
    }
  }

  /// Its parts, and it with a part less: what a failing formula is tried with next.
  var smaller: [PacketExpression] {
    switch self {
    case .all, .none, .test: []
    case .not(let inner): [inner] + inner.smaller.map { .not($0) }
    case .and(let parts): parts + shorter(parts).map { .and($0) }
    case .or(let parts): parts + shorter(parts).map { .or($0) }
    }
  }

  private func shorter(_ parts: [PacketExpression]) -> [[PacketExpression]] {
    parts.indices.flatMap { index -> [[PacketExpression]] in
      var without = parts
      without.remove(at: index)
      let replaced = parts[index].smaller.map { smaller in
        var other = parts
        other[index] = smaller
        return other
      }
      return [without] + replaced
    }
  }

  /// The smallest formula that `fails` still holds for.
  func shrunk(while fails: (PacketExpression) -> Bool) -> PacketExpression {
    var smallest = self
    while let next = smallest.smaller.first(where: fails) { smallest = next }
    return smallest
  }
}
