import PacketSpace

extension Rule {
  /// Whether a packet over the limit goes another way than one below it.
  var isDecidedByLimit: Bool {
    let isLimited = statements.contains { if case .limit = $0 { true } else { false } }
    return isLimited && (verdict != nil || statements.contains(where: \.writes))
  }
}

/// Whether the limit of a rule lets the packet on: a free boolean for each rule.
func limitTest(_ place: Int, _ chain: Chain, _ table: Table) -> PacketTest {
  PacketTest(
    .opaque("limit of rule \(place) of \(table.family.rawValue) \(table.name) \(chain.name)"), 1)
}

extension RuleStatement {
  /// Changes something that a later match can ask for.
  fileprivate var writes: Bool {
    switch self {
    case .setMark, .setConntrackLabel, .opaque: true
    case .counter, .log, .limit, .updateSet, .masquerade: false
    }
  }

  /// The same, of what the packet space holds.
  var changesPacket: Bool {
    switch self {
    case .setMark, .setConntrackLabel: true
    case .opaque(_, let markBits): markBits != 0
    case .counter, .log, .limit, .updateSet, .masquerade: false
    }
  }

  /// What the statement writes that no match may ask for.
  var tests: [PacketTest] {
    switch self {
    case .setConntrackLabel(let bit): [PacketTest(.ctLabel(bit), 1)]
    case .opaque(let text, let markBits): markBits.places.map { unknownBit(text, $0) }
    case .counter, .log, .limit, .setMark, .updateSet, .masquerade: []
    }
  }

  /// The packets that, after this statement, are in the set.
  func before(_ set: PacketSet, _ universe: inout PacketUniverse) -> PacketSet {
    switch self {
    case .setMark(let clear, let bits):
      universe.writing(.mark, value: bits, mask: clear | bits, set)
    case .setConntrackLabel(let bit): universe.writing(PacketTest(.ctLabel(bit), 1), set)
    case .opaque(let text, let markBits): forget(markBits, after: text, set, &universe)
    case .counter, .log, .limit, .updateSet, .masquerade: set
    }
  }

  /// Each bit becomes what a free boolean of its own says.
  private func forget(
    _ markBits: UInt32, after text: String, _ set: PacketSet, _ universe: inout PacketUniverse
  ) -> PacketSet {
    var result = set
    for place in markBits.places {
      let bit: UInt32 = 1 << place
      let isSet = universe.set(unknownBit(text, place))
      let one = universe.writing(.mark, value: bit, mask: bit, result)
      let zero = universe.writing(.mark, value: 0, mask: bit, result)
      result = universe.choose(isSet, then: one, else: zero)
    }
    return result
  }

  private func unknownBit(_ text: String, _ place: UInt32) -> PacketTest {
    PacketTest(.opaque("\(text) sets mark bit \(place)"), 1)
  }
}

extension UInt32 {
  /// The numbers of the bits that are set.
  fileprivate var places: [UInt32] { (0..<32).filter { self & (1 << $0) != 0 } }
}
