import PacketSpace
import RulesetIR

/// Rule sets as the lowering makes them for iptables, with one chain to vary.
enum Sample {
  static let lo = InterfacePattern("lo")
  static let policy = "home"

  static func own(_ suffix: String) -> String { "KSP_\(policy)_\(suffix)" }

  /// Denies in mangle of both families; the rules given stand in an own chain of one more table, or of mangle.
  static func ruleset(
    _ family: AddressFamily = .ipv4, table: String = "filter", sets: [NamedSet] = [], rules: [Rule]
  ) -> Ruleset {
    var tables = [mangle(.ip), mangle(.ip6)]
    let chain = Chain(name: own("test"), rules: rules)
    let jump = Rule([], .jump(own("test")))
    let tableFamily: TableFamily = family == .ipv4 ? .ip : .ip6
    if table == "mangle" {
      let index = family == .ipv4 ? 0 : 1
      tables[index].sets = sets
      tables[index].chains[0].rules.insert(jump, at: 0)
      tables[index].chains.append(chain)
    } else {
      let hook: Hook = table == "nat" ? .postrouting : table == "raw" ? .prerouting : .output
      tables.append(
        Table(
          family: tableFamily, name: table, sets: sets,
          chains: [base(hook, [jump]), chain]))
    }
    return Ruleset(tables: tables)
  }

  /// The least that a policy of any name has.
  static func smallest(policy: String) -> Ruleset {
    Ruleset(
      tables: [TableFamily.ip, .ip6].map { family in
        Table(
          family: family, name: "mangle",
          chains: [
            base(.postrouting, [Rule([], .jump("KSP_\(policy)_post"))]),
            Chain(
              name: "KSP_\(policy)_post",
              rules: [Rule([.interface(.output, lo)], .return), Rule([], .drop)]),
          ])
      })
  }

  static func base(_ hook: Hook, _ rules: [Rule]) -> Chain {
    Chain(
      name: hook.rawValue.uppercased(), base: BaseChain(hook: hook, priority: 0, policy: .accept),
      rules: rules)
  }

  /// What leaves by anything but `lo` and `wg0` is dropped.
  static func mangle(_ family: TableFamily) -> Table {
    Table(
      family: family, name: "mangle",
      chains: [
        base(.postrouting, [Rule([], .jump(own("post")))]),
        Chain(
          name: own("post"),
          rules: [
            Rule([.interface(.output, lo)], .return),
            Rule(
              [.interface(.output, InterfacePattern("wg0"))], .return,
              origin: RuleOrigin(file: "home.ksp", line: 4)),
            Rule([], [.counter], .drop, note: "deny"),
          ]),
      ])
  }

  /// The sets that `everything` and the mapping tests look up.
  static func sets(_ family: AddressFamily) -> [NamedSet] {
    switch family {
    case .ipv4:
      [
        NamedSet(name: "hash4", elements: .ipv4([0x0102_0304, 0x0102_0305]), size: 128),
        NamedSet(name: "masked4", elements: .ipv4([0x0a00_0000, 0x0a01_0000]), size: 128),
        NamedSet(
          name: "ranges4",
          elements: .ipv4Ranges([
            IPv4Range(0x0a00_0001, 0x0a00_0003), IPv4Range(0xc000_0000, 0xc0ff_ffff),
          ]), size: nil),
        NamedSet(name: "asked4", elements: .asked(.ipv4, timeoutSeconds: 5), size: 65536),
      ]
    case .ipv6:
      [
        NamedSet(name: "hash6", elements: .ipv6([UInt128(0x2001_0db8) << 96 | 1]), size: 128),
        NamedSet(name: "masked6", elements: .ipv6([UInt128(0xfc00) << 112]), size: 128),
        NamedSet(name: "ranges6", elements: .ipv6Ranges([IPv6Range(0, .max)]), size: nil),
        NamedSet(name: "asked6", elements: .asked(.ipv6, timeoutSeconds: 5), size: 65536),
      ]
    }
  }
}

extension Rule {
  init(_ matches: [Match], _ verdict: Verdict, origin: RuleOrigin? = nil) {
    self.init(matches, [], verdict, origin: origin)
  }
}

extension Sample {
  /// Every rule of the mapping cases, each list in an own chain of its table, that one has to live with:
  /// reached only for a mark that nothing sets, so that it does not change what leaves.
  static func everything() -> Ruleset {
    var tables = [mangle(.ip), mangle(.ip6)]
    for family in AddressFamily.allCases {
      let tableFamily: TableFamily = family == .ipv4 ? .ip : .ip6
      tables.append(Table(family: tableFamily, name: "nat"))
      tables.append(Table(family: tableFamily, name: "filter"))
    }
    for index in tables.indices {
      let family: AddressFamily = tables[index].family == .ip ? .ipv4 : .ipv6
      let cases = mappingCases.filter {
        $0.family == family && $0.table == tables[index].name && !$0.needsControlGroup
      }
      var rules = cases.map(\.rule)
      if tables[index].name == "filter" { rules += setRules(family) }
      if rules.isEmpty { continue }
      tables[index].sets = sets(family)
      tables[index].chains.append(Chain(name: own("all"), rules: rules))
      tables[index].chains.append(
        Chain(name: own("gate"), rules: [Rule([.mark(value: 0x7e57)], .jump(own("all")))]))
      let hook: Hook = tables[index].name == "filter" ? .output : .postrouting
      let jump = Rule([], .jump(own("gate")))
      if let base = tables[index].chains.firstIndex(where: { $0.base?.hook == hook }) {
        tables[index].chains[base].rules.append(jump)
      } else {
        tables[index].chains.append(self.base(hook, [jump]))
      }
    }
    tables.removeAll { $0.chains.isEmpty }
    return Ruleset(tables: tables)
  }

  static func setRules(_ family: AddressFamily) -> [Rule] {
    let digit = family == .ipv4 ? "4" : "6"
    func set(_ name: String, maskLength: Int? = nil) -> AddressOperand {
      .set(name: name + digit, family: family, maskLength: maskLength)
    }
    return [
      Rule([.address(.destination, set("hash"))], .return),
      Rule([.address(.source, set("masked", maskLength: 16), isNegated: true)], .drop),
      Rule([.address(.source, set("ranges"))], .return),
      Rule(
        [
          .transport([17]),
          .asked(set: "asked\(digit)", family: family, .destination, .destination),
        ], .return),
      Rule(
        [.transport([17])],
        [.updateSet(name: "asked\(digit)", address: .source, port: .source)], nil),
    ]
  }
}

extension MappingCase {
  fileprivate var needsControlGroup: Bool {
    rule.matches.contains { if case .cgroup = $0 { true } else { false } }
  }
}
