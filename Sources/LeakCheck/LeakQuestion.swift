import PacketSpace
import PolicyDiagnostics

/// An entry of the catalogue as a named set of packets.
struct LeakQuestion {
  var id: LeakID
  var message: String
  var fix: String
  var packets: PacketExpression
  /// Packets that leak in these other ways as well are another entry's.
  var unless: [PacketTwin] = []
  /// Only packets that are stopped when they are so.
  var whereStopped: PacketTwin?
  var severity: Severity?
  var also: [LeakID] = []
}

/// A packet with some fields changed, so that it is one of these.
struct PacketTwin {
  var fields: [PacketField]
  var packets: PacketExpression
}

/// What leaks on one way through the machine, and whom to ask.
struct LeakView {
  /// All packets that pass and should not.
  var leaks: PacketSet
  /// Those of them that pass whatever is true of what is not modelled.
  var definite: PacketSet
  /// All packets that do not pass.
  var stopped: PacketSet
}

extension AuditUniverse {
  /// A packet of the question that leaks, and can exist.
  mutating func packets(of question: LeakQuestion, in view: LeakView) -> PacketSet {
    let named = universe.set(question.packets)
    var found = universe.intersection(view.definite, named)
    for twin in question.unless where !found.isEmpty {
      let others = universe.set(twin.packets)
      let leaking = universe.intersection(view.definite, others)
      let changed = universe.forgetting(twin.fields, leaking)
      found = universe.difference(found, changed)
    }
    if let twin = question.whereStopped, !found.isEmpty {
      let others = universe.set(twin.packets)
      let stopped = universe.intersection(view.stopped, others)
      let changed = universe.forgetting(twin.fields, stopped)
      found = universe.intersection(found, changed)
    }
    return found
  }

  mutating func answer(_ question: LeakQuestion, in view: LeakView) -> PacketWitness? {
    let found = packets(of: question, in: view)
    return witness(found)
  }

  mutating func witness(_ set: PacketSet) -> PacketWitness? {
    if set.isEmpty { return nil }
    return universe.witness(of: set, where: &conditions, .tests(wishes))
  }
}
