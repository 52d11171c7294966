import PacketSpace
import RulesetIR

/// Bits of the mark that say "by none of these interfaces".
///
/// An iptables rule has one `-i` and one `-o`. "By an uplink" is "not by `lo`, nor a tunnel, nor a
/// container bridge": each chain works that out once, at its beginning, and its rules test the bit.
struct InterfaceBits {
  struct Group: Hashable {
    var side: InterfaceSide
    var excluded: [InterfacePattern]
  }

  let groups: [Group]
  private let bits: [UInt32]

  /// Below the decision bits, of the byte that all policies reserve; every chain works its bits out
  /// before it tests them, so that policies may share them.
  private static let places: [InterfaceSide: [UInt32]] = [
    .input: [28, 27], .output: [26, 25, 24],
  ]

  /// - Throws: when a policy divides the interfaces in more ways than there are bits.
  init(groups: [Group]) throws(UnsupportedByTarget) {
    self.groups = groups
    var free = InterfaceBits.places
    var bits: [UInt32] = []
    for group in groups {
      guard let place = free[group.side]?.first else {
        throw UnsupportedByTarget(
          "so many different groups of interfaces in one chain", instead: "use --target nft",
          origin: nil)
      }
      free[group.side]?.removeFirst()
      bits.append(1 << place)
    }
    self.bits = bits
  }

  /// The groups that the permits and denies of a policy need.
  static func groups(_ permits: [Permit], _ denies: [Deny]) -> [Group] {
    var result: [Group] = []
    func add(_ matches: [Match]) {
      for side in [InterfaceSide.input, .output] {
        let group = Group(side: side, excluded: matches.excluded(side))
        if group.excluded.count > 1, !result.contains(group) { result.append(group) }
      }
    }
    for permit in permits {
      switch permit.path {
      case .arrives(let scope, _): scope.matches(.input).forEach(add)
      case .leaves(let path): path.out.matches(.output).forEach(add)
      case .forwards(let inScope, let outScope, _):
        inScope.matches(.input).forEach(add)
        outScope.matches(.output).forEach(add)
      case .bridged(let scope): scope.matches(.output).forEach(add)
      }
    }
    for deny in denies { add(deny.matches) }
    return result
  }

  /// The same matches with each such group as a test of its bit.
  func encoding(_ matches: [Match]) -> [Match] {
    var result = matches
    for (group, bit) in zip(groups, bits) where result.excluded(group.side) == group.excluded {
      result.removeAll { $0.isExcluded(group.side) }
      result.insert(.mark(value: bit, mask: bit), at: 0)
    }
    return result
  }

  /// Works the bits out that rules test: set, then cleared for each of the interfaces.
  func rules(neededBy rules: [Rule]) -> [Rule] {
    zip(groups, bits).flatMap { group, bit -> [Rule] in
      let test = Match.mark(value: bit, mask: bit)
      guard rules.contains(where: { $0.matches.contains(test) }) else { return [] }
      let set = Rule([], [.setMark(clear: 0, set: bit)], nil, note: "not by \(group.names)")
      return [set]
        + group.excluded.map {
          Rule(
            [.interface(group.side, $0)], [.setMark(clear: bit, set: 0)], nil,
            note: "by \($0.name)")
        }
    }
  }
}

extension InterfaceBits.Group {
  fileprivate var names: String { excluded.map(\.name).joined(separator: ", ") }
}

extension [Match] {
  /// The interfaces of one side that the matches exclude, in a fixed order.
  fileprivate func excluded(_ side: InterfaceSide) -> [InterfacePattern] {
    compactMap { match in
      if case .interface(side, let pattern, isNegated: true) = match { pattern } else { nil }
    }.sorted()
  }
}

extension Match {
  fileprivate func isExcluded(_ side: InterfaceSide) -> Bool {
    if case .interface(side, _, isNegated: true) = self { true } else { false }
  }
}
