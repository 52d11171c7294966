import PacketSpace
import RulesetIR

/// A rule and where it stands, for messages.
struct PlacedRule {
  var table: Table
  var chain: Chain
  var rule: Rule
}

extension Ruleset {
  var placedRules: [PlacedRule] {
    tables.flatMap { table in
      table.chains.flatMap { chain in
        chain.rules.map { PlacedRule(table: table, chain: chain, rule: $0) }
      }
    }
  }

  var chains: [Chain] { tables.flatMap(\.chains) }
}

extension Table {
  /// The hooks from which a chain is reached, by jumps and gotos.
  func hooks(reaching name: String) -> Set<Hook> {
    var reached: Set<String> = [name]
    var pending = [name]
    while let target = pending.popLast() {
      for chain in chains where chain.rules.contains(where: { $0.verdict?.target == target }) {
        if reached.insert(chain.name).inserted { pending.append(chain.name) }
      }
    }
    return Set(chains.filter { reached.contains($0.name) }.compactMap(\.base?.hook))
  }
}

extension Verdict {
  var target: String? {
    switch self {
    case .jump(let name), .goto(let name): name
    case .accept, .drop, .reject, .return: nil
    }
  }

  /// Ends a packet's way.
  var isDeny: Bool {
    switch self {
    case .drop, .reject: true
    case .accept, .jump, .goto, .return: false
    }
  }
}

extension Match {
  /// Asks the packet's socket, its mark, or both.
  var isSelector: Bool {
    if case .socketUser = self { return true }
    if case .socketGroup = self { return true }
    if case .cgroup = self { return true }
    if case .mark = self { return true }
    return false
  }

  func isInterface(_ side: InterfaceSide) -> Bool {
    if case .interface(side, _, _) = self { true } else { false }
  }

  func isDeviceType(_ side: InterfaceSide) -> Bool {
    if case .deviceType(side, _, _) = self { true } else { false }
  }

  var operand: AddressOperand? {
    if case .address(_, let operand, _) = self { return operand }
    if case .ctAddress(_, _, let operand) = self { return operand }
    return nil
  }

  /// The families of packets that can have it.
  var families: Set<AddressFamily> {
    if let operand { return [operand.family] }
    if case .family(let family) = self { return [family] }
    if case .hopLimit(let family, _) = self { return [family] }
    if case .laterFragment(let family) = self { return [family] }
    if case .asked(_, let family, _, _) = self { return [family] }
    if case .icmpType = self { return [.ipv4] }
    if case .icmpv6Type = self { return [.ipv6] }
    return Set(AddressFamily.allCases)
  }
}
