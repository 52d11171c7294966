import PacketSpace
import RulesetIR

/// What one iptables rule does to the packets that it matches.
struct RuleAction {
  /// `-j TARGET` with its options, or a match that has an effect.
  var text: String
  /// The protocol that the kernel wants to see in the rule itself.
  var transport: UInt8?
  var changesMark = false
}

/// The actions of a rule, before and after the point that only some packets pass.
struct RuleActions {
  var always: [RuleAction] = []
  /// `-m limit` with its options; `nil` where nothing is limited.
  var limit: String?
  /// Behind the limit, or all the rest.
  var rest: [RuleAction] = []
  /// The verdict ends this chain, and what comes after it is not looked at.
  var leavesChain = false
}

extension RuleActions {
  init(
    _ rule: Rule, family: AddressFamily, table: String, sets: IpsetBook
  ) throws(UnsupportedByTarget) {
    for statement in rule.statements {
      switch statement {
      case .counter: continue  // iptables counts every rule
      case .limit(let packetsPerSecond):
        try addLimit(packetsPerSecond, rule)
      case .log(let prefix):
        rest.append(try RuleActions.log(prefix, rule))
      case .setMark(let clear, let set):
        // Zeroes the mask's bits, then toggles the value's: the same as clear and set.
        let text = "-j MARK --set-xmark \(hex(set))/\(hex(clear | set))"
        rest.append(RuleAction(text: text, changesMark: true))
      case .setConntrackLabel(let bit):
        rest.append(RuleAction(text: "-m connlabel --label \(bit) --set"))
      case .updateSet(let name, let address, let port):
        let options =
          "\(address.setFlag),\(port.setFlag) --exist --timeout \(sets.timeoutSeconds(name))"
        rest.append(
          RuleAction(text: "-j SET --add-set \(sets.name(name, maskLength: nil)) \(options)"))
      case .masquerade:
        if table != "nat" {
          throw UnsupportedByTarget(
            "masquerade in table \(table)", instead: "put it into table nat", origin: rule.origin)
        }
        rest.append(RuleAction(text: "-j MASQUERADE"))
      case .opaque(let text, _):
        throw UnsupportedByTarget(
          "`\(text)`, a statement that is not modelled",
          instead: "leave the rule to those who wrote it", origin: rule.origin)
      }
    }
    if let verdict = rule.verdict {
      rest.append(try RuleActions.action(verdict, rule, family: family, table: table))
      leavesChain = verdict.leavesChain
    }
  }

  private mutating func addLimit(
    _ packetsPerSecond: UInt32, _ rule: Rule
  ) throws(UnsupportedByTarget) {
    // libxt_limit counts in 1/10000 s.
    if limit != nil || !(1...10_000).contains(packetsPerSecond) {
      throw UnsupportedByTarget(
        "a limit of \(packetsPerSecond)/second in an iptables rule", instead: "use 1 to 10000",
        origin: rule.origin)
    }
    limit = "-m limit --limit \(packetsPerSecond)/second --limit-burst \(packetsPerSecond)"
    (always, rest) = (rest, [])
  }

  private static func log(_ prefix: String, _ rule: Rule) throws(UnsupportedByTarget) -> RuleAction
  {
    // 30 bytes with the final NUL (`struct xt_log_info`, linux/netfilter/xt_LOG.h).
    if prefix.utf8.count > 29 || prefix.hasControlCharacter {
      throw UnsupportedByTarget(
        "the log prefix of an iptables rule", instead: "use at most 29 bytes on one line",
        origin: rule.origin)
    }
    return RuleAction(text: "-j LOG --log-prefix \(restoreQuoted(prefix))")
  }

  private static func action(
    _ verdict: Verdict, _ rule: Rule, family: AddressFamily, table: String
  ) throws(UnsupportedByTarget) -> RuleAction {
    switch verdict {
    case .accept: return RuleAction(text: "-j ACCEPT")
    case .drop: return RuleAction(text: "-j DROP")
    case .jump(let chain): return RuleAction(text: "-j \(chain)")
    case .goto(let chain): return RuleAction(text: "-g \(chain)")
    case .return: return RuleAction(text: "-j RETURN")
    case .reject(let kind):
      if table != "filter" {
        throw UnsupportedByTarget(
          "reject in table \(table)", instead: "reject in table filter, drop elsewhere",
          origin: rule.origin)
      }
      switch kind {
      case .tcpReset: return RuleAction(text: "-j REJECT --reject-with tcp-reset", transport: 6)
      case .administrativelyProhibited:
        switch family {
        case .ipv4: return RuleAction(text: "-j REJECT --reject-with icmp-admin-prohibited")
        case .ipv6: return RuleAction(text: "-j REJECT --reject-with icmp6-adm-prohibited")
        }
      }
    }
  }
}

extension Verdict {
  fileprivate var leavesChain: Bool {
    switch self {
    case .return, .goto: true
    case .accept, .drop, .reject, .jump: false
    }
  }
}
