import PacketSpace
import RulesetIR

/// Changes of a compiled rule set, as a mistake would make them.
extension Ruleset {
  static let egress: [Hook] = [.output, .postrouting]

  /// The chains of some hooks that decide at priority 300, and so what passes at all.
  func changing(_ hooks: [Hook], _ change: (inout Chain) -> Void) -> Ruleset {
    var result = self
    for table in result.tables.indices {
      for chain in result.tables[table].chains.indices {
        guard let base = result.tables[table].chains[chain].base, hooks.contains(base.hook),
          base.priority == 300
        else { continue }
        change(&result.tables[table].chains[chain])
      }
    }
    return result
  }

  func without(_ hooks: [Hook]) -> Ruleset {
    var result = self
    for table in result.tables.indices {
      result.tables[table].chains.removeAll { chain in
        chain.base.map { hooks.contains($0.hook) && $0.priority == 300 } ?? false
      }
    }
    return result
  }

  func changingRules(_ change: (inout Rule) -> Void) -> Ruleset {
    var result = self
    for table in result.tables.indices {
      for chain in result.tables[table].chains.indices {
        for rule in result.tables[table].chains[chain].rules.indices {
          change(&result.tables[table].chains[chain].rules[rule])
        }
      }
    }
    return result
  }

  /// Rules with this note.
  func changingRules(noted note: String, _ change: (inout Rule) -> Void) -> Ruleset {
    changingRules { if $0.note == note { change(&$0) } }
  }

  func removingRules(where isGone: (Rule) -> Bool) -> Ruleset {
    var result = self
    for table in result.tables.indices {
      for chain in result.tables[table].chains.indices {
        result.tables[table].chains[chain].rules.removeAll(where: isGone)
      }
    }
    return result
  }

  /// Policies accept; the denies at the ends of the chains stay.
  func withAcceptPolicies(_ hooks: [Hook]) -> Ruleset {
    changing(hooks) { $0.base?.policy = .accept }
  }

  func addingFirst(_ rule: Rule, at hooks: [Hook]) -> Ruleset {
    changing(hooks) { $0.rules.insert(rule, at: 0) }
  }

  /// Before the last denies.
  func addingLast(_ rule: Rule, at hooks: [Hook]) -> Ruleset {
    changing(hooks) { chain in
      let end = chain.rules.firstIndex(where: \.isFinalDeny) ?? chain.rules.count
      chain.rules.insert(rule, at: end)
    }
  }

  /// The denies at the ends of chains, changed.
  func changingFinalDenies(_ hooks: [Hook], _ change: (inout Rule) -> Void) -> Ruleset {
    changing(hooks) { chain in
      for index in chain.rules.indices where chain.rules[index].isFinalDeny {
        change(&chain.rules[index])
      }
    }
  }

  func withoutFinalDenies(_ hooks: [Hook]) -> Ruleset {
    changing(hooks) { $0.rules.removeAll(where: \.isFinalDeny) }
  }
}

extension Rule {
  var isFinalDeny: Bool { note == "blocked" && verdict != .accept }

  mutating func remove(_ isGone: (Match) -> Bool) { matches.removeAll(where: isGone) }
}

extension Match {
  var isOutput: Bool { if case .interface(.output, _, _) = self { true } else { false } }
  var isInput: Bool { if case .interface(.input, _, _) = self { true } else { false } }
  var isDestination: Bool { if case .address(.destination, _, _) = self { true } else { false } }
  var isSource: Bool { if case .address(.source, _, _) = self { true } else { false } }
  var isMark: Bool { if case .mark = self { true } else { false } }
  var isService: Bool {
    switch self {
    case .transport, .port: true
    case .interface, .notReceived, .deviceType, .family, .address, .ctState, .ctDirection,
      .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser, .socketGroup,
      .cgroup, .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .asked, .arpAddress, .opaque,
      .not:
      false
    }
  }
}
