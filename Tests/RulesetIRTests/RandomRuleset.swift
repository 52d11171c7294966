import PacketSpace
import PolicyGenerator
import RulesetIR

/// Rule sets of every match, statement and verdict, over a few values of each field.
struct RandomRuleset {
  private var random: SplitMix

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  mutating func next() -> Ruleset {
    Ruleset(tables: (0..<random.number(1...3)).map { table($0) })
  }

  private mutating func table(_ number: Int) -> Table {
    let family = random.pick([TableFamily.inet, .inet, .ip, .ip6])
    let names = (0..<random.number(0...4)).map { "chain\($0)" }
    let hooks = random.some([Hook.prerouting, .input, .forward, .output, .postrouting], atMost: 5)
    let bases = hooks.map { hook in
      Chain(
        name: "\(hook)",
        base: BaseChain(
          type: random.once(in: 12) ? .nat : .filter, hook: hook,
          priority: Int32(random.pick([-300, -150, 0, 0, 300])),
          policy: random.once(in: 3) ? .drop : .accept),
        rules: rules(callable: names))
    }
    // A chain calls later ones only.
    let own = names.indices.map {
      Chain(name: names[$0], rules: rules(callable: Array(names[($0 + 1)...])))
    }
    return Table(
      family: family, name: "table\(number)", sets: RandomRuleset.sets, chains: bases + own,
      isDormant: random.once(in: 20))
  }

  private mutating func rules(callable: [String]) -> [Rule] {
    (0..<random.number(0...7)).map { _ in
      Rule(
        (0..<random.pick([0, 1, 1, 2, 2, 3])).map { _ in match() },
        (0..<random.pick([0, 0, 0, 1, 1, 2])).map { _ in statement() },
        verdict(callable), note: "\(random.number(0...99))")
    }
  }

  private mutating func verdict(_ callable: [String]) -> Verdict? {
    switch random.number(1...10) {
    case 1, 2: nil
    case 3, 4: .accept
    case 5, 6: .drop
    case 7: .reject(.tcpReset)
    case 8: .return
    case 9: callable.isEmpty ? .drop : .jump(random.pick(callable))
    default: callable.isEmpty ? .accept : .goto(random.pick(callable))
    }
  }

  private mutating func statement() -> RuleStatement {
    let clear = random.pick(SmallValues.masks)
    switch random.number(1...9) {
    case 1: return .counter
    case 2: return .log(prefix: "x")
    case 3: return .limit(packetsPerSecond: 5)
    case 4: return .updateSet(name: "asked", address: .source, port: .source)
    case 5: return .setConntrackLabel(bit: random.pick(SmallValues.labels))
    case 6: return .opaque(random.pick(SmallValues.texts), markBits: clear)
    default: return .setMark(clear: clear, set: random.pick(SmallValues.marks))
    }
  }

  // MARK: Matches

  private mutating func match() -> Match {
    if random.once(in: 8) { return .not(match()) }
    return random.once(in: 2) ? packetMatch() : metaMatch()
  }

  private mutating func packetMatch() -> Match {
    let family = random.pick(AddressFamily.allCases)
    switch random.number(1...9) {
    case 1: return .family(family)
    case 2, 3:
      return .address(
        random.pick([.source, .destination]), operand(), isNegated: random.once(in: 3))
    case 4: return .transport(random.some(SmallValues.transports))
    case 5:
      return .port(
        random.pick([.source, .destination]), random.some(SmallValues.portRanges),
        isNegated: random.once(in: 3))
    case 6: return .icmpType(random.some(SmallValues.icmpTypes))
    case 7: return .icmpv6Type(random.some(SmallValues.icmpTypes))
    case 8: return .hopLimit(family, random.pick(SmallValues.hopLimits))
    default:
      return random.once(in: 2)
        ? .laterFragment(family)
        : .tcpFlags(mask: random.pick([0x02, 0x17]), value: random.pick([0, 0x02, 0x10]))
    }
  }

