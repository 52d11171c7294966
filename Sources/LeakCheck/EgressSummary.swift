import PacketSpace
package import Policy
package import RulesetIR

/// One line of the summary: what one line of the policy lets leave outside the tunnel.
package struct EgressLine: Equatable, Sendable {
  /// `udp 51820`, `any`
  package var what: String
  /// `198.51.100.7`, `10,000 addresses`, `anywhere`
  package var destination: String
  /// `eth0`, `any uplink`
  package var by: String
  /// `mark 0x6b73`, `user 100`, `forwarded from docker0`, `replies`; empty: this machine at large.
  package var who: String
  /// `nil` where no single line asks for it.
  package var origin: RuleOrigin?
  package var note: String
}

/// All that can leave outside the tunnel, read from the rules themselves.
///
/// Complete: every packet that the last hook lets leave by an interface that is neither `lo`, nor a
/// tunnel, nor a `forward` interface is let pass by a rule of one of the lines. Minimal: a line whose
/// rules no such packet reaches is not there.
package func egressSummary(
  _ policy: Policy, _ ruleset: Ruleset, nodeBudget: Int = 4_000_000
) -> [EgressLine] {
  var context = ProofContext(
    policy, PolicyTags(cgroupBits: [:], markBits: 0, confinedLabel: 0), [ProofCandidate(ruleset)],
    asking: [policy.outside], on: [], nodeBudget)
  return context.egressSummary(0)
}

extension ProofContext {
  /// The same for one of the rule sets that the context was made with.
  package mutating func egressSummary(_ candidate: Int) -> [EgressLine] {
    let acceptances = acceptances(candidate, at: .postrouting, of: policy.outside)
    return lines(acceptances.map(\.rule), candidates[candidate].ruleset)
  }
}

extension Policy {
  /// What leaves by an interface that is neither `lo`, nor a tunnel, nor a `forward` interface.
  var outside: PacketExpression {
    let inner =
      [InterfacePattern("lo")] + tunnels.flatMap(\.interfaces) + forwards.flatMap(\.interfaces)
    return .and(
      [.not(.test(PacketTest(.outputInterface, .noInterface)))]
        + inner.map { .not(.test(PacketTest(.outputInterface, .interface($0)))) })
  }
}

/// Rules of one line that differ in one thing only are told in one line.
private func lines(_ rules: [Rule], _ ruleset: Ruleset) -> [EgressLine] {
  var groups: [(key: GroupKey, rules: [Rule])] = []
  for rule in rules {
    let key = GroupKey(origin: rule.origin, note: rule.note, who: rule.sender)
    if let index = groups.firstIndex(where: { $0.key == key }) {
      groups[index].rules.append(rule)
    } else {
      groups.append((key, [rule]))
    }
  }
  return groups.map { key, rules in
    EgressLine(
      what: unique(rules.map(\.service)).joined(separator: ", "),
      destination: destinations(rules, ruleset),
      by: unique(rules.map(\.wayOut)).joined(separator: ", "), who: key.who, origin: key.origin,
      note: key.note)
  }
}

private struct GroupKey: Equatable {
  var origin: RuleOrigin?
  var note: String
  var who: String
}

private func destinations(_ rules: [Rule], _ ruleset: Ruleset) -> String {
  let texts = unique(rules.map { $0.destination(ruleset) })
  return texts.count > 4 ? "\(texts.count) networks" : texts.joined(separator: ", ")
}

private func unique(_ texts: [String]) -> [String] {
  var result: [String] = []
  for text in texts where !text.isEmpty && !result.contains(text) { result.append(text) }
  return result
}

