import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  mutating func resolveBypass(_ name: Name, _ lines: [BypassLine], _ statement: Statement) {
    let range = statement.keyword.joined(with: name.range)
    var bypass = Bypass(name: name.text, because: "", origin: origin(range))
    var (viaLine, becauseLine): (SourceRange?, SourceRange?)
    var (hasSubject, hasDestination) = (false, false)
    for line in lines {
      let origin = origin(line.range)
      switch line.kind {
      case .subjects(let nodes):
        hasSubject = true
        for subject in nodes.flatMap({ subjects($0) }) {
          bypass.subjects.append(SubjectLine(subject: subject, origin: origin))
        }
      case .mark(let value):
        hasSubject = true
        bypass.marks += marks(value).map { MarkLine(mark: $0, origin: origin) }
      case .to(let list, let node):
        hasDestination = true
        checkDNSPorts(node, in: "this line")
        let to = list.map { destination($0) }
        if let service = service(node) {
          bypass.destinations.append(BypassDestination(to: to, service: service, origin: origin))
        }
      case .via(let value):
        if let viaLine { reportTwice("via", line.keyword, viaLine) }
        viaLine = viaLine ?? line.keyword
        bypass.via += via(value, allowsTunnel: false)
      case .because(let reason):
        if let becauseLine { reportTwice("because", line.keyword, becauseLine) }
        becauseLine = becauseLine ?? line.keyword
        checkReason(reason)
        bypass.because = reason.text
      }
    }
    if !hasSubject {
      reportMissing("a subject (`user`, `group`, `cgroup`, `from`) or a `mark`", range)
    }
    if !hasDestination { reportMissing("a `to` line", range) }
    if becauseLine == nil { reportMissing("a `because` line", range) }
    policy.bypasses.append(bypass)
  }

  private mutating func reportMissing(_ what: String, _ range: SourceRange) {
    if hasSyntaxErrors { return }
    // One report for each thing that is missing: the place alone does not tell them apart.
    let diagnostic = Diagnostic(.missingLine, "this `bypass` block needs \(what)", at: range)
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
  }
}
