import LeakCheck
import Policy
import PolicyDiagnostics
import RulesetIR

extension ExplainResult {
  /// What `explain` says on standard output, for programs; described in `docs/explain.md`.
  var json: String {
    var members: [(key: String, value: JSONValue)] = [
      ("version", .integer(1)), ("policy", .string(policy.name)),
      ("target", .string(words.rawValue)),
      ("traversal", .string(explanation.traversal.rawValue)),
    ]
    switch explanation.answer {
    case .impossible: members.append(("verdict", .string("impossible")))
    case .notAnalysed: members.append(("verdict", .string("not-analysed")))
    case .found(let packet, let other):
      members += self.members(packet)
      let usual = ordinaryParts(packet).map { JSONValue.string($0.text) }
      members.append(("takenAsUsual", .array(usual)))
      members.append(("isSameForAll", .boolean(other == nil)))
      if let other {
        let differences = differences(packet, other).map { JSONValue.string($0) }
        members.append(("other", .object(self.members(other) + [("differs", .array(differences))])))
      }
    }
    return JSONValue.object(members).document
  }

  private func members(_ explained: ExplainedPacket) -> [(key: String, value: JSONValue)] {
    var members: [(key: String, value: JSONValue)] = [
      ("verdict", .string(explained.passes ? "passes" : "blocked")),
      ("packet", explained.packet.json),
      ("path", .array(explained.trace.steps.map(json))),
      ("lines", .array(explained.deciders.map(json))),
    ]
    if !explained.isConfirmed { members.append(("internalError", .boolean(true))) }
    return members
  }

  private func json(_ step: TraceStep) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("hook", .string(step.hook.rawValue)), ("family", .string(step.family.rawValue)),
      ("table", .string(step.table)), ("chain", .string(step.chain)),
    ]
    if let base = chain(step)?.base { members.append(("priority", .integer(Int(base.priority)))) }
    switch step.event {
    case .policy(let policy): members.append(("policy", .string(policy.rawValue)))
    case .rule(let index, _, let verdict):
      members.append(("rule", .integer(index + 1)))
      members.append(("text", .array(ruleTexts(step).map { .string($0) })))
      if let verdict { members.append(("verdict", .string(verdict.word))) }
    }
    if let origin = step.origin {
      members += [("file", .string(origin.file)), ("line", .integer(origin.line))]
    }
    return .object(members)
  }

  private func json(_ origin: RuleOrigin) -> JSONValue {
    let text = file(of: origin).map { quotedLine(origin.line, of: $0) } ?? ""
    return .object([
      ("file", .string(origin.file)), ("line", .integer(origin.line)), ("text", .string(text)),
    ])
  }
}

extension Verdict {
  fileprivate var word: String {
    switch self {
    case .accept: "accept"
    case .drop: "drop"
    case .reject: "reject"
    case .jump(let chain): "jump \(chain)"
    case .goto(let chain): "goto \(chain)"
    case .return: "return"
    }
  }
}
