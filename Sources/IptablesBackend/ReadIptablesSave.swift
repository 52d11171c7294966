import PacketSpace
package import RulesetIR

/// Reads the rules of a machine as `iptables-save`, `ip6tables-save` and `ipset save` write them.
///
/// The text of one variant: where both iptables-nft and iptables-legacy have rules, both are in force,
/// and each is read alone. What is not modelled becomes a match or statement that says so; it is never
/// left out.
///
/// - Parameters:
///   - ipv4: empty where the machine has no rules for IPv4; `ipv6` likewise.
///   - ipsets: empty where no rule names a set.
package func readIptablesSave(
  ipv4: [UInt8], ipv6: [UInt8], ipsets: [UInt8]
) throws(RulesetReadError) -> Ruleset {
  let texts = try RestoreLines(ipv4: ipv4, ipv6: ipv6)
  let surroundings = try named("ipset save") { () throws(RulesetReadError) in
    let reader = try IpsetReader(ipsets, 0..<ipsets.count, firstLine: 1)
    return SavedSurroundings(reader, [texts.ipv4, texts.ipv6])
  }
  let first = try named("iptables-save") { () throws(RulesetReadError) in
    try savedTables(texts.ipv4, .ipv4, surroundings)
  }
  let second = try named("ip6tables-save") { () throws(RulesetReadError) in
    try savedTables(texts.ipv6, .ipv6, surroundings)
  }
  return Ruleset(tables: first + second)
}

private struct RestoreLines {
  let ipv4: [SavedLine]
  let ipv6: [SavedLine]

  init(ipv4: [UInt8], ipv6: [UInt8]) throws(RulesetReadError) {
    self.ipv4 = try named("iptables-save") { () throws(RulesetReadError) in
      try [SavedLine](ipv4, 0..<ipv4.count, firstLine: 1)
    }
    self.ipv6 = try named("ip6tables-save") { () throws(RulesetReadError) in
      try [SavedLine](ipv6, 0..<ipv6.count, firstLine: 1)
    }
  }
}

/// Says in the message which of several texts it is about.
private func named<Result>(
  _ text: String, _ read: () throws(RulesetReadError) -> Result
) throws(RulesetReadError) -> Result {
  do {
    return try read()
  } catch {
    throw RulesetReadError("\(text): \(error.message)", line: error.line, column: error.column)
  }
}

private func savedTables(
  _ lines: [SavedLine], _ family: AddressFamily, _ surroundings: SavedSurroundings
) throws(RulesetReadError) -> [Table] {
  var tables: [Table] = []
  var current: SavedTable?
  var start: SavedWord?
  for line in lines {
    let first = line.words[0]
    if var table = current {
      current = nil
      if line.words.count == 1, first.text == "COMMIT" {
        tables.append(try table.finish())
        continue
      }
      try table.read(line)
      current = table
    } else if first.text.hasPrefix("*"), !first.isQuoted, line.words.count == 1 {
      start = first
      let name = SavedWord(
        text: String(first.text.dropFirst()), line: first.line, column: first.column + 1)
      if tables.contains(where: { $0.name == name.text }) {
        throw name.error("table \(name.quoted) stands twice in the text")
      }
      current = try SavedTable(name, family, surroundings)
    } else {
      throw first.error("expected `*` and a table, found \(first.quoted)")
    }
  }
  if current != nil, let start { throw start.error("table \(start.quoted) has no COMMIT") }
  return tables
}
