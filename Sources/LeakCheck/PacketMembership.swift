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
