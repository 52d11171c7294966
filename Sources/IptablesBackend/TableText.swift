import PacketSpace
import RulesetIR

/// One table as the script loads and checks it.
struct TableText {
  let family: AddressFamily
  let name: String
  /// The own chains and their rules, in the order in which they are written.
  let chains: [(name: String, rules: [String])]
  /// The chains that a built-in chain jumps to first, in order.
  let jumps: [(builtIn: String, chain: String)]

  /// - Parameter prefix: `KSP_NAME_`
  init(_ table: Table, prefix: String, sets: IpsetBook) throws(UnsupportedByTarget) {
    switch table.family {
    case .ip: family = .ipv4
    case .ip6: family = .ipv6
    case .inet, .netdev, .bridge, .arp:
      throw UnsupportedByTarget(
        "a table of family \(table.family.rawValue) in iptables", instead: "use --target nft",
        origin: table.chains.flatMap(\.rules).lazy.compactMap(\.origin).first)
    }
    name = table.name
    precondition(TableText.order.contains(name), "iptables has no table \(name)")
    var writer = ChainWriter(family: family, table: name, prefix: prefix, sets: sets)
    var jumps: [(builtIn: String, chain: String)] = []
    for chain in table.chains {
      if chain.base != nil {
        for rule in chain.rules {
          guard case .jump(let target) = rule.verdict, rule.matches.isEmpty else {
            preconditionFailure("a built-in chain holds more than jumps")
          }
          jumps.append((chain.name, target))
        }
      } else {
        TableText.check(chain.name, prefix: prefix)
        try writer.append(chain)
      }
    }
    chains = writer.chains
    self.jumps = jumps
  }

  /// Denies come before anything that lets more pass: they stand in mangle.
  static let order = ["mangle", "raw", "nat", "filter"]

  /// Lines for `iptables-restore`: declares the chains, which empties those that exist, and fills them.
  func restoreText(version: String) -> String {
    var text = ":\(version) - [0:0]\n"
    for chain in chains { text += ":\(chain.name) - [0:0]\n" }
    for chain in chains { for rule in chain.rules { text += rule + "\n" } }
    return text
  }

  /// Lines that tell the script what a complete table has.
  func expectedText(version: String) -> String {
    var text = "chain \(name) \(version) 0\n"
    for chain in chains { text += "chain \(name) \(chain.name) \(chain.rules.count)\n" }
    for jump in jumps { text += "jump \(name) \(jump.builtIn) \(jump.chain)\n" }
    return text
  }

  /// Own names end in letters and digits only, so that `KSP_a_…` is never taken for a chain of the
  /// policy `a_b`; `x1`, `v12ab34` and `block` are this module's.
  private static func check(_ chain: String, prefix: String) {
    let suffix = chain.dropFirst(prefix.count)
    let isOwn = chain.hasPrefix(prefix) && !suffix.isEmpty && chain.utf8.count <= 28
    let isPlain = suffix.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
    let isReserved =
      suffix == "block" || (suffix.hasPrefix("x") && suffix.dropFirst().allSatisfy(\.isNumber))
      || (suffix.hasPrefix("v") && suffix.count == 7)
    precondition(isOwn && isPlain && !isReserved, "\(chain) is no name for an own chain")
  }
}
