import PacketSpace

/// Walks one packet through the base chains of a traversal, rule by rule.
///
/// Slow and obvious on purpose: it shares no code with `RulesetEvaluator`, so that each shows the
/// mistakes of the other. As there, chains of type nat decide nothing, and what a statement puts into a
/// set is not found by later matches.
package func trace(
  _ packet: ConcretePacket, through ruleset: Ruleset, traversal: Traversal
) -> PacketTrace {
  var walk = PacketWalk(packet: packet)
  let hooks: [Hook] =
    switch traversal {
    case .arrives: [.prerouting, .input]
    case .leaves: [.output, .postrouting]
    case .forwards: [.prerouting, .forward, .postrouting]
    case .postrouting: [.postrouting]
    }
  for hook in hooks {
    for (table, chain) in baseChains(of: ruleset, hook, for: packet) {
      switch walk.walk(table, chain, hook) {
      case .accepted: continue
      case .stopped: return PacketTrace(outcome: .stopped, steps: walk.steps)
      case .unfinished: return PacketTrace(outcome: .unfinished, steps: walk.steps)
      }
    }
  }
  return PacketTrace(outcome: .passes, steps: walk.steps)
}

/// The base chains that see the packet at a hook, lowest priority first, then as they are listed.
private func baseChains(
  of ruleset: Ruleset, _ hook: Hook, for packet: ConcretePacket
) -> [(Table, Chain)] {
  var found: [(priority: Int32, table: Table, chain: Chain)] = []
  for table in ruleset.tables where !table.isDormant && table.family.sees(packet) {
    for chain in table.chains {
      guard let base = chain.base, base.hook == hook, base.type != .nat else { continue }
      // Behind all that are not later.
      let place = found.firstIndex { $0.priority > base.priority } ?? found.count
      found.insert((base.priority, table, chain), at: place)
    }
  }
  return found.map { ($0.table, $0.chain) }
}

extension TableFamily {
  fileprivate func sees(_ packet: ConcretePacket) -> Bool {
    switch self {
    case .inet: true
    case .ip: packet.family == .ipv4
    case .ip6: packet.family == .ipv6
    case .netdev, .bridge, .arp: false
    }
  }
}

/// A packet on its way, with what it has met so far.
private struct PacketWalk {
  enum End { case accepted, stopped, unfinished }

  /// Rules write its mark and its connection's label.
  var packet: ConcretePacket
  private(set) var steps: [TraceStep] = []
  private var ruleCount = 0

  /// Chains that call each other twice each double the rules with every level.
  private static let ruleLimit = 10_000_000

  init(packet: ConcretePacket) {
    self.packet = packet
  }

  /// Where a chain goes on after a call.
  private struct Frame {
    var chain: Chain
    var next = 0
    /// The chains that led here, this one included.
    var path: Set<String>
  }

  mutating func walk(_ table: Table, _ base: Chain, _ hook: Hook) -> End {
    let seen = packet.seen(at: hook)
    var stack = [Frame(chain: base, path: [base.name])]
    while var frame = stack.popLast() {
      guard frame.next < frame.chain.rules.count else { continue }
      let (index, rule) = (frame.next, frame.chain.rules[frame.next])
      frame.next += 1
      ruleCount += 1
      if ruleCount > PacketWalk.ruleLimit { return .unfinished }
      var view = packet
      (view.input, view.output) = (seen.input, seen.output)
      guard rule.matches.allSatisfy({ view.meets($0, sets: table.sets) }) else {
        stack.append(frame)
        continue
      }
      let verdict = carryOut(rule, index, frame.chain, table, hook)
      switch verdict {
      case nil: stack.append(frame)
      case .accept: return .accepted
      case .drop, .reject: return .stopped
      case .return: break
      case .jump(let name), .goto(let name):
        if case .jump = verdict { stack.append(frame) }
        // No table holds a rule that leads nowhere.
        guard let chain = table.chains.first(where: { $0.name == name }) else { return .stopped }
        if frame.path.contains(name) { return .unfinished }
        stack.append(Frame(chain: chain, path: frame.path.union([name])))
      }
    }
    let policy = base.base?.policy ?? .accept
    steps.append(
      TraceStep(
        hook: hook, family: table.family, table: table.name, chain: base.name,
        event: .policy(policy), note: "", origin: nil))
    return policy == .accept ? .accepted : .stopped
  }

  /// Does what a rule says, up to a limit that is exceeded.
  private mutating func carryOut(
    _ rule: Rule, _ index: Int, _ chain: Chain, _ table: Table, _ hook: Hook
  ) -> Verdict? {
    var verdict = rule.verdict
    var done: [RuleStatement] = []
    // The limits of a rule are one free boolean.
    let limit =
      "limit of rule \(index) of \(table.family.rawValue) \(table.name) \(chain.name)"
    for statement in rule.statements {
      if case .limit = statement, !packet.opaque.contains(limit) {
        verdict = nil
        break
      }
      packet.apply(statement)
      done.append(statement)
    }
    steps.append(
      TraceStep(
        hook: hook, family: table.family, table: table.name, chain: chain.name,
        event: .rule(index: index, done: done, verdict: verdict), note: rule.note,
        origin: rule.origin))
    return verdict
  }
}

extension ConcretePacket {
  /// The devices that a hook knows of.
  fileprivate func seen(at hook: Hook) -> (input: Device?, output: Device?) {
    switch hook {
    case .ingress, .prerouting, .input: (input, nil)
    case .output: (nil, output)
    case .forward, .postrouting, .egress: (input, output)
    }
  }

  fileprivate mutating func apply(_ statement: RuleStatement) {
    switch statement {
    case .setMark(let clear, let set): mark = mark & ~clear | set
    case .setConntrackLabel(let bit): connection?.labels.insert(bit)
    case .opaque(let text, let markBits):
      for place in 0..<32 where markBits >> UInt32(place) & 1 == 1 {
        let bit: UInt32 = 1 << UInt32(place)
        let isSet = opaque.contains("\(text) sets mark bit \(place)")
        mark = isSet ? mark | bit : mark & ~bit
      }
    case .counter, .log, .limit, .updateSet, .masquerade: break
    }
  }
}
