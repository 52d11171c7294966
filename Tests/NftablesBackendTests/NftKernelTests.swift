import Foundation
import NftablesBackend
import PacketSpace
import RulesetIR
import Testing

/// The kernel's listing is the judge: what nft prints after loading a file.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct NftKernelTests {
  @Test(arguments: RulesetCase.allCases)
  func `text and JSON load alike, twice, and so does their listing`(_ example: RulesetCase) throws {
    let differences = try inNetworkNamespace(
      devices + """
        nft -f a.nft; nft list ruleset > text
        nft -f a.nft; nft list ruleset > again; diff text again
        nft flush ruleset
        nft -j -f a.json; nft list ruleset > json; diff text json
        nft -j -f a.json; nft list ruleset > again; diff text again
        nft -f a.nft; nft list ruleset > again; diff text again
        nft flush ruleset
        nft -f text; nft list ruleset > again; diff text again
        grep -q 'table' text
        """, files: try files(example.ruleset))
    #expect(differences == "")
  }

  @Test(arguments: [RulesetCase.everyInetRule, .small])
  func `the JSON listing loads again`(_ example: RulesetCase) throws {
    let differences = try inNetworkNamespace(
      """
      nft -j -f a.json; nft list ruleset > first; nft -j list ruleset > listing.json
      nft flush ruleset
      nft -j -f listing.json; nft list ruleset > second; diff first second
      """, files: try files(example.ruleset))
    #expect(differences == "")
  }

  @Test func `every rule is in the kernel`() throws {
    let listing = try inNetworkNamespace(
      "nft -f a.nft; nft list chain inet kspolicy_test output_300", files: try files(everyInetRule))
    let rules = listing.split(separator: "\n").count - 5
    #expect(rules == matchCases.count + statementCases.count)
  }

  @Test(arguments: OverCase.allCases)
  func `a file over an older one leaves nothing of it`(_ example: OverCase) throws {
    let before = try files(example.old)
    let after = try files(example.new)
    for (name, load) in [("a.nft", "nft -f"), ("a.json", "nft -j -f")] {
      let differences = try inNetworkNamespace(
        devices + """
          \(load) after; nft list ruleset > fresh; nft flush ruleset
          \(load) before; \(load) after; nft list ruleset > over; diff fresh over
          """,
        files: ["before": try #require(before[name]), "after": try #require(after[name])])
      #expect(differences == "")
    }
  }

  @Test func `frames that are not IP pass an egress chain, and IP does not`() throws {
    let counters = try inNetworkNamespace(
      devices + """
        nft -f a.nft
        ip address add 10.0.0.1/24 dev d0
        ip link set d0 up; ip link set d1 up
        ping -c 1 -W 1 10.0.0.2 > ping || true
        ip neighbour replace 10.0.0.2 lladdr 02:00:00:00:00:01 dev d0
        ping -c 1 -W 1 10.0.0.2 > ping || true
        nft list chain netdev guard egress
        """,
      files: try files(
        Ruleset(tables: [
          Table(
            family: .netdev, name: "guard",
            chains: [
              Chain(
                name: "egress",
                base: BaseChain(hook: .egress, priority: 0, policy: .drop, devices: ["d0"]),
                rules: [
                  Rule([.family(.ipv6)], .drop),
                  Rule([.isIP(isNegated: true)], [.counter], .accept, note: "frame"),
                  Rule([.isIP(isNegated: false)], [.counter], .drop, note: "packet"),
                ])
            ])
        ])))
    #expect(counters.contains(#/packets [1-9]\d* bytes \d+ accept comment "frame"/#))
    #expect(counters.contains(#/packets [1-9]\d* bytes \d+ drop comment "packet"/#))
  }

  @Test func `a cgroup is matched by its path`() throws {
    let ruleset = oneRule(Rule([.cgroup(path: "kspolicy-test", level: 1)], [.counter], .accept))
    let listing = try inNetworkNamespace(
      """
      mount -t cgroup2 none /sys/fs/cgroup
      mkdir /sys/fs/cgroup/kspolicy-test
      trap 'rmdir /sys/fs/cgroup/kspolicy-test' EXIT
      nft -f a.nft; nft list ruleset > first; nft -f a.nft; nft list ruleset > second
      diff first second; cat first
      """, files: ["a.nft": try nftText(ruleset, header: [])])
    #expect(listing.contains("socket cgroupv2 level 1 \"kspolicy-test\" counter"))
  }

  @Test func `the names of ICMP types are those of the numbers`() throws {
    let types = (UInt8.min...UInt8.max).filter { $0 < 20 || $0 > 120 }
    let named = types.flatMap {
      [Rule([.icmpType([$0])], .accept), Rule([.icmpv6Type([$0])], .accept)]
    }
    let numbers = types.flatMap { ["icmp type \($0) accept", "icmpv6 type \($0) accept"] }
    let base = BaseChain(hook: .output, priority: 0, policy: .accept)
    let ruleset = Ruleset(tables: [
      Table(family: .inet, name: "t", chains: [Chain(name: "c", base: base, rules: named)])
    ])
    let byNumber =
      "table inet t { chain c {\ntype filter hook output priority 0; policy accept;\n"
      + numbers.joined(separator: "\n") + "\n}\n}\n"
    let differences = try inNetworkNamespace(
      """
      nft -f a.nft; nft list ruleset > named; nft flush ruleset
      nft -f numbers.nft; nft list ruleset > numbers; diff named numbers
      """, files: try files(ruleset).merging(["numbers.nft": Array(byNumber.utf8)]) { $1 })
    #expect(differences == "")
  }

  @Test func `text loads without the names of protocols`() throws {
    let listing = try inNetworkNamespace(
      """
      : > none; mount --bind none /etc/protocols; mount --bind none /etc/services
      nft -f a.nft; nft list ruleset > first; nft -f a.nft; nft list ruleset > second
      diff first second
      """, files: try files(everyInetRule))
    #expect(listing == "")
  }

  private let devices = "ip link add d0 type veth peer name d1\n"

  private func files(_ ruleset: Ruleset) throws -> [String: [UInt8]] {
    ["a.nft": try nftText(ruleset, header: ["test"]), "a.json": try nftJSON(ruleset)]
  }
}

/// Two rule sets, of which the second is loaded over the first.
enum OverCase: CaseIterable {
  /// The hash set is full before and after.
  case hash
  /// Some new ranges overlap old ones.
  case ranges
  case asked
  case devices

  var old: Ruleset {
    switch self {
    case .hash: lookup(in: .ipv4([0x0a00_0000, 0x0a00_0001]), .accept)
    case .ranges: lookup(in: .ipv4Ranges([IPv4Range(0x0a00_0000, 0x0aff_ffff)]), .accept)
    case .asked: lookup(in: .asked(.ipv4, timeoutSeconds: 5), .accept)
    case .devices: egress(["d0", "d1"], .accept)
    }
  }

  var new: Ruleset {
    switch self {
    case .hash: lookup(in: .ipv4([0x0a00_0001, 0x0a00_0002]), .drop)
    case .ranges:
      lookup(
        in: .ipv4Ranges([
          IPv4Range(0x0a01_0000, 0x0a01_ffff), IPv4Range(0x0aff_0000, 0x0b00_ffff),
        ]), .drop)
    case .asked: lookup(in: .asked(.ipv4, timeoutSeconds: 5), .drop)
    case .devices: egress(["d1"], .drop)
    }
  }

  /// A chain that uses one set.
  private func lookup(in elements: SetElements, _ verdict: Verdict) -> Ruleset {
    var size: UInt32? = 2
    var rule = Rule(
      [.address(.destination, .set(name: "s", family: .ipv4, maskLength: nil))], verdict)
    switch elements {
    case .ipv4, .ipv6: break
    case .ipv4Ranges, .ipv6Ranges: size = nil
    case .asked:
      rule = Rule([], [.updateSet(name: "s", address: .source, port: .source)], verdict)
    }
    let base = BaseChain(hook: .output, priority: 0, policy: .accept)
    return Ruleset(tables: [
      Table(
        family: .inet, name: "t", sets: [NamedSet(name: "s", elements: elements, size: size)],
        chains: [Chain(name: "c", base: base, rules: [rule])])
    ])
  }

  private func egress(_ devices: [String], _ verdict: Verdict) -> Ruleset {
    let base = BaseChain(hook: .egress, priority: 0, policy: .drop, devices: devices)
    return Ruleset(tables: [
      Table(
        family: .netdev, name: "t",
        chains: [Chain(name: "c", base: base, rules: [Rule([], verdict)])])
    ])
  }
}
