import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  mutating func resolveExpect(_ node: ExpectNode, _ statement: Statement) {
    policy.expectations.append(
      expectation(
        node, "an `expect`", origin: origin(statement.range), keyword: statement.keyword))
  }

  /// - Parameters:
  ///   - name: what speaks of the packets, for messages.
  ///   - keyword: what is marked where the whole of it is at fault.
  private mutating func expectation(
    _ node: ExpectNode, _ name: String, origin: Origin, keyword: SourceRange
  ) -> Expectation {
    var expectation = Expectation(isPass: node.isPass, origin: origin)
    expectation.protocolName = node.protocolName.flatMap { expectedProtocol($0) }
    expectation.from = node.from.map { addressPieces([$0]).addresses }
    expectation.to = node.to.map { addressPieces([$0]).addresses }
    expectation.port = node.port.flatMap { ports([$0]) }
    expectation.sourcePort = node.sourcePort.flatMap { ports([$0]) }
    expectation.selectors = selectors(node.selectors, allowingNoMark: true)
    expectation.inInterface = node.inInterface.flatMap { expectedInterface($0) }
    expectation.outInterface = node.outInterface.flatMap { expectedInterface($0) }
    expectation.state = node.state.flatMap { ConntrackState(rawValue: $0.text) }
    expectation.isReply = node.reply != nil
    if node.inInterface == nil, node.outInterface == nil {
      report(
        .expectNeedsInterface, "\(name) needs `in` or `out` with an interface",
        at: keyword,
        notes: ["`in` alone: for this machine; `out` alone: leaves it; both: forwarded"])
    }
    checkPorts(node)
    checkFamilies(node, expectation)
    return expectation
  }

  mutating func resolveQuestion(_ text: SourceFile) {
    let id = sources.add(text)
    let (node, found) = parsePackets(text, id: id)
    for diagnostic in found { report(diagnostic) }
    guard let node else { return }
    let whole = SourceRange(file: id, start: 0, end: text.bytes.count)
    question = expectation(node, "a packet", origin: origin(whole), keyword: whole)
  }

  private mutating func expectedProtocol(_ name: ExpectProtocol) -> ExpectedProtocol? {
    switch name {
    case .transport(let keyword, _): return .transport(TransportProtocol(keyword))
    case .icmp: return .icmp
    case .icmpv6: return .icmpv6
    case .proto(let value):
      let numbers = protocolNumbers(value)
      if numbers.count > 1 {
        report(.invalidNumber, "expected one protocol, found \(numbers.count)", at: value.range)
      }
      return numbers.first.map { .proto($0) }
    }
  }

  private mutating func expectedInterface(_ value: Value) -> ExpectedInterface? {
    let (placed, uplinks) = placedInterfaces([value])
    if uplinks != nil { return .everyUplink }
    if placed.count > 1 {
      report(
        .wrongKind, "expected one interface, found \(placed.count)", at: value.range)
    }
    return placed.first.map { .interface($0.pattern) }
  }

  private mutating func checkPorts(_ node: ExpectNode) {
    if case .transport? = node.protocolName { return }
    for value in [node.port, node.sourcePort] {
      guard let value else { continue }
      report(
        .portWithoutProtocol, "a port needs `tcp`, `udp` or `sctp` before it", at: value.range)
    }
  }

  /// A packet is of one family: one that all its addresses and its protocol have.
  private mutating func checkFamilies(_ node: ExpectNode, _ expectation: Expectation) {
    if let from = expectation.from, let to = expectation.to, let value = node.to,
      !from.isEmpty, !to.isEmpty,
      !AddressFamily.allCases.contains(where: { !from.isEmpty($0) && !to.isEmpty($0) })
    {
      report(
        .familyMismatch, "no packet goes from an \(from.title) to an \(to.title) address",
        at: value.range)
    }
    let family: AddressFamily
    switch expectation.protocolName {
    case .icmp: family = .ipv4
    case .icmpv6: family = .ipv6
    case nil, .transport, .proto: return
    }
    let addressed = [(expectation.from, node.from), (expectation.to, node.to)]
    for case (let set?, let value?) in addressed where !set.isEmpty && set.isEmpty(family) {
      report(
        .familyMismatch,
        "\(family == .ipv4 ? "ICMP" : "ICMPv6") has \(family.title) addresses, not \(set.title)",
        at: value.range)
    }
  }
}

extension AddressSet {
  /// The family of a set that has only one.
  fileprivate var title: String {
    isEmpty(.ipv4) ? AddressFamily.ipv6.title : AddressFamily.ipv4.title
  }
}
