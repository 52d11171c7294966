/// The way of one packet through a rule set.
package struct PacketTrace: Equatable, Sendable {
  package enum Outcome: Equatable, Sendable {
    /// Every base chain let it pass.
    case passes
    case stopped
    /// Chains that lead back to themselves, which the kernel refuses, or more rules than are followed.
    case unfinished
  }

  package var outcome: Outcome
  /// The rules that it matched and the policies that it met, in order; the last one stopped it, where
  /// it was stopped.
  package var steps: [TraceStep]
}

/// One rule that the packet matched, or the end of a base chain.
package struct TraceStep: Equatable, Sendable {
  package enum Event: Equatable, Sendable {
    /// - Parameters:
    ///   - index: the rule's place in its chain, from 0.
    ///   - done: the statements that were carried out: those before a limit that was exceeded, or all.
    ///   - verdict: `nil` where the packet went on to the next rule.
    case rule(index: Int, done: [RuleStatement], verdict: Verdict?)
    case policy(ChainPolicy)
  }

  package var hook: Hook
  package var family: TableFamily
  package var table: String
  package var chain: String
  package var event: Event
  /// Of the rule.
  package var note: String
  package var origin: RuleOrigin?
}
