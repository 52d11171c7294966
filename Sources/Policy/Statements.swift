import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  mutating func resolveStatement(at index: Int) {
    let statement = statements[index]
    switch statement.kind {
    case .language, .policy, .include, .define, .uplink: return
    case .confine(let nodes): resolveConfine(nodes, statement)
    case .tunnel(let list, let lines): resolveTunnel(at: index, list, lines)
    case .lan(let list, let lines): resolveLAN(at: index, list, lines)
    case .forward(let list, let lines): resolveForward(at: index, list, lines)
    case .bypass(let name, let lines): resolveBypass(name, lines, statement)
    case .host(let lines): resolveHost(lines)
    case .blocked(let node): resolveBlocked(node, statement)
    case .guardFrames:
      if policy.guardFrames == nil { policy.guardFrames = origin(statement.range) }
    case .expect(let node): resolveExpect(node, statement)
    case .acceptRisk(let node): resolveAcceptRisk(node, statement)
    }
  }

  /// Several `confine` statements add up.
  private mutating func resolveConfine(_ nodes: [SubjectNode], _ statement: Statement) {
    let subjects = nodes.flatMap { self.subjects($0) }
    if subjects.isEmpty { return }
    let first = policy.confine
    policy.confine = Confinement(
      subjects: (first?.subjects ?? []) + subjects,
      origin: first?.origin ?? origin(statement.range))
  }

  private mutating func resolveBlocked(_ node: BlockedNode, _ statement: Statement) {
    if let first = policy.blocked.origin {
      report(
        .duplicateLine, "`blocked` stands twice", at: statement.keyword,
        related: [Label(first.range, "first here")])
      return
    }
    policy.blocked = Blocked(isReject: node.isReject, origin: origin(statement.range))
    guard let prefix = node.logPrefix else { return }
    checkLogPrefix(prefix)
    var log = BlockedLog(prefix: prefix.text)
    if let value = node.ratePerSecond, let rate = logRate(value) { log.ratePerSecond = rate }
    policy.blocked.log = log
  }

  private mutating func checkLogPrefix(_ prefix: StringLiteral) {
    let bytes = Array(prefix.text.utf8)
    if bytes.count > 29 {
      report(
        .invalidLogPrefix, "a log prefix has at most 29 bytes; this one has \(bytes.count)",
        at: prefix.range)
    }
    if bytes.contains(where: { $0 < UInt8(ascii: " ") || $0 == 0x7f || $0 == UInt8(ascii: "\"") }) {
      report(
        .invalidLogPrefix, "control characters and `\"` cannot stand in a log prefix",
        at: prefix.range)
    }
  }

  /// In packets a second; 10,000 is the most that iptables takes (`XT_LIMIT_SCALE`).
  private mutating func logRate(_ value: Value) -> UInt32? {
    if case .number(let number) = value.kind, (1...10_000).contains(number) {
      return UInt32(number)
    }
    report(.invalidNumber, "expected a rate from 1 to 10000 packets a second", at: value.range)
    return nil
  }

  private mutating func resolveHost(_ lines: [HostLine]) {
    for line in lines {
      let origin = origin(line.range)
      switch line.kind {
      case .dhcp: policy.host.dhcp = policy.host.dhcp ?? origin
      case .dhcp6: policy.host.dhcp6 = policy.host.dhcp6 ?? origin
      case .ndp: policy.host.ndp = policy.host.ndp ?? origin
      case .igmp: policy.host.igmp = policy.host.igmp ?? origin
      case .ping: policy.host.ping = policy.host.ping ?? origin
      case .ntp(let list):
        let pieces = addressPieces(list)
        checkUsable(pieces, as: .ntp)
        policy.host.ntp.append(AddressLine(addresses: pieces.addresses, origin: origin))
      }
    }
  }

  private mutating func resolveAcceptRisk(_ node: AcceptRiskNode, _ statement: Statement) {
    let isID = node.id.text.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
    }
    if !isID {
      report(
        .unexpectedToken,
        "a finding's id has small letters, digits and `-`, unlike \(quoted(node.id.text))",
        at: node.id.range)
    }
    checkReason(node.because)
    var block: String?
    if let value = node.block {
      switch value.kind {
      case .word(let name), .string(let name): block = name
      case .pattern(let name): block = name + "*"
      case .number, .numberRange, .address, .set:
        report(
          .wrongKind, "expected the first interface or the name of a block", at: value.range)
      }
    }
    policy.acceptedRisks.append(
      AcceptedRisk(
        id: node.id.text, block: block, because: node.because.text,
        origin: origin(statement.range)))
  }

  /// A reason that says nothing is none.
  mutating func checkReason(_ reason: StringLiteral) {
    if reason.text.utf8.allSatisfy({ $0 <= UInt8(ascii: " ") }) {
      report(.missingLine, "`because` gives no reason", at: reason.range)
    }
  }
}
