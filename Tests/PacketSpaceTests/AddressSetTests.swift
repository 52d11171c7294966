import PacketSpace
import PolicyGenerator
import Testing

/// Sets of the 24 lowest and the 24 highest addresses of each family, compared with sets of numbers.
@Suite struct AddressSetTests {
  @Test func `the algebra is that of sets of addresses`() {
    var random = SplitMix(seed: 1)
    for _ in 0..<2_000 {
      let (a, b) = (randomRanges(&random), randomRanges(&random))
      let (left, right) = (set(a), set(b))
      let (leftMembers, rightMembers) = (members(a), members(b))
      #expect(universe.filter(left.contains) == universe.filter(leftMembers.contains))
      expectSame(left.union(right), leftMembers.union(rightMembers))
      expectSame(left.intersection(right), leftMembers.intersection(rightMembers))
      expectSame(left.subtracting(right), leftMembers.subtracting(rightMembers))
      #expect(left.complement.complement == left)
      #expect(left.isSubset(of: right) == leftMembers.isSubset(of: rightMembers))
      #expect(left.overlaps(right) == !leftMembers.isDisjoint(with: rightMembers))
      #expect(left.first == leftMembers.min())
      #expect((left == right) == (leftMembers == rightMembers))
    }
  }

  @Test func `the prefixes cover the set, without overlap, as few as possible`() {
    var random = SplitMix(seed: 2)
    for _ in 0..<1_000 {
      let ranges = randomRanges(&random)
      let subject = set(ranges)
      for family in AddressFamily.allCases {
        let prefixes = subject.prefixes(family)
        let inFamily = members(ranges).filter { $0.family == family }
        #expect(prefixes.reduce(0) { $0 + Int($1.upper - $1.lower) + 1 } == inFamily.count)
        #expect(prefixes == prefixes.sorted())
        #expect(Set(prefixes.flatMap(addresses)) == inFamily)
        for (one, next) in zip(prefixes, prefixes.dropFirst())
        where one.length == next.length && one.upper + 1 == next.lower {
          let parent = Prefix(one.address, length: one.length - 1)
          #expect(parent.address != one.address || parent.upper != next.upper, "two halves")
        }
      }
    }
  }

  @Test func `everything is one prefix of each family`() {
    #expect(AddressSet.all.prefixes(.ipv4).map(\.text) == ["0.0.0.0/0"])
    #expect(AddressSet.all.prefixes(.ipv6).map(\.text) == ["::/0"])
    #expect(AddressSet.all.complement.isEmpty)
    #expect(AddressSet().complement == .all)
  }

  @Test func `a range that ends at the last address is split without overflow`() {
    let set = AddressSet(ipv4: [IPv4Range(1, .max)], ipv6: [IPv6Range(1, .max)])
    #expect(set.prefixes(.ipv4).count == 32)
    #expect(set.prefixes(.ipv6).count == 128)
    #expect(set.prefixes(.ipv4).last?.text == "128.0.0.0/1")
    #expect(set.prefixes(.ipv6).last?.text == "8000::/1")
  }

  @Test func `ranges that touch or repeat are merged whatever their order`() {
    let set = AddressSet(
      ipv4: [
        IPv4Range(20, 30), IPv4Range(1, 5), IPv4Range(6, 9), IPv4Range(22, 24), IPv4Range(1, 5),
      ])
    #expect(set.ipv4 == [IPv4Range(1, 9), IPv4Range(20, 30)])
    let wide = AddressSet(ipv6: [IPv6Range(.max, .max), IPv6Range(0, .max - 1)])
    #expect(wide.ipv6 == [IPv6Range(0, .max)])
  }
}

private let edge = 24

private let universe: [IPAddress] = AddressFamily.allCases.flatMap { family in
  (0..<UInt128(edge)).map { IPAddress(family: family, bits: $0) }
    + (0..<UInt128(edge)).reversed().map { IPAddress(family: family, bits: family.maximum - $0) }
}

/// Pairs of indices into the universe; both ends lie in the same block of neighbours.
private func randomRanges(_ random: inout SplitMix) -> [(IPAddress, IPAddress)] {
  (0..<Int.random(in: 0...6, using: &random)).map { _ in
    let block = Int.random(in: 0..<4, using: &random) * edge
    let (a, b) = (
      Int.random(in: 0..<edge, using: &random), Int.random(in: 0..<edge, using: &random)
    )
    return (universe[block + min(a, b)], universe[block + max(a, b)])
  }
}

private func set(_ ranges: [(IPAddress, IPAddress)]) -> AddressSet {
  AddressSet(
    ipv4: ranges.filter { $0.0.family == .ipv4 }.map {
      IPv4Range(UInt32($0.0.bits), UInt32($0.1.bits))
    },
    ipv6: ranges.filter { $0.0.family == .ipv6 }.map { IPv6Range($0.0.bits, $0.1.bits) })
}

private func members(_ ranges: [(IPAddress, IPAddress)]) -> Set<IPAddress> {
  Set(ranges.flatMap { low, high in universe.filter { low <= $0 && $0 <= high } })
}

private func expectSame(
  _ set: AddressSet, _ members: Set<IPAddress>, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    universe.filter(set.contains) == universe.filter(members.contains),
    sourceLocation: sourceLocation)
  let count =
    set.ipv4.reduce(0) { $0 + Int($1.upper - $1.lower) + 1 }
    + set.ipv6.reduce(0) { $0 + Int($1.upper - $1.lower) + 1 }
  #expect(count == members.count, sourceLocation: sourceLocation)
}

private func addresses(_ prefix: Prefix) -> [IPAddress] {
  universe.filter {
    $0.family == prefix.address.family && prefix.lower <= $0.bits && $0.bits <= prefix.upper
  }
}
