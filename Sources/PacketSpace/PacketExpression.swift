/// A set of packets as a formula over tests, before a universe is known.
package indirect enum PacketExpression: Hashable, Sendable {
  case all
  case none
  case test(PacketTest)
  case not(PacketExpression)
  case and([PacketExpression])
  case or([PacketExpression])

  /// Everything that it asks for.
  package func collectTests(into tests: inout [PacketTest]) {
    forEachTest { tests.append($0) }
  }

  /// Everything that it asks for, each test once.
  package func collectTests(into tests: inout TestTable) {
    forEachTest { tests.insert($0) }
  }

  private func forEachTest(_ visit: (PacketTest) -> Void) {
    switch self {
    case .all, .none: break
    case .test(let test): visit(test)
    case .not(let inner): inner.forEachTest(visit)
    case .and(let parts), .or(let parts): for part in parts { part.forEachTest(visit) }
    }
  }
}

extension PacketUniverse {
  /// The packets of a formula whose tests the universe knows.
  package mutating func set(_ expression: PacketExpression) -> PacketSet {
    switch expression {
    case .all: return .all
    case .none: return .empty
    case .test(let test): return set(test)
    case .not(let inner):
      let inside = set(inner)
      return complement(inside)
    case .and(let parts):
      var result = PacketSet.all
      for part in parts {
        if result.isEmpty { break }
        let next = set(part)
        result = intersection(result, next)
      }
      return result
    case .or(let parts): return union(of: parts[...])
    }
  }

  /// Halves first: a union of many small sets is cheap as long as they are small.
  private mutating func union(of parts: ArraySlice<PacketExpression>) -> PacketSet {
    guard let first = parts.first else { return .empty }
    if parts.count == 1 { return set(first) }
    let middle = parts.startIndex + parts.count / 2
    let one = union(of: parts[..<middle])
    let other = union(of: parts[middle...])
    return union(one, other)
  }
}
