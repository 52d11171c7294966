import PacketSpace
import PolicyGenerator
import RulesetIR

/// Makes one small mistake somewhere in a rule set, the same for the same seed.
struct RandomMutation {
  private var random: SplitMix

  init(seed: UInt64) {
    random = SplitMix(seed: seed)
  }

  /// - Returns: the changed rules, never equal to the old ones, and what was done.
  mutating func next(of ruleset: Ruleset) -> (ruleset: Ruleset, what: String) {
    for _ in 0..<1000 {
      var changed = ruleset
      let what = mutate(&changed)
      if let what, changed != ruleset { return (changed, what) }
    }
    preconditionFailure("rules without anything to change")
  }

  private mutating func mutate(_ ruleset: inout Ruleset) -> String? {
    let tables = ruleset.tables.indices.filter { index in
      switch ruleset.tables[index].family {
      case .inet, .ip, .ip6: true
      case .netdev, .bridge, .arp: false
      }
    }
    let table = random.pick(tables)
    switch random.number(1...20) {
    case 1:
      let gone = ruleset.tables.remove(at: table)
      return "removed table \(gone.family) \(gone.name)"
    case 2: return changeFamily(&ruleset.tables[table])
    case 3: return dropElement(&ruleset.tables[table])
    case 4, 5, 6: return changeChain(&ruleset.tables[table])
    case _: return changeRules(&ruleset.tables[table])
    }
  }

  // MARK: Tables and chains

  private mutating func changeFamily(_ table: inout Table) -> String? {
    if random.once(in: 3) {
      table.isDormant.toggle()
      return "dormant \(table.isDormant)"
    }
    table.family = random.pick([.inet, .ip, .ip6])
    return "family \(table.family)"
  }

  private mutating func dropElement(_ table: inout Table) -> String? {
    guard let index = table.sets.indices.randomElement(using: &random) else { return nil }
    switch table.sets[index].elements {
    case .ipv4(var list) where !list.isEmpty:
      list.remove(at: random.number(0...list.count - 1))
      table.sets[index].elements = .ipv4(list)
    case .ipv6(var list) where !list.isEmpty:
      list.remove(at: random.number(0...list.count - 1))
      table.sets[index].elements = .ipv6(list)
    case .ipv4Ranges(var list) where !list.isEmpty:
      list.remove(at: random.number(0...list.count - 1))
      table.sets[index].elements = .ipv4Ranges(list)
    case .ipv6Ranges(var list) where !list.isEmpty:
      list.remove(at: random.number(0...list.count - 1))
      table.sets[index].elements = .ipv6Ranges(list)
    case .ipv4, .ipv6, .ipv4Ranges, .ipv6Ranges, .asked: return nil
    }
    return "dropped an element of \(table.sets[index].name)"
  }

  private mutating func changeChain(_ table: inout Table) -> String? {
    let bases = table.chains.indices.filter { table.chains[$0].base != nil }
    guard let index = bases.randomElement(using: &random), var base = table.chains[index].base
    else { return nil }
    let name = table.chains[index].name
    let what: String
    switch random.number(1...5) {
    case 1:
      base.policy = base.policy == .accept ? .drop : .accept
      what = "policy \(base.policy)"
    case 2:
      base.priority = random.pick([-400, -300, -155, -50, 0, 50, 310])
      what = "priority \(base.priority)"
    case 3:
      base.hook = random.pick([.prerouting, .input, .forward, .output, .postrouting])
      what = "hook \(base.hook)"
    case 4:
      base.type = base.type == .nat ? .filter : .nat
      what = "type \(base.type)"
    case _:
      table.chains.remove(at: index)
      return "removed \(name)"
    }
    table.chains[index].base = base
    return "\(what) of \(name)"
  }

  // MARK: Rules

  private mutating func changeRules(_ table: inout Table) -> String? {
    let filled = table.chains.indices.filter { !table.chains[$0].rules.isEmpty }
    guard let chain = filled.randomElement(using: &random) else { return nil }
    let name = table.chains[chain].name
    let index = random.number(0...table.chains[chain].rules.count - 1)
    let what: String?
    switch random.number(1...10) {
    case 1, 2:
      table.chains[chain].rules.remove(at: index)
      what = "dropped rule"
    case 3:
      let other = random.number(0...table.chains[chain].rules.count - 1)
      table.chains[chain].rules.swapAt(index, other)
      what = "swapped with \(other + 1) rule"
    case 4, 5: what = changeVerdict(&table.chains[chain].rules[index])
    case 6: what = changeStatements(&table.chains[chain].rules[index])
    case _: what = changeMatch(&table.chains[chain].rules[index])
    }
    return what.map { "\($0) \(index + 1) of \(name)" }
  }

  private mutating func changeVerdict(_ rule: inout Rule) -> String? {
    switch rule.verdict {
    case .jump(let name): rule.verdict = .goto(name)
    case .goto(let name): rule.verdict = .jump(name)
    case .accept, .drop, .reject, .return, nil:
      rule.verdict = random.pick([.accept, .drop, .return, nil])
    }
    return "verdict \(rule.verdict.map { "\($0)" } ?? "none") of rule"
  }

