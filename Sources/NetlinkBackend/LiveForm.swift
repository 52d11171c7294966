package import RulesetIR

/// The shape in which rules stand in the kernel, so that they can be replaced with no moment in between.
///
/// A base chain stays as long as its table does. All that it holds is a jump to a chain of the current generation
/// and, where its policy is drop, a deny: while a base chain is made its policy does not hold yet, a rule does.
/// Sets and the other chains carry their generation in front of their name; a set that rules fill has none, since
/// what it knows has to outlive a replacement.
package func liveForm(_ ruleset: Ruleset, generation: String) -> Ruleset {
  Ruleset(tables: ruleset.tables.map { liveForm($0, prefix: generation) })
}

private func liveForm(_ table: Table, prefix: String) -> Table {
  let names = GenerationNames(table, prefix: prefix)
  var result = table
  result.sets = table.sets.map { set in
    var set = set
    set.name = names.set(set.name)
    return set
  }
  let base = table.chains.filter { $0.base != nil }
  result.chains = base.map { chain in
    let jump = Rule([], [], .jump(prefix + chain.name), note: "the rules in force")
    let deny = Rule([], [.counter], .drop, note: "while rules change")
    return Chain(
      name: chain.name, base: chain.base,
      rules: chain.base?.policy == .drop ? [jump, deny] : [jump])
  }
  result.chains += table.chains.map { chain in
    Chain(name: prefix + chain.name, rules: chain.rules.map { names.renamed($0) })
  }
  return result
}

/// What the names of one table become.
struct GenerationNames {
  private let prefix: String
  private let lasting: Set<String>

  init(_ table: Table, prefix: String) {
    self.prefix = prefix
    lasting = Set(
      table.sets.filter { if case .asked = $0.elements { true } else { false } }.map(\.name))
  }

  func set(_ name: String) -> String { lasting.contains(name) ? name : prefix + name }

  func renamed(_ rule: Rule) -> Rule {
    var rule = rule
    rule.matches = rule.matches.map { renamed($0) }
    rule.statements = rule.statements.map { statement in
      guard case .updateSet(let name, let address, let port) = statement else { return statement }
      return .updateSet(name: set(name), address: address, port: port)
    }
    switch rule.verdict {
    case .jump(let chain): rule.verdict = .jump(prefix + chain)
    case .goto(let chain): rule.verdict = .goto(prefix + chain)
    case .accept, .drop, .reject, .return, nil: break
    }
    return rule
  }

  private func renamed(_ match: Match) -> Match {
    switch match {
    case .address(let field, let operand, let isNegated):
      .address(field, renamed(operand), isNegated: isNegated)
    case .ctAddress(let direction, let field, let operand):
      .ctAddress(direction, field, renamed(operand))
    case .asked(let name, let family, let address, let port):
      .asked(set: set(name), family: family, address, port)
    case .not(let inner): .not(renamed(inner))
    case .interface, .notReceived, .deviceType, .family, .transport, .port, .ctState, .ctDirection,
      .ctProtocol, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser, .socketGroup, .cgroup,
      .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .arpAddress, .opaque:
      match
    }
  }

  private func renamed(_ operand: AddressOperand) -> AddressOperand {
    guard case .set(let name, let family, let maskLength) = operand else { return operand }
    return .set(name: set(name), family: family, maskLength: maskLength)
  }
}

// MARK: Names of generations

/// The first generation that no name of these tables belongs to.
func unusedGeneration(_ tables: [NetlinkTable]) -> String {
  let names = tables.flatMap { $0.sets.map(\.name) + $0.chains.map(\.name) }
  var number = 0
  while names.contains(where: { $0.hasPrefix(generationPrefix(number)) }) { number += 1 }
  return generationPrefix(number)
}

package func generationPrefix(_ number: Int) -> String { "g\(number)_" }

/// The name without its generation.
func withoutGeneration(_ name: String) -> String {
  let bytes = Array(name.utf8)
  guard bytes.first == UInt8(ascii: "g") else { return name }
  let digits = bytes[1...].prefix { (0x30...0x39).contains($0) }
  guard !digits.isEmpty, digits.endIndex < bytes.count,
    bytes[digits.endIndex] == UInt8(ascii: "_")
  else { return name }
  return String(decoding: bytes[(digits.endIndex + 1)...], as: UTF8.self)
}
