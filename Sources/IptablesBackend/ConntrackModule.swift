import PacketSpace
import RulesetIR

extension RuleReader {
  mutating func readState(_ module: SavedExtension) throws(RulesetReadError) {
    let option = try module.required("--state")
    add(try states(option, "state").choices)
  }

  /// `-m conntrack`.
  ///
  /// For a packet without a connection the state alone answers, and nothing else that the same
  /// `-m conntrack` asks for; without a state the answer is no (`conntrack_mt`,
  /// net/netfilter/xt_conntrack.c). New, established and related packets have a connection, invalid
  /// and untracked ones do not.
  mutating func readConntrack(_ module: SavedExtension) throws(RulesetReadError) {
    let others = module.options.filter { $0.name.text != "--ctstate" }
    guard let option = module["--ctstate"] else {
      for choice in try connection(others) { add(choice) }
      return
    }
    let states = try states(option, "conntrack")
    if others.isEmpty { return add(states.choices) }
    if states.asksForNAT { return addOpaque(module.text, isStateful: true) }
    var choices: [[Match]] = []
    let tracked: [StateBit] = [.new, .established, .related]
    let withConnection = states.held.filter { tracked.contains($0) }
    let without = states.held.filter { !tracked.contains($0) }
    if !withConnection.isEmpty {
      choices = [[.ctState(withConnection)]]
      for alternatives in try connection(others) {
        choices = choices.flatMap { choice in alternatives.map { choice + $0 } }
      }
    }
    if !without.isEmpty { choices.append([.ctState(without)]) }
    if choices.isEmpty { addNever() } else { add(choices) }
  }

  private struct States {
    /// The states that the match holds for, negation worked in.
    var held: [StateBit]
    var choices: [[Match]]
    /// SNAT or DNAT: what was done to the connection, which is not modelled.
    var asksForNAT: Bool
  }

  private func states(
    _ option: SavedOption, _ module: String
  ) throws(RulesetReadError) -> States {
    let word = option.arguments[0]
    var named: [StateBit] = []
    var translations: [String] = []
    for part in word.text.split(separator: ",", omittingEmptySubsequences: false) {
      let name = part.lowercased()
      if let state = StateBit(rawValue: name) {
        if !named.contains(state) { named.append(state) }
      } else if name == "snat" || name == "dnat" {
        translations.append(name.uppercased())
      } else {
        throw word.error("expected states of a connection, found \(word.quoted)")
      }
    }
    let held = option.isNegated ? StateBit.allCases.filter { !named.contains($0) } : named
    var choices: [[Match]] = named.isEmpty ? [] : [[.ctState(named, isNegated: option.isNegated)]]
    if !translations.isEmpty {
      let isTranslated = Match.opaque(
        "\(module) \(option.name.text) \(translations.joined(separator: ",")) (\(place))")
      if option.isNegated {
        choices = [(choices.first ?? []) + [.not(isTranslated)]]
      } else {
        let rest: [Match] = named.isEmpty ? [] : [.ctState(named, isNegated: true)]
        choices.append(rest + [isTranslated])
      }
    }
    return States(held: held, choices: choices, asksForNAT: !translations.isEmpty)
  }

  /// What the other options ask of a packet's connection: a list of alternatives for each.
  private func connection(
    _ options: [SavedOption]
  ) throws(RulesetReadError) -> [[[Match]]] {
    var conditions: [[[Match]]] = []
    var hasConnection = false
    for option in options {
      let match = try connectionMatch(option)
      switch match {
      case .ctDirection(let direction) where option.isNegated:
        conditions.append([[.ctDirection(direction == .original ? .reply : .original)]])
        hasConnection = true
      case .opaque:
        conditions.append([[option.isNegated ? .not(match) : match]])
      case _ where option.isNegated:
        conditions.append([[.not(match)]])
      case _:
        conditions.append([[match]])
        hasConnection = true
      }
    }
    // A negation alone would hold without a connection.
    if !hasConnection {
      conditions.append([[.ctDirection(.original)], [.ctDirection(.reply)]])
    }
    return conditions
  }

  private func connectionMatch(_ option: SavedOption) throws(RulesetReadError) -> Match {
    let word = option.arguments[0]
    let opaque = Match.opaque("conntrack \(option.positiveText)")
    switch option.name.text {
    case "--ctdir":
      guard let direction = ConntrackDirection(rawValue: word.text.lowercased()) else {
        throw word.error("expected ORIGINAL or REPLY, found \(word.quoted)")
      }
      return .ctDirection(direction)
    case "--ctproto":
      guard let number = try SavedProtocols.number(word) else { return opaque }
      return .ctProtocol(number)
    case "--ctorigsrc": return try address(.original, .source, word) ?? opaque
    case "--ctorigdst": return try address(.original, .destination, word) ?? opaque
    case "--ctreplsrc": return try address(.reply, .source, word) ?? opaque
    case "--ctrepldst": return try address(.reply, .destination, word) ?? opaque
    case "--ctorigsrcport": return try port(.original, .source, word) ?? opaque
    case "--ctorigdstport": return try port(.original, .destination, word) ?? opaque
    case "--ctreplsrcport": return try port(.reply, .source, word) ?? opaque
    case "--ctrepldstport": return try port(.reply, .destination, word) ?? opaque
    // The status and the time that is left change on the way.
    default: return .opaque("conntrack \(option.positiveText) (\(place))")
    }
  }

  private func address(
    _ direction: ConntrackDirection, _ field: AddressField, _ word: SavedWord
  ) throws(RulesetReadError) -> Match? {
    switch try word.address(family) {
    case .prefix(let prefix): .ctAddress(direction, field, .prefix(prefix))
    case .masked: nil
    }
  }

  private func port(
    _ direction: ConntrackDirection, _ field: PortField, _ word: SavedWord
  ) throws(RulesetReadError) -> Match? {
    try word.portRange().map { .ctPort(direction, field, $0) }
  }
}
