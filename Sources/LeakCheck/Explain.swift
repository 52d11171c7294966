package import PacketSpace
package import Policy
package import RulesetIR

/// What becomes of the packets that somebody asks about.
package struct Explanation: Sendable {
  /// The hooks that such packets meet.
  package var traversal: Traversal
  package var answer: Answer

  package enum Answer: Sendable {
    /// No packet can be so.
    case impossible
    /// The diagrams grew beyond what was allowed.
    case notAnalysed
    /// - Parameter other: the packet most like it that has the other verdict; `nil`: all that fit have one.
    case found(ExplainedPacket, other: ExplainedPacket?)
  }
}

/// One packet and its way through the rules.
package struct ExplainedPacket: Equatable, Sendable {
  package var packet: PacketWitness
  package var trace: PacketTrace
  /// What the diagrams say.
  package var passes: Bool

  /// Both ways of reading the rules, by diagrams and rule by rule, come to the same.
  package var isConfirmed: Bool { trace.outcome == (passes ? .passes : .stopped) }

  /// The policy lines that decided, in the order in which they did.
  package var deciders: [RuleOrigin] {
    var result: [RuleOrigin] = []
    for step in trace.steps {
      guard let origin = step.origin, case .rule(_, _, let verdict) = step.event else { continue }
      // Of a packet that is stopped only what stopped it decided.
      let decides =
        switch verdict {
        case .accept, .return: passes
        case .drop, .reject: !passes
        case .jump, .goto, nil: false
        }
      if decides, !result.contains(origin) { result.append(origin) }
    }
    return result
  }

  package init(
    _ packet: PacketWitness, passes: Bool, _ ruleset: Ruleset, _ traversal: Traversal
  ) {
    self.packet = packet
    self.passes = passes
    trace = RulesetIR.trace(ConcretePacket(packet), through: ruleset, traversal: traversal)
  }
}

/// Follows an ordinary packet of those that somebody asks about, and finds out whether all go its way.
package func explain(
  _ question: Expectation, _ policy: Policy, _ ruleset: Ruleset, tags: PolicyTags,
  nodeBudget: Int = 4_000_000
) -> Explanation {
  let traversal = question.wholeTraversal
  let asked = question.asked(policy, tags)
  var context = ProofContext(
    policy, tags, [ProofCandidate(ruleset)], asking: [asked.ordinary], on: [traversal], nodeBudget)
  let passing = context.passing(0, traversal)
  let ordinary = context.universe.set(asked.ordinary)
  let all = context.universe.set(asked.all)
  guard let packet = context.packet(in: ordinary, traversal) ?? context.packet(in: all, traversal)
  else {
    return Explanation(
      traversal: traversal, answer: context.isExhausted ? .notAnalysed : .impossible)
  }
  let passes = context.universe.contains(packet, in: passing) ?? false
  let others =
    passes
    ? context.universe.difference(all, passing) : context.universe.intersection(all, passing)
  let other = context.packet(in: others, traversal, like: packet)
  if context.isExhausted { return Explanation(traversal: traversal, answer: .notAnalysed) }
  return Explanation(
    traversal: traversal,
    answer: .found(
      ExplainedPacket(packet, passes: passes, ruleset, traversal),
      other: other.map { ExplainedPacket($0, passes: !passes, ruleset, traversal) }))
}

extension Expectation {
  /// All hooks, for a packet that no other table changes on its way.
  var wholeTraversal: Traversal {
    outInterface == nil ? .arrives : inInterface == nil ? .leaves : .forwards
  }

  /// Whether the question itself says so much of a packet.
  package func says(_ kind: PacketPart.Kind) -> Bool {
    switch kind {
    case .transport: protocolName != nil
    case .source: from.map(\.isOneAddress) ?? false
    case .destination: to.map(\.isOneAddress) ?? false
    case .sourcePort: sourcePort.map(\.isOnePort) ?? false
    case .destinationPort: port.map(\.isOnePort) ?? false
    case .input: inInterface.map(\.isOneInterface) ?? false
    case .output: outInterface.map(\.isOneInterface) ?? false
    case .state: state != nil
    case .direction: isReply
    case .mark: selectors.mark != nil
    case .user: selectors.user != nil
    case .group: selectors.group != nil
    case .flag(.cgroup): selectors.cgroup != nil
    case .fragment, .origin, .hopLimit, .tcpFlags, .connection, .flag: false
    }
  }
}

extension AddressSet {
  fileprivate var isOneAddress: Bool {
    let ranges = ipv4.map { $0.lower == $0.upper } + ipv6.map { $0.lower == $0.upper }
    return ranges == [true]
  }
}

extension PortSet {
  fileprivate var isOnePort: Bool {
    ranges.count == 1 && ranges[0].lower == ranges[0].upper
  }
}

extension ExpectedInterface {
  fileprivate var isOneInterface: Bool {
    switch self {
    case .interface(let pattern): !pattern.isPrefix
    case .everyUplink: false
    }
  }
}