  private mutating func metaMatch() -> Match {
    let side = random.pick([InterfaceSide.input, .output])
    switch random.number(1...16) {
    case 1, 2, 3:
      return .interface(side, random.pick(SmallValues.patterns), isNegated: random.once(in: 3))
    case 4: return .notReceived
    case 5: return .deviceType(side, random.pick(SmallValues.types), isNegated: random.once(in: 3))
    case 6:
      return .ctState(random.some(StateBit.allCases, atMost: 3), isNegated: random.once(in: 3))
    case 7: return .ctDirection(random.pick([.original, .reply]))
    case 8: return .ctProtocol(random.pick(SmallValues.transports))
    case 9:
      return .ctAddress(
        random.pick([.original, .reply]), random.pick([.source, .destination]), operand())
    case 10:
      return .ctPort(
        random.pick([.original, .reply]), random.pick([.source, .destination]),
        random.pick(SmallValues.portRanges))
    case 11: return .ctLabel(bit: random.pick(SmallValues.labels))
    case 12:
      let mask = random.pick(SmallValues.masks)
      return .mark(
        value: random.pick(SmallValues.marks), mask: mask, isNegated: random.once(in: 3))
    case 13: return .socketUser(random.pick(SmallValues.owners))
    case 14: return .socketGroup(random.pick(SmallValues.owners))
    case 15: return .cgroup(path: random.pick(SmallValues.cgroups), level: 1)
    default: return rareMatch()
    }
  }

  private mutating func rareMatch() -> Match {
    switch random.number(1...4) {
    case 1: .isIP(isNegated: random.once(in: 2))
    case 2: .arpAddress(.source, SmallValues.ipv4[0])
    case 3: .asked(set: "asked", family: random.pick(AddressFamily.allCases), .source, .source)
    default: .opaque(random.pick(SmallValues.texts))
    }
  }

  private mutating func operand() -> AddressOperand {
    switch random.number(1...5) {
    case 1: .list(random.some(SmallValues.ipv4))
    case 2:
      .set(name: "hash4", family: .ipv4, maskLength: random.once(in: 2) ? nil : 24)
    case 3: .set(name: "ranges4", family: .ipv4, maskLength: nil)
    case 4: .set(name: "ranges6", family: .ipv6, maskLength: random.once(in: 2) ? nil : 64)
    default: .prefix(random.pick(SmallValues.prefixes))
    }
  }

  private static let sets = [
    NamedSet(name: "hash4", elements: .ipv4([0x0a00_0000, 0x0a00_0001, 0x0b00_0000]), size: 8),
    NamedSet(
      name: "ranges4",
      elements: .ipv4Ranges([IPv4Range(0x0a00_0001, 0x0a00_0005), IPv4Range(0xff00_0000, .max)]),
      size: nil),
    NamedSet(
      name: "ranges6",
      elements: .ipv6Ranges([IPv6Range(0, 1), IPv6Range(0xfd << 120, 0xfd << 120 | 7)]), size: nil),
    NamedSet(name: "asked", elements: .asked(.ipv4, timeoutSeconds: 5), size: 8),
  ]
}

/// The values at which rules change their answer, and some beside them.
enum SmallValues {
  static let marks: [UInt32] = [0, 1, 2, 3, 0x8000_0000, 0x8000_0001]
  static let masks: [UInt32] = [1, 2, 3, 0x8000_0000, .max]
  static let labels: [UInt8] = [0, 7, 127]
  static let texts = ["one", "two", "three"]
  static let transports: [UInt8] = [0, 1, 6, 17, 33, 47, 58, 132, 136]
  static let icmpTypes: [UInt8] = [0, 3, 8, 135, 255]
  static let hopLimits: [UInt8] = [1, 64, 255]
  static let types: [UInt16] = [1, 772, 65534]
  static let cgroups = ["a.slice", "b.slice/c.service"]
  static let owners: [ClosedRange<UInt32>] = [0...0, 0...(.max), 5...9, 9...1000]
  static let portRanges = [
    PortRange(0), PortRange(53), PortRange(50, 60), PortRange(60, 65535), PortRange(0, 65535),
  ]
  static let patterns = [
    InterfacePattern("lo"), InterfacePattern("wg0"), InterfacePattern("wg", isPrefix: true),
    InterfacePattern("w", isPrefix: true), InterfacePattern("eth0"),
  ]
  static let ipv4: [IPAddress] = [
    0x0a00_0000, 0x0a00_0001, 0x0a00_0005, 0x0a00_0006, 0x0a00_0101, 0x0b00_0000, 0, .max,
  ].map { IPAddress(v4: $0) }
  static let ipv6: [IPAddress] = [
    0, 1, 2, 0xfd << 120, 0xfd << 120 | 7, 0xfd << 120 | 8, 0xff02 << 112 | 1, .max,
  ].map { IPAddress(family: .ipv6, bits: $0) }
  static let prefixes = [
    Prefix(ipv4[0], length: 8), Prefix(ipv4[1], length: 32), Prefix(ipv4[0], length: 0),
    Prefix(ipv6[3], length: 8), Prefix(ipv6[1], length: 128), Prefix(ipv6[0], length: 0),
  ]
}
