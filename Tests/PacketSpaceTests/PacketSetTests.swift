import PacketSpace
import PolicyGenerator
import Testing

/// Sets of packets, compared with every packet of small worlds, one by one.
@Suite struct PacketSetTests {
  @Test func `a formula's set holds the packets that the formula is true for`() {
    var random = SplitMix(seed: 31)
    for _ in 0..<250 {
      let world = SmallWorld(&random)
      let formula = world.formula(&random)
      func fails(_ formula: PacketExpression) -> Bool {
        let universe = Universe(world.tests)
        let set = universe.set(formula)
        return world.packets.contains { packet in
          universe.contains(packet, of: world, in: set) != formula.holds(for: packet)
        }
      }
      if fails(formula) {
        Issue.record("\(formula.shrunk(while: fails)) in a universe of \(world.tests)")
        return
      }
    }
  }

  @Test func `a set is empty exactly when no packet is in it, and else shows one that is`() throws {
    var random = SplitMix(seed: 32)
    var empty = 0
    for _ in 0..<600 {
      let world = SmallWorld(&random)
      let formula = world.formula(&random)
      let universe = Universe(world.tests)
      let set = universe.set(formula)
      let isPossible = world.packets.contains { formula.holds(for: $0) }
      #expect(set.isEmpty == !isPossible, "\(formula)")
      if set.isEmpty { empty += 1 }
      // Wishes never lead out of the set.
      let witness = universe.witness(set, preferring: random.some(world.tests))
      #expect((witness == nil) == set.isEmpty)
      if let witness { #expect(formula.holds(for: witness.values), "\(formula): \(witness)") }
    }
    #expect(empty > 20, "hardly an empty set among them")
  }

  @Test func `a witness has what is wished for, if a packet of the set can have it`() throws {
    var random = SplitMix(seed: 33)
    for _ in 0..<200 {
      let world = SmallWorld(&random)
      let formula = world.formula(&random)
      let wish = random.pick(world.tests)
      let universe = Universe(world.tests)
      let set = universe.set(formula)
      guard let witness = universe.witness(set, preferring: [wish]) else { continue }
      let isPossible = world.packets.contains { formula.holds(for: $0) && wish.holds(for: $0) }
      #expect(wish.holds(for: witness.values) == isPossible, "\(wish) in \(formula)")
    }
  }

  @Test func `the algebra is that of sets`() {
    var random = SplitMix(seed: 34)
    for _ in 0..<300 {
      let world = SmallWorld(&random)
      let universe = Universe(world.tests)
      let (a, b, c) = (
        universe.set(world.formula(&random)), universe.set(world.formula(&random)),
        universe.set(world.formula(&random))
      )
      let (notA, notB) = (universe.complement(a), universe.complement(b))
      let (both, either) = (universe.intersection(a, b), universe.union(a, b))
      #expect(universe.complement(notA) == a)
      #expect(universe.union(a, notA) == .all && universe.intersection(a, notA).isEmpty)
      #expect(universe.complement(both) == universe.union(notA, notB))
      #expect(universe.intersection(b, a) == both && universe.union(b, a) == either)
      #expect(universe.union(a, both) == a && universe.intersection(a, either) == a)
      let (left, right) = (universe.intersection(a, c), universe.intersection(b, c))
      #expect(universe.intersection(either, c) == universe.union(left, right))
      #expect(universe.difference(a, b) == universe.intersection(a, notB))
      let (inside, outside) = (universe.intersection(c, a), universe.difference(b, c))
      #expect(universe.choose(c, then: a, else: b) == universe.union(inside, outside))
      #expect(universe.isSubset(a, of: b) == (either == b))
      #expect(universe.isSubset(both, of: a) && universe.isSubset(.empty, of: a))
    }
  }

  @Test func `a forgotten field can have any value`() {
    var random = SplitMix(seed: 35)
    for _ in 0..<150 {
      let world = SmallWorld(&random)
      let formula = world.formula(&random)
      let universe = Universe(world.tests)
      let fields = Set(world.tests.map(\.field)).sorted()
      let forgotten = random.some(fields, atMost: 2)
      let set = universe.set(formula)
      let result = universe.forgetting(forgotten, set)
      #expect(universe.forgetting(forgotten, result) == result)
      var known: [String: Bool] = [:]
      for packet in world.packets {
        known[rest(packet, fields, forgotten), default: false] =
          known[rest(packet, fields, forgotten), default: false] || formula.holds(for: packet)
      }
      for packet in world.packets {
        #expect(
          universe.contains(packet, of: world, in: result)
            == known[rest(packet, fields, forgotten)],
          "\(packet) of \(formula) without \(forgotten)")
      }
    }
  }

  private func rest(
    _ packet: ConcretePacket, _ fields: [PacketField], _ without: [PacketField]
  ) -> String {
    fields.filter { !without.contains($0) }.map { "\(packet[$0].map { "\($0)" } ?? "")" }
      .joined(separator: " ")
  }

  @Test func `writing bits of a mark is asking for the packet that has them`() {
    var random = SplitMix(seed: 36)
    var written = 0
    while written < 60 {
      let world = SmallWorld(&random)
      guard world.tests.contains(where: { $0.field == .mark }) else { continue }
      written += 1
      let formula = world.formula(&random)
      let mask = UInt32(random.pick([1, 3, 0x8000_0000, 0xffff_ffff]))
      let value = UInt32(random.pick([0, 1, 3, 0x8000_0001])) & mask
      let universe = Universe(world.tests)
      let set = universe.set(formula)
      let result = universe.writing(.mark, value: value, mask: mask, set)
      for packet in world.packets {
        var changed = packet
        if case .number(let mark)? = packet[.mark] {
          changed[.mark] = .number(UInt128(UInt32(mark) & ~mask | value))
        }
        #expect(
          universe.contains(packet, of: world, in: result) == formula.holds(for: changed),
          "\(packet) with \(value)/\(mask) in \(formula)")
      }
    }
  }

  @Test func `writing a test is asking for the packet that it holds for`() {
    let label = PacketTest(.ctLabel(3), 1)
    let other = PacketTest(.family, 0)
    let universe = Universe([label, other])
    let (labelled, v4) = (universe.set(label), universe.set(other))
    #expect(universe.writing(label, labelled) == .all)
    #expect(universe.writing(label, universe.complement(labelled)).isEmpty)
    #expect(universe.writing(label, universe.intersection(labelled, v4)) == v4)
    #expect(universe.writing(PacketTest(.ctLabel(4), 1), v4) == v4, "a field nobody asks for")
  }

  @Test func `what is not analysed says so`() {
    let tests = (0..<40).map { PacketTest(.opaque("match \($0)"), 1) }
    let universe = Universe(tests, nodeBudget: 60)
    #expect(!universe.isExhausted)
    var set = PacketSet.empty
    for pair in stride(from: 0, to: 20, by: 1) {
      let (one, other) = (universe.set(tests[pair]), universe.set(tests[pair + 20]))
      let both = universe.intersection(one, other)
      set = universe.union(set, both)
    }
    #expect(universe.isExhausted)
    #expect(universe.nodeCount < 200, "the budget bounds the memory")
  }
}
