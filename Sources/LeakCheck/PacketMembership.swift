import PacketSpace

extension PacketExpression {
  /// Whether one packet is in the set; fields that the packet does not have are 0.
  func contains(_ packet: PacketWitness) -> Bool {
    switch self {
    case .all: true
    case .none: false
    case .test(let test): test.holds(for: packet)
    case .not(let inner): !inner.contains(packet)
    case .and(let parts): parts.allSatisfy { $0.contains(packet) }
    case .or(let parts): parts.contains { $0.contains(packet) }
    }
  }
}

extension PacketTest {
  fileprivate func holds(for packet: PacketWitness) -> Bool {
    switch values {
    case .ranges(let ranges):
      let number = packet.number(field) ?? 0
      return ranges.contains { $0.contains(number) }
    case .bits(let value, let mask):
      return UInt32(truncatingIfNeeded: packet.number(field) ?? 0) & mask == value
    case .interface(let pattern): return packet.interface(field).map(pattern.matches) ?? false
    case .noInterface: return packet.values[field] == .noInterface
    }
  }
}

extension PacketUniverse {
  /// A packet of the set that fulfils all conditions, an ordinary one if there is.
  ///
  /// Only the conditions that some packet of the set breaks are asked for, one packet after the other: all of them at
  /// once would make diagrams a hundred times as large.
  mutating func witness(
    of set: PacketSet, where conditions: [PacketExpression]
  ) -> PacketWitness? {
    var remaining = set
    while let packet = witness(remaining, preferring: PacketExpression.ordinary) {
      let broken = conditions.filter { !$0.contains(packet) }
      if broken.isEmpty || isExhausted { return packet }
      for condition in broken {
        let holds = self.set(condition)
        remaining = intersection(remaining, holds)
      }
    }
    return nil
  }
}
