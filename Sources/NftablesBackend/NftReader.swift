package import RulesetIR

/// Reads libnftables JSON: what `nftJSON` writes, what `nft -j list ruleset` prints, and files by
/// others for `nft -j -f`.
///
/// The commands of a file are carried out in order over an empty rule set. What is not modelled
/// becomes an `opaque` match or statement, one for each text, and where its answer may change from
/// one look to the next, one for each occurrence; a statement that nothing is known about may accept,
/// drop or go on. `ct state` compared with several states at once never holds, nor does a rule that
/// has such a match become one. nft 1.0.6 prints neither the devices of netdev chains nor what flags
/// a table has, only that it has some: such a table counts as dormant, which keeps nothing back.
package func readNftJSON(_ file: [UInt8]) throws(RulesetReadError) -> Ruleset {
  let tree = try readJSON(file)
  guard let commands = tree.member(tree.root, "nftables").flatMap({ tree.items($0) }) else {
    throw tree.fault("expected an object with an array `nftables`", at: tree.root)
  }
  var state = NftReadState(tree: tree)
  for command in commands { try state.run(command) }
  let tables = state.tables.filter { !$0.isDeleted }
  let writes = tree.writes(tables)
  var budget = NftReadBudget(ruleCount: commands.count)
  var result: [Table] = []
  for (index, table) in tables.enumerated() {
    var reader = NftTableReader(
      tree: tree, source: table, isWritten: writes.sets[index], writtenKeys: writes.keys,
      budget: budget)
    result.append(try reader.read())
    budget = reader.budget
  }
  return Ruleset(tables: result)
}

/// Keeps what is made of a file linear in its size.
struct NftReadBudget {
  /// Rules that may still be made beyond one for each in the file.
  var extraRules: Int
  /// Elements of named sets that look-ups may still spell out.
  var elements = 4_000_000

  init(ruleCount: Int) { extraRules = 20_000 + 2 * ruleCount }
}

/// What rules write, so that two looks at it may differ.
struct NftWrites {
  /// For each table the names of the sets that its rules fill.
  var sets: [Set<String>] = []
  /// Fields, as their texts.
  var keys: Set<String> = []
}

extension JSONTree {
  func writes(_ tables: [NftReadTable]) -> NftWrites {
    var result = NftWrites()
    for table in tables {
      var names: Set<String> = []
      for rule in table.chains.flatMap({ table.rules($0) }) {
        for item in member(rule, "expr").flatMap(items) ?? [] {
          guard let (tag, value) = tagged(item) else { continue }
          switch tag {
          case "mangle":
            guard let key = member(value, "key") else { break }
            result.keys.insert(text(key))
            // Raw bytes and named fields of the packet overlap.
            if member(key, "payload") != nil { result.keys.insert("@") }
          case "set", "map":
            guard let name = member(value, tag).flatMap(string), name.hasPrefix("@") else { break }
            names.insert(String(name.dropFirst()))
          case "xt", "queue": result.keys.formUnion(["meta mark", "ct mark"])
          default: break
          }
        }
      }
      result.sets.append(names)
    }
    return result
  }
}
