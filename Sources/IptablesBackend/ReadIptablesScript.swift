import PacketSpace
package import RulesetIR

/// Reads the script that `iptablesScript` writes, as the rules that its `apply` loads into a machine
/// without others.
///
/// - Throws: where the script is not what this version writes: then it may do something else.
package func readIptablesScript(_ script: [UInt8]) throws(RulesetReadError) -> Ruleset {
  let parts = try ScriptParts(script)
  var lines: [String: [SavedLine]] = [:]
  for (name, body) in parts.texts where !name.hasPrefix("sets_") && name != "cgroups" {
    lines[name] = try [SavedLine](script, body.range, firstLine: body.firstLine)
  }
  var tables: [Table] = []
  for family in AddressFamily.allCases {
    let word = family == .ipv4 ? "ip" : "ip6"
    let body = try parts.text("sets_\(word)")
    let reader = try IpsetReader(script, body.range, firstLine: body.firstLine)
    try parts.check("own_sets_\(word)", is: reader.sets.keys.sorted())
    let surroundings = SavedSurroundings(reader, Array(lines.values))
    let expected = try ExpectedTables(lines["expected_\(word)"] ?? [])
    let names = try parts.words("tables_\(word)")
    try parts.checkChoices(word, names)
    for name in names {
      let start = SavedWord(
        text: name, line: try parts.text("rules_\(word)_\(name)").firstLine, column: 1)
      var table = try SavedTable(start, family, surroundings)
      for line in lines["rules_\(word)_\(name)"] ?? [] { try table.read(line) }
      try expected.complete(&table, start)
      tables.append(try table.finish())
    }
    try expected.check(names)
  }
  return Ruleset(tables: tables)
}

/// What the script says is there when all is loaded.
private struct ExpectedTables {
  private var counts: [String: [(chain: SavedWord, rules: Int)]] = [:]
  private var jumps: [String: [(builtIn: SavedWord, chain: SavedWord)]] = [:]
  private var places: [String: SavedWord] = [:]

  init(_ lines: [SavedLine]) throws(RulesetReadError) {
    for line in lines {
      let words = line.words
      guard words.count == 4 else {
        throw words[0].error("expected `chain TABLE NAME RULES` or `jump TABLE BUILT-IN NAME`")
      }
      let table = words[1].text
      places[table] = places[table] ?? words[1]
      switch words[0].text {
      case "chain":
        counts[table, default: []].append((words[2], Int(try words[3].number())))
      case "jump":
        jumps[table, default: []].append((words[2], words[3]))
      default:
        throw words[0].error("expected `chain` or `jump`, found \(words[0].quoted)")
      }
    }
  }

  /// Puts the jumps first in their chains, as `apply` does, when all rules are there.
  func complete(_ table: inout SavedTable, _ start: SavedWord) throws(RulesetReadError) {
    let chains = counts[table.name] ?? []
    for (chain, count) in chains where table.ruleCount(chain.text) != count {
      throw chain.error(
        "chain \(chain.quoted) has \(table.ruleCount(chain.text) ?? 0) rules instead of \(count)")
    }
    let listed = Set(chains.map(\.chain.text))
    if let other = table.ownChains.first(where: { !listed.contains($0) }) {
      throw start.error("chain `\(other)` is not among those that the script looks for")
    }
    for (builtIn, chain) in (jumps[table.name] ?? []).reversed() {
      guard listed.contains(chain.text) else {
        throw chain.error("chain \(chain.quoted) is not declared in table \(table.name)")
      }
      let texts = ["-I", builtIn.text, "1", "-j", chain.text]
      try table.read(
        SavedLine(
          words: texts.map {
            SavedWord(text: $0, line: builtIn.line, column: builtIn.column)
          }))
    }
  }

  func check(_ tables: [String]) throws(RulesetReadError) {
    for (table, place) in places.sorted(by: { $0.key < $1.key }) where !tables.contains(table) {
      throw place.error("table `\(table)` has no rules in the script")
    }
  }
}
