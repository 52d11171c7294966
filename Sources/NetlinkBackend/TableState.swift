package import Netfilter
import RulesetIR

/// The tables that messages make: those that the kernel lists, or those of our own transactions.
package struct TableState: Sendable {
  package private(set) var tables: [NetlinkTable] = []
  /// By table and name; a rule that looks one up has it as a value.
  private var anonymousSets: [TableID: [String: NetlinkSet]] = [:]

  package init() {}

  /// Carries out a message as the kernel does, or adds what a message of a dump lists.
  ///
  /// Anonymous sets have to come before the rules that they belong to.
  package mutating func apply(_ message: Message) {
    guard let type = message.tableMessage, let family = TableFamily(number: message.family) else {
      return
    }
    let values = AttributeValues(message.attributes)
    switch type {
    case .newTable: addTable(values, family)
    case .deleteTable:
      let id = tableID(values, family)
      tables.removeAll { $0.id == id }
    case .newChain: addChain(values, family)
    case .deleteChain:
      let name = values.string(ChainAttribute.name)
      change(values, family) { $0.chains.removeAll { $0.name == name } }
    case .newRule: addRule(values, family)
    case .deleteRule:
      let name = values.string(RuleAttribute.chain)
      change(values, family) { table in
        for index in table.chains.indices where table.chains[index].name == name {
          table.chains[index].rules = []
        }
      }
    case .newSet: addSet(values, family)
    case .deleteSet:
      let name = values.string(SetAttribute.name)
      change(values, family) { $0.sets.removeAll { $0.name == name } }
    case .newElements: addElements(values, family)
    case .deleteElements: removeElements(values, family)
    case .getTable, .getChain, .getRule, .getSet, .getElements, .newGeneration, .getGeneration:
      break
    }
  }

  /// The name of the table is the first attribute of every kind of message.
  private func tableID(_ values: AttributeValues, _ family: TableFamily) -> TableID {
    TableID(family: family, name: values.string(TableAttribute.name) ?? "")
  }

  private mutating func change(
    _ values: AttributeValues, _ family: TableFamily, _ body: (inout NetlinkTable) -> Void
  ) {
    let id = tableID(values, family)
    for index in tables.indices where tables[index].id == id { body(&tables[index]) }
  }

  private mutating func addTable(_ values: AttributeValues, _ family: TableFamily) {
    let id = tableID(values, family)
    if tables.contains(where: { $0.id == id }) { return }
    let flags = TableFlags(rawValue: values.number(TableAttribute.flags) ?? 0)
    tables.append(
      NetlinkTable(family: family, name: id.name, flags: flags, sets: [], chains: []))
  }

  private mutating func addChain(_ values: AttributeValues, _ family: TableFamily) {
    let name = values.string(ChainAttribute.name) ?? ""
    let base = BaseChain(values, in: family)
    change(values, family) { table in
      if let index = table.chains.firstIndex(where: { $0.name == name }) {
        table.chains[index].base = base ?? table.chains[index].base
      } else {
        table.chains.append(NetlinkChain(name: name, base: base, rules: []))
      }
    }
  }

  private mutating func addRule(_ values: AttributeValues, _ family: TableFamily) {
    let sets = (anonymousSets[tableID(values, family)] ?? [:]).mapValues(\.asWritten)
    let list = values[RuleAttribute.expressions]?.nested ?? Attributes([])
    let rule = NetlinkRule(
      expressions: list.map { NftExpression($0.nested, sets: sets) },
      userdata: values[RuleAttribute.userdata]?.data ?? [])
    let chain = values.string(RuleAttribute.chain)
    change(values, family) { table in
      if let index = table.chains.firstIndex(where: { $0.name == chain }) {
        table.chains[index].rules.append(rule)
      }
    }
  }

  private mutating func addSet(_ values: AttributeValues, _ family: TableFamily) {
    let set = NetlinkSet(values)
    if set.flags.contains(.anonymous) {
      let name = uniqueSetName(set.name, id: values.number(SetAttribute.id))
      anonymousSets[tableID(values, family), default: [:]][name] = set
      return
    }
    change(values, family) { table in
      if !table.sets.contains(where: { $0.name == set.name }) { table.sets.append(set) }
    }
  }

  private mutating func addElements(_ values: AttributeValues, _ family: TableFamily) {
    changeSet(values, family) { set, list in
      if !set.elements.append(from: list) { set.isOpaque = true }
    }
  }

  private mutating func removeElements(_ values: AttributeValues, _ family: TableFamily) {
    changeSet(values, family) { set, list in
      var removed = ElementList(keyByteCount: set.keyByteCount)
      _ = removed.append(from: list)
      set.elements.remove(removed)
    }
  }

  private mutating func changeSet(
    _ values: AttributeValues, _ family: TableFamily,
    _ body: (inout NetlinkSet, Attributes) -> Void
  ) {
    guard let list = values[ElementListAttribute.elements]?.nested,
      let name = values.string(ElementListAttribute.set)
    else { return }
    let unique = uniqueSetName(name, id: values.number(ElementListAttribute.setID))
    let id = tableID(values, family)
    if var set = anonymousSets[id]?.removeValue(forKey: unique) {
      body(&set, list)
      anonymousSets[id, default: [:]][unique] = set
      return
    }
    for table in tables.indices where tables[table].id == id {
      for index in tables[table].sets.indices where tables[table].sets[index].name == name {
        body(&tables[table].sets[index], list)
      }
    }
  }
}

