import PacketSpace
package import RulesetIR

/// What is open while rules are loaded in several steps.
///
/// - Parameter steps: what is loaded, in that order; each step is one transaction. What is open after
///   the last one is not looked at.
package func findWindows(
  loading steps: [Ruleset], _ scope: AuditScope, nodeBudget: Int = 4_000_000
) -> RuleAudit {
  let whole = Ruleset(tables: steps.flatMap(\.tables))
  var search = LeakSearch(ruleset: whole, scope: scope, nodeBudget: nodeBudget)
  var audit = search.universe(.leaves)
  let outside = audit.vocabulary.outside
  let after = audit.view(audit.passing(whole), at: outside)
  for count in 1..<max(steps.count, 1) {
    let loaded = Ruleset(tables: steps.prefix(count).flatMap(\.tables))
    let during = audit.view(audit.passing(loaded), at: outside)
    let window = audit.universe.difference(during.definite, after.leaks)
    let first = audit.universe.set(.value(.family, 0))
    let ipv4 = audit.witness(audit.universe.intersection(window, first))
    let ipv6 = audit.witness(audit.universe.difference(window, first))
    guard let packet = ipv4 ?? ipv6 else { continue }
    let isOneFamily = ipv4 == nil || ipv6 == nil
    let family = ipv4 == nil ? "IPv6" : "IPv4"
    search.add(
      RuleFinding(
        isOneFamily ? .applyFamilies : .applyWindow,
        isOneFamily
          ? "\(family) is open after step \(count) of \(steps.count)"
          : "traffic passes after step \(count) of \(steps.count)",
        fix: "load all rules in one transaction, or a deny of both families first", packet: packet),
      by: .leaves, in: loaded)
  }
  return RuleAudit(
    findings: search.findings, isExhausted: audit.universe.isExhausted, blocked: [],
    disagreements: search.disagreements)
}
