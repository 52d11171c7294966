package import PacketSpace

/// What a policy lets pass, as sets of packets, straight from the meaning of its statements.
///
/// This is the second opinion on the compiler: it knows statements and packets, and no chains. Where
/// a rule set and a meaning differ, one of them is wrong, and a packet of the difference shows it.
///
/// Requests are told by their header, answers and errors by the connection that they belong to, for
/// a header may have been rewritten on the way. Fields are as the last hook sees them.
package struct PolicyMeaning: Sendable {
  /// What this machine may send: its programs, its kernel, and sockets that are closed.
  package var leaves: PacketExpression
  /// What this machine may receive.
  package var arrives: PacketExpression
  /// What this machine may hand on for others.
  package var forwards: PacketExpression
  /// The most that the last hook alone may let pass, whatever other rules did to the packet before.
  package var postrouting: PacketExpression
  /// Of the packets that tunnels of the kernel make, those that the policy speaks of: by an `endpoint` line, and answers to
  /// who dials in.
  ///
  /// The last hook shows such packets with the tunnel as the device that they came from, like forwarded ones, so that
  /// others cannot be told from what is forwarded. Whether these pass is left open.
  package var encapsulated: PacketExpression
  /// Packets that may pass or not: the language does not say.
  ///
  /// Above all the kernel's own messages about a device that only lines about other packets let out: the last hook shows
  /// them with the device that they leave by as the one that they came from, like what is forwarded.
  package var undecided: PacketExpression
}

/// What a policy takes for itself to remember things by.
package struct PolicyTags: Equatable, Sendable {
  /// The bit of the mark that says, at the last hook, that a socket is in this cgroup; by path.
  package var cgroupBits: [String: UInt32]
  /// The bit of the mark that says, at the last hook, that a frame crosses a bridge whose block has `among`; 0 for none.
  package var bridgedBit: UInt32
  /// All bits of the mark that the policy takes; they do not count when marks are compared.
  package var markBits: UInt32
  /// The bit of the label of connections that a confined socket opened.
  package var confinedLabel: UInt8

  package init(
    cgroupBits: [String: UInt32], bridgedBit: UInt32 = 0, markBits: UInt32, confinedLabel: UInt8
  ) {
    self.cgroupBits = cgroupBits
    self.bridgedBit = bridgedBit
    self.markBits = markBits
    self.confinedLabel = confinedLabel
  }
}

/// Says what a policy means.
package func denote(_ policy: Policy, tags: PolicyTags) -> PolicyMeaning {
  let whole = Denotation(policy: policy, tags: tags, isLastHook: false)
  let last = Denotation(policy: policy, tags: tags, isLastHook: true)
  return PolicyMeaning(
    leaves: whole.leaves, arrives: whole.arrives, forwards: whole.forwards,
    postrouting: .or([last.leaves, last.forwards]), encapsulated: whole.encapsulated,
    undecided: whole.undecided)
}

/// A policy while its meaning is worked out.
struct Denotation {
  let policy: Policy
  let tags: PolicyTags
  /// At the last hook a cgroup is known by its bit of the mark alone, and the address and port that a packet
  /// comes from may be another table's work.
  let isLastHook: Bool

  var allowances: Allowances {
    var result = Allowances()
    addTunnels(to: &result)
    addLANs(to: &result)
    addForwards(to: &result)
    addBypasses(to: &result)
    addHost(to: &result)
    return result
  }

  /// In the order of precedence: `lo`, what lives inside a tunnel, what no other line can close, DNS, lines.
  var leaves: PacketExpression {
    let allowed = allowances.leaves
    let permitted = PacketExpression.or([
      loopback.output,
      .and([
        .whole, .not(isMisdirected), .not(lacksTunnelAddress),
        .or([
          .or(allowed.ofLink), .or(allowed.settled),
          .and([.not(isRefusedDNS), .or(allowed.judged)]),
        ]),
      ]),
    ])
    guard let confine = policy.confine else {
      return .and([.not(.origin(.forwarded)), permitted])
    }
    return .and([.not(.origin(.forwarded)), confinedLeaves(permitted, confine)])
  }

  var arrives: PacketExpression {
    let allowed = allowances.arrives
    var permitted = PacketExpression.or(allowed.settled + allowed.judged)
    if let confine = policy.confine { permitted = confinedArrives(permitted, confine) }
    return .and([.not(arrivesForTunnelAddress), .or([loopback.input, permitted])])
  }

  var forwards: PacketExpression {
    let allowed = allowances.forwards
    var permitted = PacketExpression.and([
      .whole, .not(isMisdirected),
      .or(allowed.settled + [.and([.not(isRefusedDNS), .or(allowed.judged)])]),
    ])
    if let confine = policy.confine { permitted = confinedForwards(permitted, confine) }
    let received = PacketExpression.not(.test(PacketTest(.inputInterface, .noInterface)))
    let forwarded = PacketExpression.and([isLastHook ? received : .origin(.forwarded), permitted])
    // Nothing is handed on by `lo`, and the last hook does not know who sent what goes there.
    if isLastHook { return .or([loopback.output, forwarded, perhapsOwn]) }
    return .and([.not(arrivesForTunnelAddress), forwarded])
  }

  /// What looks like a forwarded packet to the last hook, and may be one of this machine's own.
  private var perhapsOwn: PacketExpression {
    .and([.not(isMisdirected), .or([perhapsEncapsulated, perhapsOfLink, bridged])])
  }
}

/// What lines let pass, by the way that a packet takes through the machine.
struct Allowances {
  struct Packets {
    /// Answers, errors, encrypted packets and the like, which the rule about DNS does not concern.
    var settled: [PacketExpression] = []
    /// New packets of connections.
    var judged: [PacketExpression] = []
    /// The kernel's own messages about a device.
    var ofLink: [PacketExpression] = []
  }

  var leaves = Packets()
  var arrives = Packets()
  var forwards = Packets()
  /// What answers those who connect to this machine by an `in` line.
  var answersToDialIn: [PacketExpression] = []
}
