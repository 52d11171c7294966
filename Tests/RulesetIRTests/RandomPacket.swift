import PacketSpace
import PolicyGenerator
import RulesetIR

/// Packets over the values that random rules compare with.
struct RandomPacket {
  private var random: SplitMix
  /// Texts that hold or not.
  private let texts: [String]

  init(seed: UInt64, for ruleset: Ruleset) {
    random = SplitMix(seed: seed)
    texts = RulesetEvaluator(ruleset).tests.compactMap {
      if case .opaque(let text) = $0.field { text } else { nil }
    }
  }

  mutating func next() -> ConcretePacket {
    let addresses = random.once(in: 2) ? SmallValues.ipv4 : SmallValues.ipv6
    var packet = ConcretePacket(
      source: random.pick(addresses), destination: random.pick(addresses))
    packet.input = device()
    packet.output = device()
    packet.transport = random.pick(SmallValues.transports)
    (packet.sourcePort, packet.destinationPort) = (port(), port())
    packet.icmpType = random.pick(SmallValues.icmpTypes)
    packet.tcpFlags = random.pick([0, 0x02, 0x10, 0x12, 0xff])
    packet.hopLimit = random.pick(SmallValues.hopLimits)
    packet.isLaterFragment = random.once(in: 5)
    packet.mark = random.pick(SmallValues.marks) | random.pick([0, 0, 0x10])
    packet.state = random.pick(StateBit.allCases)
    if !random.once(in: 4) { packet.connection = connection(addresses) }
    packet.user = owner()
    packet.group = owner()
    packet.cgroups = Set(SmallValues.cgroups.filter { _ in random.once(in: 2) })
    packet.asked = random.once(in: 2) ? ["asked"] : []
    packet.opaque = Set(texts.filter { _ in random.once(in: 2) })
    return packet
  }

  private mutating func device() -> ConcretePacket.Device? {
    if random.once(in: 4) { return nil }
    let name = random.pick(["lo", "wg0", "wg1", "w", "eth0", "eth01", "other"])
    return ConcretePacket.Device(name: name, type: random.pick(SmallValues.types))
  }

  private mutating func port() -> UInt16 { random.pick([0, 1, 49, 50, 53, 60, 61, 65535]) }

  private mutating func owner() -> UInt32? {
    random.pick([nil, 0, 4, 5, 9, 10, 1000, 1001, .max - 1, .max])
  }

  private mutating func connection(_ addresses: [IPAddress]) -> ConcretePacket.Connection {
    func tuple() -> ConcretePacket.Tuple {
      ConcretePacket.Tuple(
        source: random.pick(addresses), destination: random.pick(addresses), sourcePort: port(),
        destinationPort: port())
    }
    var connection = ConcretePacket.Connection(
      direction: random.once(in: 2) ? .original : .reply,
      transport: random.pick(SmallValues.transports), original: tuple(), reply: tuple())
    connection.labels = Set(SmallValues.labels.filter { _ in random.once(in: 2) })
    return connection
  }
}
