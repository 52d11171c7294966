import PacketSpace
import PolicyGenerator

/// A small world: some fields, for each a few values at which the tests change their answer.
struct SmallWorld {
  let tests: [PacketTest]
  /// Every packet that the values make.
  let packets: [ConcretePacket]

  /// The marks that tests compare with; each also with a bit that none looks at alone.
  private static let marks: [UInt128] = [
    0, 1, 2, 3, 0x8000_0000, 0x8000_0001, 0x8000_0002, 0x8000_0003,
  ]

  /// Values of a field: both ends, and the two sides of every boundary that a test can have.
  private static let values: [PacketField: [UInt128]] = [
    .family: [0, 1],
    .ctState: [0, 1, 2, 3, 4],
    .destinationPort: [0, 1, 2, 52, 53, 54, 65_534, 65_535],
    .source(.ipv4): [0, 1, 9, 10, 11, 19, 20, 0xffff_fffe, 0xffff_ffff],
    .destination(.ipv6): [0, 1, .max >> 1, (.max >> 1) + 1, .max - 1, .max],
    .user: [0, 1, 2, UInt128(UInt32.max) - 1, UInt128(UInt32.max), PacketField.noOwner],
    .mark: marks + marks.map { $0 | 0x10 },
    .ctLabel(7): [0, 1],
    .opaque("text"): [0, 1],
  ]

  /// What the tests name, a name that goes on behind each, and one that begins like none.
  private static let names: [PacketWitness.Value] =
    [.noInterface]
    + [
      "lo", "lo1", "w", "wx", "wg", "wgx", "wg0", "wg0x", "wg00", "wg00x", "wg1", "wg1x", "eth",
      "ethx", "eth0", "eth0x", "o", "ox", "other", "other1", "zzz",
    ].map { .interface($0) }

  init(_ random: inout SplitMix) {
    let hasInterfaces = random.once(in: 2)
    let numbers = random.some(SmallWorld.values.keys.sorted(), atMost: hasInterfaces ? 2 : 3)
    var tests: [PacketTest] = []
    var packets: [ConcretePacket] = [[:]]
    for field in numbers {
      let values = SmallWorld.values[field] ?? []
      for _ in 0..<random.number(1...4) {
        tests.append(SmallWorld.test(field, values, &random))
      }
      packets = packets.flatMap { packet in
        values.map { value in packet.merging([field: .number(value)]) { $1 } }
      }
    }
    if hasInterfaces {
      for _ in 0..<random.number(1...4) { tests.append(SmallWorld.interfaceTest(&random)) }
      packets = packets.flatMap { packet in
        SmallWorld.names.map { name in packet.merging([.inputInterface: name]) { $1 } }
      }
    }
    self.tests = tests
    self.packets = packets
  }

  private static func test(
    _ field: PacketField, _ values: [UInt128], _ random: inout SplitMix
  ) -> PacketTest {
    if field == .mark {
      let mark = random.pick(marks)
      if random.once(in: 3) { return PacketTest(.mark, mark) }
      let mask = UInt32(random.pick([1, 2, 3, 0x8000_0000, 0x8000_0001, 0xffff_ffff]))
      return PacketTest(.mark, .bits(value: UInt32(mark) & mask, mask: mask))
    }
    // In any order, touching and overlapping: what a list of a rule may look like.
    let ranges = (0..<random.number(1...3)).map { _ in
      let (a, b) = (random.pick(values), random.pick(values))
      return min(a, b)...max(a, b)
    }
    return PacketTest(field, ranges)
  }

  private static func interfaceTest(_ random: inout SplitMix) -> PacketTest {
    if random.once(in: 6) { return PacketTest(.inputInterface, .noInterface) }
    let name = random.pick(["lo", "wg0", "wg", "w", "wg1", "wg00", "eth0", "eth", "o", "other"])
    return PacketTest(
      .inputInterface, .interface(InterfacePattern(name, isPrefix: random.once(in: 2))))
  }

  func formula(_ random: inout SplitMix, depth: Int = 4) -> PacketExpression {
    if depth == 0 || random.once(in: 4) { return .test(random.pick(tests)) }
    let parts = (0..<random.number(1...3)).map { _ in formula(&random, depth: depth - 1) }
    return switch random.number(1...4) {
    case 1: .not(parts[0])
    case 2: .and(parts)
    case 3: .or(parts)
    default: .not(.and(parts))
    }
  }

  /// The tests and their negations that hold for a packet: what makes it this one.
  func identity(of packet: ConcretePacket) -> PacketExpression {
    var parts: [PacketExpression] = tests.map {
      $0.holds(for: packet) ? .test($0) : .not(.test($0))
    }
    // A mark can be written, so that each of its bits counts.
    if case .number(let mark)? = packet[.mark] {
      parts.append(.test(PacketTest(.mark, .bits(value: UInt32(mark), mask: .max))))
    }
    return .and(parts)
  }
}

/// A universe that expectations can ask: a macro's argument cannot change a value.
final class Universe {
  private var universe: PacketUniverse

  init(_ tests: [PacketTest], nodeBudget: Int = 4_000_000) {
    universe = PacketUniverse(tests: tests, nodeBudget: nodeBudget)
  }

  var isExhausted: Bool { universe.isExhausted }
  var nodeCount: Int { universe.nodeCount }

  func set(_ test: PacketTest) -> PacketSet { universe.set(test) }
  func set(_ formula: PacketExpression) -> PacketSet { universe.set(formula) }
  func complement(_ a: PacketSet) -> PacketSet { universe.complement(a) }
  func intersection(_ a: PacketSet, _ b: PacketSet) -> PacketSet { universe.intersection(a, b) }
  func union(_ a: PacketSet, _ b: PacketSet) -> PacketSet { universe.union(a, b) }
  func difference(_ a: PacketSet, _ b: PacketSet) -> PacketSet { universe.difference(a, b) }
  func isSubset(_ a: PacketSet, of b: PacketSet) -> Bool { universe.isSubset(a, of: b) }

  func choose(_ condition: PacketSet, then a: PacketSet, else b: PacketSet) -> PacketSet {
    universe.choose(condition, then: a, else: b)
  }

  func forgetting(_ fields: [PacketField], _ set: PacketSet) -> PacketSet {
    universe.forgetting(fields, set)
  }

  func writing(_ field: PacketField, value: UInt32, mask: UInt32, _ set: PacketSet) -> PacketSet {
    universe.writing(field, value: value, mask: mask, set)
  }

  func writing(_ test: PacketTest, _ set: PacketSet) -> PacketSet { universe.writing(test, set) }

  func witness(_ set: PacketSet, preferring wishes: [PacketTest] = []) -> PacketWitness? {
    universe.witness(set, preferring: wishes)
  }

  /// Whether a packet of the world is in a set.
  func contains(_ packet: ConcretePacket, of world: SmallWorld, in set: PacketSet) -> Bool {
    isSubset(self.set(world.identity(of: packet)), of: set)
  }
}
