package import RulesetIR

/// The rule set as libnftables JSON (`nft -j -f`), one command or set element a line.
///
/// Where a table has a dynamic set, the tables are replaced: the JSON of nft 1.0.6 has no word for
/// the flag `dynamic`. nft gives it to a new set that a rule updates, but up to version 1.0.7 not to
/// one that exists already, and then the kernel refuses the set for its different flags.
package func nftJSON(_ ruleset: Ruleset) throws(UnsupportedByTarget) -> [UInt8] {
  var json = NftJSONWriter()
  json.append(.tagged("metainfo", .tagged("json_schema_version", .number(1))))
  for command in nftCommands(ruleset, replacesDynamicSets: true) { try json.append(command) }
  return json.finish()
}

struct NftJSONWriter {
  var bytes = Array("{\"nftables\": [".utf8)
  private var isFirst = true

  mutating func append(_ value: JSONValue) {
    startLine()
    value.append(to: &bytes)
  }

  /// Ends the command before, if any.
  mutating func startLine() {
    bytes.append(contentsOf: (isFirst ? "\n" : ",\n").utf8)
    isFirst = false
  }

  consuming func finish() -> [UInt8] {
    bytes.append(contentsOf: "\n]}\n".utf8)
    return bytes
  }

  mutating func append(_ command: NftCommand) throws(UnsupportedByTarget) {
    switch command {
    case .addTable(let table):
      append(add("table", table.ownName))
    case .deleteTable(let table):
      append(.tagged("delete", .tagged("table", .object(table.ownName))))
    case .addChain(let table, let chain):
      for value in try chainJSON(chain, in: table) { append(add("chain", value)) }
    case .addSet(let table, let set):
      append(add("set", setJSON(set, in: table)))
    case .flushChain(let table, let chain):
      append(.tagged("flush", .tagged("chain", .object(table.member(chain.name)))))
    case .flushSet(let table, let set):
      append(.tagged("flush", .tagged("set", .object(table.member(set.name)))))
    case .addRules(let table):
      for chain in table.chains {
        for rule in chain.rules { append(add("rule", try ruleJSON(rule, of: chain, in: table))) }
      }
    case .addElements(let table, let set):
      appendElements(of: set, in: table)
    }
  }
}

extension Table {
  fileprivate var ownName: [(String, JSONValue)] {
    [("family", .string(family.rawValue)), ("name", .string(name))]
  }

  /// How libnftables names what is in a table.
  func member(_ name: String) -> [(String, JSONValue)] {
    [
      ("family", .string(family.rawValue)), ("table", .string(self.name)), ("name", .string(name)),
    ]
  }
}

private func add(_ kind: String, _ members: [(String, JSONValue)]) -> JSONValue {
  .tagged("add", .tagged(kind, .object(members)))
}

/// One value for each device of the chain: `dev` holds one name, and adding the chain again with
/// another device adds that device (Linux 6.4).
private func chainJSON(_ chain: Chain, in table: Table) throws(UnsupportedByTarget)
  -> [[(String, JSONValue)]]
{
  guard let base = chain.base else { return [table.member(chain.name)] }
  let members =
    table.member(chain.name) + [
      ("type", .string(base.type.rawValue)), ("hook", .string(base.hook.rawValue)),
      ("prio", .signed(base.priority)), ("policy", .string(base.policy.rawValue)),
    ]
  if base.devices.isEmpty { return [members] }
  var chains: [[(String, JSONValue)]] = []
  for device in base.devices {
    try requireInterface(device, nil)
    chains.append(members + [("dev", .string(device))])
  }
  return chains
}

private func setJSON(_ set: NamedSet, in table: Table) -> [(String, JSONValue)] {
  var members = table.member(set.name)
  let type = set.elements.nftType.map { JSONValue.string($0) }
  members.append(("type", type.count == 1 ? type[0] : .array(type)))
  let flags = set.elements.nftFlags.filter { $0 != "dynamic" }
  if !flags.isEmpty { members.append(("flags", .array(flags.map { .string($0) }))) }
  if let seconds = set.elements.timeoutSeconds { members.append(("timeout", .number(seconds))) }
  if let size = set.size { members.append(("size", .number(size))) }
  return members
}

private func ruleJSON(_ rule: Rule, of chain: Chain, in table: Table) throws(UnsupportedByTarget)
  -> [(String, JSONValue)]
{
  var expressions: [JSONValue] = []
  for condition in try nftConditions(rule, in: table.family) {
    expressions.append(try conditionJSON(condition, rule.origin))
  }
  for statement in rule.statements {
    expressions.append(try statementJSON(statement, in: table, rule.origin))
  }
  if let verdict = rule.verdict {
    expressions.append(try verdictJSON(verdict, in: table.family, rule.origin))
  }
  var members: [(String, JSONValue)] = [
    ("family", .string(table.family.rawValue)), ("table", .string(table.name)),
    ("chain", .string(chain.name)), ("expr", .array(expressions)),
  ]
  let comment = harmless(rule.comment(byteLimit: 128))
  if !comment.isEmpty { members.append(("comment", .string(comment))) }
  return members
}
