import PacketSpace
import RulesetIR
import Testing

/// What rules do with the packets of a question.
enum Outcome: Equatable {
  /// Every packet of the question.
  case pass, block
  /// Some packets of it, or some values of what nobody knows.
  case either
}

/// Asks a rule set about the packets that have all of some matches.
func outcome(
  _ tables: [Table], _ traversal: Traversal, _ packet: [Match], and more: [PacketTest] = []
) -> Outcome {
  let evaluator = RulesetEvaluator(Ruleset(tables: tables))
  let empty = SetContents(Table(family: .inet, name: "question"))
  let question = PacketExpression.and(packet.map { $0.meaning(empty) } + more.map { .test($0) })
  var tests = evaluator.tests
  question.collectTests(into: &tests)
  var universe = PacketUniverse(tests: tests)
  let asked = universe.set(question)
  let passing = evaluator.passes(traversal, in: &universe)
  if universe.isSubset(asked, of: passing) { return .pass }
  return universe.intersection(asked, passing).isEmpty ? .block : .either
}

/// A chain of rules at a hook; the policy is accept, as where none is written.
func chain(
  _ hook: Hook, _ priority: Int32 = 0, type: ChainType = .filter, _ rules: [Rule]
) -> Chain {
  chain(hook, priority, .accept, type: type, rules)
}

func chain(
  _ hook: Hook, _ priority: Int32, _ policy: ChainPolicy, type: ChainType = .filter,
  _ rules: [Rule]
) -> Chain {
  Chain(
    name: "\(hook)_\(priority)",
    base: BaseChain(type: type, hook: hook, priority: priority, policy: policy), rules: rules)
}

func table(_ chains: [Chain], sets: [NamedSet] = []) -> Table {
  Table(family: .inet, name: "t", sets: sets, chains: chains)
}

func table(_ name: String, _ family: TableFamily = .inet, chains: [Chain]) -> Table {
  Table(family: family, name: name, chains: chains)
}

func accept(_ matches: Match...) -> Rule { Rule(matches, .accept) }
func drop(_ matches: Match...) -> Rule { Rule(matches, .drop) }

extension Rule {
  init(_ matches: [Match], _ verdict: Verdict) {
    self.init(matches, [], verdict)
  }
}

extension Match {
  static func out(_ name: String, isNegated: Bool = false) -> Match {
    .interface(.output, InterfacePattern(name), isNegated: isNegated)
  }
  static func `in`(_ name: String, isNegated: Bool = false) -> Match {
    .interface(.input, InterfacePattern(name), isNegated: isNegated)
  }
  static let tcp = Match.transport([6])
  static let udp = Match.transport([17])
  static func to(_ port: UInt16, isNegated: Bool = false) -> Match {
    .port(.destination, [PortRange(port)], isNegated: isNegated)
  }
}

func prefix4(_ bits: UInt32, _ length: Int) -> AddressOperand {
  .prefix(Prefix(IPAddress(v4: bits), length: length))
}
