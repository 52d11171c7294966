import RulesetIR

/// A table as the commands of a file leave it; what is deleted keeps its place.
struct NftReadTable {
  var family: TableFamily
  var name: String
  var isDormant = false
  var isDeleted = false
  var chains: [NftReadChain] = []
  var chainIndex: [String: Int] = [:]
  /// Sets and maps, which share their names.
  var sets: [NftReadSet] = []
  var setIndex: [String: Int] = [:]
  /// How often all chains were flushed at once.
  var flushCount = 0

  mutating func removeChain(_ index: Int) {
    chainIndex[chains[index].name] = nil
    chains[index].isDeleted = true
  }

  mutating func removeSet(_ index: Int) {
    setIndex[sets[index].name] = nil
    sets[index].isDeleted = true
  }

  func rules(_ chain: NftReadChain) -> [JSONPlace] {
    chain.flushCount == flushCount ? chain.inserted.reversed() + chain.added : []
  }
}

struct NftReadChain {
  var name: String
  var base: BaseChain?
  var isDeleted = false
  /// Last to first; they come before `added`.
  var inserted: [JSONPlace] = []
  var added: [JSONPlace] = []
  /// That of the table when the rules were added.
  var flushCount = 0

  mutating func flush(_ count: Int) {
    (inserted, added) = ([], [])
    flushCount = count
  }
}

/// The kernel's limit: `NFT_NETDEVICE_MAX`, net/netfilter/nf_tables_api.c.
private let deviceLimit = 256

/// Carries out the commands of a file.
struct NftReadState {
  let tree: JSONTree
  private(set) var tables: [NftReadTable] = []
  private var tableIndex: [TableFamily: [String: Int]] = [:]

  private struct TableKey {
    var family: TableFamily
    var name: String
  }

  init(tree: JSONTree) { self.tree = tree }

  mutating func run(_ command: JSONPlace) throws(RulesetReadError) {
    guard let (tag, value) = tree.tagged(command) else {
      throw tree.fault("expected a command, an object with one member", at: command)
    }
    switch tag {
    case "metainfo": break
    case "add", "create": try add(value)
    case "insert":
      guard let (kind, rule) = tree.tagged(value), kind == "rule" else {
        throw tree.fault("expected a rule to insert", at: value)
      }
      try addRule(rule, atStart: true, isListed: false)
    case "flush": try flush(value)
    case "delete": try delete(value, mustExist: true)
    case "destroy": try delete(value, mustExist: false)
    case "rule": try addRule(value, atStart: false, isListed: true)
    case "table", "chain", "set", "map", "element", "counter", "quota", "limit", "ct helper",
      "ct timeout", "ct expectation", "flowtable", "synproxy", "secmark", "meter", "tunnel":
      try add(command)
    default: throw tree.fault("the command `\(brief(tag))` cannot be read", at: command)
    }
  }

  private mutating func add(_ object: JSONPlace) throws(RulesetReadError) {
    guard let (kind, value) = tree.tagged(object) else {
      throw tree.fault("expected an object with one member", at: object)
    }
    switch kind {
    case "table":
      let key = try self.key(value, "name")
      let index = index(key) ?? tables.count
      if index == tables.count {
        tableIndex[key.family, default: [:]][key.name] = index
        tables.append(NftReadTable(family: key.family, name: key.name))
      }
      if let flags = tree.member(value, "flags") { tables[index].isDormant = isDormant(flags) }
    case "chain": try addChain(value)
    case "rule": try addRule(value, atStart: false, isListed: false)
    case "set", "map": try addSet(value)
    case "element":
      let table = try self.table(value)
      let set = try setPlace(value, table)
      guard let elements = tree.member(value, "elem") else {
        throw tree.fault("expected `elem`", at: value)
      }
      tables[table].sets[set].elements.append(elements)
    // What rules refer to by name decides nothing by itself.
    case "counter", "quota", "limit", "ct helper", "ct timeout", "ct expectation", "flowtable",
      "synproxy", "secmark", "meter", "tunnel":
      break
    default: throw tree.fault("`\(brief(kind))` cannot be read", at: object)
    }
  }

  /// A flag of another name may be `dormant` too: nft 1.0.6 prints any text.
  private func isDormant(_ flags: JSONPlace) -> Bool {
    (tree.items(flags) ?? [flags]).contains {
      !tree.isString($0, "owner") && !tree.isString($0, "persist")
    }
  }

  private mutating func addChain(_ value: JSONPlace) throws(RulesetReadError) {
    let table = try self.table(value)
    let name = try required("name", value)
    let base = try tree.baseChain(value, in: tables[table].family)
    guard let index = tables[table].chainIndex[name] else {
      let chain = NftReadChain(name: name, base: base)
      tables[table].chainIndex[name] = tables[table].chains.count
      tables[table].chains.append(chain)
      return
    }
    guard let base else { return }
    guard var known = tables[table].chains[index].base, known.type == base.type,
      known.hook == base.hook, known.priority == base.priority
    else { throw tree.fault("the chain `\(brief(name))` exists with another hook", at: value) }
    if tree.member(value, "policy") != nil { known.policy = base.policy }
    for device in base.devices where !known.devices.contains(device) {
      known.devices.append(device)
    }
    if known.devices.count > deviceLimit {
      throw tree.fault("a chain with more than \(deviceLimit) devices", at: value)
    }
    tables[table].chains[index].base = known
  }

