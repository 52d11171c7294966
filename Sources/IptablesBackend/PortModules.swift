import PacketSpace
import RulesetIR

extension RuleReader {
  /// `-m tcp`: ports and flags.
  mutating func readTCP(_ module: SavedExtension) throws(RulesetReadError) {
    try readPorts(module, transport: 6)
    for option in module.options {
      switch option.name.text {
      case "--tcp-flags":
        let mask = try option.arguments[0].tcpFlags()
        let value = try option.arguments[1].tcpFlags()
        addInHeader(.tcpFlags(mask: mask, value: value), isNegated: option.isNegated)
      case "--syn":
        // FIN, SYN, RST and ACK; only SYN is set.
        addInHeader(.tcpFlags(mask: 0x17, value: 0x02), isNegated: option.isNegated)
      default: break
      }
    }
  }

  /// The module of a protocol: it does not hold for a later fragment, whatever it asks for
  /// (`tcp_mt`, net/netfilter/xt_tcpudp.c).
  mutating func readPorts(
    _ module: SavedExtension, transport: UInt8
  ) throws(RulesetReadError) {
    try require(transport: transport, module.name)
    if module.options.isEmpty { addWholeHeader() }
    for option in module.options {
      switch option.name.text {
      case "--sport", "--source-port": try addPort(.source, option)
      case "--dport", "--destination-port": try addPort(.destination, option)
      case "--tcp-flags", "--syn": break
      default:
        addWholeHeader()
        addOpaque("\(module.name.text) \(option.positiveText)", isNegated: option.isNegated)
      }
    }
  }

  private mutating func addPort(
    _ field: PortField, _ option: SavedOption
  ) throws(RulesetReadError) {
    let range = try option.arguments[0].portRange()
    addPorts(field, range.map { [$0] }, option)
  }

  mutating func readMultiport(_ module: SavedExtension) throws(RulesetReadError) {
    guard let transport, [6, 17, 33, 132, 136].contains(transport) else {
      throw module.name.error("`-m multiport` needs a protocol with ports in the same rule")
    }
    guard let option = module.options.first, module.options.count == 1 else {
      throw module.name.error("expected one list of ports behind `-m multiport`")
    }
    let ranges = try option.arguments[0].portList().map { PortSet($0).ranges }
    switch option.name.text {
    case "--sports", "--source-ports": addPorts(.source, ranges, option)
    case "--dports", "--destination-ports": addPorts(.destination, ranges, option)
    default:
      guard let ranges, MatchOptions.knowsPorts(transport) else {
        return addPorts(.source, nil, option)
      }
      if option.isNegated {
        add(.port(.source, ranges, isNegated: true))
        add(.port(.destination, ranges, isNegated: true))
      } else {
        add([
          [.port(.source, ranges)],
          [.port(.source, ranges, isNegated: true), .port(.destination, ranges)],
        ])
      }
    }
  }

  /// - Parameter ranges: `nil` where the text names a service.
  private mutating func addPorts(
    _ field: PortField, _ ranges: [PortRange]?, _ option: SavedOption
  ) {
    if let ranges, let transport, MatchOptions.knowsPorts(transport) {
      add(.port(field, ranges, isNegated: option.isNegated))
    } else {
      addWholeHeader()
      let name = RuleOptions.protocolName(transport ?? 0)
      addOpaque("-p \(name) \(option.positiveText)", isNegated: option.isNegated)
    }
  }

  mutating func readICMP(
    _ option: SavedOption?, _ family: AddressFamily
  ) throws(RulesetReadError) {
    guard let option else { return addWholeHeader() }
    let word = option.arguments[0]
    try require(family, option.name)
    guard transport == (family == .ipv4 ? 1 : 58) else {
      throw option.name.error("\(option.name.quoted) needs its protocol in the same rule")
    }
    guard let wanted = try SavedICMPType.read(word, family) else {
      addWholeHeader()
      return addOpaque("icmp \(option.positiveText)", isNegated: option.isNegated)
    }
    guard let type = wanted.type else { return option.isNegated ? addNever() : addWholeHeader() }
    let isOfType: Match = family == .ipv4 ? .icmpType([type]) : .icmpv6Type([type])
    guard let code = wanted.code else { return addInHeader(isOfType, isNegated: option.isNegated) }
    let hasCode = Match.opaque("icmp code \(code)")
    if option.isNegated {
      addWholeHeader()
      add([[.not(isOfType)], [isOfType, .not(hasCode)]])
    } else {
      add(isOfType)
      add(hasCode)
    }
  }

  /// The match itself does not hold without its header; its negation must not either.
  private mutating func addInHeader(_ match: Match, isNegated: Bool) {
    if isNegated { addWholeHeader() }
    add(match, isNegated: isNegated)
  }

  private mutating func addWholeHeader() { add(.not(.laterFragment(family))) }
}

extension MatchOptions {
  /// The protocols whose ports the packet space has.
  static func knowsPorts(_ transport: UInt8) -> Bool {
    [6, 17, 33, 132, 136].contains(transport)
  }
}

extension SavedWord {
  /// A list of flags of the TCP header, or `ALL` or `NONE`.
  fileprivate func tcpFlags() throws(RulesetReadError) -> UInt8 {
    var bits: UInt8 = 0
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      switch name.uppercased() {
      case "FIN": bits |= 0x01
      case "SYN": bits |= 0x02
      case "RST": bits |= 0x04
      case "PSH": bits |= 0x08
      case "ACK": bits |= 0x10
      case "URG": bits |= 0x20
      case "ALL": bits |= 0x3f
      case "NONE": break
      default: throw error("expected flags of the TCP header, found \(quoted)")
      }
    }
    return bits
  }
}
