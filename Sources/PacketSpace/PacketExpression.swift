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
    switch self {
    case .all, .none: break
    case .test(let test): tests.append(test)
    case .not(let inner): inner.collectTests(into: &tests)
    case .and(let parts), .or(let parts): for part in parts { part.collectTests(into: &tests) }
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
    case .or(let parts):
      var result = PacketSet.empty
      for part in parts {
        let next = set(part)
        result = union(result, next)
      }
      return result
    }
  }
}
