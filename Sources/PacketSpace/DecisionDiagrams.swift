/// Sets of bit vectors as reduced ordered binary decision diagrams.
///
/// A set is a number: twice the index of a node in one flat array, plus 1 for the complement of what the node stands for.
/// Equal sets have equal numbers, so equality is a comparison and a complement is a flipped bit. 0 is the empty set, 1 is
/// everything. Nothing is ever freed: a store lives as long as one proof.
struct DecisionDiagrams: Sendable {
  typealias Node = Int32

  static let empty: Node = 0
  static let all: Node = 1

  /// Index 0 is the empty set, which tests nothing.
  private var branches = [Branch(variable: .max, low: empty, high: empty)]
  private var unique = NodeTable()
  private var known = OperationCache()
  private var assignments: [[Literal]] = []
  private var assignmentNumbers: [[Literal]: Int32] = [:]
  /// More nodes than this and the answer is "not analysed", never a guess.
  private let nodeBudget: Int
  /// Steps that no cached answer cut short; a bound on the time as `nodeBudget` is one on the memory.
  private var stepsLeft: Int

  init(nodeBudget: Int) {
    self.nodeBudget = nodeBudget
    stepsLeft = nodeBudget.multipliedReportingOverflow(by: 100).partialValue
  }

  var count: Int { branches.count }
  var isExhausted: Bool { count >= nodeBudget || stepsLeft <= 0 }

  func variable(_ node: Node) -> Int32 { branches[Int(node >> 1)].variable }
  func low(_ node: Node) -> Node { branches[Int(node >> 1)].low ^ (node & 1) }
  func high(_ node: Node) -> Node { branches[Int(node >> 1)].high ^ (node & 1) }

  /// The node that tests one variable; both branches equal make none.
  ///
  /// A stored low branch is never a complement, so that each set has one number.
  mutating func make(_ variable: Int32, _ low: Node, _ high: Node) -> Node {
    if low == high { return low }
    let flip = low & 1
    let branch = Branch(variable: variable, low: low ^ flip, high: high ^ flip)
    return unique.index(of: branch, in: &branches) << 1 | flip
  }

  func contains(_ bits: [Bool], in node: Node) -> Bool {
    var rest = node
    while rest > DecisionDiagrams.all {
      rest = bits[Int(variable(rest))] ? high(rest) : low(rest)
    }
    return rest == DecisionDiagrams.all
  }

  // MARK: Algebra

  func not(_ a: Node) -> Node { a ^ 1 }

  mutating func or(_ a: Node, _ b: Node) -> Node { and(a ^ 1, b ^ 1) ^ 1 }

  mutating func and(_ a: Node, _ b: Node) -> Node {
    if a > b { return ordered(b, a) }
    return ordered(a, b)
  }

  private mutating func ordered(_ a: Node, _ b: Node) -> Node {
    if a == DecisionDiagrams.empty || a == b ^ 1 { return DecisionDiagrams.empty }
    if a == DecisionDiagrams.all || a == b { return b }
    let key = Operation(a, b, DecisionDiagrams.empty)
    if let result = known[key] { return result }
    if !takeStep() { return DecisionDiagrams.empty }
    let (one, other) = (branches[Int(a >> 1)], branches[Int(b >> 1)])
    let top = min(one.variable, other.variable)
    let (a0, a1) = one.branches(a, top)
    let (b0, b1) = other.branches(b, top)
    let low = and(a0, b0)
    let high = and(a1, b1)
    let node = make(top, low, high)
    known.remember(key, node)
    return node
  }

  /// If `f` then `g` else `h`.
  mutating func ite(_ f: Node, _ g: Node, _ h: Node) -> Node {
    if f & 1 == 1 { return f == DecisionDiagrams.all ? g : ite(f ^ 1, h, g) }
    if f == DecisionDiagrams.empty || g == h { return h }
    // What two sets alone decide is an intersection.
    if g == DecisionDiagrams.empty || g == f ^ 1 { return and(f ^ 1, h) }
    if g == DecisionDiagrams.all || g == f { return or(f, h) }
    if h == DecisionDiagrams.empty || h == f { return and(f, g) }
    if h == DecisionDiagrams.all || h == f ^ 1 { return or(f ^ 1, g) }
    // Of a question and its complement one is asked.
    let flip = g & 1
    return branched(f, g ^ flip, h ^ flip) ^ flip
  }

