import PacketSpace
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR
import Testing

/// Lists of addresses: a packet is looked up, however long they are.
@Suite struct AddressListTests {
  enum Kind: String, CaseIterable {
    case singles, prefixes, ranges, both

    /// A list as it stands in a file, without neighbours that would join.
    func text(_ count: Int) -> String {
      (0..<count).map { number in
        let v4 = "\(11 + number / 60_000).\(number / 240 % 250).\(number % 240)"
        let v6 =
          "2001:db8:\(String(number / 60_000, radix: 16)):\(String(number % 60_000, radix: 16))"
        return switch self {
        case .singles: "\(v4).\(number % 2 * 2 + 1)\n"
        case .prefixes: "\(v4).\(number % 2 * 64)/27\n"
        case .ranges: "\(v4).\(number % 7 * 3)-\(v4).\(200 + number % 41)\n"
        case .both: "\(v4).7\n\(v6)::\(number % 2 * 2 + 1)\n"
        }
      }.joined()
    }
  }

  private func rules(_ statements: String, _ list: String) throws -> Ruleset {
    let text = "policy t\ndefine relays = file \"list\"\n" + statements
    let resolution = resolve(
      SourceFile(name: "t.ksp", text: text), files: FileReader(files: ["list": Array(list.utf8)]),
      accounts: Accounts(users: [:], groups: [:]))
    let policy = try #require(
      resolution.policy, "\(resolution.diagnostics.map(\.message)) in \(text)")
    return try lower(policy, to: .nftables, version: "0")
  }

  @Test(arguments: Kind.allCases)
  func `a longer list makes no more rules`(_ kind: Kind) throws {
    let endpoint = "tunnel wg0 { endpoint relays udp 51820 mark 1 }"
    let counts = try [200, 3_000].map { count in
      let ruleset = try rules(endpoint, kind.text(count))
      let sets = ruleset.tables.flatMap(\.sets)
      #expect(sets.map(\.elements.count).max() ?? 0 >= count / 2, "\(sets.map(\.name))")
      return ruleset.placedRules.count
    }
    #expect(counts[0] == counts[1])
  }

  @Test func `single addresses and prefixes of one length are kept in hash sets`() throws {
    for kind in [Kind.singles, .prefixes, .both] {
      let ruleset = try rules("tunnel wg0 { endpoint relays udp 1 mark 1 }", kind.text(300))
      for set in ruleset.tables.flatMap(\.sets) {
        #expect(set.elements.kind == "hash", "\(set.name)")
        let size = try #require(set.size)
        #expect(size >= set.elements.count * 2 && size < set.elements.count * 4, "head-room")
      }
    }
    let ruleset = try rules("tunnel wg0 { endpoint relays udp 1 mark 1 }", Kind.ranges.text(300))
    #expect(ruleset.tables.flatMap(\.sets).map(\.elements.kind) == ["interval"])
  }

  @Test func `a list that stands twice is kept once`() throws {
    let ruleset = try rules(
      """
      tunnel wg0 { endpoint relays udp 1 mark 1; endpoint relays tcp 443 mark 2 }
      bypass x { user 5; to relays tcp 80; because "test" }
      """, Kind.singles.text(500))
    #expect(ruleset.tables.flatMap(\.sets).count == 1)
  }

  /// What is not found passes, so that an interval set would let confined packets out while it is made.
  @Test func `confined containers are found without an interval set`() throws {
    let list = Kind.ranges.text(20)
    let ruleset = try rules("confine from relays\ntunnel wg0 { dns 10.0.0.1 }", list)
    let finding = ruleset.placedRules.filter { $0.rule.note == "confine" }
    #expect(finding.count > 20)
    for placed in finding {
      for case .set(let name, _, _) in placed.rule.matches.compactMap(\.operand) {
        #expect(placed.table.sets.first { $0.name == name }?.elements.kind == "hash")
      }
    }
  }

  /// How an address list stands in a rule; chosen by the number and the kind of its members.
  @Test(arguments: [
    ("198.51.100.7", 1, 0), ("198.51.100.7, 198.51.100.9", 1, 0), ("198.51.100.0/24", 1, 0),
    ("198.51.100.0/24, 203.0.113.0/25", 2, 0), ("198.51.100.7, 2001:db8::1", 2, 0),
    ("198.51.100.8-198.51.100.15", 1, 0), ("198.51.100.1-198.51.100.14", 6, 0),
    ("198.51.100.1-198.51.100.200", 1, 1),
  ])
  func `a short list stands in the rules`(_ addresses: String, _ rules: Int, _ sets: Int) throws {
    let ruleset = try self.rules(
      "tunnel wg0 { endpoint \(addresses) udp 1 mark 1; endpoint relays udp 2 mark 2 }", "192.0.2.1"
    )
    let endpoints = ruleset.placedRules.filter {
      $0.chain.name == "output_300" && $0.rule.note == "endpoint"
        && $0.rule.matches.contains(.mark(value: 1, mask: .max))
    }
    #expect(endpoints.count == rules)
    #expect(ruleset.tables.flatMap(\.sets).count == sets)
  }
}
