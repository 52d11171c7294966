import PacketSpace
import RulesetIR
import Testing

/// Expects that two rule sets let the same packets pass, wherever they go.
func expectSameMeaning(
  _ a: Ruleset, _ b: Ruleset, _ comment: Comment = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let (one, other) = (RulesetEvaluator(a), RulesetEvaluator(b))
  var universe = PacketUniverse(tests: one.tests + other.tests)
  for traversal in Traversal.allCases {
    let passes = one.passes(traversal, in: &universe)
    let alsoPasses = other.passes(traversal, in: &universe)
    if passes == alsoPasses { continue }
    let more = universe.difference(alsoPasses, passes)
    let less = universe.difference(passes, alsoPasses)
    let witness = universe.witness(more) ?? universe.witness(less)
    Issue.record(
      "\(comment): \(traversal) differs, \(more.isEmpty ? "less" : "more") passes: \(String(describing: witness))",
      sourceLocation: sourceLocation)
  }
  #expect(!universe.isExhausted, sourceLocation: sourceLocation)
}

func haveSameMeaning(_ a: Ruleset, _ b: Ruleset) -> Bool {
  let (one, other) = (RulesetEvaluator(a), RulesetEvaluator(b))
  var universe = PacketUniverse(tests: one.tests + other.tests)
  return Traversal.allCases.allSatisfy {
    one.passes($0, in: &universe) == other.passes($0, in: &universe)
  }
}

/// What passes, as one witness or none, for a rule set by itself.
func passes(_ ruleset: Ruleset, _ traversal: Traversal, _ tests: [PacketTest]) -> Bool {
  let evaluator = RulesetEvaluator(ruleset)
  var universe = PacketUniverse(tests: evaluator.tests + tests)
  let passing = evaluator.passes(traversal, in: &universe)
  var wanted = PacketSet.all
  for test in tests {
    let set = universe.set(test)
    wanted = universe.intersection(wanted, set)
  }
  return !universe.intersection(passing, wanted).isEmpty
}
