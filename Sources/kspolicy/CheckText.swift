import LeakCheck
import Policy
import PolicyLowering
import RulesetIR

extension CheckResult {
  /// What `check` says on standard output, for people.
  var text: String {
    var out = "policy \(policy.name)\n\nproof\n"
    for proof in proofs { out += "  \(proof.text)\n" }
    out += "\nexpectations\n  \(expectationText)\n"
    let accepted = findings.filter { $0.acceptance != nil }
    if !accepted.isEmpty {
      out += "\naccepted risks\n"
      for finding in accepted {
        let line = "\(finding.origin.file):\(finding.origin.line)"
        out += "  \(finding.id.rawValue)  \(line)  \(finding.acceptance ?? "")\n"
      }
    }
    return out + "\n" + egressText
  }

  private var expectationText: String {
    if expectations.isEmpty { return "none" }
    return "\(expectations.count { $0.holds }) of \(expectations.count) hold"
  }

  private var egressText: String {
    if egress.isEmpty {
      return "Nothing can leave outside the tunnel.\n"
    }
    let header = ["WHAT", "TO", "BY", "WHO", "LINE"]
    let rows = egress.map { line in
      [
        line.what, line.destination, line.by, line.who,
        [line.origin.map { "\($0.file):\($0.line)" } ?? "", line.note].filter { !$0.isEmpty }
          .joined(separator: " "),
      ]
    }
    return "all that can leave outside the tunnel, read from the rules\n"
      + table([header] + rows)
  }
}

extension DialectProof {
  fileprivate var text: String {
    switch outcome {
    case .proven:
      let proven = "\(dialect.rawValue): for every packet the rules do what the policy means"
      return exceptions.reduce(proven) { "\($0)\n    but: \($1)" }
    case .different(let differences):
      return "\(dialect.rawValue): NOT proven, \(differences.count) kinds of packets differ"
    case .notAnalysed: return "\(dialect.rawValue): not analysed, the rules are too many"
    case .notExpressible(let error): return "\(dialect.rawValue): cannot express \(error.what)"
    }
  }
}

/// Columns as wide as their widest cell, two spaces between them.
private func table(_ rows: [[String]]) -> String {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in
    rows.map { $0.indices.contains(column) ? $0[column].unicodeScalars.count : 0 }.max() ?? 0
  }
  return rows.map { row in
    var line = " "
    for (column, cell) in row.enumerated() {
      let isLast = column == row.count - 1
      let gap = isLast ? 0 : widths[column] - cell.unicodeScalars.count
      line += " " + cell + String(repeating: " ", count: gap + (isLast ? 0 : 1))
    }
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }.joined()
}
