package import Policy
package import PolicyDiagnostics

/// One thing that a policy leaves open, and what is known about it.
package struct Finding: Equatable, Sendable {
  package var id: LeakID
  package var severity: Severity
  /// Lower-case, one line: what can leave, and by which line.
  package var message: String
  package var origin: Origin
  /// The first interface or the name of the block, as `accept-risk` names it.
  package var block: String?
  /// What to write instead.
  package var fix: String
  /// The packets that it is about, where it is about packets.
  package var question: Expectation?
  /// One of them, and its way through the rules; see `showingPackets`.
  package var example: ExplainedPacket?
  /// Why it is meant: the text of an `accept-risk`, or the word of the language that says so.
  package var acceptance: String?

  package init(
    _ id: LeakID, _ message: String, at origin: Origin, block: String? = nil, fix: String,
    showing question: Expectation? = nil, severity: Severity? = nil, acceptance: String? = nil
  ) {
    self.id = id
    self.severity = severity ?? id.severity
    self.message = message
    self.origin = origin
    self.block = block
    self.fix = fix
    self.question = question
    self.acceptance = acceptance
  }
}

/// What a policy leaves open, its acknowledgements applied.
///
/// - Returns: all findings, those that are accepted among them, in the order of the policy's lines; and
///   the `accept-risk` statements that acknowledge nothing.
package func findLeaks(_ policy: Policy) -> (findings: [Finding], unusedRisks: [AcceptedRisk]) {
  var findings =
    tunnelFindings(policy) + lanFindings(policy) + otherFindings(policy)
  var used: Set<Int> = []
  for index in findings.indices {
    for (number, risk) in policy.acceptedRisks.enumerated() where risk.covers(findings[index]) {
      used.insert(number)
      findings[index].acceptance = findings[index].acceptance ?? risk.because
    }
  }
  let unused = policy.acceptedRisks.enumerated().filter { !used.contains($0.offset) }.map(\.element)
  let ordered = findings.enumerated().sorted {
    ($0.element.origin.range.file.index, $0.element.origin.range.start, $0.offset)
      < ($1.element.origin.range.file.index, $1.element.origin.range.start, $1.offset)
  }
  return (ordered.map(\.element), unused)
}

extension AcceptedRisk {
  fileprivate func covers(_ finding: Finding) -> Bool {
    id == finding.id.rawValue && (block == nil || block == finding.block)
  }
}
