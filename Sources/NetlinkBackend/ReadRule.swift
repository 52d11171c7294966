import Netfilter
import PacketSpace
import RulesetIR

/// Carries a rule's steps out in thought: what is in the registers, and what is asked of it.
struct RuleReader {
  let family: TableFamily
  let sets: [String: NamedSet]
  let paths: [UInt64: String]
  /// Of opaque matches and statements.
  var occurrences: Int

  private let note: String
  private let origin: RuleOrigin?
  private var registers: [Register: Loaded] = [:]
  private var matches: [Match] = []
  private var statements: [RuleStatement] = []
  /// A number that has to be at least this, until the next step says what at most.
  private var lowerBound: (register: Register, value: [UInt8])?
  private var rules: [Rule] = []

  init(
    family: TableFamily, sets: [String: NamedSet], paths: [UInt64: String], comment: String,
    occurrences: Int
  ) {
    self.family = family
    self.sets = sets
    self.paths = paths
    self.occurrences = occurrences
    (note, origin) = splitRuleComment(comment)
  }

  /// More than one rule where a step of it is not modelled.
  mutating func read(_ rule: NetlinkRule) -> [Rule] {
    var verdict: Verdict?
    for expression in rule.expressions {
      if let found = read(expression) { verdict = found }
    }
    if lowerBound != nil { constrain(opaque("a lower bound")) }
    emit(verdict)
    return rules
  }

  /// - Returns: the verdict, where the step is one.
  private mutating func read(_ expression: NftExpression) -> Verdict? {
    if let bound = lowerBound {
      lowerBound = nil
      if case .compare(bound.register, .lessOrEqual, let upper) = expression {
        constrain(matchesOfRange(bound.register, bound.value, upper, isNegated: false))
        return nil
      }
      constrain(opaque("a lower bound"))
    }
    switch expression {
    case .meta(let key, let register): registers[register] = Loaded(.meta(key))
    case .payload(let base, let offset, let count, let register):
      registers[register] = Loaded(.payload(base, Int(offset), Int(count)))
    case .extensionHeader(let type, let offset, let count, let register):
      registers[register] = Loaded(.extensionHeader(type, Int(offset), Int(count)))
    case .conntrack(let key, let direction, let register):
      registers[register] = Loaded(.conntrack(key, direction))
    case .controlGroup(let level, let register):
      registers[register] = Loaded(.controlGroup(level: Int(level)))
    case .immediate(let data, let register): registers[register] = Loaded(.data(data))
    case .bitwise(let register, let mask, let xor): registers[register]?.mask(mask, xor)
    case .networkOrder(let register, _): registers[register]?.isInNetworkOrder = true
    case .compare(let register, .greaterOrEqual, let value): lowerBound = (register, value)
    case .compare(let register, let comparison, let value):
      constrain(matchesOfComparison(register, comparison, value))
    case .compareControlGroup: constrain(opaque(expression.text))
    case .range(let register, let isNegated, let lower, let upper):
      constrain(matchesOfRange(register, lower, upper, isNegated: isNegated))
    case .lookup(let register, let set, let isNegated):
      constrain(matchesOfLookup(register, set, isNegated))
    case .verdict(let verdict): return read(verdict)
    case .reject(RejectType.tcpReset, _): return .reject(.tcpReset)
    case .reject: return .reject(.administrativelyProhibited)
    case .setMeta, .setConntrack, .updateSet, .counter, .limit, .log, .masquerade, .other:
      readStatement(expression)
    }
    return nil
  }

  private func read(_ verdict: NftVerdict) -> Verdict? {
    switch verdict {
    case .accept: .accept
    case .drop: .drop
    case .return: .return
    case .continue: nil
    case .jump(let chain): .jump(chain)
    case .goto(let chain): .goto(chain)
    }
  }

  private mutating func readStatement(_ expression: NftExpression) {
    switch expression {
    case .counter: statements.append(.counter)
    case .log(let prefix): statements.append(.log(prefix: prefix))
    case .limit(let rate, 1, let burst) where UInt64(burst) == rate && rate <= UInt64(UInt32.max):
      statements.append(.limit(packetsPerSecond: burst))
    case .masquerade: statements.append(.masquerade)
    case .setMeta(.mark, let register): statements.append(markStatement(register))
    case .setConntrack(.labels, let register):
      guard case .data(let data)? = registers[register]?.field, let bit = labelBit(data) else {
        return readUnknown(expression)
      }
      statements.append(.setConntrackLabel(bit: bit))
    case .updateSet(let name, let key):
      guard let (_, address, port) = pair(at: key), sets[name] != nil else {
        return readUnknown(expression)
      }
      statements.append(.updateSet(name: name, address: address, port: port))
    case .limit: constrain(opaque(expression.text))
    case .setMeta(let key, _):
      statements.append(.opaque(numbered("meta set \(key.word)"), markBits: 0))
    case .setConntrack(let key, _):
      statements.append(.opaque(numbered("ct set \(key.word)"), markBits: 0))
    case .other: readUnknown(expression)
    case .meta, .payload, .extensionHeader, .conntrack, .controlGroup, .bitwise, .networkOrder,
      .compare, .compareControlGroup, .range, .lookup, .immediate, .verdict, .reject:
      break
    }
  }

  private func labelBit(_ data: [UInt8]) -> UInt8? {
    (UInt8.min...127).first { labelBytes($0) == data }
  }

