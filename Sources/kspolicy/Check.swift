import LeakCheck
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
      diagnostics += checked.diagnostics(showingNotes: showingNotes, resolution.sources)
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
  var proofs: [DialectProof] = []
  var candidates = [
    ProofCandidate(try lower(policy, to: .nftables, version: kspolicyVersion))
  ]
  var unsayable: UnsupportedByTarget?
  do throws(UnsupportedByTarget) {
    let ruleset = try lower(policy, to: .iptables, version: kspolicyVersion)
    candidates.append(ProofCandidate(ruleset, .iptables(ruleset)))
  } catch {
    unsayable = error
  }
  var context = ProofContext(policy, tags: tags, candidates, findings: findings)
  for (index, dialect) in Dialect.allCases.enumerated() {
    if index < candidates.count {
      proofs.append(proof(policy, dialect, candidates[index].target, context.proof(index)))
    } else if let unsayable {
      proofs.append(
        DialectProof(dialect: dialect, outcome: .notExpressible(unsayable), exceptions: []))
    }
  }
  return CheckResult(
    policy: policy, proofs: proofs, expectations: context.expectations(0),
    findings: context.showingPackets(findings, 0), unusedRisks: unused,
    egress: context.egressSummary(0))
}

private func proof(
  _ policy: Policy, _ dialect: Dialect, _ target: ProofTarget, _ result: ProofResult
) -> DialectProof {
  let outcome: DialectProof.Outcome =
    result.isExhausted
    ? .notAnalysed : result.isProven ? .proven : .different(result.differences)
  let hasKinds = !target.seesDeviceTypes && policy.tunnels.contains { $0.kind != nil }
  let exceptions =
    (hasKinds ? ["a tunnel's `kind` is not looked at"] : []) + target.exceptions.map(\.reason)
  return DialectProof(dialect: dialect, outcome: outcome, exceptions: exceptions)
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
  func diagnostics(showingNotes: Bool, _ sources: SourceMap) -> [Diagnostic] {
    var result = findings.filter { showingNotes || $0.severity > .note || $0.acceptance != nil }
      .filter { showingNotes || $0.acceptance == nil }.map(\.diagnostic)
    for risk in unusedRisks {
      result.append(
        Diagnostic(
          .unusedRisk, "`\(risk.id)` acknowledges nothing", at: risk.origin.range,
          severity: .warning, notes: ["remove the line, or look up the id with `check -v`"]))
    }
    result += expectations.compactMap { diagnostic($0, sources) }
    result += proofs.flatMap(diagnostics)
    return result + examples.filter { !$0.isConfirmed }.map(\.doubt)
  }

  /// All packets that are shown but for those of the proofs.
  private var examples: [ExplainedPacket] {
    findings.compactMap(\.example) + expectations.compactMap(\.broken)
  }

  private func diagnostic(_ result: ExpectationResult, _ sources: SourceMap) -> Diagnostic? {
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
    // Which of the two is wrong is not known: neither that it holds, nor that it does not.
    guard let broken = result.broken, broken.isConfirmed else { return nil }
    let what = broken.passes ? "passes" : "is blocked"
    let lines = broken.deciders.map {
      Label(range(of: $0, in: sources), broken.passes ? "lets it pass" : "blocks it")
    }
    let isUnnamed = lines.isEmpty && !broken.passes
    return Diagnostic(
      .expectationFailed, "the expectation does not hold: a packet of it \(what)",
      at: origin.range, related: lines,
      notes: ["packet: \(broken.packet.text)"]
        + (isUnnamed ? ["no line of the policy lets it pass"] : []))
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
          notes: $0.shown.isConfirmed
            ? ["packet: \($0.packet.text)", "please report it, with the policy"]
            : $0.shown.doubt.notes)
      }
    }
  }
}

extension ExplainedPacket {
  /// A packet of which nothing is known but that one of two programs is wrong about it.
  fileprivate var doubt: Diagnostic {
    Diagnostic(
      .notProven, "internal error: two ways of reading the rules disagree about a packet",
      at: SourceRange(file: .root, start: 0, end: 0),
      notes: [
        "the packet: \(packet.text)",
        "by the decision diagrams it \(passes ? "passes" : "is blocked"), rule by rule it does not",
        "please report it, with the policy",
      ])
  }
}

extension Finding {
  fileprivate var diagnostic: Diagnostic {
    var notes = ["why: \(id.reason)"]
    if let example, example.isConfirmed {
      notes.append("packet: \(example.packet.text)")
      let own = RuleOrigin(file: origin.file, line: origin.line)
      let others = example.deciders.filter { $0 != own }
      if example.passes, !others.isEmpty {
        let lines = others.map { "\($0.file):\($0.line)" }.joined(separator: ", ")
        notes.append("let pass by \(lines)")
      }
    }
    notes.append("fix: \(fix)")
    if let acceptance { notes.append("accepted: \(acceptance)") }
    return Diagnostic(
      .leak, message, at: origin.range, severity: acceptance == nil ? severity : .note,
      notes: notes, leak: id.rawValue)
  }
}
