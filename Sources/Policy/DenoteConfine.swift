import PacketSpace

/// With `confine`, packets of other subjects are left alone.
extension Denotation {
  /// - Parameter subject: which packets the policy speaks of.
  func confined(_ permitted: PacketExpression, _ subject: PacketExpression) -> PacketExpression {
    permitted
  }

  func confinedArrival(_ permitted: PacketExpression) -> PacketExpression { permitted }

  var isSubjectSending: PacketExpression { .all }
  var isSubjectForwarded: PacketExpression { .all }
}
