import PacketSpace
import RulesetIR
import Testing

/// What a trace tells, and rules that no sane tool writes.
@Suite struct TraceTests {
  private let packet = {
    var packet = ConcretePacket(
      source: IPAddress(v4: 0x0a00_0001), destination: IPAddress(v4: 0xc000_0201))
    packet.output = ConcretePacket.Device(name: "eth0")
    packet.destinationPort = 53
    return packet
  }()

  private func events(_ trace: PacketTrace) -> [String] {
    trace.steps.map { step in
      switch step.event {
      case .rule(let index, let done, let verdict):
        "\(step.hook) \(step.chain) \(index)"
          + (done.isEmpty ? "" : " does \(done.count)")
          + (verdict.map { " \($0)" } ?? "")
      case .policy(let policy): "\(step.hook) \(step.chain) policy \(policy)"
      }
    }
  }

  @Test func `a trace names the rules that matched, in order, and what ended each chain`() {
    let rules = table([
      chain(.output, 0, .drop, [drop(.tcp), Rule([.udp], .jump("one")), drop()]),
      Chain(
        name: "one",
        rules: [
          Rule([.to(53)], [.counter, .setMark(clear: 0, set: 1)], nil), Rule([], .goto("two")),
          drop(),
        ]),
      Chain(name: "two", rules: [Rule([.mark(value: 1)], .return), accept()]),
      chain(.postrouting, 0, .accept, [drop(.mark(value: 0))]),
    ])
    let trace = trace(packet, through: Ruleset(tables: [rules]), traversal: .leaves)
    #expect(trace.outcome == .stopped)
    #expect(
      events(trace) == [
        "output output_0 1 jump(\"one\")", "output one 0 does 2", "output one 1 goto(\"two\")",
        "output two 0 return", "output output_0 2 drop",
      ])
  }

  @Test func `a policy is the last step of a chain that runs out`() {
    let rules = table([
      chain(.output, 0, .accept, [drop(.tcp)]), chain(.postrouting, 0, .drop, [accept(.tcp)]),
    ])
    let trace = trace(packet, through: Ruleset(tables: [rules]), traversal: .leaves)
    #expect(trace.outcome == .stopped)
    #expect(
      events(trace) == ["output output_0 policy accept", "postrouting postrouting_0 policy drop"])
  }

  @Test func `a step carries the rule's note and policy line`() throws {
    let origin = RuleOrigin(file: "home.ksp", line: 12)
    let rules = table([
      chain(.output, 0, [Rule([], [], .drop, note: "blocked", origin: origin)])
    ])
    let trace = trace(packet, through: Ruleset(tables: [rules]), traversal: .leaves)
    let step = try #require(trace.steps.last)
    #expect(step.note == "blocked" && step.origin == origin)
    #expect(step.table == "t" && step.family == .inet)
  }

  @Test func `over its limit a rule does what stands before the limit and no more`() {
    let limited = Rule(
      [],
      [.setMark(clear: 0, set: 1), .limit(packetsPerSecond: 5), .setMark(clear: 0, set: 2)], .drop)
    let rules = table([
      chain(.output, 0, [limited, accept(.mark(value: 1)), drop()])
    ])
    let over = trace(packet, through: Ruleset(tables: [rules]), traversal: .leaves)
    #expect(over.outcome == .passes)
    #expect(events(over) == ["output output_0 0 does 1", "output output_0 1 accept"])
    var below = packet
    below.opaque = ["limit of rule 0 of inet t output_0"]
    let stopped = trace(below, through: Ruleset(tables: [rules]), traversal: .leaves)
    #expect(events(stopped) == ["output output_0 0 does 3 drop"])
  }

  @Test func `a hook does not see the device that a later one sees`() {
    let rules = table([
      chain(.prerouting, 0, [drop(.out("eth0"))]),
      chain(.input, 0, [accept(.out("eth0")), drop()]),
      chain(.postrouting, 0, [drop(.out("eth0"))]),
    ])
    let arriving = trace(packet, through: Ruleset(tables: [rules]), traversal: .arrives)
    #expect(events(arriving) == ["prerouting prerouting_0 policy accept", "input input_0 1 drop"])
    let leaving = trace(packet, through: Ruleset(tables: [rules]), traversal: .leaves)
    #expect(events(leaving) == ["postrouting postrouting_0 0 drop"])
  }

  @Test func `chains in a circle are given up`() {
    let rules = table([
      chain(.output, 0, [Rule([], .jump("one"))]),
      Chain(name: "one", rules: [Rule([], .goto("two"))]),
      Chain(name: "two", rules: [Rule([], .goto("one"))]),
    ])
    let trace = trace(packet, through: Ruleset(tables: [rules]), traversal: .leaves)
    #expect(trace.outcome == .unfinished)
  }

  @Test func `a packet goes through its witness and comes back the same`() {
    var forwarded = packet
    forwarded.input = ConcretePacket.Device(name: "docker0", type: 772)
    forwarded.state = .related
    forwarded.user = 0
    forwarded.cgroups = ["a.slice"]
    forwarded.asked = ["asked_mdns4"]
    forwarded.opaque = ["addrtype --src-type LOCAL"]
    forwarded.connection = ConcretePacket.Connection(
      direction: .reply, transport: 6,
      original: ConcretePacket.Tuple(
        source: packet.source, destination: packet.destination, sourcePort: 1, destinationPort: 2),
      reply: ConcretePacket.Tuple(
        source: packet.destination, destination: packet.source, sourcePort: 3, destinationPort: 4))
    forwarded.connection?.labels = [7]
    for one in [packet, forwarded] { #expect(ConcretePacket(one.witness) == one) }
  }
}