  private mutating func markStatement(_ register: Register) -> RuleStatement {
    let loaded = registers[register]
    switch loaded?.field {
    case .data(let data) where loaded?.mask == nil && data.count == 4:
      return .setMark(clear: .max, set: hostNumber(data))
    case .meta(.mark):
      guard let mask = loaded?.mask, let xor = loaded?.xor, mask.count == 4, xor.count == 4 else {
        break
      }
      let (kept, set): (UInt32, UInt32) = (hostNumber(mask), hostNumber(xor))
      if kept & set == 0 { return .setMark(clear: ~kept, set: set) }
    default: break
    }
    return .opaque(numbered("meta set mark"), markBits: .max)
  }

  // MARK: Rules that come of it

  private mutating func constrain(_ match: Match) { constrain([match]) }

  /// Conditions behind statements are none of theirs, and may be about what these have changed.
  private mutating func constrain(_ new: [Match]) {
    if !statements.isEmpty {
      let hasEffect = statements.contains(where: \.changesPackets)
      rules.append(Rule(matches, statements, nil, note: note, origin: origin))
      statements = []
      if hasEffect { matches = [opaque("what held before")] }
    }
    matches += new
  }

  private mutating func emit(_ verdict: Verdict?) {
    rules.append(Rule(matches, statements, verdict, note: note, origin: origin))
  }

  /// May accept, drop, change the mark, or go on.
  private mutating func readUnknown(_ expression: NftExpression) {
    constrain([])
    let before = matches
    for (words, verdict) in [("lets pass", Verdict.accept), ("stops", .drop)] {
      matches = before + [opaque("\(expression.name) \(words)")]
      emit(verdict)
    }
    matches = before
    statements = [.opaque(numbered(expression.name), markBits: .max)]
    constrain(opaque("\(expression.name) goes on"))
  }

  mutating func opaque(_ text: String) -> Match { .opaque(numbered(text)) }

  private mutating func numbered(_ text: String) -> String {
    occurrences += 1
    return "\(text) #\(occurrences)"
  }

  // MARK: What the registers hold

  func loaded(_ register: Register) -> Loaded? { registers[register] }

  /// What the matches so far say of the packet.
  var knownFamily: AddressFamily? {
    switch family {
    case .ip: .ipv4
    case .ip6: .ipv6
    case .inet, .netdev, .bridge, .arp:
      matches.lazy.compactMap { if case .family(let known) = $0 { known } else { nil } }.first
    }
  }

  var knownProtocol: UInt8? {
    matches.lazy.compactMap { match in
      if case .transport(let numbers) = match, numbers.count == 1 { numbers[0] } else { nil }
    }.first
  }

  var hasPorts: Bool {
    matches.contains { match in
      guard case .transport(let numbers) = match else { return false }
      // TCP, UDP, UDP-Lite, DCCP and SCTP.
      return numbers.allSatisfy { [6, 17, 33, 132, 136].contains($0) }
    }
  }

  /// An address and a port of UDP that lie behind each other from a register on.
  func pair(at register: Register) -> (AddressFamily, AddressField, PortField)? {
    guard knownProtocol == 17, let family = knownFamily,
      case .payload(.network, let offset, family.addressWidth / 8)? = loaded(register)?.field,
      case .payload(.transport, let portOffset, 2)? = loaded(family == .ipv4 ? 9 : 2)?.field,
      let address = AddressField(byteOffset: offset, family),
      let port = PortField(byteOffset: portOffset), register == 1
    else { return nil }
    return (family, address, port)
  }
}

/// What a register holds.
struct Loaded {
  enum Field: Equatable {
    case meta(MetaKey)
    case payload(PayloadBase, Int, Int)
    case extensionHeader(UInt8, Int, Int)
    case conntrack(ConntrackKey, ConntrackDirection?)
    case controlGroup(level: Int)
    case data([UInt8])
  }

  var field: Field
  private(set) var mask: [UInt8]?
  private(set) var xor: [UInt8]?
  var isInNetworkOrder = false

  init(_ field: Field) {
    self.field = field
  }

  mutating func mask(_ newMask: [UInt8], _ newXor: [UInt8]) {
    // Twice masked: rules of ours are not.
    if mask != nil { field = .data([]) }
    mask = newMask
    xor = newXor
  }

  /// Masked without a change of the bits that remain.
  var plainMask: [UInt8]? { xor?.allSatisfy { $0 == 0 } == true ? mask : nil }
}

extension RuleStatement {
  fileprivate var changesPackets: Bool {
    switch self {
    case .counter, .log, .limit: false
    case .setMark, .setConntrackLabel, .updateSet, .masquerade, .opaque: true
    }
  }
}

func hostNumber<Number: FixedWidthInteger>(_ bytes: [UInt8]) -> Number {
  let ordered = Number(1).littleEndian == 1 ? bytes.reversed() : bytes
  return ordered.reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
}

func networkNumber<Number: FixedWidthInteger>(_ bytes: some Collection<UInt8>) -> Number {
  bytes.reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
}

extension AddressField {
  init?(byteOffset: Int, _ family: AddressFamily) {
    switch byteOffset {
    case Int(AddressField.source.byteOffset(family)): self = .source
    case Int(AddressField.destination.byteOffset(family)): self = .destination
    default: return nil
    }
  }
}

extension PortField {
  init?(byteOffset: Int) {
    switch byteOffset {
    case 0: self = .source
    case 2: self = .destination
    default: return nil
    }
  }
}
