import PacketSpace
import RulesetIR

/// The targets that are read, with their options and the number of arguments of each.
enum SavedTargets {
  static let options: [String: [String: Int]] = [
    "ACCEPT": [:], "DROP": [:], "RETURN": [:], "NOTRACK": [:], "TRACE": [:],
    "REJECT": ["--reject-with": 1],
    "LOG": [
      "--log-level": 1, "--log-prefix": 1, "--log-tcp-sequence": 0, "--log-tcp-options": 0,
      "--log-ip-options": 0, "--log-uid": 0, "--log-macdecode": 0,
    ],
    "MARK": [
      "--set-mark": 1, "--set-xmark": 1, "--and-mark": 1, "--or-mark": 1, "--xor-mark": 1,
    ],
    "CONNMARK": [
      "--set-mark": 1, "--set-xmark": 1, "--and-mark": 1, "--or-mark": 1, "--xor-mark": 1,
      "--save-mark": 0, "--restore-mark": 0, "--nfmask": 1, "--ctmask": 1, "--mask": 1,
      "--left-shift-mark": 1, "--right-shift-mark": 1,
    ],
    "SET": [
      "--add-set": 2, "--del-set": 2, "--map-set": 2, "--exist": 0, "--timeout": 1, "--map-mark": 0,
      "--map-prio": 0, "--map-queue": 0,
    ],
    "TPROXY": ["--on-port": 1, "--on-ip": 1, "--tproxy-mark": 1],
  ]

  /// Targets that are not modelled, let the packet go on to the next rule, and change nothing that a
  /// match compares, apart from the TTL and the fields of TOS.
  static let passing: Set<String> = [
    "AUDIT", "CHECKSUM", "CLASSIFY", "CONNSECMARK", "CT", "DSCP", "ECN", "HL", "IDLETIMER", "LED",
    "NFLOG", "RATEEST", "SECMARK", "TCPMSS", "TCPOPTSTRIP", "TEE", "TOS", "TTL", "ULOG",
  ]

  /// Whether it is known what the target writes.
  static func isUnderstood(_ name: String) -> Bool {
    options[name] != nil || passing.contains(name) || translating.contains(name)
      || name == "SYNPROXY"
  }

  /// Targets of the table nat, which end its traversal.
  static let translating: Set<String> = [
    "DNAT", "MASQUERADE", "NETMAP", "REDIRECT", "SNAT",
  ]
}

extension RuleReader {
  /// What the target does; several where only the packet's further way shows which.
  mutating func outcomes(
    _ target: SavedExtension?, isGoto: Bool
  ) throws(RulesetReadError) -> [RuleOutcome] {
    guard let target else { return [RuleOutcome()] }
    let name = target.name.text
    if isChain(name) {
      return [RuleOutcome(verdict: isGoto ? .goto(name) : .jump(name))]
    }
    if isGoto { throw target.name.error("chain \(target.name.quoted) is not in table \(table)") }
    switch name {
    case "ACCEPT": return [RuleOutcome(verdict: .accept)]
    case "DROP": return [RuleOutcome(verdict: .drop)]
    case "RETURN": return [RuleOutcome(verdict: .return)]
    case "REJECT": return [RuleOutcome(verdict: .reject(target.rejectKind))]
    case "LOG":
      let prefix = target["--log-prefix"]?.arguments[0].text ?? ""
      return [RuleOutcome(statements: [.log(prefix: prefix)])]
    case "MARK": return [RuleOutcome(statements: try markStatements(target))]
    case "CONNMARK": return [RuleOutcome(statements: [try connectionMark(target)])]
    case "SET": return [RuleOutcome(statements: [try setStatement(target)])]
    case "NOTRACK", "TRACE":
      return [RuleOutcome(statements: [.opaque("-j \(target.text)", markBits: 0)])]
    default: return try otherOutcomes(target)
    }
  }

