/// What a command does to the rules of the kernel.
struct FirewallRule {
  enum Action {
    case add, insert, delete
    /// The policy of a chain.
    case policy
    /// Flushes, or deletes a whole chain, table or rule set.
    case flush
    /// A chain or table that is made, a set, a listing.
    case other
  }

  enum Hook: String {
    case input = "INPUT", output = "OUTPUT", forward = "FORWARD"
    case prerouting = "PREROUTING", postrouting = "POSTROUTING"
  }

  var coversIPv4: Bool
  var coversIPv6: Bool
  /// `filter`, `nat`, `mangle`, `raw`; nft's tables by their type.
  var table: String
  var action: Action
  /// `nil` for a chain of one's own.
  var hook: Hook?
  var matches: [FirewallMatch]
  /// In capitals: `REJECT`, `DROP`, `ACCEPT`, `MASQUERADE`; empty for none.
  var target: String
  /// The whole command.
  var range: Range<Int>

  var isDeny: Bool { target == "DROP" || target == "REJECT" }

  func all(_ kind: FirewallMatch.Kind) -> [FirewallMatch] { matches.filter { $0.kind == kind } }
}

/// One condition of a rule.
struct FirewallMatch {
  enum Kind {
    case inInterface, outInterface, source, destination, proto, sourcePort, destinationPort
    case mark, addressType, owner, state, rate, other
  }

  var kind: Kind
  var isNegated: Bool
  var value: String
  /// With its option.
  var range: Range<Int>
}

// MARK: iptables

/// Reads an `iptables` or `ip6tables` command; `nil` for another program.
func iptablesRule(_ command: ShellCommand) -> FirewallRule? {
  let isIPv6 = command.program.hasPrefix("ip6tables")
  guard isIPv6 || command.program.hasPrefix("iptables"),
    !command.program.hasSuffix("-save"), !command.program.hasSuffix("-restore")
  else { return nil }
  var reader = IptablesReader(
    words: Array(command.words.dropFirst()),
    rule: FirewallRule(
      coversIPv4: !isIPv6, coversIPv6: isIPv6, table: "filter", action: .other, hook: nil,
      matches: [], target: "", range: command.range))
  reader.read()
  return reader.rule
}

private struct IptablesReader {
  let words: [ShellWord]
  var rule: FirewallRule
  private var index = 0
  /// The place of a `!` that belongs to the next option.
  private var negation: Int?

  init(words: [ShellWord], rule: FirewallRule) {
    self.words = words
    self.rule = rule
  }

  mutating func read() {
    while index < words.count {
      let option = words[index]
      index += 1
      if option.text == "!" {
        negation = option.range.lowerBound
        continue
      }
      readOption(option)
      negation = nil
    }
  }

  private mutating func readOption(_ option: ShellWord) {
    switch option.text {
    case "-t", "--table": rule.table = value() ?? rule.table
    case "-A", "--append": setAction(.add)
    case "-I", "--insert": setAction(.insert)
    case "-D", "--delete": setAction(.delete)
    case "-F", "--flush", "-X", "--delete-chain": setAction(.flush)
    case "-P", "--policy":
      setAction(.policy)
      rule.target = value()?.uppercased() ?? ""
    case "-j", "--jump", "-g", "--goto": rule.target = value()?.uppercased() ?? ""
    case "-m", "--match", "--reject-with", "--comment", "-w", "--wait", "-c", "--limit-burst",
      "--to-destination", "--to", "--to-source", "--set-mark", "--set-xmark", "--log-prefix":
      _ = value()
    default:
      if option.text.hasPrefix("-") { addMatch(kind(of: option.text), option) }
    }
  }

  /// A chain, and for an insertion perhaps its place.
  private mutating func setAction(_ action: FirewallRule.Action) {
    rule.action = action
    rule.hook = value().flatMap { FirewallRule.Hook(rawValue: $0) }
    if index < words.count, Int(words[index].text) != nil { index += 1 }
  }

  private mutating func addMatch(_ kind: FirewallMatch.Kind, _ option: ShellWord) {
    var isNegated = negation != nil
    let start = negation ?? option.range.lowerBound
    if index < words.count, words[index].text == "!" {
      isNegated = true
      index += 1
    }
    let value = value() ?? ""
    rule.matches.append(
      FirewallMatch(
        kind: kind, isNegated: isNegated, value: value,
        range: start..<words[index - 1].range.upperBound))
  }

  /// The word behind an option, if it is none itself.
  private mutating func value() -> String? {
    guard index < words.count, words[index].text != "!",
      !words[index].text.hasPrefix("-") || words[index].text.count < 2
    else { return nil }
    index += 1
    return words[index - 1].text
  }

