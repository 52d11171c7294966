import NftablesBackend
import PacketSpace
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR
import Testing

/// What holds for the nftables rules of every policy: those of the project and random ones.
@Suite struct NftInvariantTests {
  private let all: [(name: String, policy: Policy, rules: Ruleset)]

  /// Made once for all tests.
  private static let lowered = Result {
    try (projectPolicies() + randomPolicies(80, seed: 11)).map { named in
      (named.name, named.policy, try lower(named.policy, to: .nftables, version: "0"))
    }
  }

  init() throws {
    all = try NftInvariantTests.lowered.get()
  }

  /// Runs a check on every rule; says where it fails.
  private func check(
    _ what: Comment, _ holds: (PlacedRule, Policy) -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (name, policy, rules) in all {
      for placed in rules.placedRules where !holds(placed, policy) {
        Issue.record(
          "\(what): \(placed.rule) in \(placed.chain.name) of \(name)",
          sourceLocation: sourceLocation)
        return
      }
    }
  }

  /// ICMP has none: the kernel would read its first bytes as the source port.
  @Test func `no rule asks an ICMP message for a port`() throws {
    let text = """
      policy g
      uplink eth0
      guard
      tunnel wg0 { endpoint 203.0.113.9 udp 51820 mark 1 }
      lan eth0 { network 192.168.1.0/24, fd00::/64; in udp 123, tcp 443 }
      """
    let resolution = resolve(
      SourceFile(name: "g.ksp", text: text), files: FileReader(files: [:]),
      accounts: Accounts(users: [:], groups: [:]))
    let guarded = try lower(try #require(resolution.policy), to: .nftables, version: "0")
    let rules = (all.map(\.rules) + [guarded]).flatMap(\.placedRules).map(\.rule)
    for rule in rules {
      let asksForPort = rule.matches.contains { if case .port = $0 { true } else { false } }
      let isMessage = rule.matches.contains {
        switch $0 {
        case .icmpType, .icmpv6Type: true
        default: false
        }
      }
      #expect(!(asksForPort && isMessage), "\(rule)")
    }
  }

  @Test func `the chains that decide end in a counted deny behind a policy of drop`() throws {
    let deciding: Set = ["input_300", "forward_300", "output_300", "postrouting_300"]
    let confined: Set = [
      "confined_input", "confined_forward", "confined_output", "confined_postrouting",
    ]
    for (name, policy, rules) in all {
      let table = try #require(rules.tables.first)
      let names = policy.confine == nil ? deciding : confined
      let chains = table.chains.filter { names.contains($0.name) }
      #expect(chains.count == 4, "\(name)")
      for chain in chains {
        let last = try #require(chain.rules.last, "\(name)")
        #expect(last.matches.isEmpty && last.verdict?.isDeny == true, "\(chain.name) of \(name)")
        #expect(last.statements == [.counter], "\(chain.name) of \(name)")
        if policy.confine == nil { #expect(chain.base?.policy == .drop, "\(name)") }
      }
    }
  }

  @Test func `the other base chains hold denies only, and let the rest pass`() {
    for (name, _, rules) in all {
      let chains = rules.tables[0].chains.filter {
        ["prerouting_minus310", "postrouting_minus160"].contains($0.name)
      }
      #expect(chains.count == 2)
      for chain in chains {
        #expect(chain.base?.policy == .accept, "\(name)")
        for rule in chain.rules where rule.verdict == .accept {
          #expect(rule.note == "lo", "\(rule) in \(chain.name) of \(name)")
        }
      }
    }
  }

  @Test func `connections are tracked before the first chain looks at a packet`() {
    for (name, _, rules) in all {
      let first = rules.tables[0].chains.first { $0.name == "prerouting_minus310" }?.rules.first
      #expect(first?.matches == [.ctState([.invalid])] && first?.verdict == nil, "\(name)")
    }
  }

  @Test func `every policy has the same base chains, and one regular chain that says what it is`() {
    let common = all[0].rules.tables[0].chains.filter { $0.base != nil }.map {
      "\($0.name) \($0.base?.hook.rawValue ?? "") \($0.base?.priority ?? 0)"
    }
    #expect(common.count == 7)
    for (name, policy, rules) in all {
      let chains = rules.tables[0].chains
      #expect(
        chains.filter { $0.base != nil }.map {
          "\($0.name) \($0.base?.hook.rawValue ?? "") \($0.base?.priority ?? 0)"
        } == common, "\(name)")
      #expect(chains.filter { $0.base == nil }.count == (policy.confine == nil ? 1 : 5), "\(name)")
      #expect(identity(of: rules)?.hasPrefix("kspolicy 0 policy \(policy.name) meaning ") == true)
    }
  }

  @Test func `a deny looks into no set of addresses`() {
    check("a set in a deny") { placed, _ in
      guard placed.rule.verdict?.isDeny == true else { return true }
      return placed.rule.matches.allSatisfy { match in
        if case .asked = match { return false }
        guard let operand = match.operand else { return true }
        if case .prefix = operand { return true } else { return false }
      }
    }
  }

  /// An interval set that is new matches nothing until the end of a transaction.
  @Test func `a packet is found to be confined without an interval set`() {
    check("an interval set in front of a goto") { placed, _ in
      guard placed.rule.verdict?.target != nil else { return true }
      return placed.rule.matches.compactMap(\.operand).allSatisfy { operand in
        guard case .set(let name, _, _) = operand else { return true }
        let set = placed.table.sets.first { $0.name == name }
        return set != nil && set?.size != nil
      }
    }
  }

  @Test func `a port is compared with no set of ranges`() {
    check("a set of port ranges") { placed, _ in
      placed.rule.matches.allSatisfy { match in
        guard case .port(_, let ranges, _) = match, ranges.count > 1 else { return true }
        return ranges.allSatisfy { $0.lower == $0.upper }
      }
    }
  }

  @Test func `owners, control groups and marks stand only in rules that accept`() {
    check("a selector in a deny") { placed, policy in
      let rule = placed.rule
      guard rule.matches.contains(where: \.isSelector), rule.verdict != .accept else { return true }
      // `confine` accepts by default: there the owner leads to the chain that decides.
      if policy.confine != nil, rule.verdict?.target != nil { return true }
      // A control group is carried over to postrouting by a bit of the mark.
      if case .setMark? = rule.statements.first { return rule.verdict == nil }
      return false
    }
  }

  @Test func `a mark is compared only beside an address or a port`() {
    check("a mark alone") { placed, policy in
      guard placed.rule.verdict == .accept,
        placed.rule.matches.contains(where: {
          if case .mark(_, let mask, _) = $0 { mask.nonzeroBitCount > 8 } else { false }
        })
      else { return true }
      // `bypass … to any any` says so in so many words.
      if placed.rule.note == "bypass" { return true }
      return placed.rule.matches.contains { $0.operand != nil }
        && placed.rule.matches.contains { if case .transport = $0 { true } else { false } }
    }
  }

  @Test func `device types are asked for where the kernel shows the right device`() {
    check("a device type") { placed, _ in
      let hooks = placed.table.hooks(reaching: placed.chain.name)
      let matches = placed.rule.matches
      if matches.contains(where: { $0.isDeviceType(.input) }) {
        // In postrouting `skb->dev` is the way out already.
        return hooks.isSubset(of: [.prerouting, .input, .forward])
      }
      if matches.contains(where: { $0.isDeviceType(.output) }) {
        return hooks.isSubset(of: [.forward, .output, .postrouting])
      }
      return true
    }
  }

  @Test func `interfaces are asked for where there is one`() {
    check("an interface") { placed, _ in
      let hooks = placed.table.hooks(reaching: placed.chain.name)
      if placed.rule.matches.contains(where: { $0.isInterface(.output) }) {
        return hooks.isDisjoint(with: [.prerouting, .input])
      }
      if placed.rule.matches.contains(where: { $0.isInterface(.input) }) {
        return !hooks.contains(.output)
      }
      return true
    }
  }

  @Test func `a rule that lets packets pass names the line of the policy`() {
    let own: Set = ["lo", "not confined", "not IP"]
    check("no origin") { placed, _ in
      guard placed.rule.verdict == .accept, !own.contains(placed.rule.note) else { return true }
      return placed.rule.origin != nil && placed.rule.statements.contains(.counter)
    }
  }

  @Test func `a deny counts`() {
    check("no counter") { placed, _ in
      placed.rule.verdict?.isDeny != true || placed.rule.statements == [.counter]
    }
  }

  @Test func `a log is limited, comes right before what it tells of, and decides nothing`() {
    for (name, _, rules) in all {
      for chain in rules.chains {
        for (index, rule) in chain.rules.enumerated() {
          guard rule.statements.contains(where: { if case .log = $0 { true } else { false } })
          else { continue }
          #expect(rule.verdict == nil, "\(name)")
          guard case .limit? = rule.statements.first else {
            Issue.record("no limit: \(rule) of \(name)")
            continue
          }
          let next = chain.rules[index + 1]
          #expect(next.verdict?.isDeny == true, "\(rule) in \(chain.name) of \(name)")
          // A deny of TCP and UDP is two rejects behind one log.
          let others = rule.matches.filter { $0 != .transport([6, 17]) }
          #expect(Set(others).isSubset(of: next.matches), "\(name)")
        }
      }
    }
  }

  @Test func `no rule asks for both families`() {
    check("both families") { placed, _ in
      placed.rule.matches.reduce(Set(AddressFamily.allCases)) { $0.intersection($1.families) }
        .isEmpty == false
    }
  }

  @Test func `a reject stands only where the kernel takes one`() {
    check("a reject") { placed, _ in
      guard case .reject? = placed.rule.verdict else { return true }
      return placed.table.hooks(reaching: placed.chain.name).isSubset(of: [
        .input, .forward, .output,
      ])
    }
  }

  @Test func `a set of one name never changes its type, flags or size`() {
    var known: [String: String] = [:]
    for (name, _, rules) in all {
      for set in rules.tables.flatMap(\.sets) {
        let declared = "\(set.elements.family) \(set.elements.kind) \(set.size ?? 0)"
        #expect(known[set.name, default: declared] == declared, "\(set.name) of \(name)")
        known[set.name] = declared
        #expect(set.elements.count <= Int(set.size ?? .max))
      }
    }
    #expect(known.keys.contains { $0.hasPrefix("hash4_") })
    #expect(known.keys.contains { $0.hasPrefix("hash6_") })
  }

  /// Frames past the IP layer are held to the order of the IP hooks.
  @Test func `guarded frames neither leave a tunnel nor ask for names`() throws {
    var guarded = 0
    for (name, policy, rules) in all where policy.guardFrames != nil {
      for family in [TableFamily.netdev, .bridge] {
        let table = try #require(rules.tables.first { $0.family == family }, "\(name)")
        let chain = try #require(table.chains.first)
        let frames = chain.rules
        #expect(frames.first?.matches == [.isIP(isNegated: true)], "\(name)")
        #expect(frames.last?.verdict == .drop && frames.last?.note == "guard", "\(name)")
        guard let firstLine = frames.firstIndex(where: { $0.isLine }) else { continue }
        guarded += 1
        let before = frames[..<firstLine]
        #expect(before.contains { $0.note == "dns" && $0.verdict == .drop }, "\(name)")
        let inside = policy.tunnels.flatMap { $0.addresses + $0.inner }.map(\.addresses)
        for prefix in inside.flatMap({ set in AddressFamily.allCases.flatMap(set.prefixes) }) {
          let test = Match.address(.destination, .prefix(prefix))
          #expect(
            before.contains { $0.matches.contains(test) && $0.verdict == .drop },
            "\(prefix.text) in \(name)")
        }
      }
    }
    #expect(guarded > 4)
  }