  private mutating func changeStatements(_ rule: inout Rule) -> String? {
    if rule.statements.isEmpty || random.once(in: 2) {
      rule.statements.insert(.limit(packetsPerSecond: 5), at: 0)
      return "limit in rule"
    }
    let gone = rule.statements.remove(at: random.number(0...rule.statements.count - 1))
    return "dropped \(gone) of rule"
  }

  private mutating func changeMatch(_ rule: inout Rule) -> String? {
    guard let index = rule.matches.indices.randomElement(using: &random) else { return nil }
    switch random.number(1...4) {
    case 1:
      let gone = rule.matches.remove(at: index)
      return "dropped \(gone) of rule"
    case 2:
      rule.matches[index] = .not(rule.matches[index])
      return "negated \(rule.matches[index]) of rule"
    case _:
      rule.matches[index] = changed(rule.matches[index])
      return "changed to \(rule.matches[index]) in rule"
    }
  }

  // MARK: Matches

  /// Another value, or a wider one.
  private mutating func changed(_ match: Match) -> Match {
    switch match {
    case .interface(let side, var pattern, let isNegated):
      switch random.number(1...3) {
      case 1: pattern.isPrefix.toggle()
      case 2: pattern.name = random.pick(["lo", "wg0", "eth0", "docker0", "usb0"])
      case _: return .interface(side, pattern, isNegated: !isNegated)
      }
      return .interface(side, pattern, isNegated: isNegated)
    case .address(let field, let operand, let isNegated):
      return .address(
        random.once(in: 3) ? (field == .source ? .destination : .source) : field,
        changed(operand), isNegated: isNegated)
    case .ctAddress(let direction, let field, let operand):
      return .ctAddress(
        random.once(in: 3) ? (direction == .original ? .reply : .original) : direction, field,
        changed(operand))
    case .transport(let numbers):
      return .transport(random.pick([[6], [17], [6, 17], [1], numbers + [132]]))
    case .port(let field, let ranges, let isNegated):
      if random.once(in: 4) {
        return .port(field == .source ? .destination : .source, ranges, isNegated: isNegated)
      }
      return .port(field, changed(ranges), isNegated: isNegated)
    case .ctPort(let direction, let field, let range):
      return .ctPort(direction, field, changed([range])[0])
    case .ctState(let states, let isNegated):
      return .ctState(random.some(StateBit.allCases), isNegated: states.isEmpty ? true : isNegated)
    case .ctDirection(let direction):
      return .ctDirection(direction == .original ? .reply : .original)
    case .ctProtocol(let number): return .ctProtocol(number == 6 ? 17 : 6)
    case .mark(let value, let mask, let isNegated):
      let bit: UInt32 = 1 << UInt32(random.number(0...31))
      return random.once(in: 2)
        ? .mark(value: value ^ (bit & mask), mask: mask, isNegated: isNegated)
        : .mark(value: value & ~bit, mask: mask & ~bit, isNegated: isNegated)
    case .socketUser(let range): return .socketUser(0...range.upperBound)
    case .socketGroup(let range): return .socketGroup(0...range.upperBound)
    case .icmpType(let types): return .icmpType(random.once(in: 2) ? types + [8] : [13])
    case .icmpv6Type(let types): return .icmpv6Type(random.once(in: 2) ? types + [128] : [139])
    case .hopLimit(let family, let hops): return .hopLimit(family, hops &- 1)
    case .tcpFlags(let mask, let value): return .tcpFlags(mask: mask, value: value ^ 2 & mask)
    case .deviceType(let side, let type, let isNegated):
      return .deviceType(side, random.once(in: 2) ? 1 : type, isNegated: !isNegated)
    case .family(let family): return .family(family == .ipv4 ? .ipv6 : .ipv4)
    case .laterFragment(let family): return .laterFragment(family == .ipv4 ? .ipv6 : .ipv4)
    case .notReceived, .asked, .cgroup, .ctLabel, .isIP, .arpAddress, .opaque: return .not(match)
    case .not(let inner): return inner
    }
  }

  private mutating func changed(_ operand: AddressOperand) -> AddressOperand {
    switch operand {
    case .prefix(let prefix):
      if random.once(in: 2) {
        let length = max(prefix.length - random.number(1...8), 0)
        return .prefix(Prefix(prefix.address, length: length))
      }
      let bit = UInt128(1) << UInt128(prefix.address.family.addressWidth - max(prefix.length, 1))
      let address = IPAddress(family: prefix.address.family, bits: prefix.address.bits ^ bit)
      return .prefix(Prefix(address, length: prefix.length))
    case .list(let addresses): return .list(Array(addresses.dropLast()) + [addresses[0]])
    case .set(let name, let family, let maskLength):
      return .set(name: name, family: family, maskLength: maskLength.map { $0 - 1 } ?? 24)
    }
  }

  private mutating func changed(_ ranges: [PortRange]) -> [PortRange] {
    var result = ranges
    let index = random.number(0...ranges.count - 1)
    if random.once(in: 2) {
      result[index] = PortRange(ranges[index].lower, max(ranges[index].upper, 65000))
    } else {
      result[index] = PortRange(
        ranges[index].lower &+ 1, max(ranges[index].upper, ranges[index].lower &+ 1))
    }
    return result
  }
}
