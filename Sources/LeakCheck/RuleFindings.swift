import PacketSpace
package import RulesetIR

/// What came of looking for leaks in rules.
package struct RuleAudit: Sendable {
  package var findings: [RuleFinding]
  /// The diagrams grew beyond what was allowed: more may leak than is listed.
  package var isExhausted: Bool
  /// Packets that a policy means to pass and the rules stop, one for each way.
  package var blocked: [ProofDifference]
  /// Findings whose packet took another way in the interpreter: a mistake of ours.
  package var disagreements: [RuleFinding]
}

/// Looks for the ways out that rules leave open.
///
/// A leak is a packet that leaves by an interface that is neither `lo` nor a tunnel and that the policy, if
/// there is one, does not mean. Each entry of the catalogue is a named set of packets, held against that
/// one exactly; what is not modelled can be true or false. Each packet is replayed in the interpreter.
package func findLeaks(
  in ruleset: Ruleset, _ scope: AuditScope, nodeBudget: Int = 4_000_000
) -> RuleAudit {
  var search = LeakSearch(ruleset: ruleset, scope: scope, nodeBudget: nodeBudget)
  search.searchLeaving()
  search.searchForwarded()
  search.searchArriving()
  let blocked = search.searchAgainstPolicy()
  let known = Set(search.findings.map(\.id))
  search.findings += shapeFindings(ruleset, scope).filter { !known.contains($0.id) }
  return RuleAudit(
    findings: search.findings.sorted { $0.severity > $1.severity }, isExhausted: search.isExhausted,
    blocked: blocked, disagreements: search.disagreements)
}

/// A search and what it has found so far.
struct LeakSearch {
  let ruleset: Ruleset
  let scope: AuditScope
  let nodeBudget: Int
  var findings: [RuleFinding] = []
  var disagreements: [RuleFinding] = []
  var isExhausted = false

  init(ruleset: Ruleset, scope: AuditScope, nodeBudget: Int) {
    self.ruleset = ruleset
    self.scope = scope
    self.nodeBudget = nodeBudget
  }

  func universe(_ traversal: Traversal) -> AuditUniverse {
    AuditUniverse(ruleset, scope, traversal, nodeBudget: nodeBudget)
  }

  /// Asks one after the other.
  mutating func ask(
    _ questions: [LeakQuestion], _ audit: inout AuditUniverse, _ view: LeakView,
    by way: Traversal? = nil
  ) {
    for question in questions {
      guard let packet = audit.answer(question, in: view) else { continue }
      add(
        RuleFinding(
          question.id, question.message, fix: question.fix, severity: question.severity,
          also: question.also, packet: packet), by: way ?? audit.traversal)
    }
  }

  /// Replays the packet before it is believed.
  mutating func add(_ finding: RuleFinding, by way: Traversal, in rules: Ruleset? = nil) {
    var finding = finding
    finding.traversal = way
    if let packet = finding.packet {
      let rules = rules ?? ruleset
      let walked = trace(ConcretePacket(packet), through: rules, traversal: way)
      if walked.outcome != .passes {
        disagreements.append(finding)
        return
      }
      finding.place = finding.place ?? rules.passage(walked)
    }
    if findings.contains(where: { $0.id == finding.id && $0.condition == finding.condition }) {
      return
    }
    findings.append(finding)
  }
}
