package import Netfilter
import RulesetIR

/// Tables at one moment.
package struct KernelTables: Sendable {
  /// Of the namespace; changes with every transaction of anybody.
  package var generation: UInt32
  /// All tables that there are, also those that were not read whole.
  package var names: [TableID]
  package var tables: [NetlinkTable]
}

/// Reads tables from the kernel, whole and of one generation.
///
/// - Parameter isWanted: of the tables that there are; reading a big set of somebody else takes its time.
package func readTables(
  _ socket: borrowing NetlinkSocket, where isWanted: (TableID) -> Bool
) throws(NetlinkError) -> KernelTables {
  // Another program that commits without a pause would be a fault of its own.
  for _ in 0..<16 {
    let generation = try socket.generation()
    var reading = Reading()
    do throws(NetlinkError) {
      try reading.readAll(from: socket, where: isWanted)
    } catch {
      // What is gone since it was listed is not there to be read.
      if try socket.generation() == generation { throw error }
      continue
    }
    if reading.isSteady, try socket.generation() == generation {
      return KernelTables(
        generation: generation, names: reading.names,
        tables: reading.state.tables.filter { isWanted($0.id) })
    }
  }
  throw .restless
}

private struct Reading {
  var state = TableState()
  var isSteady = true
  var names: [TableID] { state.tables.map(\.id) }

  mutating func readAll(
    from socket: borrowing NetlinkSocket, where isWanted: (TableID) -> Bool
  ) throws(NetlinkError) {
    try dump(.getTable, family: 0, "the tables", from: socket, { _ in })
    for table in names where isWanted(table) { try read(table, from: socket) }
  }

  private mutating func read(
    _ table: TableID, from socket: borrowing NetlinkSocket
  ) throws(NetlinkError) {
    let family = table.family.number
    // The kernel narrows rules and sets to a table, but chains to a family alone.
    try dump(.getChain, family: family, "the chains of \(table.text)", of: table, from: socket) {
      _ in
    }
    var sets: [String] = []
    try dump(
      .getSet, family: family, "the sets of \(table.text)", of: table, from: socket,
      { $0.put(SetAttribute.table, table.name) },
      each: { sets.append(AttributeValues($0.attributes).string(SetAttribute.name) ?? "") })
    for set in sets {
      try dump(
        .getElements, family: family, "the set \(set) of \(table.text)", from: socket,
        { request in
          request.put(ElementListAttribute.table, table.name)
          request.put(ElementListAttribute.set, set)
        })
    }
    // After the sets: those that belong to one rule become part of it.
    try dump(
      .getRule, family: family, "the rules of \(table.text)", of: table, from: socket,
      { $0.put(RuleAttribute.table, table.name) })
  }

  private mutating func dump(
    _ request: TableMessage, family: UInt8, _ what: String, of table: TableID? = nil,
    from socket: borrowing NetlinkSocket, _ body: (inout MessageBuffer) -> Void,
    each: (Message) -> Void = { _ in }
  ) throws(NetlinkError) {
    var state = state
    self.state = TableState()
    defer { self.state = state }
    let wasSteady = try socket.dump(request, family: family, what: what, body) { message in
      if let table, !message.isOf(table) { return }
      state.apply(message)
      each(message)
    }
    isSteady = isSteady && wasSteady
  }
}

extension Message {
  fileprivate func isOf(_ table: TableID) -> Bool {
    family == table.family.number
      && AttributeValues(attributes).string(TableAttribute.name) == table.name
  }
}
