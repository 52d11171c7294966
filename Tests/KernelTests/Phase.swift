import Testing

/// One state of a network, how it comes about, and what must hold in it.
struct Phase: Sendable {
  let name: String
  var change: @Sendable (Network) throws -> Void = { _ in }
  var probes: [Probe]
}

extension Lab {
  func walk(_ phases: [Phase], sourceLocation: SourceLocation = #_sourceLocation) throws {
    for phase in phases {
      try phase.change(network)
      try check(phase.name, phase.probes, sourceLocation: sourceLocation)
    }
  }

  /// Opens flows that a later probe goes on with; what they have done until then is forgotten.
  func keepFlows(_ probes: [Probe]) throws {
    let first = sent.count + 1
    for fate in try send(probes) where !fate.isAsExpected { throw HarnessError("\(fate)") }
    try forget()
    for number in first...sent.count { sent[number]?.expected = .blocked }
  }

  /// Walks with nothing to stop a packet: each probe that a policy must block has to come through,
  /// or the probe would prove nothing.
  func walkOpen(_ phases: [Phase], sourceLocation: SourceLocation = #_sourceLocation) throws {
    for phase in phases {
      try phase.change(network)
      let probes = phase.probes.filter { $0.expected.mustFail || $0.opensFlow }
      for fate in try send(probes, settleSeconds: 0.2, waitMilliseconds: 300)
      where fate.sights.isEmpty && fate.result != "answered" && !fate.probe.isBlockedByItself {
        Issue.record(
          "\(phase.name): \(fate.probe.name) is blocked even without rules: \(fate.result)",
          sourceLocation: sourceLocation)
      }
    }
  }
}
