import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  /// `nil` only where something was reported.
  mutating func service(_ node: ServiceNode) -> Service? {
    let parts = node.items.flatMap { serviceParts($0) }
    return parts.isEmpty ? nil : Service(parts)
  }

  mutating func serviceParts(_ item: ServiceItem) -> [ServicePart] {
    switch item {
    case .any: return [.any]
    case .ports(let transport, let values, _):
      return ports(values.values).map { [.ports(TransportProtocol(transport), $0)] } ?? []
    case .icmp(let value, _):
      guard let value else { return [.icmp(type: nil)] }
      return icmpTypeNumbers(value, as: .icmpType, icmpTypes).map { .icmp(type: $0) }
    case .icmpv6(let value, _):
      guard let value else { return [.icmpv6(type: nil)] }
      return icmpTypeNumbers(value, as: .icmpv6Type, icmpv6Types).map { .icmpv6(type: $0) }
    case .proto(let value, _):
      return protocolNumbers(value).map { .proto($0) }
    }
  }

  private mutating func icmpTypeNumbers(
    _ value: Value, as use: ValueUse, _ table: [(name: String, number: UInt8)]
  ) -> [UInt8] {
    var result: [UInt8] = []
    for leaf in leaves(of: [value], as: use) {
      switch leaf.content {
      case .value(.word(let name)), .value(.string(let name)):
        if let entry = table.first(where: { $0.name == name }) {
          result.append(entry.number)
        } else if !brokenDefinitions.contains(name) {
          let guess = guess(
            name, at: leaf.range, among: table.map(\.name) + definitionNames)
          report(
            .unknownICMPType, "\(quoted(name)) is not \(use.noun)\(guess.question)",
            at: leaf.range, fixIts: guess.fixIts)
        }
      case .value(.number), .value(.numberRange):
        guard let range = numbers(leaf, as: use, 0...255, .unknownICMPType) else { continue }
        result += range.map { UInt8($0) }
      case .value, .list: reportWrongKind(leaf, as: use)
      }
    }
    return result
  }

  // MARK: DNS

  /// Reports ports 53 and 853 in a line that lets packets out beside the tunnels.
  ///
  /// `any` is no such line: it never includes them.
  mutating func checkDNSPorts(_ node: ServiceNode, in place: String) {
    for item in node.items {
      guard case .ports(let transport, let list, _) = item, transport != .sctp else { continue }
      for value in list.values {
        guard let ports = ports([value]), let port = [53, 853].first(where: ports.contains) else {
          continue
        }
        let rest = ports.subtracting(PortSet([PortRange(53), PortRange(853)])).ranges.map(\.text)
        var fixIts: [FixIt] = []
        if case .numberRange = value.kind {
          fixIts = [
            FixIt(
              "leave out the ports of DNS", replace: value.range, with: rest.joined(separator: ", ")
            )
          ]
        }
        report(
          .dnsPortOutsideDNSLine,
          "\(transport.rawValue.uppercased()) port \(port) is DNS, and \(place) lets it out beside the tunnel",
          at: value.range, fixIts: fixIts,
          notes: ["name the resolver instead: `dns ADDRESS` in the `tunnel` or `lan` block"])
      }
    }
  }
}

extension TransportProtocol {
  init(_ keyword: TransportKeyword) {
    switch keyword {
    case .tcp: self = .tcp
    case .udp: self = .udp
    case .sctp: self = .sctp
    }
  }
}

extension PortRange {
  /// As the language writes it.
  fileprivate var text: String { lower == upper ? "\(lower)" : "\(lower)-\(upper)" }
}
