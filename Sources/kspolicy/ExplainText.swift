import LeakCheck
import PacketSpace
import Policy
import PolicyDiagnostics
import RulesetIR

extension ExplainResult {
  /// What `explain` says on standard output, for people.
  func text(_ style: TextStyle) -> String {
    switch explanation.answer {
    case .impossible: return "no packet can be so\n"
    case .notAnalysed: return "not analysed: the rules are too many\n"
    case .found(let packet, let other):
      var out = verdict(packet, style) + "\n" + path(packet, style) + "\n"
      out += decision(packet, style)
      if let ordinary = ordinaryText(packet) { out += "\n\(ordinary)\n" }
      return out + "\n" + others(packet, other, style)
    }
  }

  private func verdict(_ explained: ExplainedPacket, _ style: TextStyle) -> String {
    let word =
      explained.passes ? style.paint("passes", .added) : style.paint("blocked", .error)
    var out = "\(word): \(TextStyle.harmless(explained.packet.text))\n"
    if !explained.isConfirmed { out += doubt(style) }
    return out
  }

  private func doubt(_ style: TextStyle) -> String {
    style.paint("internal error", .error)
      + ": the analysis of all packets and the walk through the rules disagree about this packet;"
      + " please report it, with the policy\n"
  }

  // MARK: The path

  private func path(_ explained: ExplainedPacket, _ style: TextStyle) -> String {
    var out = ""
    var base: TraceStep?
    for step in explained.trace.steps {
      let chain = chain(step)
      if let hooked = chain?.base, base.map({ !$0.isSameChain(as: step) }) ?? true {
        let place = "\(step.family.rawValue) \(step.table) \(step.chain)"
        out += style.paint("\(hooked.hook.rawValue)", .message)
        out += "  \(place), priority \(hooked.priority)\n"
        base = step
      }
      out += stepText(step, style)
    }
    return out
  }

  private func stepText(_ step: TraceStep, _ style: TextStyle) -> String {
    switch step.event {
    case .policy(let policy): return "    policy \(policy.rawValue)\n"
    case .rule(let index, _, _):
      let isCalled = chain(step)?.base == nil
      let number = isCalled ? "\(step.chain) rule \(index + 1)" : "rule \(index + 1)"
      return ruleTexts(step).map { line in
        "    \(style.paint("\(number):", .gutter)) \(TextStyle.harmless(line))\n"
      }.joined()
    }
  }

  func chain(_ step: TraceStep) -> Chain? {
    table(step)?.chains.first { $0.name == step.chain }
  }

  private func table(_ step: TraceStep) -> Table? {
    ruleset.tables.first { $0.family == step.family && $0.name == step.table }
  }

  func ruleTexts(_ step: TraceStep) -> [String] {
    guard case .rule(let index, _, _) = step.event, let table = table(step),
      let rules = chain(step)?.rules, rules.indices.contains(index)
    else { return [] }
    return words.text(rules[index], in: table, of: ruleset, policy: policy.name)
  }

  // MARK: The lines

  private func decision(_ explained: ExplainedPacket, _ style: TextStyle) -> String {
    let lines = explained.deciders
    if lines.isEmpty { return undecided(explained) }
    return "decided by\n" + lines.map { "  \(quoted($0, style))\n" }.joined()
  }

  /// Where no line of the policy stands behind what happens.
  private func undecided(_ explained: ExplainedPacket) -> String {
    if !explained.passes { return "no line of the policy lets it pass\n" }
    let notes = explained.trace.steps.map(\.note)
    if notes.contains("lo") { return "`lo` always passes\n" }
    return "no line of the policy is about it\n"
  }

  private func quoted(_ origin: RuleOrigin, _ style: TextStyle) -> String {
    let text = file(of: origin).map { quotedLine(origin.line, of: $0, style: style) } ?? ""
    return style.paint("\(origin.file):\(origin.line) |", .gutter) + " \(text)"
  }

  // MARK: Other packets

  private func ordinaryText(_ explained: ExplainedPacket) -> String? {
    let parts = ordinaryParts(explained).map(\.text)
    return parts.isEmpty ? nil : "not said, so taken as usual: \(parts.joined(separator: ", "))"
  }

  /// What the packet has that the question does not say.
  func ordinaryParts(_ explained: ExplainedPacket) -> [PacketPart] {
    explained.packet.parts.filter { !question.says($0.kind) }
  }

  private func others(
    _ packet: ExplainedPacket, _ other: ExplainedPacket?, _ style: TextStyle
  ) -> String {
    guard let other else {
      return "Every packet that fits the description \(packet.passes ? "passes" : "is blocked").\n"
    }
    let verb = other.passes ? "passes" : "is blocked"
    var out = "Not every packet that fits the description: one \(verb) that differs in\n"
    for line in differences(packet, other) { out += "  \(TextStyle.harmless(line))\n" }
    out += other.deciders.map { "  \(quoted($0, style))\n" }.joined()
    out += "  packet: \(TextStyle.harmless(other.packet.text))\n"
    if !other.isConfirmed { out += doubt(style) }
    return out
  }

  /// `mark 0x6b73 (instead of mark 0x0)`
  func differences(_ packet: ExplainedPacket, _ other: ExplainedPacket) -> [String] {
    let (old, new) = (packet.packet.parts, other.packet.parts)
    let changed = new.filter { !old.contains($0) }.map { part in
      let before = old.first { $0.kind == part.kind }
      return before.map { "\(part.text), not \($0.text)" } ?? part.text
    }
    let gone = old.filter { part in !new.contains { $0.kind == part.kind } }
    return changed + gone.map { "not \($0.text)" }
  }
}

extension TraceStep {
  fileprivate func isSameChain(as other: TraceStep) -> Bool {
    hook == other.hook && family == other.family && table == other.table && chain == other.chain
  }
}
