/// Rules as netfilter knows them: what every back end writes and every reader makes.
package struct Ruleset: Equatable, Sendable {
  /// In the order in which they are written.
  package var tables: [Table]

  package init(tables: [Table]) {
    self.tables = tables
  }
}

package enum TableFamily: String, CaseIterable, Sendable {
  case inet
  case ip
  case ip6
  case netdev
  case bridge
  case arp
}

package struct Table: Equatable, Sendable {
  package var family: TableFamily
  package var name: String
  package var sets: [NamedSet]
  package var chains: [Chain]
  /// Flagged dormant: listed, but hooked nowhere.
  package var isDormant: Bool

  package init(
    family: TableFamily, name: String, sets: [NamedSet] = [], chains: [Chain] = [],
    isDormant: Bool = false
  ) {
    self.family = family
    self.name = name
    self.sets = sets
    self.chains = chains
    self.isDormant = isDormant
  }
}

package struct Chain: Equatable, Sendable {
  package var name: String
  /// `nil`: a regular chain, reached by jump or goto.
  package var base: BaseChain?
  package var rules: [Rule]

  package init(name: String, base: BaseChain? = nil, rules: [Rule] = []) {
    self.name = name
    self.base = base
    self.rules = rules
  }
}

package enum ChainType: String, Sendable {
  case filter, nat, route
}

package enum Hook: String, CaseIterable, Sendable {
  case prerouting, input, forward, output, postrouting
  /// Of the netdev family (Linux 5.16).
  case egress
  /// Of the netdev and inet families, in rules by others; sees what comes in before everything else.
  case ingress
}

package enum ChainPolicy: String, Sendable {
  case accept, drop
}

package struct BaseChain: Equatable, Sendable {
  package var type: ChainType
  package var hook: Hook
  /// Lower runs earlier; 0 is nft's `filter`.
  ///
  /// Source: `enum nf_ip_hook_priorities`, linux/netfilter_ipv4.h.
  package var priority: Int32
  package var policy: ChainPolicy
  /// Of the netdev family only: the devices whose packets the chain sees.
  package var devices: [String]

  package init(
    type: ChainType = .filter, hook: Hook, priority: Int32, policy: ChainPolicy,
    devices: [String] = []
  ) {
    self.type = type
    self.hook = hook
    self.priority = priority
    self.policy = policy
    self.devices = devices
  }
}

/// The policy line that a rule comes from.
package struct RuleOrigin: Hashable, Sendable {
  package var file: String
  /// Starts at 1.
  package var line: Int

  package init(file: String, line: Int) {
    self.file = file
    self.line = line
  }
}

package struct Rule: Equatable, Sendable {
  /// All must hold; tried in order, and a match that cannot load what it compares breaks the rule.
  package var matches: [Match]
  /// Carried out in order before the verdict.
  package var statements: [RuleStatement]
  package var verdict: Verdict?
  /// What the rule is for, beside the origin: `comment "homelab.ksp:12 endpoint"`.
  package var note: String
  /// `nil` where no single line asks for the rule (the final deny).
  package var origin: RuleOrigin?

  package init(
    _ matches: [Match], _ statements: [RuleStatement] = [], _ verdict: Verdict?,
    note: String = "", origin: RuleOrigin? = nil
  ) {
    self.matches = matches
    self.statements = statements
    self.verdict = verdict
    self.note = note
    self.origin = origin
  }

  /// The comment that a target writes: origin and note, cut to `byteLimit` bytes; empty for none.
  package func comment(byteLimit: Int) -> String {
    var text = ""
    if let origin { text = "\(origin.file):\(origin.line)" }
    if !note.isEmpty { text += text.isEmpty ? note : " \(note)" }
    var bytes = Array(text.utf8.prefix(byteLimit))
    // Never cut a UTF-8 sequence in two.
    while !bytes.isEmpty, String(validating: bytes, as: UTF8.self) == nil { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

package enum Verdict: Hashable, Sendable {
  /// Ends this base chain (nft) or this table's traversal (iptables).
  case accept
  /// Final.
  case drop
  case reject(RejectKind)
  case jump(String)
  case goto(String)
  case `return`
}

package enum RejectKind: Hashable, Sendable {
  case tcpReset
  /// ICMP and ICMPv6 "administratively prohibited" (`icmpx admin-prohibited`).
  case administrativelyProhibited
}

package enum RuleStatement: Hashable, Sendable {
  case counter
  case log(prefix: String)
  /// Lets this many packets a second past this point of the rule, with a burst of the same number.
  case limit(packetsPerSecond: UInt32)
  /// `mark = (mark & ~clear) | set`
  case setMark(clear: UInt32, set: UInt32)
  /// Sets one bit of the connection's label.
  case setConntrackLabel(bit: UInt8)
  /// Adds the packet's address and UDP port to a dynamic set, or renews its time.
  case updateSet(name: String, address: AddressField, port: PortField)
  case masquerade
  /// A statement of rules by others that is not modelled, as its text; it may change these bits of the
  /// mark, to values that nothing is known about, and no other field that a match compares.
  case opaque(String, markBits: UInt32)
}
