import IptablesBackend
import PacketSpace
import Policy
import PolicyLowering
import RulesetIR
import Testing

/// What holds for the iptables rules of every policy that iptables can say.
@Suite struct IptablesInvariantTests {
  private let all: [(name: String, policy: Policy, rules: Ruleset)]

  /// Made once for all tests.
  private static let compiled = Result {
    try (projectPolicies() + randomPolicies(60, seed: 12)).compactMap { named in
      lowered(named.policy, to: .iptables).map { (named.name, named.policy, $0) }
    }
  }

  init() throws {
    all = try IptablesInvariantTests.compiled.get()
    try #require(all.count > 40, "iptables can say hardly a policy")
  }

  private func check(
    _ what: Comment, _ holds: (PlacedRule, Policy) -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (name, policy, rules) in all {
      for placed in rules.placedRules where !holds(placed, policy) {
        Issue.record(
          "\(what): \(placed.rule) in \(placed.table.name) \(placed.chain.name) of \(name)",
          sourceLocation: sourceLocation)
        return
      }
    }
  }

  @Test func `what cannot be said stops, and says where`() throws {
    for named in try projectPolicies() + randomPolicies(30, seed: 13) {
      do {
        _ = try lower(named.policy, to: .iptables, version: "0")
      } catch {
        #expect(!error.what.isEmpty && !error.instead.isEmpty, "\(named.name)")
        if named.policy.guardFrames != nil { #expect(error.origin != nil, "\(named.name)") }
      }
    }
  }

  @Test func `both families have the same tables and chains`() {
    for (name, _, rules) in all {
      for table in ["mangle", "nat", "filter"] {
        let both = [TableFamily.ip, .ip6].map { family in
          rules.tables.filter { $0.family == family && $0.name == table }.flatMap(\.chains)
            .map(\.name)
        }
        #expect(both[0] == both[1] && !both[0].isEmpty, "\(table) of \(name)")
      }
    }
  }

  @Test func `built-in chains hold one jump and decide nothing`() {
    for (name, _, rules) in all {
      for chain in rules.chains where chain.base != nil {
        #expect(chain.rules.count == 1, "\(name)")
        #expect(chain.rules.first?.matches == [] && chain.rules.first?.verdict?.target != nil)
        #expect(chain.base?.policy == .accept, "\(name)")
      }
    }
  }

  @Test func `nothing is accepted over the heads of other tools`() {
    check("an ACCEPT") { placed, _ in placed.rule.verdict != .accept }
  }

  @Test func `interfaces are asked for where there is one`() {
    check("an interface") { placed, _ in
      let hooks = placed.table.hooks(reaching: placed.chain.name)
      let matches = placed.rule.matches
      if matches.contains(where: { $0.isInterface(.input) }),
        !hooks.isDisjoint(with: [.postrouting, .output])
      {
        return false
      }
      return !matches.contains(where: { $0.isInterface(.output) })
        || hooks.isDisjoint(with: [.prerouting, .input])
    }
  }

  @Test func `one interface at most stands on each side of a rule`() {
    check("two interfaces") { placed, _ in
      [InterfaceSide.input, .output].allSatisfy { side in
        placed.rule.matches.count { $0.isInterface(side) } <= 1
      }
    }
  }

  @Test func `no rule asks for what iptables does not have`() {
    check("a device type or index") { placed, _ in
      placed.rule.matches.allSatisfy { match in
        match != .notReceived && !match.isDeviceType(.input) && !match.isDeviceType(.output)
      }
    }
    check("a set of connections' addresses") { placed, _ in
      placed.rule.matches.allSatisfy { match in
        if case .ctAddress(_, _, .set) = match { false } else { true }
      }
    }
  }

  @Test func `our bits of the mark are cleared before anybody tests them`() throws {
    for (name, _, rules) in all {
      for table in rules.tables where table.name == "mangle" {
        for hook in [Hook.prerouting, .output] {
          let base = table.chains.first { $0.base?.hook == hook }
          let target = try #require(base?.rules.first?.verdict?.target, "\(name)")
          let chain = try #require(table.chains.first { $0.name == target })
          let first = try #require(chain.rules.first, "\(name)")
          #expect(first.matches.isEmpty, "\(hook) of \(name)")
          #expect(first.statements == [.setMark(clear: 0xff00_0000, set: 0)], "\(hook) of \(name)")
        }
      }
    }
  }

  @Test func `a mark of the policy is compared without our bits`() {
    check("a mark") { placed, _ in
      placed.rule.matches.allSatisfy { match in
        guard case .mark(let value, let mask, _) = match else { return true }
        return mask == 0x00ff_ffff || (mask == value && mask & 0x00ff_ffff == 0)
      }
    }
  }

  @Test func `the chains that decide end in a deny`() throws {
    for (name, policy, rules) in all {
      let ends = policy.confine == nil ? ["in", "post", "out"] : ["cin", "cfwd", "cout", "cpost"]
      for table in rules.tables {
        for chain in table.chains where ends.contains(where: { chain.name.hasSuffix("_\($0)") }) {
          let last = try #require(chain.rules.last, "\(name)")
          #expect(last.matches.isEmpty && last.verdict?.isDeny == true, "\(chain.name) of \(name)")
        }
      }
    }
  }

  @Test func `a deny looks into no set of addresses`() {
    check("a set in a deny") { placed, _ in
      placed.rule.verdict?.isDeny != true
        || placed.rule.matches.compactMap(\.operand).allSatisfy {
          if case .prefix = $0 { true } else { false }
        }
    }
  }

  @Test func `only filter rejects, and only nat translates`() {
    check("a reject or a translation") { placed, _ in
      if case .reject? = placed.rule.verdict { return placed.table.name == "filter" }
      return !placed.rule.statements.contains(.masquerade) || placed.table.name == "nat"
    }
  }

  @Test func `a rule that lets packets pass names the line of the policy`() {
    let own: Set = ["lo", "not confined", "forwarded", ""]
    check("no origin") { placed, policy in
      guard placed.rule.verdict == .return, !own.contains(placed.rule.note),
        !placed.rule.note.hasPrefix("kspolicy ")
      else { return true }
      // What is refused after `blocked` has no line.
      return placed.rule.origin != nil || placed.rule.note.hasSuffix(" refused")
    }
  }

  @Test func `a rule stands in the tables of its own family only`() {
    check("a rule of the other family") { placed, _ in
      let family: AddressFamily = placed.table.family == .ip ? .ipv4 : .ipv6
      return placed.rule.matches.allSatisfy { $0.families.contains(family) }
    }
  }

  @Test func `names are short enough`() {
    for (name, _, rules) in all {
      for table in rules.tables {
        for chain in table.chains where chain.base == nil {
          // `XT_EXTENSION_MAXNAMELEN`, linux/netfilter/x_tables.h.
          #expect(chain.name.utf8.count <= 28, "\(name)")
        }
        // `IPSET_MAXNAMELEN` and the letter of a family before the name.
        for set in table.sets { #expect(set.name.utf8.count <= 30, "\(name)") }
      }
    }
  }

  @Test func `the script of the same policy is the same`() throws {
    for (name, policy, rules) in all.prefix(40) {
      let again = try lower(policy, to: .iptables, version: "0")
      #expect(again == rules, "\(name)")
      let scripts = try [rules, again].map {
        try iptablesScript($0, header: ["test"], policy: policy.name)
      }
      #expect(scripts[0] == scripts[1], "\(name)")
    }
  }
}