extension Rule {
  /// Protocol and ports, as the policy would write them.
  fileprivate var service: String {
    if matches.contains(.ctState([.related])) {
      return isAboutIPv6 ? "icmpv6 errors" : "icmp errors"
    }
    var name = "any"
    var ports = ""
    for match in matches {
      switch match {
      case .transport(let numbers): name = numbers.map(protocolName).joined(separator: "/")
      case .port(.destination, let ranges, false): ports = " " + portText(ranges)
      case .port(.source, let ranges, false): ports += " from port \(portText(ranges))"
      case .ctPort(.reply, .source, let range): ports = " from port \(portText([range]))"
      case .icmpType(let types): name = "icmp \(types.map { "\($0)" }.joined(separator: ","))"
      case .icmpv6Type(let types): name = "icmpv6 \(types.map { "\($0)" }.joined(separator: ","))"
      case .interface, .notReceived, .deviceType, .family, .address, .port, .ctState, .ctDirection,
        .ctProtocol, .ctAddress, .ctPort, .mark, .socketUser, .socketGroup, .cgroup, .hopLimit,
        .laterFragment, .tcpFlags, .ctLabel, .isIP, .asked, .arpAddress, .opaque, .not:
        break
      }
    }
    return name + ports
  }

  fileprivate var sender: String {
    var parts: [String] = []
    for match in matches {
      switch match {
      case .interface(.input, let pattern, false): parts.append("in \(pattern.text)")
      case .mark(let value, _, false): parts.append("mark 0x\(String(value, radix: 16))")
      case .socketUser(let range): parts.append("user \(idText(range))")
      case .socketGroup(let range): parts.append("group \(idText(range))")
      case .cgroup(let path, _): parts.append("cgroup \"\(path)\"")
      case .ctDirection(.reply): parts.append("replies")
      case .ctState([.related], false): break
      case .ctState(let states, false): parts.append(states.map(\.rawValue).joined(separator: ","))
      case .asked: parts.append("to who asked")
      case .opaque(let text): parts.append("where `\(text)`")
      case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
        .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .hopLimit,
        .laterFragment, .tcpFlags, .ctLabel, .isIP, .arpAddress, .not:
        break
      }
    }
    return parts.joined(separator: " ")
  }

  private var isAboutIPv6: Bool {
    matches.contains { if case .icmpv6Type = $0 { true } else { false } }
  }

  fileprivate var wayOut: String {
    for case .interface(.output, let pattern, false) in matches { return pattern.text }
    return "any uplink"
  }

  fileprivate func destination(_ ruleset: Ruleset) -> String {
    for match in matches {
      switch match {
      case .address(.destination, let operand, false): return operand.text(ruleset)
      case .ctAddress(.original, .source, let operand): return operand.text(ruleset)
      case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
        .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark,
        .socketUser, .socketGroup, .cgroup, .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP,
        .asked, .arpAddress, .opaque, .not:
        break
      }
    }
    return "anywhere"
  }
}

extension AddressOperand {
  fileprivate func text(_ ruleset: Ruleset) -> String {
    switch self {
    case .prefix(let prefix): return prefix.text
    case .list(let addresses):
      return addresses.count > 4
        ? "\(addresses.count) addresses" : addresses.map(\.text).joined(separator: ", ")
    case .set(let name, _, let maskLength):
      let set = ruleset.tables.flatMap(\.sets).first { $0.name == name }
      let unit = maskLength.map { "prefixes of /\($0)" } ?? "addresses"
      return "\(set?.elements.count ?? 0) \(unit)"
    }
  }
}

/// Source: IANA protocol numbers.
private func protocolName(_ number: UInt8) -> String {
  switch number {
  case 1: "icmp"
  case 2: "igmp"
  case 6: "tcp"
  case 17: "udp"
  case 58: "icmpv6"
  case 132: "sctp"
  default: "proto \(number)"
  }
}

private func portText(_ ranges: [PortRange]) -> String {
  ranges.map { $0.lower == $0.upper ? "\($0.lower)" : "\($0.lower)-\($0.upper)" }
    .joined(separator: ",")
}

private func idText(_ range: ClosedRange<UInt32>) -> String {
  range.lowerBound == range.upperBound
    ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
}
