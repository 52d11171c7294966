package import RulesetIR

/// The POSIX shell script that loads, removes and checks the rules of a policy.
///
/// - Parameters:
///   - ruleset: tables of the families `ip` and `ip6` whose built-in chains hold only jumps to own
///     chains `KSP_NAME_…`.
///   - header: comment lines for the top of the script, without `#`.
///   - name: the policy's name.
/// - Throws: what iptables cannot say.
package func iptablesScript(
  _ ruleset: Ruleset, header: [String], policy name: String
) throws(UnsupportedByTarget) -> [UInt8] {
  let prefix = "KSP_\(name)_"
  let sets = IpsetBook(ruleset, prefix: prefix)
  var tables: [TableText] = []
  for table in ruleset.tables { tables.append(try TableText(table, prefix: prefix, sets: sets)) }
  for family in ["ip", "ip6"] {
    precondition(
      tables.contains { table in
        table.scriptFamily == family && table.name == "mangle"
          && table.jumps.contains { $0.builtIn == "POSTROUTING" }
      }, "nothing decides what leaves by family \(family)")
  }
  let version = prefix + "v" + versionHash(tables)
  var script = ScriptBuilder(policy: name, version: version)
  script.appendHeader(header)
  script.appendSettings(tables, sets, cgroups: cgroups(ruleset))
  for family in ["ip", "ip6"] {
    let own = tables.filter { $0.scriptFamily == family }
    for table in own { script.appendRules(table) }
    script.appendExpected(own, family: family)
    script.appendSets(sets.sets.filter { $0.scriptFamily == family }, family: family)
  }
  script.appendRuleChoice(tables)
  script.appendProgram()
  return script.bytes
}

/// Tells the rules of one policy from those of its next version, 6 hexadecimal digits.
private func versionHash(_ tables: [TableText]) -> String {
  var hash = FNV1a()
  for table in tables {
    hash.feed(table.scriptFamily)
    hash.feed(table.name)
    hash.feed(table.restoreText(version: ""))
    hash.feed(table.expectedText(version: ""))
  }
  return String(hash.shortText.suffix(6))
}

/// The control groups that must exist when the rules are loaded, in alphabetical order.
private func cgroups(_ ruleset: Ruleset) -> [String] {
  var paths: Set<String> = []
  for table in ruleset.tables {
    for match in table.chains.flatMap(\.rules).flatMap(\.matches) {
      if case .cgroup(let path, _) = match { paths.insert(path) }
    }
  }
  return paths.sorted()
}
