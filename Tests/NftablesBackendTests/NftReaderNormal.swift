import PacketSpace
import RulesetIR
import Testing

extension Ruleset {
  /// The same rules in one form: without what nft leaves out or adds when it lists them.
  ///
  /// Left aside: comments, counters, the order of tables, of chains and of what a list holds, the
  /// devices of netdev chains (nft 1.0.6 does not list them), and matches that other matches of the
  /// rule imply.
  var normal: Ruleset {
    Ruleset(
      tables: tables.map(\.normal).sorted {
        ($0.family.rawValue, $0.name) < ($1.family.rawValue, $1.name)
      })
  }
}

extension Table {
  fileprivate var normal: Table {
    var result = self
    result.sets = sets.map(\.normal).sorted { $0.name < $1.name }
    result.chains = chains.map { chain in
      var chain = chain
      chain.base?.devices = []
      chain.rules = chain.rules.map { $0.normal(in: family) }
      return chain
    }.sorted { $0.name < $1.name }
    return result
  }
}

extension NamedSet {
  fileprivate var normal: NamedSet {
    switch elements {
    case .ipv4(let elements): NamedSet(name: name, elements: .ipv4(elements.sorted()), size: size)
    case .ipv6(let elements): NamedSet(name: name, elements: .ipv6(elements.sorted()), size: size)
    case .ipv4Ranges, .ipv6Ranges, .asked: self
    }
  }
}

extension Rule {
  fileprivate func normal(in family: TableFamily) -> Rule {
    var matches = matches.map(\.normal)
    for case .updateSet(let set, _, _) in statements {
      // nft adds both for the key of the set.
      matches += [.transport([17]), .family(set.hasSuffix("4") ? .ipv4 : .ipv6)]
    }
    if verdict == .reject(.tcpReset) { matches.append(.transport([6])) }
    let protocols = matches.reduce(nil as Set<UInt8>?) { known, match in
      match.protocols.map { known?.intersection($0) ?? $0 } ?? known
    }
    let families = Set(matches.compactMap(\.impliedFamily))
    var kept: [Match] = []
    for match in matches {
      switch match {
      case .transport: continue
      case .family(let one)
      where families.contains(one) || family == .ip && one == .ipv4
        || family == .ip6 && one == .ipv6:
        continue
      default: kept.append(match)
      }
    }
    if let protocols { kept.append(.transport(protocols.sorted())) }
    let texts = Dictionary(kept.map { ("\($0)", $0) }) { first, _ in first }
    return Rule(
      texts.sorted { $0.key < $1.key }.map(\.value),
      statements.filter { $0 != .counter }.map(\.normal), verdict)
  }
}

extension RuleStatement {
  fileprivate var normal: RuleStatement {
    guard case .setMark(let clear, let set) = self else { return self }
    return .setMark(clear: clear | set, set: set)
  }
}

extension Match {
  fileprivate var normal: Match {
    switch self {
    case .interface(let side, let pattern, let isNegated):
      let isName = pattern.name.utf8.count == 15
      let pattern = InterfacePattern(pattern.name, isPrefix: pattern.isPrefix && !isName)
      return .interface(side, pattern, isNegated: isNegated)
    case .address(let field, .list(let addresses), let isNegated):
      return .address(field, .list(addresses.sorted()), isNegated: isNegated)
    case .ctAddress(let direction, let field, .list(let addresses)):
      return .ctAddress(direction, field, .list(addresses.sorted()))
    case .transport(let numbers): return .transport(numbers.sorted())
    case .icmpType(let types): return .icmpType(types.sorted())
    case .icmpv6Type(let types): return .icmpv6Type(types.sorted())
    case .port(let field, let ranges, let isNegated):
      return .port(field, PortSet(ranges).ranges, isNegated: isNegated)
    case .ctState(let states, let isNegated):
      return .ctState(states.sorted(), isNegated: isNegated)
    default: return self
    }
  }

  fileprivate var protocols: Set<UInt8>? {
    switch self {
    case .transport(let numbers): Set(numbers)
    case .icmpType: [1]
    case .icmpv6Type: [58]
    case .tcpFlags: [6]
    case .asked: [17]
    default: nil
    }
  }

  /// Of a match that is more than its family.
  fileprivate var impliedFamily: AddressFamily? {
    switch self {
    case .address(_, let operand, _): operand.family
    case .ctAddress(_, _, let operand): operand.family
    case .asked(_, let family, _, _), .hopLimit(let family, _), .laterFragment(let family): family
    case .icmpType: .ipv4
    case .icmpv6Type: .ipv6
    default: nil
    }
  }
}

/// What passes one rule set and not the other; `nil` where they mean the same.
func difference(_ a: Ruleset, _ b: Ruleset) -> String? {
  let (first, second) = (RulesetEvaluator(a), RulesetEvaluator(b))
  var universe = PacketUniverse(tests: first.tests + second.tests)
  for traversal in Traversal.allCases {
    let one = first.passes(traversal, in: &universe)
    let other = second.passes(traversal, in: &universe)
    if universe.isExhausted { return "too large to compare" }
    if one == other { continue }
    let only = universe.difference(one, other)
    let more = only.isEmpty ? universe.difference(other, one) : only
    let witness = universe.witness(more).map { "\($0.values)" } ?? ""
    return "\(traversal), \(only.isEmpty ? "second" : "first") alone: \(witness)"
  }
  return nil
}

/// Expects both rule sets to be the same in their normal form, and says where they are not.
func expectSame(
  _ read: Ruleset, _ written: Ruleset, _ source: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let (one, other) = (read.normal, written.normal)
  guard one != other else { return }
  var lines: [String] = []
  for (one, other) in zip(one.tables, other.tables) where one != other {
    for (set, second) in zip(one.sets, other.sets) where set != second {
      lines += ["set \(set)", "  is \(second)"]
    }
    for (chain, second) in zip(one.chains, other.chains) where chain != second {
      lines += ["\(chain.name) \(chain.rules.count), \(second.name) \(second.rules.count) rules"]
      for (rule, another) in zip(chain.rules, second.rules) where rule != another {
        lines += ["\(rule)", "  is \(another)"]
      }
    }
  }
  let text = lines.prefix(6).map { String($0.prefix(600)) }.joined(separator: "\n")
  Issue.record("read and written differ\n\(text)\n\(source)", sourceLocation: sourceLocation)
}