  private mutating func branched(_ f: Node, _ g: Node, _ h: Node) -> Node {
    let key = Operation(f, g, h)
    if let result = known[key] { return result }
    if !takeStep() { return DecisionDiagrams.empty }
    let (one, two, three) = (branches[Int(f >> 1)], branches[Int(g >> 1)], branches[Int(h >> 1)])
    let top = min(one.variable, two.variable, three.variable)
    let (f0, f1) = one.branches(f, top)
    let (g0, g1) = two.branches(g, top)
    let (h0, h1) = three.branches(h, top)
    let low = ite(f0, g0, h0)
    let high = ite(f1, g1, h1)
    let node = make(top, low, high)
    known.remember(key, node)
    return node
  }

  private mutating func takeStep() -> Bool {
    stepsLeft -= 1
    known.grow(to: branches.count)
    return !isExhausted
  }

  // MARK: Single variables

  /// The set with some variables forgotten: a vector is in it if some choice of them is in `node`.
  mutating func exists(_ forgotten: Set<Int32>, _ node: Node) -> Node {
    var memo: [Node: Node] = [:]
    return exists(forgotten, node, &memo)
  }

  private mutating func exists(
    _ forgotten: Set<Int32>, _ node: Node, _ memo: inout [Node: Node]
  ) -> Node {
    if node <= DecisionDiagrams.all { return node }
    if let known = memo[node] { return known }
    if !takeStep() { return DecisionDiagrams.empty }
    let low = exists(forgotten, low(node), &memo)
    let high = exists(forgotten, high(node), &memo)
    let top = variable(node)
    let result = forgotten.contains(top) ? or(low, high) : make(top, low, high)
    memo[node] = result
    return result
  }

  /// The set of vectors that, with some variables set to fixed values, are in `node`.
  ///
  /// - Parameter values: ascending by variable.
  mutating func assigning(_ values: [Literal], _ node: Node) -> Node {
    guard let last = values.last, variable(node) <= last.variable else { return node }
    let number = assignmentNumbers[values] ?? Int32(assignments.count)
    if Int(number) == assignments.count {
      assignments.append(values)
      assignmentNumbers[values] = number
    }
    return assigned(number, from: 0, node)
  }

  /// - Parameter place: where in the assignment the variables from the node's own on begin, or before.
  private mutating func assigned(_ number: Int32, from place: Int, _ node: Node) -> Node {
    // A complement is what the complemented set becomes, complemented.
    if node & 1 == 1 { return assigned(number, from: place, node ^ 1) ^ 1 }
    let top = variable(node)
    let values = assignments[Int(number)]
    var place = place
    while place < values.count, values[place].variable < top { place += 1 }
    if place == values.count { return node }
    if values[place].variable == top {
      return assigned(number, from: place + 1, values[place].isSet ? high(node) : low(node))
    }
    let key = Operation(assignment: number, node)
    if let result = known[key] { return result }
    if !takeStep() { return DecisionDiagrams.empty }
    let low = assigned(number, from: place, low(node))
    let high = assigned(number, from: place, high(node))
    let result = make(top, low, high)
    known.remember(key, result)
    return result
  }
}

/// One variable with a value.
struct Literal: Hashable {
  var variable: Int32
  var isSet: Bool
}

/// What a node says: which variable it looks at, and the sets that remain when that is 0 and 1.
struct Branch: Equatable {
  var variable: Int32
  var low: Int32
  var high: Int32

  /// The sets that remain of `node`, which is this branch's or its complement, when a variable is 0 and 1.
  func branches(_ node: Int32, _ top: Int32) -> (Int32, Int32) {
    if variable != top { return (node, node) }
    let flip = node & 1
    return (low ^ flip, high ^ flip)
  }
}
