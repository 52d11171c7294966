package import Netfilter
package import RulesetIR

/// One message of a transaction, or a few that belong together.
package enum NetlinkCommand: Equatable, Sendable {
  /// Succeeds where the table is there already; with flags it takes these on.
  case addTable(TableID, TableFlags?)
  case deleteTable(TableID)
  /// Succeeds where the chain is there already in the same place; changes its policy.
  case addChain(TableID, String, BaseChain?)
  case deleteChain(TableID, String)
  /// Removes the chain's rules.
  case flushChain(TableID, String)
  /// Behind the rules that the chain has.
  case addRule(TableID, chain: String, NetlinkRule)
  /// The set alone, without its elements.
  case addSet(TableID, NetlinkSet)
  case deleteSet(TableID, String)
  case addElements(TableID, set: String, ElementList)
  case deleteElements(TableID, set: String, ElementList)
}

/// A transaction ready to be sent, with what each of its messages was for.
package struct PreparedBatch: Sendable {
  package var batch: FinishedBatch
  /// For each message the command that it belongs to.
  package var commands: [NetlinkCommand]
}

/// Writes the commands as one transaction.
///
/// - Parameters:
///   - generation: refused by the kernel where the tables have changed since.
///   - commits: false for a batch that the kernel checks and drops.
package func prepare(
  _ commands: [NetlinkCommand], generation: UInt32?, commits: Bool = true
) -> PreparedBatch {
  var writer = BatchWriter(generation: generation)
  writer.reserve(commands)
  for command in commands { writer.append(command) }
  return writer.finish(commits: commits)
}

private struct BatchWriter: ~Copyable {
  private var batch: NetlinkBatch
  private var commands: [NetlinkCommand] = []
  /// Names a set within the transaction, before the kernel has given it a name.
  private var lastSetID: UInt32 = 0

  init(generation: UInt32?) {
    batch = NetlinkBatch(generation: generation)
  }

  mutating func reserve(_ list: [NetlinkCommand]) {
    var byteCount = 0
    for case .addElements(_, _, let elements) in list {
      byteCount += elements.count * (elements.keyByteCount + 20)
    }
    batch.reserve(byteCount: byteCount + 512 * list.count)
  }

  consuming func finish(commits: Bool) -> PreparedBatch {
    PreparedBatch(batch: batch.finish(commits: commits), commands: commands)
  }

  mutating func append(_ command: NetlinkCommand) {
    switch command {
    case .addTable(let table, let flags):
      message(.newTable, .create, table, command) { message in
        message.put(TableAttribute.name, table.name)
        if let flags { message.put(TableAttribute.flags, flags.rawValue) }
      }
    case .deleteTable(let table):
      message(.deleteTable, [], table, command) { $0.put(TableAttribute.name, table.name) }
    case .addChain(let table, let name, let base):
      message(.newChain, .create, table, command) { message in
        message.put(ChainAttribute.table, table.name)
        message.put(ChainAttribute.name, name)
        if let base { base.write(to: &message, in: table.family) }
      }
    case .deleteChain(let table, let name):
      message(.deleteChain, [], table, command) { message in
        message.put(ChainAttribute.table, table.name)
        message.put(ChainAttribute.name, name)
      }
    case .flushChain(let table, let chain):
      message(.deleteRule, [], table, command) { message in
        message.put(RuleAttribute.table, table.name)
        message.put(RuleAttribute.chain, chain)
      }
    case .addRule(let table, let chain, let rule):
      append(rule, to: chain, of: table, command)
    case .addSet(let table, let set):
      _ = append(set, of: table, command)
    case .deleteSet(let table, let name):
      message(.deleteSet, [], table, command) { message in
        message.put(SetAttribute.table, table.name)
        message.put(SetAttribute.name, name)
      }
    case .addElements(let table, let set, let elements):
      append(.newElements, .create, elements, to: set, nil, of: table, command)
    case .deleteElements(let table, let set, let elements):
      append(.deleteElements, [], elements, to: set, nil, of: table, command)
    }
  }

  private mutating func message(
    _ type: TableMessage, _ flags: MessageFlags, _ table: TableID, _ command: NetlinkCommand,
    _ body: (inout MessageBuffer) -> Void
  ) {
    batch.append(type, flags, family: table.family.number, body)
    commands.append(command)
  }

  private mutating func append(
    _ rule: NetlinkRule, to chain: String, of table: TableID, _ command: NetlinkCommand
  ) {
    var setIDs: [UInt32?] = []
    for expression in rule.expressions {
      if case .lookup(_, .anonymous(let set), _) = expression {
        let id = append(set, of: table, command)
        append(.newElements, .create, set.elements, to: set.name, id, of: table, command)
        setIDs.append(id)
      } else {
        setIDs.append(nil)
      }
    }
    message(.newRule, [.create, .append], table, command) { message in
      message.put(RuleAttribute.table, table.name)
      message.put(RuleAttribute.chain, chain)
      message.nest(RuleAttribute.expressions) { list in
        for (expression, id) in zip(rule.expressions, setIDs) {
          expression.write(to: &list, setID: id)
        }
      }
      if !rule.userdata.isEmpty { message.put(RuleAttribute.userdata, rule.userdata) }
    }
  }

  /// - Returns: the set's number within the transaction.
  private mutating func append(
    _ set: NetlinkSet, of table: TableID, _ command: NetlinkCommand
  ) -> UInt32 {
    lastSetID += 1
    let id = lastSetID
    message(.newSet, .create, table, command) { message in
      message.put(SetAttribute.table, table.name)
      message.put(SetAttribute.name, set.name)
      message.put(SetAttribute.flags, set.flags.rawValue)
      message.put(SetAttribute.keyType, set.keyType)
      message.put(SetAttribute.keyLength, UInt32(set.keyByteCount))
      message.put(SetAttribute.id, id)
      if let size = set.size {
        message.nest(SetAttribute.description) { $0.put(SetDescriptionAttribute.size, size) }
      }
      if let timeout = set.timeoutMilliseconds { message.put(SetAttribute.timeout, timeout) }
      if !set.userdata.isEmpty { message.put(SetAttribute.userdata, set.userdata) }
    }
    return id
  }

  private mutating func append(
    _ type: TableMessage, _ flags: MessageFlags, _ elements: ElementList, to set: String,
    _ setID: UInt32?, of table: TableID, _ command: NetlinkCommand
  ) {
    var next = 0
    while next < elements.count {
      next = batch.appendElements(
        type, flags, family: table.family.number, table: table.name, set: set, setID: setID,
        elements, from: next)
      commands.append(command)
    }
  }
}