  private func otherOutcomes(
    _ target: SavedExtension
  ) throws(RulesetReadError) -> [RuleOutcome] {
    let text = "-j \(target.text)"
    let drops = Match.opaque("\(text) drops (\(place))")
    switch target.name.text {
    case "MASQUERADE" where table == "nat":
      return [RuleOutcome(statements: [.masquerade], verdict: .accept)]
    case let name where SavedTargets.translating.contains(name) && table == "nat":
      return [RuleOutcome(statements: [.opaque(text, markBits: 0)], verdict: .accept)]
    case let name where SavedTargets.passing.contains(name):
      return [RuleOutcome(statements: [.opaque(text, markBits: 0)])]
    case "NFQUEUE", "QUEUE":
      // A program decides, and may write the mark.
      return [
        RuleOutcome(matches: [drops], verdict: .drop),
        RuleOutcome(
          statements: [.opaque("\(text) (\(place))", markBits: .max)], verdict: .accept),
      ]
    case "TPROXY":
      let mark = try target["--tproxy-mark"]?.arguments[0].maskedNumber()
      let statements = mark.map { writeMark($0.value, mask: $0.mask ?? .max, text) } ?? []
      return [
        RuleOutcome(matches: [drops], verdict: .drop),
        RuleOutcome(statements: statements, verdict: .accept),
      ]
    case "SYNPROXY":
      return [RuleOutcome(matches: [drops], verdict: .drop), RuleOutcome()]
    default:
      // It may do anything.
      let writes = RuleStatement.opaque("\(text) (\(place))", markBits: .max)
      return [
        RuleOutcome(matches: [drops], verdict: .drop),
        RuleOutcome(
          matches: [.opaque("\(text) accepts (\(place))")], statements: [writes], verdict: .accept),
        RuleOutcome(
          matches: [.opaque("\(text) returns (\(place))")], statements: [writes], verdict: .return),
        RuleOutcome(statements: [writes]),
      ]
    }
  }

  private func markStatements(
    _ target: SavedExtension
  ) throws(RulesetReadError) -> [RuleStatement] {
    guard let option = target.options.first, target.options.count == 1 else {
      throw target.name.error("expected one option behind `-j MARK`")
    }
    let word = option.arguments[0]
    let text = "-j \(target.text)"
    switch option.name.text {
    case "--set-mark":
      let (value, mask) = try word.maskedNumber()
      return writeMark(value, mask: value | (mask ?? .max), text)
    case "--set-xmark":
      let (value, mask) = try word.maskedNumber()
      return writeMark(value, mask: mask ?? .max, text)
    case "--and-mark": return writeMark(0, mask: ~(try word.number()), text)
    case "--or-mark":
      let bits = try word.number()
      return writeMark(bits, mask: bits, text)
    default: return writeMark(try word.number(), mask: 0, text)
    }
  }

  /// `mark = (mark & ~mask) ^ value` (`mark_tg`, net/netfilter/xt_mark.c); what it toggles is not modelled.
  private func writeMark(_ value: UInt32, mask: UInt32, _ text: String) -> [RuleStatement] {
    var statements: [RuleStatement] = []
    if mask != 0 { statements.append(.setMark(clear: mask, set: value & mask)) }
    let toggled = value & ~mask
    if toggled != 0 { statements.append(.opaque("\(text) (\(place))", markBits: toggled)) }
    return statements
  }

  /// The mark of a connection is not modelled; what a packet gets back from it may be anything.
  private func connectionMark(
    _ target: SavedExtension
  ) throws(RulesetReadError) -> RuleStatement {
    guard target["--restore-mark"] != nil else {
      return .opaque("-j \(target.text)", markBits: 0)
    }
    let both = try target["--mask"]?.arguments[0].number()
    let own = try target["--nfmask"]?.arguments[0].number() ?? both ?? .max
    let restored = try target["--ctmask"]?.arguments[0].number() ?? both ?? .max
    let isShifted = target["--left-shift-mark", "--right-shift-mark"] != nil
    let bits = isShifted ? .max : own | restored
    return .opaque("-j \(target.text) (\(place))", markBits: bits)
  }

  private mutating func setStatement(
    _ target: SavedExtension
  ) throws(RulesetReadError) -> RuleStatement {
    let text = "-j \(target.text)"
    guard let option = target["--add-set", "--del-set", "--map-set"] else {
      throw target.name.error("expected a set behind `-j SET`")
    }
    let name = option.arguments[0]
    guard let set = surroundings.ipsets[name.text] else {
      throw name.error("set \(name.quoted) is not in the text of the sets")
    }
    if target["--map-mark"] != nil { return .opaque("\(text) (\(place))", markBits: .max) }
    guard option.name.text == "--add-set",
      case .asked(let setFamily, let timeoutSeconds, let size) = set.contents,
      setFamily == family, let (address, port) = option.arguments[1].addressAndPort
    else { return .opaque(text, markBits: 0) }
    let elements = SetElements.asked(family, timeoutSeconds: timeoutSeconds)
    use(NamedSet(name: name.text, elements: elements, size: size))
    return .updateSet(name: name.text, address: address, port: port)
  }
}

extension SavedExtension {
  fileprivate var rejectKind: RejectKind {
    self["--reject-with"]?.arguments[0].text == "tcp-reset"
      ? .tcpReset : .administrativelyProhibited
  }
}
