import PacketSpace
import RulesetIR

/// One conjunction of matches on its way to the options of one iptables rule.
///
/// iptables takes each of `-i`, `-o`, `-s` and `-d` once; what does not fit there is kept as an exclusion
/// (a rule that returns first) or as a module's option.
struct RuleOptions {
  let family: AddressFamily
  private var input = InterfaceCondition()
  private var output = InterfaceCondition()
  private var source = AddressCondition()
  private var destination = AddressCondition()
  private(set) var transport: UInt8?
  private(set) var isLaterFragment = false
  private(set) var comparesMark = false
  /// Options of conntrack other than the state, by name: each once for each `-m conntrack`.
  private var conntrack: [(name: String, value: String)] = []
  private var modules: [String] = []

  init(family: AddressFamily) {
    self.family = family
  }

  /// False where no packet can match any more.
  mutating func add(_ side: InterfaceSide, _ pattern: InterfacePattern, isNegated: Bool) -> Bool {
    switch side {
    case .input: input.add(pattern, isNegated: isNegated)
    case .output: output.add(pattern, isNegated: isNegated)
    }
  }

  /// False where no packet can match any more.
  mutating func add(_ field: AddressField, _ prefix: Prefix, isNegated: Bool) -> Bool {
    switch field {
    case .source: source.add(prefix, isNegated: isNegated)
    case .destination: destination.add(prefix, isNegated: isNegated)
    }
  }

  /// False where the rule already asks for another protocol.
  mutating func add(transport number: UInt8) -> Bool {
    if let transport { return transport == number }
    transport = number
    return true
  }

  mutating func add(module: String) { modules.append(module) }

  mutating func add(markModule: String) {
    modules.append(markModule)
    comparesMark = true
  }

  mutating func add(conntrack name: String, _ value: String) { conntrack.append((name, value)) }

  mutating func addLaterFragment() { isLaterFragment = true }

  /// The options of the rule.
  var text: String {
    var parts: [String] = []
    parts += source.options(.source) + destination.options(.destination)
    if let option = input.option { parts.append(option.text(.input)) }
    if let option = output.option { parts.append(option.text(.output)) }
    if let transport { parts.append("-p \(RuleOptions.protocolName(transport))") }
    if isLaterFragment {
      switch family {
      case .ipv4: parts.append("-f")
      case .ipv6: parts.append("-m frag")
      }
    }
    parts += source.modules(.source) + destination.modules(.destination)
    return (parts + modules + conntrackModules).joined(separator: " ")
  }

  /// Options of rules that must return before this one.
  var exclusions: [String] {
    var result = input.exclusions.map { InterfaceOption(pattern: $0).text(.input) }
    result += output.exclusions.map { InterfaceOption(pattern: $0).text(.output) }
    // The frag match can ask for the first fragment and for any, but not for "not the first".
    if isLaterFragment, family == .ipv6 { result.append("-m frag --fragfirst") }
    return result
  }

  private var conntrackModules: [String] {
    var result: [String] = []
    var seen: Set<String> = []
    for (name, value) in conntrack {
      if result.isEmpty || seen.contains(name) {
        result.append("-m conntrack")
        seen = []
      }
      seen.insert(name)
      result[result.count - 1] += " --\(name) \(value)"
    }
    return result
  }

  /// The names that every iptables has built in (`xtables_chain_protos`, libxtables/xtables.c); else the number.
  static func protocolName(_ number: UInt8) -> String {
    switch number {
    case 1: "icmp"
    case 6: "tcp"
    case 17: "udp"
    case 58: "ipv6-icmp"
    case 132: "sctp"
    case 136: "udplite"
    default: String(number)
    }
  }
}

/// `-i` or `-o` with its argument.
struct InterfaceOption {
  var pattern: InterfacePattern
  var isNegated = false

  func text(_ side: InterfaceSide) -> String {
    let option =
      switch side {
      case .input: "-i"
      case .output: "-o"
      }
    // 15 bytes are a whole name (IFNAMSIZ - 1): nothing longer begins with it, and `+` would not fit.
    let isWildcard = pattern.isPrefix && pattern.name.utf8.count < 15
    let name = restoreQuoted(isWildcard ? pattern.name + "+" : pattern.name)
    return isNegated ? "! \(option) \(name)" : "\(option) \(name)"
  }
}

/// What a rule asks of one interface.
private struct InterfaceCondition {
  private var wanted: InterfacePattern?
  private var unwanted: [InterfacePattern] = []

  mutating func add(_ pattern: InterfacePattern, isNegated: Bool) -> Bool {
    if isNegated {
      if !unwanted.contains(where: { $0.covers(pattern) }) {
        unwanted.removeAll { pattern.covers($0) }
        unwanted.append(pattern)
      }
    } else if let old = wanted {
      if !old.overlaps(pattern) { return false }
      wanted = old.covers(pattern) ? pattern : old
    } else {
      wanted = pattern
    }
    guard let wanted else { return true }
    return !unwanted.contains { $0.covers(wanted) }
  }

  var option: InterfaceOption? {
    if let wanted { return InterfaceOption(pattern: wanted) }
    return unwanted.first.map { InterfaceOption(pattern: $0, isNegated: true) }
  }

  var exclusions: [InterfacePattern] {
    if let wanted { return unwanted.filter { $0.overlaps(wanted) } }
    return Array(unwanted.dropFirst())
  }
}

extension InterfacePattern {
  /// Matches every name that `other` matches.
  fileprivate func covers(_ other: InterfacePattern) -> Bool {
    isPrefix ? other.name.hasPrefix(name) : !other.isPrefix && other.name == name
  }
}

/// What a rule asks of one address.
private struct AddressCondition {
  private var wanted: Prefix?
  private var unwanted: [Prefix] = []

  mutating func add(_ prefix: Prefix, isNegated: Bool) -> Bool {
    if isNegated {
      unwanted.append(prefix)
    } else if let old = wanted {
      if !old.covers(prefix), !prefix.covers(old) { return false }
      wanted = old.covers(prefix) ? prefix : old
    } else {
      wanted = prefix
    }
    guard let wanted else { return !unwanted.contains { $0.length == 0 } }
    return !unwanted.contains { $0.covers(wanted) }
  }

  func options(_ field: AddressField) -> [String] {
    let option =
      switch field {
      case .source: "-s"
      case .destination: "-d"
      }
    if let wanted { return wanted.length == 0 ? [] : ["\(option) \(wanted.text)"] }
    return unwanted.first.map { ["! \(option) \($0.text)"] } ?? []
  }

  func modules(_ field: AddressField) -> [String] {
    let option =
      switch field {
      case .source: "--src-range"
      case .destination: "--dst-range"
      }
    let rest = wanted == nil ? Array(unwanted.dropFirst()) : unwanted
    return rest.map { prefix in
      let family = prefix.address.family
      let upper = IPAddress(family: family, bits: prefix.upper)
      return "-m iprange ! \(option) \(prefix.address.text)-\(upper.text)"
    }
  }
}

extension Prefix {
  fileprivate func covers(_ other: Prefix) -> Bool {
    length <= other.length && Prefix(other.address, length: length).address == address
  }
}
