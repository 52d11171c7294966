import PacketSpace
import Policy
import RulesetIR

/// Questions about the packets of one traversal of a rule set, in one universe.
struct RuleInquiry {
  private let traversal: Traversal
  private let ruleset: Ruleset
  private var question: PacketQuestion
  private let passing: PacketSet

  /// - Parameter expressions: everything that is going to be asked for.
  init(
    _ traversal: Traversal, _ expressions: [PacketExpression], _ policy: Policy,
    _ ruleset: Ruleset, nodeBudget: Int
  ) {
    self.traversal = traversal
    self.ruleset = ruleset
    let evaluator = RulesetEvaluator(ruleset)
    question = PacketQuestion(
      traversal, expressions, tests: evaluator.tests,
      wishes: PacketExpression.ordinary(policy, traversal), nodeBudget: nodeBudget)
    passing = evaluator.passes(traversal, in: &question.universe)
  }

  /// Once true, answers given since are not to be believed.
  var isExhausted: Bool { question.universe.isExhausted }

  /// Whether there is such a packet.
  mutating func exists(_ packets: PacketExpression) -> Bool {
    question.witness(of: packets) != nil
  }

  /// An ordinary packet of those that pass, or of those that do not.
  mutating func example(of packets: PacketExpression, passes: Bool) -> ExplainedPacket? {
    let set = verdict(packets, passes: passes)
    return question.witness(of: set).map { ExplainedPacket($0, passes: passes, ruleset, traversal) }
  }

  /// The packet of those with the other verdict that is most like this one.
  mutating func opposite(
    of example: ExplainedPacket, among packets: PacketExpression
  ) -> ExplainedPacket? {
    let set = verdict(packets, passes: !example.passes)
    return question.witness(of: set, like: example.packet).map {
      ExplainedPacket($0, passes: !example.passes, ruleset, traversal)
    }
  }

  /// An ordinary packet, whatever becomes of it.
  mutating func example(of packets: PacketExpression) -> ExplainedPacket? {
    guard let packet = question.witness(of: packets) else { return nil }
    let passes = question.universe.contains(packet, in: passing) ?? false
    return ExplainedPacket(packet, passes: passes, ruleset, traversal)
  }

  private mutating func verdict(_ packets: PacketExpression, passes: Bool) -> PacketSet {
    let set = question.universe.set(packets)
    return passes
      ? question.universe.intersection(set, passing) : question.universe.difference(set, passing)
  }
}
