import Netfilter
import PacketSpace
import RulesetIR

/// A rule as the steps that the kernel takes.
func compile(_ rule: Rule, in table: Table) throws(UnsupportedByTarget) -> NetlinkRule {
  var compiler = RuleCompiler(family: table.family, origin: rule.origin)
  for match in rule.matches { try compiler.append(match) }
  if case .reject(.tcpReset)? = rule.verdict { compiler.require(protocol: 6) }
  for statement in rule.statements { try compiler.append(statement, in: table) }
  if let verdict = rule.verdict { try compiler.append(verdict) }
  return NetlinkRule(
    expressions: compiler.expressions, userdata: commentUserdata(rule), origin: rule.origin)
}

/// `NFTNL_UDATA_RULE_COMMENT`, which nft lists as the comment; at most `NFTNL_UDATA_COMMENT_MAXLEN` bytes and a zero.
private func commentUserdata(_ rule: Rule) -> [UInt8] {
  let comment = listableComment(rule.comment(byteLimit: 128))
  if comment.isEmpty { return [] }
  return [0, UInt8(comment.count + 1)] + comment + [0]
}

extension RuleCompiler {
  fileprivate mutating func append(
    _ statement: RuleStatement, in table: Table
  ) throws(UnsupportedByTarget) {
    switch statement {
    case .counter: append(.counter(packets: 0, bytes: 0))
    case .log(let prefix):
      try requireListable(prefix, "a log prefix", origin)
      append(.log(prefix: prefix))
    case .limit(let rate):
      append(.limit(rate: UInt64(rate), unitSeconds: 1, burst: rate))
    case .setMark(clear: .max, let set):
      append(.immediate(hostBytes(set), 1))
      append(.setMeta(.mark, 1))
    case .setMark(let clear, let set):
      append(.meta(.mark, 1))
      append(.bitwise(1, mask: hostBytes(~(clear | set)), xor: hostBytes(set)))
      append(.setMeta(.mark, 1))
    case .setConntrackLabel(let bit):
      append(.immediate(labelBytes(bit), 1))
      append(.setConntrack(.labels, 1))
    case .updateSet(let name, let address, let port):
      let set = table.sets.first { $0.name == name }
      precondition(set != nil, "a rule updates a set that its table does not have")
      let addressFamily = set?.elements.family ?? .ipv4
      try require(addressFamily)
      require(protocol: 17)
      append(.updateSet(name, key: loadPair(addressFamily, address, port)))
    case .masquerade: append(.masquerade)
    case .opaque(let text, _):
      throw UnsupportedByTarget(
        "`\(text)`, a statement that is not modelled",
        instead: "leave the rule to those who wrote it", origin: origin)
    }
  }

  fileprivate mutating func append(_ verdict: Verdict) throws(UnsupportedByTarget) {
    switch verdict {
    case .accept: append(.verdict(.accept))
    case .drop: append(.verdict(.drop))
    case .return: append(.verdict(.return))
    case .jump(let chain): append(.verdict(.jump(chain)))
    case .goto(let chain): append(.verdict(.goto(chain)))
    case .reject(.tcpReset): append(.reject(type: RejectType.tcpReset, code: 0))
    case .reject(.administrativelyProhibited): try appendProhibition()
    }
  }

  private mutating func appendProhibition() throws(UnsupportedByTarget) {
    switch family {
    case .inet, .bridge, .netdev: append(.reject(type: RejectType.icmpx, code: 3))
    case .ip: append(.reject(type: RejectType.unreachable, code: 13))
    case .ip6: append(.reject(type: RejectType.unreachable, code: 1))
    case .arp:
      throw UnsupportedByTarget("reject in an arp table", instead: "use drop", origin: origin)
    }
  }
}

/// `NFT_REJECT_*`; the codes are `NFT_REJECT_ICMPX_ADMIN_PROHIBITED`, `ICMP_PKT_FILTERED` (linux/icmp.h) and
/// `ICMPV6_ADM_PROHIBITED` (linux/icmpv6.h).
enum RejectType {
  static let unreachable: UInt32 = 0
  static let tcpReset: UInt32 = 1
  static let icmpx: UInt32 = 2
}
