package import RulesetIR

/// The rule set as a file for `nft -f`, which loads it in one transaction; `header` becomes comments.
package func nftText(_ ruleset: Ruleset, header: [String]) throws(UnsupportedByTarget) -> [UInt8] {
  var text = NftTextWriter()
  for line in header { text.line(line.isEmpty ? "#" : "# \(harmless(line))") }
  if !header.isEmpty { text.line("") }
  for command in nftCommands(ruleset, replacesDynamicSets: false) { try text.append(command) }
  return text.bytes
}

struct NftTextWriter {
  var bytes: [UInt8] = []

  mutating func line(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  mutating func append(_ command: NftCommand) throws(UnsupportedByTarget) {
    switch command {
    case .addTable(let table):
      line("add table \(table.path)")
    case .deleteTable(let table):
      line("delete table \(table.path)")
    case .addChain(let table, let chain):
      line("add chain \(table.path) \(chain.name)" + (try chain.base.map(baseChainText) ?? ""))
    case .addSet(let table, let set):
      line("add set \(table.path) \(set.name) \(setText(set))")
    case .flushChain(let table, let chain):
      line("flush chain \(table.path) \(chain.name)")
    case .flushSet(let table, let set):
      line("flush set \(table.path) \(set.name)")
    case .addRules(let table):
      try append(rulesOf: table)
    case .addElements(let table, let set):
      line("\nadd element \(table.path) \(set.name) {")
      append(set.elements)
      line("}")
    }
  }

  private mutating func append(rulesOf table: Table) throws(UnsupportedByTarget) {
    line("\ntable \(table.path) {")
    let chains = table.chains.filter { !$0.rules.isEmpty }
    for (index, chain) in chains.enumerated() {
      line("\(index > 0 ? "\n" : "")\tchain \(chain.name) {")
      for rule in chain.rules { line("\t\t" + (try nftRuleText(rule, in: table))) }
      line("\t}")
    }
    line("}")
  }
}

extension Table {
  fileprivate var path: String { "\(family.rawValue) \(name)" }
}

private func baseChainText(_ base: BaseChain) throws(UnsupportedByTarget) -> String {
  for device in base.devices { try requireInterface(device, nil) }
  let names = base.devices.map { "\"\($0)\"" }.joined(separator: ", ")
  let devices = names.isEmpty ? "" : " devices = { \(names) }"
  return " { type \(base.type.rawValue) hook \(base.hook.rawValue)\(devices)"
    + " priority \(base.priority); policy \(base.policy.rawValue); }"
}

private func setText(_ set: NamedSet) -> String {
  var parts = ["type \(set.elements.nftType.joined(separator: " . "));"]
  let flags = set.elements.nftFlags
  if !flags.isEmpty { parts.append("flags \(flags.joined(separator: ","));") }
  if let seconds = set.elements.timeoutSeconds { parts.append("timeout \(seconds)s;") }
  if let size = set.size { parts.append("size \(size);") }
  return "{ \(parts.joined(separator: " ")) }"
}

/// One rule as `nft list ruleset` would print it, with its comment.
package func nftRuleText(_ rule: Rule, in table: Table) throws(UnsupportedByTarget) -> String {
  var parts = try nftConditions(rule, in: table.family).map(conditionText)
  for statement in rule.statements {
    parts.append(try statementText(statement, in: table, rule.origin))
  }
  if let verdict = rule.verdict {
    parts.append(try verdictText(verdict, in: table.family, rule.origin))
  }
  let comment = harmless(rule.comment(byteLimit: 128))
  if !comment.isEmpty { parts.append("comment \"\(comment)\"") }
  return parts.joined(separator: " ")
}
