import PacketSpace
import PolicyGenerator
import Testing

/// How values are told apart: at their ends, where ranges meet, and in large sets.
@Suite struct ClassTests {
  /// Tests of one field, and pairs of (value, the tests that hold for it).
  private func expect(
    _ tests: [PacketTest], _ cases: [(PacketWitness.Value, [Int])],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let universe = Universe(tests)
    for (value, holding) in cases {
      let packet: ConcretePacket = [tests[0].field: value]
      let expected = Set(holding)
      for (index, test) in tests.enumerated() {
        #expect(
          test.holds(for: packet) == expected.contains(index), "\(value)",
          sourceLocation: sourceLocation)
      }
      let all = tests.indices.map { index -> PacketExpression in
        expected.contains(index) ? .test(tests[index]) : .not(.test(tests[index]))
      }
      #expect(!universe.set(.and(all)).isEmpty, "\(value)", sourceLocation: sourceLocation)
    }
    // No combination of answers that no value has.
    let known = Set(cases.map { Set($0.1) })
    for number in 0..<(1 << tests.count) where tests.count < 8 {
      let holding = Set(tests.indices.filter { number & 1 << $0 != 0 })
      let all = tests.indices.map { index -> PacketExpression in
        holding.contains(index) ? .test(tests[index]) : .not(.test(tests[index]))
      }
      #expect(
        universe.set(.and(all)).isEmpty == !known.contains(holding), "\(holding)",
        sourceLocation: sourceLocation)
    }
  }

  @Test func `ranges begin at 0 and end at the last value`() {
    expect(
      [PacketTest(.sourcePort, [0...0]), PacketTest(.sourcePort, [65_535...65_535])],
      [(.number(0), [0]), (.number(1), []), (.number(65_534), []), (.number(65_535), [1])])
    expect(
      [PacketTest(.source(.ipv6), [0...UInt128.max]), PacketTest(.source(.ipv6), [.max ... .max])],
      [(.number(0), [0]), (.number(.max), [0, 1])])
  }

  @Test func `ranges that touch are told apart, and are one where a test has both`() {
    expect(
      [
        PacketTest(.sourcePort, [10...19]), PacketTest(.sourcePort, [20...29]),
        PacketTest(.sourcePort, [20...29, 10...19]), PacketTest(.sourcePort, [20...20]),
      ],
      [
        (.number(9), []), (.number(10), [0, 2]), (.number(19), [0, 2]), (.number(20), [1, 2, 3]),
        (.number(21), [1, 2]), (.number(30), []),
      ])
  }

  @Test func `a value that stands twice in a list counts once`() {
    expect(
      [PacketTest(.icmpType, [3...3, 3...3]), PacketTest(.icmpType, [0...8, 3...255])],
      [(.number(3), [0, 1]), (.number(4), [1])])
  }

  @Test func `overlapping ranges make a class for each way to overlap`() {
    expect(
      [
        PacketTest(.transport, [1...100]), PacketTest(.transport, [50...200]),
        PacketTest(.transport, [60...70, 150...255]),
      ],
      [
        (.number(0), []), (.number(1), [0]), (.number(50), [0, 1]), (.number(60), [0, 1, 2]),
        (.number(101), [1]), (.number(150), [1, 2]), (.number(201), [2]),
      ])
  }

  @Test func `a mark is compared bit by bit, with values and with ranges`() {
    expect(
      [
        PacketTest(.mark, [0...0]), PacketTest(.mark, [0x10...0xfffe, 0xffff_fff0...0xffff_ffff]),
        PacketTest(.mark, .bits(value: 1, mask: 1)), PacketTest(.mark, .bits(value: 2, mask: 1)),
      ],
      [
        (.number(0), [0]), (.number(1), [2]), (.number(2), []), (.number(0x10), [1]),
        (.number(0xfffd), [1, 2]), (.number(0xffff), [2]), (.number(0xffff_ffff), [1, 2]),
      ])
  }

  private func input(_ name: String, _ isPrefix: Bool = false) -> PacketTest {
    PacketTest(.inputInterface, .interface(InterfacePattern(name, isPrefix: isPrefix)))
  }

  @Test func `prefixes of interface names nest`() {
    expect(
      [input("wg", true), input("wg0", true), input("wg0"), input("wg00")],
      [
        (.noInterface, []), (.interface("lo"), []), (.interface("wg"), [0]),
        (.interface("wg1"), [0]), (.interface("wg0"), [0, 1, 2]), (.interface("wg01"), [0, 1]),
        (.interface("wg00"), [0, 1, 3]),
      ])
  }

  @Test func `there is an interface that no test names, whatever they name`() {
    expect(
      [input("o", true), input("other")],
      [
        (.noInterface, []), (.interface("lo"), []), (.interface("eth0"), []),
        (.interface("o"), [0]), (.interface("other"), [0, 1]),
      ])
    expect(
      [input("l", true), input("", true)],
      [(.noInterface, []), (.interface("x"), [1]), (.interface("lo"), [0, 1])])
  }

  @Test func `a prefix of 15 bytes is one name, and one of 14 has room for one more byte`() throws {
    let (full, almost) = ("abcdefghijklmno", "zbcdefghijklmn")
    expect(
      [input(full, true), input(full), input(almost, true), input(almost + "0")],
      [
        (.noInterface, []), (.interface("lo"), []), (.interface(full), [0, 1]),
        (.interface(almost), [2]), (.interface(almost + "0"), [2, 3]),
      ])
    let universe = Universe([input(almost, true), input(almost + "0")])
    let (prefix, name) = (universe.set(input(almost, true)), universe.set(input(almost + "0")))
    let witness = try #require(universe.witness(universe.difference(prefix, name)))
    let shown = try #require(witness.interface(.inputInterface))
    #expect(shown.hasPrefix(almost) && shown.utf8.count <= 15 && shown != almost + "0")
  }

  @Test func `a set of 100,000 addresses is one test`() throws {
    var random = SplitMix(seed: 41)
    let addresses = (0..<100_000).map { UInt128($0 * 37 + random.number(0...35)) }
    let relays = PacketTest(.destination(.ipv4), addresses.map { $0...$0 })
    let some = PacketTest(.destination(.ipv4), [addresses[500]...addresses[60_000]])
    let universe = Universe([relays, some])
    let (all, part) = (universe.set(relays), universe.set(some))
    #expect(universe.nodeCount < 20)
    let missing = universe.difference(part, all)
    let packet = try #require(universe.witness(missing)?.number(.destination(.ipv4)))
    #expect(addresses[500] < packet && packet < addresses[60_000])
    #expect(!Set(addresses).contains(packet))
    let inside = try #require(
      universe.witness(universe.difference(all, part))?.number(.destination(.ipv4)))
    #expect(Set(addresses).contains(inside))
  }

  @Test func `20,000 single addresses are as many classes`() {
    let tests = (0..<20_000).map { PacketTest(.destination(.ipv4), UInt128($0 * 3)) }
    let universe = Universe(tests)
    var union = PacketSet.empty
    for test in tests {
      let one = universe.set(test)
      #expect(!one.isEmpty)
      union = universe.union(union, one)
    }
    #expect(!universe.isExhausted && union != .all)
  }
}
