import PacketSpace
import RulesetIR

/// The parts of the script that differ from policy to policy, then the program that all share.
struct ScriptBuilder {
  let policy: String
  /// The name of an empty chain that tells which version of the policy is loaded.
  let version: String
  private(set) var bytes: [UInt8] = []

  init(policy: String, version: String) {
    self.policy = policy
    self.version = version
  }

  mutating func appendHeader(_ lines: [String]) {
    append("#!/bin/sh\n")
    for line in lines {
      var comment = line.isEmpty ? "#" : "# "
      for scalar in line.unicodeScalars {
        comment.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7f ? " " : scalar)
      }
      append(comment + "\n")
    }
  }

  mutating func appendSettings(_ tables: [TableText], _ sets: IpsetBook, cgroups: [String]) {
    append(
      """

      policy='\(policy)'
      # The sets that the rules of a family look up.
      own_sets_ip='\(names(sets, "ip"))'
      own_sets_ip6='\(names(sets, "ip6"))'

      # The tables of a family, in the order in which they are loaded.
      tables_ip='\(order(tables, "ip"))'
      tables_ip6='\(order(tables, "ip6"))'

      # Control groups, one a line: a rule can only name one that exists.
      cgroups() {

      """)
    appendHeredoc(cgroups.map { $0 + "\n" }.joined())
  }

  mutating func appendRules(_ table: TableText) {
    append("\nrules_\(table.scriptFamily)_\(table.name)() {\n")
    appendHeredoc(table.restoreText(version: version))
  }

  /// shellcheck takes a function whose name is put together at run time for one that is never called.
  mutating func appendRuleChoice(_ tables: [TableText]) {
    append("\n# FAMILY TABLE\nrules() {\n  case $1.$2 in\n")
    for table in tables {
      let (family, name) = (table.scriptFamily, table.name)
      append("  \(family).\(name)) rules_\(family)_\(name) ;;\n")
    }
    append("  esac\n}\n")
  }

  mutating func appendExpected(_ tables: [TableText], family: String) {
    append(
      "\n# What is there when all is loaded: chain TABLE NAME RULES, jump TABLE BUILT-IN NAME.\n")
    append("expected_\(family)() {\n")
    appendHeredoc(tables.map { $0.expectedText(version: version) }.joined())
  }

  mutating func appendSets(_ sets: [Ipset], family: String) {
    append("\nsets_\(family)() {\n")
    append(heredocStart)
    for set in sets { set.append(to: &bytes) }
    append(heredocEnd)
  }

  mutating func appendProgram() {
    append("\n" + scriptProgram)
  }

  /// The rest of a function that prints the text as it is.
  private mutating func appendHeredoc(_ text: String) { append(heredocStart + text + heredocEnd) }

  /// The delimiter is quoted, so that the shell expands nothing; no line of ours equals it.
  private var heredocStart: String { "  cat <<'KSP_END'\n" }
  private var heredocEnd: String { "KSP_END\n}\n" }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private func names(_ sets: IpsetBook, _ family: String) -> String {
    sets.sets.filter { $0.scriptFamily == family }.map(\.name).joined(separator: " ")
  }

  private func order(_ tables: [TableText], _ family: String) -> String {
    TableText.order.filter { name in
      tables.contains { $0.scriptFamily == family && $0.name == name }
    }.joined(separator: " ")
  }
}

extension TableText {
  /// As in the names of the script's functions.
  var scriptFamily: String { family.tableFamily.rawValue }
}

extension Ipset {
  var scriptFamily: String { elements.family.tableFamily.rawValue }
}

extension AddressFamily {
  fileprivate var tableFamily: TableFamily {
    switch self {
    case .ipv4: .ip
    case .ipv6: .ip6
    }
  }
}