  @Test func `names are short enough and mean nothing to nft`() throws {
    // Words of nft's grammar that look like names of chains and sets (nft 1.0.6, src/scanner.l).
    let words: Set = [
      "accept", "counter", "ct", "drop", "dup", "fib", "flow", "forward", "fwd", "goto", "hook",
      "input", "ip", "ip6", "jump", "limit", "log", "map", "mark", "meta", "nat", "output",
      "policy",
      "postrouting", "prerouting", "quota", "queue", "redirect", "reject", "return", "rule", "set",
      "snat", "socket", "table", "th", "tproxy", "type", "update",
    ]
    for (name, _, rules) in all {
      for table in rules.tables {
        let names = [table.name] + table.chains.map(\.name) + table.sets.map(\.name)
        for word in names {
          #expect(!words.contains(word), "\(name)")
          #expect(word.utf8.count <= 31, "\(word) of \(name)")
          #expect(word.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil, "\(word) of \(name)")
        }
        #expect(Set(table.chains.map(\.name)).count == table.chains.count, "\(name)")
        #expect(Set(table.sets.map(\.name)).count == table.sets.count, "\(name)")
      }
    }
  }

  @Test func `no interface is named by its number, but by none`() throws {
    for (name, _, rules) in all {
      let text = String(decoding: try nftText(rules, header: []), as: UTF8.self)
      #expect(text.firstMatch(of: /\b(iif|oif) (?!(!= )?0 )/) == nil, "\(name)")
      #expect(!text.contains("nexthdr"), "\(name)")
    }
  }

  @Test func `the same policy is lowered to the same rules`() throws {
    for (name, policy, rules) in all {
      #expect(try lower(policy, to: .nftables, version: "0") == rules, "\(name)")
    }
  }
}

extension Rule {
  /// Lets packets pass that an exemption names.
  fileprivate var isLine: Bool {
    verdict == .accept && ["lan out", "bypass", "dhcp", "ntp", "broadcast"].contains(note)
  }
}

extension SetElements {
  var kind: String {
    switch self {
    case .ipv4, .ipv6: "hash"
    case .ipv4Ranges, .ipv6Ranges: "interval"
    case .asked(_, let seconds): "asked \(seconds)"
    }
  }
}
