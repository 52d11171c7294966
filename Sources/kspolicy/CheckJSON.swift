import LeakCheck
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR

extension CheckResult {
  /// What `check` says on standard output, for programs; described in `docs/check.md`.
  var json: String {
    JSONValue.object([
      ("version", .integer(1)),
      ("policy", .string(policy.name)),
      ("proofs", .array(proofs.map(\.json))),
      ("expectations", .array(expectations.map(json))),
      ("findings", .array(findings.map(json))),
      ("egress", .array(egress.map(json))),
    ]).document
  }

  private func json(_ result: ExpectationResult) -> JSONValue {
    let outcome = result.isExhausted ? "not-analysed" : result.holds ? "holds" : "fails"
    var members = place(result.expectation.origin) + [("outcome", JSONValue.string(outcome))]
    if let broken = result.broken { members += self.members(broken) }
    return .object(members)
  }

  private func json(_ finding: Finding) -> JSONValue {
    var members: [(key: String, value: JSONValue)] =
      [
        ("id", .string(finding.id.rawValue)), ("severity", .string(finding.severity.rawValue)),
        ("message", .string(finding.message)),
      ] + place(finding.origin)
    members.append(("why", .string(finding.id.reason)))
    members.append(("fix", .string(finding.fix)))
    if let block = finding.block { members.append(("block", .string(block))) }
    if let example = finding.example { members += self.members(example) }
    if let acceptance = finding.acceptance { members.append(("accepted", .string(acceptance))) }
    return .object(members)
  }

  private func json(_ line: EgressLine) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("what", .string(line.what)), ("to", .string(line.destination)), ("by", .string(line.by)),
      ("who", .string(line.who)), ("note", .string(line.note)),
    ]
    if let origin = line.origin {
      members += [("file", .string(origin.file)), ("line", .integer(origin.line))]
    }
    return .object(members)
  }

  /// A packet that was shown to be so by both ways of reading the rules.
  private func members(_ shown: ExplainedPacket) -> [(key: String, value: JSONValue)] {
    if !shown.isConfirmed { return [("internalError", .boolean(true))] }
    let lines = shown.deciders.map { origin in
      JSONValue.object([("file", .string(origin.file)), ("line", .integer(origin.line))])
    }
    return [
      ("packet", .string(shown.packet.text)), ("packetFields", shown.packet.json),
      ("hook", .string(shown.trace.steps.last?.hook.rawValue ?? "")),
      ("verdict", .string(shown.passes ? "passes" : "blocked")), ("decidedBy", .array(lines)),
    ]
  }

  private func place(_ origin: Origin) -> [(key: String, value: JSONValue)] {
    [("file", .string(origin.file)), ("line", .integer(origin.line))]
  }
}

extension DialectProof {
  fileprivate var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("dialect", .string(dialect.rawValue))]
    switch outcome {
    case .proven: members.append(("outcome", .string("proven")))
    case .different(let differences):
      members.append(("outcome", .string("different")))
      members.append(
        (
          "differences",
          .array(
            differences.map {
              .object([
                ("traversal", .string($0.traversal.rawValue)), ("kind", .string($0.kind.rawValue)),
                ("packet", .string($0.packet.text)), ("packetFields", $0.packet.json),
                ("isConfirmed", .boolean($0.shown.isConfirmed)),
              ])
            })
        ))
    case .notAnalysed: members.append(("outcome", .string("not-analysed")))
    case .notExpressible(let error):
      members.append(("outcome", .string("not-expressible")))
      members.append(("reason", .string(error.what)))
    }
    members.append(("exceptions", .array(exceptions.map { .string($0) })))
    return .object(members)
  }
}