  private func kind(of option: String) -> FirewallMatch.Kind {
    switch option {
    case "-i", "--in-interface": .inInterface
    case "-o", "--out-interface": .outInterface
    case "-s", "--source", "--src", "--src-range": .source
    case "-d", "--destination", "--dst", "--dst-range": .destination
    case "-p", "--protocol", "--proto": .proto
    case "--sport", "--source-port", "--sports", "--source-ports": .sourcePort
    case "--dport", "--destination-port", "--dports", "--destination-ports": .destinationPort
    case "--mark": .mark
    case "--dst-type", "--src-type": .addressType
    case "--uid-owner", "--gid-owner": .owner
    case "--state", "--ctstate": .state
    case "--limit": .rate
    default: .other
    }
  }
}

// MARK: nft

/// Which chain of nft hangs in which hook.
struct NftChains {
  var hooks: [String: FirewallRule.Hook] = [:]
  /// That of the chain which was made last: a `policy` in its braces belongs to it.
  var last: FirewallRule.Hook?
}

/// Reads the statements of an `nft` command; `nil` for another program.
///
/// - Parameter chains: those known so far; what is added goes in.
func nftRules(_ command: ShellCommand, chains: inout NftChains) -> [FirewallRule]? {
  guard command.program == "nft" else { return nil }
  // The statements may stand in one pair of quotes or in none.
  let words = command.words.dropFirst().flatMap { nftWords($0) }
  return words.split { $0.text == ";" }.compactMap { nftRule(Array($0), &chains) }
}

private func nftWords(_ word: ShellWord) -> [ShellWord] {
  var result: [ShellWord] = []
  var current = ""
  func finish() {
    if !current.isEmpty { result.append(ShellWord(text: current, range: word.range, inner: nil)) }
    current = ""
  }
  for character in word.text {
    switch character {
    case " ", "\t": finish()
    case ";", "{", "}":
      finish()
      current = String(character)
      finish()
    case "\"", "\\": continue
    default: current.append(character)
    }
  }
  finish()
  return result
}

private func nftRule(
  _ words: [ShellWord], _ chains: inout NftChains
) -> FirewallRule? {
  guard let first = words.first, let last = words.last else { return nil }
  let texts = words.map(\.text)
  let families: Set = ["ip", "ip6", "inet"]
  let family = texts.prefix(4).first { families.contains($0) } ?? "ip"
  var rule = FirewallRule(
    coversIPv4: family != "ip6", coversIPv6: family != "ip", table: "filter", action: .other,
    hook: nil, matches: [], target: "",
    range: first.range.lowerBound..<last.range.upperBound)
  if texts[0].hasPrefix("-") { return rule }
  guard let object = texts.dropFirst().first else { return rule }
  let name = texts.dropFirst(2).filter { !families.contains($0) }.dropFirst().first ?? ""
  switch (texts[0], object) {
  case ("add", "chain"), ("create", "chain"):
    chains.last = nftHook(texts)
    chains.hooks[name] = chains.last
  case ("add", "rule"), ("insert", "rule"):
    rule.action = texts[0] == "add" ? .add : .insert
    rule.hook = chains.hooks[name] ?? nftHook(["hook", name.lowercased()])
    rule.target =
      texts.last { ["drop", "reject", "accept", "masquerade"].contains($0) }?.uppercased() ?? ""
    rule.matches = nftMatches(words)
  case ("delete", "rule"): rule.action = .delete
  case ("delete", _), ("flush", _), ("destroy", _): rule.action = .flush
  // Within `add chain … { type filter hook output priority 0; policy drop; }`.
  case ("policy", let target):
    rule.action = .policy
    rule.hook = chains.last
    rule.target = target.uppercased()
  default: break
  }
  return rule
}

private func nftHook(_ texts: [String]) -> FirewallRule.Hook? {
  guard let place = texts.firstIndex(of: "hook"), place + 1 < texts.count else { return nil }
  return FirewallRule.Hook(rawValue: texts[place + 1].uppercased())
}

private func nftMatches(_ words: [ShellWord]) -> [FirewallMatch] {
  var result: [FirewallMatch] = []
  for index in words.indices {
    guard let kind = nftKind(words, index) else { continue }
    var value = index + 1
    let isNegated = value < words.count && words[value].text == "!="
    if isNegated || value < words.count && words[value].text == "==" { value += 1 }
    if value < words.count, words[value].text == "{" { value += 1 }
    guard value < words.count else { continue }
    result.append(
      FirewallMatch(
        kind: kind, isNegated: isNegated, value: words[value].text,
        range: words[index].range.lowerBound..<words[value].range.upperBound))
  }
  return result
}

private func nftKind(_ words: [ShellWord], _ index: Int) -> FirewallMatch.Kind? {
  let before = index > 0 ? words[index - 1].text : ""
  switch words[index].text {
  case "oifname", "oif": return .outInterface
  case "iifname", "iif": return .inInterface
  case "mark" where before != "ct": return .mark
  case "type" where before == "daddr": return .addressType
  case "daddr" where before != "fib": return .destination
  case "saddr" where before != "fib": return .source
  case "l4proto", "protocol", "nexthdr": return .proto
  case "dport": return .destinationPort
  case "sport": return .sourcePort
  case "skuid", "skgid": return .owner
  case "state" where before == "ct": return .state
  case "rate" where before == "limit": return .rate
  default: return nil
  }
}
