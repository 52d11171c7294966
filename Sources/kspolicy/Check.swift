import LeakCheck
import PacketSpace
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR

/// What `check` found out about one policy.
struct CheckResult {
  var policy: Policy
  var proofs: [DialectProof]
  var expectations: [ExpectationResult]
  var findings: [Finding]
  var unusedRisks: [AcceptedRisk]
  var egress: [EgressLine]
}

/// The proof for the rules of one dialect.
struct DialectProof {
  var dialect: Dialect
  var outcome: Outcome
  /// What the rules cannot say, and the proof leaves out.
  var exceptions: [String]

  enum Outcome {
    case proven
    case different([ProofDifference])
    case notAnalysed
    case notExpressible(UnsupportedByTarget)
  }
}

/// A policy checked, or what is wrong with it.
struct Checked {
  /// `nil` where the policy has an error.
  var result: CheckResult?
  var report: Report
}

/// - Parameter showingNotes: notes and accepted risks go into the report as well.
func check(
  _ source: SourceFile, files: FileReader, accounts: Accounts, showingNotes: Bool
) -> Checked {
  let resolution = resolve(source, files: files, accounts: accounts)
  var diagnostics = resolution.diagnostics
  var result: CheckResult?
  if let policy = resolution.policy {
    do throws(UnsupportedByTarget) {
      let checked = try check(policy)
      diagnostics += checked.diagnostics(showingNotes: showingNotes)
      result = checked
    } catch {
      diagnostics.append(diagnostic(error, "nft", in: resolution.sources))
    }
  }
  return Checked(
    result: result, report: Report(diagnostics, sources: namedFromHere(resolution.sources)))
}

/// Everything that can be said of a policy without a kernel.
private func check(_ policy: Policy) throws(UnsupportedByTarget) -> CheckResult {
  let tags = try takenBits(by: policy)
  let (findings, unused) = findLeaks(policy)
  let ruleset = try lower(policy, to: .nftables, version: kspolicyVersion)
  return CheckResult(
    policy: policy, proofs: Dialect.allCases.map { proof(policy, $0, tags) },
    expectations: evaluateExpectations(policy, ruleset, tags: tags), findings: findings,
    unusedRisks: unused, egress: egressSummary(policy, ruleset))
}

private func proof(_ policy: Policy, _ dialect: Dialect, _ tags: PolicyTags) -> DialectProof {
  do throws(UnsupportedByTarget) {
    let ruleset = try lower(policy, to: dialect, version: kspolicyVersion)
    let target: ProofTarget =
      switch dialect {
      case .nftables: .nftables
      case .iptables: .iptables(ruleset)
      }
    let result = prove(policy, ruleset, tags: tags, on: target)
    let outcome: DialectProof.Outcome =
      result.isExhausted
      ? .notAnalysed : result.isProven ? .proven : .different(result.differences)
    let hasKinds = !target.seesDeviceTypes && policy.tunnels.contains { $0.kind != nil }
    let exceptions =
      (hasKinds ? ["a tunnel's `kind` is not looked at"] : []) + target.exceptions.map(\.reason)
    return DialectProof(dialect: dialect, outcome: outcome, exceptions: exceptions)
  } catch {
    return DialectProof(dialect: dialect, outcome: .notExpressible(error), exceptions: [])
  }
}

// MARK: Diagnostics

extension CheckResult {
  var allExpectationsHold: Bool { expectations.allSatisfy(\.holds) }

  var isProven: Bool {
    proofs.allSatisfy { proof in
      switch proof.outcome {
      case .proven, .notExpressible: true
      case .different, .notAnalysed: false
      }
    }
  }

  /// What there is to say, as diagnostics of the policy.
  func diagnostics(showingNotes: Bool) -> [Diagnostic] {
    var result = findings.filter { showingNotes || $0.severity > .note || $0.acceptance != nil }
      .filter { showingNotes || $0.acceptance == nil }.map(\.diagnostic)
    for risk in unusedRisks {
      result.append(
        Diagnostic(
          .unusedRisk, "`\(risk.id)` acknowledges nothing", at: risk.origin.range,
          severity: .warning, notes: ["remove the line, or look up the id with `check -v`"]))
    }
    result += expectations.compactMap(diagnostic)
    result += proofs.flatMap(diagnostics)
    return result
  }

  private func diagnostic(_ result: ExpectationResult) -> Diagnostic? {
    let origin = result.expectation.origin
    if result.isExhausted {
      return Diagnostic(
        .notAnalysed, "the expectation is too large to be analysed", at: origin.range)
    }
    if result.isEmpty {
      return Diagnostic(
        .expectationFailed, "the expectation does not hold: no ordinary packet is so",
        at: origin.range)
    }
    guard let packet = result.packet else { return nil }
    let what = result.expectation.isPass ? "is blocked" : "passes"
    return Diagnostic(
      .expectationFailed, "the expectation does not hold: a packet of it \(what)",
      at: origin.range, notes: ["packet: \(packet.text)"])
  }

  private func diagnostics(_ proof: DialectProof) -> [Diagnostic] {
    let start = SourceRange(file: .root, start: 0, end: 0)
    switch proof.outcome {
    case .proven, .notExpressible: return []
    case .notAnalysed:
      return [
        Diagnostic(
          .notAnalysed, "the rules for \(proof.dialect.rawValue) are too many to be analysed",
          at: start)
      ]
    case .different(let differences):
      return differences.map {
        Diagnostic(
          .notProven, "internal error, \(proof.dialect.rawValue): \($0.kind.rawValue)", at: start,
          notes: ["packet: \($0.packet.text)", "please report it, with the policy"])
      }
    }
  }
}

extension Finding {
  fileprivate var diagnostic: Diagnostic {
    var notes = ["why: \(id.reason)"]
    if let packet { notes.append("packet: \(packet)") }
    notes.append("fix: \(fix)")
    if let acceptance { notes.append("accepted: \(acceptance)") }
    return Diagnostic(
      .leak, message, at: origin.range, severity: acceptance == nil ? severity : .note,
      notes: notes, leak: id.rawValue)
  }
}
