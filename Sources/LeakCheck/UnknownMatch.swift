import RulesetIR

/// A condition that is not modelled, and what the catalogue says of its kind.
struct UnknownMatch {
  private let text: String
  private let isInDeny: Bool

  init(_ text: String, in ruleset: Ruleset) {
    self.text = text.lowercased()
    isInDeny = ruleset.tables.contains { table in
      table.chains.contains { chain in
        chain.rules.enumerated().contains { index, rule in
          let limit =
            "limit of rule \(index) of \(table.family.rawValue) \(table.name) \(chain.name)"
          return rule.isDeny && (rule.matches.contains { $0.mentions(text) } || text == limit)
        }
      }
    }
  }

  var kind: (id: LeakID, fix: String) {
    if text.hasPrefix("ip6 nexthdr") {
      return (.extensionHeader, "use `meta l4proto` instead of `ip6 nexthdr`")
    }
    if text.contains("meta oif ") || text.contains("meta iif ") {
      return (.indexStale, "use `oifname` and `iifname`, which compare names")
    }
    if text.contains("fib daddr type") && text.contains("local")
      || text.contains("addrtype") && text.contains("local")
    {
      return (.localType, "accept by `oifname lo` alone")
    }
    if text.contains("ct mark") || text.contains("connmark") {
      return (.connectionMark, "match the socket's mark, user or cgroup in output each time")
    }
    if isInDeny {
      return (.conditionalDeny, "end the chain with a deny that has no condition")
    }
    return (.unknownMatch, "look at what the condition means, or deny without it")
  }
}

extension Rule {
  var isDeny: Bool {
    switch verdict {
    case .drop, .reject: true
    case .accept, .jump, .goto, .return, nil: false
    }
  }

  var isAccept: Bool {
    switch verdict {
    case .accept: true
    case .drop, .reject, .jump, .goto, .return, nil: false
    }
  }
}

extension Match {
  func mentions(_ text: String) -> Bool {
    switch self {
    case .opaque(let own): own == text
    case .not(let inner): inner.mentions(text)
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser,
      .socketGroup, .cgroup, .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .asked,
      .arpAddress:
      false
    }
  }
}