  private mutating func addRule(_ value: JSONPlace, atStart: Bool, isListed: Bool)
    throws(RulesetReadError)
  {
    for key in isListed ? ["index"] : ["handle", "index"] {
      if let position = tree.member(value, key) {
        throw tree.fault("`\(key)` is a place among rules that are not in the file", at: position)
      }
    }
    let table = try self.table(value)
    let chain = try chainPlace(value, "chain", table)
    guard tree.member(value, "expr").flatMap({ tree.items($0) }) != nil else {
      throw tree.fault("expected an array `expr`; nft leaves it out where it fails", at: value)
    }
    let flushCount = tables[table].flushCount
    if tables[table].chains[chain].flushCount != flushCount {
      tables[table].chains[chain].flush(flushCount)
    }
    if atStart {
      tables[table].chains[chain].inserted.append(value)
    } else {
      tables[table].chains[chain].added.append(value)
    }
  }

  private mutating func addSet(_ value: JSONPlace) throws(RulesetReadError) {
    let table = try self.table(value)
    let name = try required("name", value)
    let index = tables[table].setIndex[name] ?? tables[table].sets.count
    if index == tables[table].sets.count {
      tables[table].setIndex[name] = index
      tables[table].sets.append(try tree.set(value, name: name))
    } else if let elements = tree.member(value, "elem") {
      tables[table].sets[index].elements.append(elements)
    }
  }

  private mutating func flush(_ object: JSONPlace) throws(RulesetReadError) {
    guard let (kind, value) = tree.tagged(object) else {
      throw tree.fault("expected an object with one member", at: object)
    }
    switch kind {
    case "ruleset":
      let only = tree.member(value, "family") == nil ? nil : try family(value)
      for family in TableFamily.allCases where only == nil || family == only {
        for name in (tableIndex[family] ?? [:]).keys {
          remove(TableKey(family: family, name: name))
        }
      }
    case "table":
      // The elements of its sets stay.
      let table = try self.table(value, "name")
      tables[table].flushCount += 1
    case "chain":
      let table = try self.table(value)
      let chain = try chainPlace(value, "name", table)
      tables[table].chains[chain].flush(tables[table].flushCount)
    case "set", "map":
      let table = try self.table(value)
      let set = try setPlace(value, table)
      tables[table].sets[set].elements = []
    case "meter": break
    default: throw tree.fault("`\(brief(kind))` cannot be flushed", at: object)
    }
  }

  private mutating func delete(_ object: JSONPlace, mustExist: Bool) throws(RulesetReadError) {
    guard let (kind, value) = tree.tagged(object) else {
      throw tree.fault("expected an object with one member", at: object)
    }
    let tableKey = kind == "table" ? "name" : "table"
    if !mustExist, index(try key(value, tableKey)) == nil { return }
    switch kind {
    case "table":
      _ = try self.table(value, "name")
      remove(try key(value, "name"))
    case "chain":
      let table = try self.table(value)
      if !mustExist, tables[table].chainIndex[try required("name", value)] == nil { return }
      tables[table].removeChain(try chainPlace(value, "name", table))
    case "set", "map":
      let table = try self.table(value)
      if !mustExist, tables[table].setIndex[try required("name", value)] == nil { return }
      tables[table].removeSet(try setPlace(value, table))
    case "element":
      let table = try self.table(value)
      tables[table].sets[try setPlace(value, table)].isUncertain = true
    default: throw tree.fault("`\(brief(kind))` cannot be deleted here", at: object)
    }
  }

  private mutating func remove(_ key: TableKey) {
    guard let index = tableIndex[key.family]?.removeValue(forKey: key.name) else { return }
    tables[index] = NftReadTable(family: key.family, name: key.name)
    tables[index].isDeleted = true
  }

  // MARK: Names

  private func required(_ key: String, _ value: JSONPlace) throws(RulesetReadError) -> String {
    guard let place = tree.member(value, key), let text = tree.string(place), !text.isEmpty else {
      throw tree.fault("expected a name `\(key)`", at: value)
    }
    return text
  }

  private func family(_ value: JSONPlace) throws(RulesetReadError) -> TableFamily {
    let name = try required("family", value)
    guard let family = TableFamily(rawValue: name) else {
      throw tree.fault("`\(brief(name))` is no family of tables", at: value)
    }
    return family
  }

  private func index(_ key: TableKey) -> Int? { tableIndex[key.family]?[key.name] }

  private func key(_ value: JSONPlace, _ name: String) throws(RulesetReadError) -> TableKey {
    TableKey(family: try family(value), name: try required(name, value))
  }

  private func table(_ value: JSONPlace, _ name: String = "table") throws(RulesetReadError) -> Int {
    let key = try self.key(value, name)
    guard let index = index(key) else {
      throw tree.fault("there is no table `\(brief(key.name))` of this family", at: value)
    }
    return index
  }

  private func chainPlace(_ value: JSONPlace, _ key: String, _ table: Int)
    throws(RulesetReadError) -> Int
  {
    let name = try required(key, value)
    guard let index = tables[table].chainIndex[name] else {
      throw tree.fault("there is no chain `\(brief(name))` in the table", at: value)
    }
    return index
  }

  private func setPlace(_ value: JSONPlace, _ table: Int) throws(RulesetReadError) -> Int {
    let name = try required("name", value)
    guard let index = tables[table].setIndex[name] else {
      throw tree.fault("there is no set `\(brief(name))` in the table", at: value)
    }
    return index
  }
}
