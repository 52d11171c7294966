import PacketSpace
package import Policy
package import RulesetIR

extension [Finding] {
  /// The findings with a packet each, where the rules let one pass that the finding is about.
  package func showingPackets(
    _ policy: Policy, _ ruleset: Ruleset, tags: PolicyTags, nodeBudget: Int = 4_000_000
  ) -> [Finding] {
    let questions = compactMap { $0.question?.asked(policy, tags).ordinary }
    var context = ProofContext(
      policy, tags, [ProofCandidate(ruleset)], asking: questions,
      on: [.arrives, .leaves, .forwards], nodeBudget)
    return context.showingPackets(self, 0)
  }
}

extension ProofContext {
  /// The same for one of the rule sets that the context was made with.
  ///
  /// - Parameter findings: those that the context was made for.
  package mutating func showingPackets(_ findings: [Finding], _ candidate: Int) -> [Finding] {
    findings.map { finding in
      var result = finding
      if let question = finding.question { result.example = example(of: question, candidate) }
      return result
    }
  }

  /// A packet whose verdict is the one that the question expects, an ordinary one if there is.
  private mutating func example(
    of question: Expectation, _ candidate: Int
  ) -> ExplainedPacket? {
    let asked = question.asked(policy, tags)
    let traversal = question.wholeTraversal
    let example =
      example(of: asked.ordinary, candidate, traversal, passes: question.isPass)
      ?? example(of: asked.all, candidate, traversal, passes: question.isPass)
    return isExhausted ? nil : example
  }

  /// An ordinary packet of those that pass, or of those that do not.
  private mutating func example(
    of packets: PacketExpression, _ candidate: Int, _ traversal: Traversal, passes: Bool
  ) -> ExplainedPacket? {
    let set = universe.set(packets)
    let passing = passing(candidate, traversal)
    let concerned =
      passes ? universe.intersection(set, passing) : universe.difference(set, passing)
    return packet(in: concerned, traversal).map {
      ExplainedPacket($0, passes: passes, candidates[candidate].ruleset, traversal)
    }
  }
}

// MARK: Questions

extension Expectation {
  /// The packets that it speaks of on all hooks, and the ordinary ones among them.
  func asked(
    _ policy: Policy, _ tags: PolicyTags
  ) -> (all: PacketExpression, ordinary: PacketExpression) {
    let all = packets(policy, tags, atLastHook: false)
    return (all, .and([all, ordinary(policy, tags)]))
  }

  /// The packets of a line that a finding is about, in the words of an `expect` line.
  static func passing(
    _ origin: Origin, _ service: ServicePart? = nil, from: AddressSet? = nil,
    to: AddressSet? = nil, port: UInt16? = nil, by selectors: Selectors = Selectors(),
    in input: ExpectedInterface? = nil, out output: ExpectedInterface? = nil
  ) -> Expectation {
    var result = Expectation(isPass: true, origin: origin)
    result.setService(service)
    if let port { result.port = PortSet([PortRange(port)]) }
    result.from = from
    result.to = to
    result.selectors = selectors
    result.inInterface = input
    result.outInterface = output
    return result
  }

  /// The packets that no line lets come in.
  static func blocked(
    _ origin: Origin, _ service: ServicePart?, in input: ExpectedInterface
  ) -> Expectation {
    var result = passing(origin, service, in: input)
    result.isPass = false
    return result
  }

  /// What answers a connection to the service.
  static func answering(
    _ origin: Origin, _ service: ServicePart?, in input: ExpectedInterface? = nil,
    out output: ExpectedInterface
  ) -> Expectation {
    var result = passing(origin, service, in: input, out: output)
    result.sourcePort = result.port
    result.port = nil
    result.state = .established
    result.isReply = true
    return result
  }

  /// Sent by a program of the subject, or forwarded for it.
  mutating func isSent(by subject: Subject, _ policy: Policy) {
    switch subject {
    case .user(let ids): selectors.user = ids
    case .group(let ids): selectors.group = ids
    case .cgroup(let path): selectors.cgroup = path
    case .fromInterface(let pattern): inInterface = .interface(pattern)
    case .fromAddresses(let addresses):
      from = addresses
      inInterface = policy.forwards.first?.interfaces.first.map { .interface($0) }
    }
  }

  private mutating func setService(_ service: ServicePart?) {
    switch service {
    case nil, .any: break
    case .ports(let transport, let ports):
      protocolName = .transport(transport)
      port = ports.ranges.first.map { PortSet([PortRange($0.lower)]) }
    case .icmp: protocolName = .icmp
    case .icmpv6: protocolName = .icmpv6
    case .proto(let number): protocolName = .proto(number)
    }
  }
}

extension Endpoint {
  /// The packet that the line lets out, to the first of its addresses.
  func packets(port: UInt16? = nil, user: UInt32? = nil) -> Expectation {
    var selectors = selectors
    if let user { selectors.user = IDSet([user...user]) }
    let way = via.map { ExpectedInterface.interface($0) } ?? .everyUplink
    return .passing(
      origin, service, to: addresses.first.map { AddressSet($0) }, port: port, by: selectors,
      out: way)
  }
}

extension LAN {
  /// The interface that packets of the block leave by.
  var way: ExpectedInterface { interfaces.first.map { .interface($0) } ?? .everyUplink }
}

extension AddressSet {
  /// A host of the set: not the address of the network itself where there is another one.
  var host: AddressSet? {
    for family in AddressFamily.allCases {
      if let address = host(3, family) { return AddressSet(address) }
    }
    return first.map { AddressSet($0) }
  }
}

extension MulticastProtocol {
  /// Where its questions go in IPv4.
  ///
  /// Source: RFC 6762 section 3, UPnP Device Architecture 2.0 section 1.3.1, RFC 4795 section 2.5,
  /// OASIS WS-Discovery 1.1 section 2.4.
  var question: (to: AddressSet, port: UInt16) {
    switch self {
    case .mdns: (AddressSet(IPAddress(v4: 0xe000_00fb)), 5353)
    case .ssdp: (AddressSet(IPAddress(v4: 0xefff_fffa)), 1900)
    case .llmnr: (AddressSet(IPAddress(v4: 0xe000_00fc)), 5355)
    case .wsd: (AddressSet(IPAddress(v4: 0xefff_fffa)), 3702)
    }
  }
}
