import PacketSpace
import RulesetIR

extension MatchOptions {
  func unsupported(_ what: String, _ instead: String) -> UnsupportedByTarget {
    UnsupportedByTarget("\(what) in an iptables rule", instead: instead, origin: origin)
  }

  func check(_ implied: AddressFamily) throws(UnsupportedByTarget) {
    if implied == family { return }
    switch family {
    case .ipv4: throw unsupported("an IPv6 match", "put it into an ip6tables rule")
    case .ipv6: throw unsupported("an IPv4 match", "put it into an iptables rule for IPv4")
    }
  }

  /// iptables takes a `+` at the end of a name as its own wildcard, and does not take an option's dash.
  func check(_ pattern: InterfacePattern) throws(UnsupportedByTarget) {
    let isWholeName = !pattern.isPrefix || pattern.name.utf8.count >= 15
    if pattern.name.hasPrefix("-") || pattern.name.hasPrefix("!")
      || (isWholeName && pattern.name.hasSuffix("+")) || pattern.name.hasControlCharacter
    {
      throw unsupported("the interface name `\(pattern.name)`", "rename the interface")
    }
  }

  /// A `-m conntrack` of its own: together with a state, the other options of one `-m conntrack` are not
  /// looked at for a packet without a connection (`conntrack_mt`, net/netfilter/xt_conntrack.c).
  func stateModule(_ states: [StateBit], isNegated: Bool) -> String {
    let names = states.map { $0.rawValue.uppercased() }.joined(separator: ",")
    return "-m conntrack \(isNegated ? "! " : "")--ctstate \(names)"
  }

  /// A set cannot be compared with a connection's address; a short one becomes one rule for each element.
  func connectionAddress(
    _ direction: ConntrackDirection, _ field: AddressField, _ operand: AddressOperand,
    _ options: RuleOptions
  ) throws(UnsupportedByTarget) -> [RuleOptions] {
    try check(operand.family)
    let name = "ct\(direction.optionPart)\(field.optionPart)"
    let prefixes: [Prefix]
    switch operand {
    case .prefix(let prefix): prefixes = [prefix]
    case .list(let addresses): prefixes = addresses.map { Prefix($0, length: family.addressWidth) }
    case .set(let set, _, let maskLength):
      guard
        let elements = sets.prefixes(
          set, maskLength: maskLength, atMost: MatchOptions.connectionSetLimit)
      else {
        throw unsupported(
          "more than \(MatchOptions.connectionSetLimit) addresses of a connection",
          "name fewer addresses, or prefixes that contain them")
      }
      prefixes = elements
    }
    return prefixes.flatMap { options.with(conntrack: name, $0.text) }
  }

  /// A packet is compared with these rules one by one, and each takes about 0.4 KB of kernel memory.
  static let connectionSetLimit = 1024

  /// - Returns: options that match one of the ranges, or with `isNegated` none of them.
  func portOptions(
    _ field: PortField, _ ranges: [PortRange], _ isNegated: Bool, _ options: RuleOptions
  ) -> [RuleOptions] {
    guard let transport = options.transport else {
      preconditionFailure("a port is compared without a protocol")
    }
    let not = isNegated ? "! " : ""
    let modules: [String]
    // libxtables has no udplite extension; multiport knows the protocol.
    if ranges.count == 1, transport != 136 {
      let name = RuleOptions.protocolName(transport)
      let module = transport == 33 ? "dccp" : name
      modules = ["-m \(module) \(not)--\(field.optionLetter)port \(ranges[0].optionText)"]
    } else {
      modules = MatchOptions.multiportChunks(ranges).map { chunk in
        let list = chunk.map(\.optionText).joined(separator: ",")
        return "-m multiport \(not)--\(field.optionLetter)ports \(list)"
      }
    }
    if !isNegated { return modules.flatMap { options.with($0) } }
    var copy = options
    for module in modules { copy.add(module: module) }
    return [copy]
  }

  /// At most 15 slots each; a range takes two (`XT_MULTI_PORTS`, linux/netfilter/xt_multiport.h).
  private static func multiportChunks(_ ranges: [PortRange]) -> [[PortRange]] {
    var chunks: [[PortRange]] = []
    var slots = 15
    for range in ranges {
      let need = range.lower == range.upper ? 1 : 2
      if slots + need > 15 {
        chunks.append([])
        slots = 0
      }
      chunks[chunks.count - 1].append(range)
      slots += need
    }
    return chunks
  }

  /// 4294967295 is no id (`uid_valid`, linux/uidgid.h), and the owner match refuses it.
  func owner(_ ids: ClosedRange<UInt32>) throws(UnsupportedByTarget) -> String {
    let last = UInt32.max - 1
    if ids.lowerBound > last {
      throw unsupported("the user or group \(ids.lowerBound)", "use an id below 4294967295")
    }
    let upper = min(ids.upperBound, last)
    return ids.lowerBound == upper ? String(upper) : "\(ids.lowerBound)-\(upper)"
  }

  func tcpFlagNames(_ bits: UInt8) throws(UnsupportedByTarget) -> String {
    if bits & 0xc0 != 0 { throw unsupported("the TCP flags ECE and CWR", "use --target nft") }
    let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"]
    let set = names.enumerated().filter { bits & (1 << UInt8($0.offset)) != 0 }.map(\.element)
    return set.isEmpty ? "NONE" : set.joined(separator: ",")
  }
}

extension RuleOptions {
  func with(_ module: String) -> [RuleOptions] {
    var copy = self
    copy.add(module: module)
    return [copy]
  }

  func with(conntrack name: String, _ value: String) -> [RuleOptions] {
    var copy = self
    copy.add(conntrack: name, value)
    return [copy]
  }

  /// One alternative, or none where the change contradicts what is there.
  func adding(_ change: (inout RuleOptions) -> Bool) -> [RuleOptions] {
    var copy = self
    return change(&copy) ? [copy] : []
  }
}

func hex(_ number: UInt32) -> String { "0x" + String(number, radix: 16) }

extension PortRange {
  var optionText: String { lower == upper ? String(lower) : "\(lower):\(upper)" }
}

extension AddressField {
  /// Of the set match and the SET target.
  var setFlag: String {
    switch self {
    case .source: "src"
    case .destination: "dst"
    }
  }

  var optionPart: String { setFlag }
}

extension PortField {
  var setFlag: String {
    switch self {
    case .source: "src"
    case .destination: "dst"
    }
  }

  var optionPart: String { setFlag }

  fileprivate var optionLetter: String {
    switch self {
    case .source: "s"
    case .destination: "d"
    }
  }
}

extension ConntrackDirection {
  var optionPart: String {
    switch self {
    case .original: "orig"
    case .reply: "repl"
    }
  }
}