/// In a transaction all anonymous sets have the name that the kernel will put a number into.
func uniqueSetName(_ name: String, id: UInt32?) -> String {
  guard name == anonymousSetName, let id else { return name }
  return "\(name) \(id)"
}

extension BaseChain {
  fileprivate init?(_ values: AttributeValues, in family: TableFamily) {
    guard let place = values[ChainAttribute.hook]?.nested else { return nil }
    let attributes = AttributeValues(place)
    guard let number = attributes.number(HookAttribute.number),
      let hook = Hook(number: number, in: family),
      let priority = attributes.number(HookAttribute.priority),
      let type = ChainType(rawValue: values.string(ChainAttribute.type) ?? "")
    else { return nil }
    var devices = attributes[HookAttribute.devices]?.nested.map(\.string) ?? []
    if devices.isEmpty, let device = attributes.string(HookAttribute.device) { devices = [device] }
    self.init(
      type: type, hook: hook, priority: Int32(bitPattern: priority),
      policy: values.number(ChainAttribute.policy) == 0 ? .drop : .accept, devices: devices)
  }
}

extension NetlinkSet {
  /// As rules of ours have it: without the kernel's number and the kernel's order.
  fileprivate var asWritten: NetlinkSet {
    var result = self
    result.name = anonymousSetName
    result.elements = elements.sorted
    return result
  }

  fileprivate init(_ values: AttributeValues) {
    let count = Int(values.number(SetAttribute.keyLength) ?? 0)
    let description = AttributeValues(
      values[SetAttribute.description]?.nested ?? Attributes([]))
    let flags = SetFlags(rawValue: values.number(SetAttribute.flags) ?? 0)
    self.init(
      name: values.string(SetAttribute.name) ?? "", flags: flags,
      keyType: values.number(SetAttribute.keyType) ?? 0, keyByteCount: count,
      size: description.number(SetDescriptionAttribute.size),
      timeoutMilliseconds: values[SetAttribute.timeout]?.number,
      userdata: values[SetAttribute.userdata]?.data ?? [],
      elements: ElementList(keyByteCount: count),
      isOpaque: flags.contains(.map) || flags.contains(.object)
        || values[SetAttribute.expression] != nil || values[SetAttribute.expressions] != nil)
  }
}
