import PacketSpace
import Policy
import RulesetIR

/// One way through the machine, with all that is going to be asked about it.
struct AuditUniverse {
  let traversal: Traversal
  let ruleset: Ruleset
  let generic: GenericPackets
  let vocabulary: LeakVocabulary
  /// What the policy lets pass on this way; nothing where there is none.
  private let meaning: PacketExpression
  /// The most that the last hook alone may let pass.
  private let lastMeaning: PacketExpression
  /// Facts of the kernel, and what a target cannot say.
  var conditions: PacketConditions
  /// What examples should be like.
  let wishes: [PacketTest]
  var universe: PacketUniverse

  init(_ ruleset: Ruleset, _ scope: AuditScope, _ traversal: Traversal, nodeBudget: Int) {
    self.ruleset = ruleset
    self.traversal = traversal
    var tests = RulesetEvaluator(ruleset).tests
    let meant = scope.policy.map { $0.meaning(ruleset) }
    meaning = meant?.packets(traversal) ?? .none
    meaning.collectTests(into: &tests)
    lastMeaning = traversal == .leaves ? meant?.postrouting ?? .none : .none
    lastMeaning.collectTests(into: &tests)
    let leftOut = (scope.policy?.target.exceptions ?? []).filter {
      $0.traversals.contains(traversal)
    }.map(\.packets)
    for packets in leftOut { packets.collectTests(into: &tests) }
    generic = GenericPackets(tests)
    vocabulary = LeakVocabulary(scope, generic, ruleset)
    for question in vocabulary.questions(traversal) { question.collectTests(into: &tests) }
    for packets in vocabulary.all { packets.collectTests(into: &tests) }
    wishes = PacketExpression.ordinary(scope.policy?.policy ?? Policy(name: "none"), traversal)
    tests += wishes + wishes.flatMap(\.ofConnection) + PacketExpression.aboutConnection
    var asked = TestTable(tests)
    let existing =
      World(traversal: traversal, encapsulated: .none, asked: asked.tests).conditions
      + leftOut.map { .holds(.not($0)) }
    for condition in existing { condition.collectTests(into: &asked) }
    for fields in World.groups { asked.align(fields) }
    conditions = PacketConditions(existing)
    universe = PacketUniverse(asked, nodeBudget: nodeBudget)
  }

  /// What rules let pass on this way, or on a part of it.
  mutating func passing(_ rules: Ruleset, _ way: Traversal? = nil) -> PacketSet {
    RulesetEvaluator(rules).passes(way ?? traversal, in: &universe)
  }

  /// - Parameters:
  ///   - place: which packets are looked at: those that leave outside the tunnels, or others.
  ///   - lastHook: held against what the policy allows the last hook.
  mutating func view(
    _ passing: PacketSet, at place: PacketExpression, lastHook: Bool = false
  ) -> LeakView {
    let there = universe.set(place)
    let meant = universe.set(lastHook ? lastMeaning : meaning)
    let concerned = universe.intersection(passing, there)
    let leaks = universe.difference(concerned, meant)
    let stopped = universe.complement(passing)
    let others = universe.complement(leaks)
    let perhaps = universe.forgetting(generic.unknownFields, others)
    return LeakView(leaks: leaks, definite: universe.complement(perhaps), stopped: stopped)
  }
}

extension AuditUniverse {
  /// What the policy lets leave by some device.
  mutating func meantElsewhere() -> PacketSet {
    let meant = universe.set(meaning)
    return universe.forgetting([.outputInterface, .outputType, .inputInterface], meant)
  }
}

extension LeakQuestion {
  func collectTests(into tests: inout [PacketTest]) {
    packets.collectTests(into: &tests)
    for twin in unless + (whereStopped.map { [$0] } ?? []) {
      twin.packets.collectTests(into: &tests)
    }
  }
}
