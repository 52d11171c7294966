import IptablesBackend
import PacketSpace
import RulesetIR
import Testing

@Suite struct MappingTests {
  @Test(arguments: mappingCases)
  func `a rule becomes the iptables rules that say the same`(_ example: MappingCase) throws {
    let ruleset = Sample.ruleset(
      example.family, table: example.table, sets: Sample.sets(example.family),
      rules: [example.rule])
    let script = try iptablesScript(ruleset, header: [], policy: Sample.policy)
    let text = try section(
      of: script, "rules_\(example.family == .ipv4 ? "ip" : "ip6")_\(example.table)")
    let lines = text.filter { $0.hasPrefix("-A KSP_home_test") || $0.hasPrefix("-A KSP_home_x") }
    #expect(lines == example.lines.map(expanded))
  }

  @Test(arguments: [AddressFamily.ipv4, .ipv6])
  func `sets are looked up by names that tell their content`(_ family: AddressFamily) throws {
    let digit = family == .ipv4 ? "4" : "6"
    let rules = [
      Rule(
        [.address(.destination, .set(name: "hash\(digit)", family: family, maskLength: nil))],
        .return),
      Rule(
        [
          .address(
            .source, .set(name: "masked\(digit)", family: family, maskLength: 16), isNegated: true)
        ], .drop),
      Rule(
        [.address(.source, .set(name: "ranges\(digit)", family: family, maskLength: nil))], .return),
      Rule(
        [.asked(set: "asked\(digit)", family: family, .destination, .destination)], .return),
      Rule([], [.updateSet(name: "asked\(digit)", address: .source, port: .source)], nil),
    ]
    let ruleset = Sample.ruleset(family, sets: Sample.sets(family), rules: rules)
    let script = try iptablesScript(ruleset, header: [], policy: Sample.policy)
    let words = family == .ipv4 ? "ip" : "ip6"
    let lines = try section(of: script, "rules_\(words)_filter").filter {
      $0.contains("KSP_home_test -m") || $0.contains("SET")
    }
    let sets = try section(of: script, "sets_\(words)")
    let names = sets.filter { $0.hasPrefix("create") && !$0.contains("_t ") }.map {
      String($0.split(separator: " ")[1])
    }
    try #require(names.count == 4)
    #expect(
      lines == [
        "-A KSP_home_test -m set --match-set \(names[0]) dst -j RETURN",
        "-A KSP_home_test -m set ! --match-set \(names[1]) src -j DROP",
        "-A KSP_home_test -m set --match-set \(names[2]) src -j RETURN",
        "-A KSP_home_test -m set --match-set \(names[3]) dst,dst -j RETURN",
        "-A KSP_home_test -j SET --add-set \(names[3]) src,src --exist --timeout 5",
      ])
    let inet = family == .ipv4 ? "inet" : "inet6"
    #expect(sets.contains("create \(names[0])_t hash:ip family \(inet) hashsize 64 maxelem 128"))
    #expect(sets.contains("create \(names[1])_t hash:net family \(inet) hashsize 64 maxelem 128"))
    #expect(
      sets.contains(
        "create \(names[3]) hash:ip,port family \(inet) timeout 5 hashsize 1024 maxelem 65536 -exist"
      ))
    let elements = sets.filter { $0.hasPrefix("add") }.map { $0.split(separator: " ")[2] }
    #expect(
      elements
        == (family == .ipv4
          ? [
            "1.2.3.4", "1.2.3.5", "10.0.0.0/16", "10.1.0.0/16", "10.0.0.1", "10.0.0.2/31",
            "192.0.0.0/8",
          ]
          : ["2001:db8::1", "fc00::/16", "::/1", "8000::/1"]))
  }

  @Test func `rules that exclude the same interfaces share a chain`() throws {
    let uplink: [Match] = ["lo", "wg0", "docker0"].map {
      .interface(.output, InterfacePattern($0), isNegated: true)
    }
    let rules = [
      Rule(uplink + [.transport([17])], .return), Rule(uplink + [.transport([6])], .return),
      Rule([], .drop),
    ]
    let script = try iptablesScript(
      Sample.ruleset(rules: rules), header: [], policy: Sample.policy)
    let lines = try section(of: script, "rules_ip_filter").filter { $0.hasPrefix("-A") }
    #expect(
      lines == [
        "-A KSP_home_test -g KSP_home_x1",
        "-A KSP_home_x1 -o wg0 -g KSP_home_x2",
        "-A KSP_home_x1 -o docker0 -g KSP_home_x2",
        "-A KSP_home_x1 ! -o lo -p udp -j RETURN",
        "-A KSP_home_x1 ! -o lo -p tcp -j RETURN",
        "-A KSP_home_x1 -g KSP_home_x2",
        "-A KSP_home_x2 -j DROP",
      ])
  }

  @Test(arguments: unsupportedCases)
  func `what iptables cannot say is refused with its line`(
    _ match: Match, _ family: AddressFamily, _ what: String
  ) throws {
    let origin = RuleOrigin(file: "home.ksp", line: 7)
    let ruleset = Sample.ruleset(family, rules: [Rule([match], .drop, origin: origin)])
    let error = #expect(throws: UnsupportedByTarget.self) {
      try iptablesScript(ruleset, header: [], policy: Sample.policy)
    }
    #expect(error?.what.hasPrefix(what) == true)
    #expect(error?.origin == origin)
  }

  @Test(arguments: [
    Rule([.transport([6, 17])], .reject(.tcpReset)),
    Rule([], [.limit(packetsPerSecond: 10_001), .log(prefix: "a")], nil),
    Rule([], [.log(prefix: "two\nlines")], nil),
    Rule([], [.log(prefix: String(repeating: "a", count: 30))], nil),
    Rule([], [.masquerade], nil),
  ])
  func `an action that the kernel would refuse is refused`(_ rule: Rule) throws {
    #expect(throws: UnsupportedByTarget.self) {
      try iptablesScript(Sample.ruleset(rules: [rule]), header: [], policy: Sample.policy)
    }
  }

  @Test(arguments: [
    ("home.ksp:7 endpoint", "\"home.ksp:7 endpoint\""),
    ("it's \"$x\" \\ `y`", "\"it's \\\"$x\\\" \\\\ `y`\""),
    ("two\nlines", "\"two lines\""),
    ("-t nat", "\" -t nat\""),
    ("plain", "plain"),
  ])
  func `a comment is quoted`(_ note: String, _ quoted: String) throws {
    let ruleset = Sample.ruleset(rules: [Rule([], [], .drop, note: note)])
    let script = try iptablesScript(ruleset, header: [], policy: Sample.policy)
    #expect(
      try section(of: script, "rules_ip_filter").contains(
        "-A KSP_home_test -m comment --comment \(quoted) -j DROP"))
  }

  private func expanded(_ line: String) -> String {
    if line.hasPrefix("T") { return "-A KSP_home_test" + line.dropFirst() }
    let parts = line.split(separator: ":", maxSplits: 1)
    return "-A KSP_home_\(parts[0])\(parts[1])"
  }
}

/// The lines that a function of the script prints.
func section(of script: [UInt8], _ name: String) throws -> [String] {
  let lines = String(decoding: script, as: UTF8.self).split(
    separator: "\n", omittingEmptySubsequences: false)
  let start = try #require(lines.firstIndex { $0 == "\(name)() {" })
  let end = try #require(lines[start...].firstIndex { $0 == "KSP_END" })
  return lines[(start + 2)..<end].map(String.init)
}
