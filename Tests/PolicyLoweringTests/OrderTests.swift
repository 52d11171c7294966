import PacketSpace
import Policy
import PolicyGenerator
import PolicyLowering
import RulesetIR
import Testing

/// Statements and lines add up: in any order they make the same rules.
@Suite struct OrderTests {
  @Test(arguments: Dialect.allCases)
  func `another order of statements and lines makes the same rules`(_ dialect: Dialect) throws {
    var generator = PolicyGenerator(seed: 21)
    var random = SplitMix(seed: 22)
    for _ in 0..<40 {
      let generated = generator.next()
      let other = generated.permuted(&random)
      guard let (one, two) = try rules(generated, other, dialect) else { continue }
      if one == two { continue }
      let order = random
      let smallest = generated.shrunk { smaller in
        var random = order
        let pair = try? rules(smaller, smaller.permuted(&random), dialect)
        return pair.map { $0.0 != $0.1 } ?? false
      }
      let (less, more) = (one.subtracting(two), two.subtracting(one))
      Issue.record("\(smallest)\nonly here: \(less)\nonly there: \(more)\nof \(generated)")
      return
    }
  }

  private func rules(
    _ one: GeneratedPolicy, _ two: GeneratedPolicy, _ dialect: Dialect
  ) throws -> (Set<String>, Set<String>)? {
    let (a, b) = (lowered(try resolved(one), to: dialect), lowered(try resolved(two), to: dialect))
    guard let a, let b else {
      #expect((a == nil) == (b == nil), "one order can be said, another cannot: \(one)")
      return nil
    }
    return (a.meanings, b.meanings)
  }
}

extension Ruleset {
  /// Every rule as text that depends neither on the numbers of sets and bits nor on lines and order.
  fileprivate var meanings: Set<String> {
    var result: Set<String> = []
    for table in tables {
      let bits = table.bitNames
      let sets = Dictionary(
        table.sets.map { ($0.name, "\($0.elements)") }, uniquingKeysWith: { first, _ in first })
      for chain in table.chains where !chain.name.hasSuffix("about") {
        for rule in chain.rules {
          var words = Set(rule.matches.map { $0.named(sets, bits) })
          // "By none of these" is worked out in a fixed order, bit by bit.
          let statements = rule.statements.map { $0.named(sets, bits) }
          words.insert("\(statements)")
          result.insert(
            "\(table.family) \(table.name) \(chain.name) \(words.sorted())"
              + " \(rule.verdict.map { "\($0)" } ?? "-") \(rule.note.split(separator: " ").sorted())"
          )
        }
      }
    }
    return result
  }
}

extension Table {
  /// What the single bits of the mark stand for: control groups, groups of interfaces.
  fileprivate var bitNames: [UInt32: String] {
    var result: [UInt32: String] = [:]
    for rule in chains.flatMap(\.rules) {
      guard case .setMark(0, let bit)? = rule.statements.first, bit.nonzeroBitCount == 1 else {
        continue
      }
      if case .cgroup(let path, _)? = rule.matches.first { result[bit] = "bit of \(path)" }
      if rule.note.hasPrefix("not by ") {
        result[bit] = "bit \(rule.note.split { " ,".contains($0) }.sorted())"
      }
    }
    return result
  }
}

extension Match {
  fileprivate func named(_ sets: [String: String], _ bits: [UInt32: String]) -> String {
    if case .mark(let value, let mask, let isNegated) = self {
      if value == mask, let name = bits[value] { return "\(isNegated ? "not " : "")\(name)" }
      return "mark \(value) \(bits.keys.reduce(mask) { $0 | $1 })"
    }
    return sets.reduce("\(self)") { $0.replacing("\"\($1.key)\"", with: $1.value) }
  }
}

extension RuleStatement {
  fileprivate func named(_ sets: [String: String], _ bits: [UInt32: String]) -> String {
    switch self {
    case .setMark(let clear, let set):
      "clear \(bits[clear] ?? "\(clear)") set \(bits[set] ?? "\(set)")"
    default: sets.reduce("\(self)") { $0.replacing("\"\($1.key)\"", with: $1.value) }
    }
  }
}
