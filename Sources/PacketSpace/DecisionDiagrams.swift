/// Sets of bit vectors as reduced ordered binary decision diagrams.
///
/// Nodes are numbers in flat arrays; equal sets have equal numbers, so equality is a comparison.
/// 0 is the empty set, 1 is everything. Nothing is ever freed: a store lives as long as one proof.
struct DecisionDiagrams {
  typealias Node = Int32

  static let empty: Node = 0
  static let all: Node = 1

  private var variables: [Int32] = [.max, .max]
  private var lows: [Node] = [0, 1]
  private var highs: [Node] = [0, 1]
  private var unique = NodeTable()
  private var iteCache: [IteKey: Node] = [:]
  /// More nodes than this and the answer is "not analysed", never a guess.
  let nodeBudget: Int

  init(nodeBudget: Int) {
    self.nodeBudget = nodeBudget
  }

  var count: Int { variables.count }
  var isExhausted: Bool { count >= nodeBudget }

  func variable(_ node: Node) -> Int32 { variables[Int(node)] }
  func low(_ node: Node) -> Node { lows[Int(node)] }
  func high(_ node: Node) -> Node { highs[Int(node)] }

  /// The node that tests one variable; both branches equal make none.
  mutating func make(_ variable: Int32, _ low: Node, _ high: Node) -> Node {
    if low == high { return low }
    let slot = unique.slot(variable, low, high, variables, lows, highs)
    if let known = unique.node(at: slot) { return known }
    let node = Node(variables.count)
    variables.append(variable)
    lows.append(low)
    highs.append(high)
    unique.insert(node, at: slot, variables, lows, highs)
    return node
  }

  /// If `f` then `g` else `h`.
  mutating func ite(_ f: Node, _ g: Node, _ h: Node) -> Node {
    if f == DecisionDiagrams.all { return g }
    if f == DecisionDiagrams.empty { return h }
    if g == h { return g }
    if g == DecisionDiagrams.all, h == DecisionDiagrams.empty { return f }
    let key = IteKey(f: f, g: g, h: h)
    if let known = iteCache[key] { return known }
    if isExhausted { return DecisionDiagrams.empty }
    let top = min(variable(f), variable(g), variable(h))
    let (f0, f1) = branches(f, top)
    let (g0, g1) = branches(g, top)
    let (h0, h1) = branches(h, top)
    let low = ite(f0, g0, h0)
    let high = ite(f1, g1, h1)
    let node = make(top, low, high)
    iteCache[key] = node
    return node
  }

  mutating func and(_ a: Node, _ b: Node) -> Node {
    a < b ? ite(a, b, DecisionDiagrams.empty) : ite(b, a, DecisionDiagrams.empty)
  }

  mutating func or(_ a: Node, _ b: Node) -> Node {
    a < b ? ite(a, DecisionDiagrams.all, b) : ite(b, DecisionDiagrams.all, a)
  }

  mutating func not(_ a: Node) -> Node { ite(a, DecisionDiagrams.empty, DecisionDiagrams.all) }

  private func branches(_ node: Node, _ top: Int32) -> (Node, Node) {
    variable(node) == top ? (low(node), high(node)) : (node, node)
  }

  /// The set with some variables forgotten: a vector is in it if some choice of them is in `node`.
  mutating func exists(_ forgotten: Set<Int32>, _ node: Node) -> Node {
    var memo: [Node: Node] = [:]
    return exists(forgotten, node, &memo)
  }

  private mutating func exists(
    _ forgotten: Set<Int32>, _ node: Node, _ memo: inout [Node: Node]
  ) -> Node {
    if node <= 1 { return node }
    if let known = memo[node] { return known }
    let low = exists(forgotten, low(node), &memo)
    let high = exists(forgotten, high(node), &memo)
    let top = variable(node)
    let result = forgotten.contains(top) ? or(low, high) : make(top, low, high)
    memo[node] = result
    return result
  }

  /// The set of vectors that, with some variables set to fixed values, are in `node`.
  mutating func assigning(_ values: [Int32: Bool], _ node: Node) -> Node {
    var memo: [Node: Node] = [:]
    return assigning(values, node, &memo)
  }

  private mutating func assigning(
    _ values: [Int32: Bool], _ node: Node, _ memo: inout [Node: Node]
  ) -> Node {
    if node <= 1 { return node }
    if let known = memo[node] { return known }
    let top = variable(node)
    let result: Node
    if let value = values[top] {
      result = assigning(values, value ? high(node) : low(node), &memo)
    } else {
      let low = assigning(values, low(node), &memo)
      let high = assigning(values, high(node), &memo)
      result = make(top, low, high)
    }
    memo[node] = result
    return result
  }
}

private struct IteKey: Hashable {
  var f: Int32
  var g: Int32
  var h: Int32
}

/// Open addressing over node numbers; the keys stay in the diagrams' own arrays.
private struct NodeTable {
  private var slots: [Int32] = Array(repeating: -1, count: 1 << 12)
  private var used = 0

  func node(at slot: Int) -> Int32? { slots[slot] < 0 ? nil : slots[slot] }

  func slot(
    _ variable: Int32, _ low: Int32, _ high: Int32, _ variables: [Int32], _ lows: [Int32],
    _ highs: [Int32]
  ) -> Int {
    let mask = slots.count - 1
    var slot = NodeTable.hash(variable, low, high) & mask
    while slots[slot] >= 0 {
      let node = Int(slots[slot])
      if variables[node] == variable, lows[node] == low, highs[node] == high { return slot }
      slot = (slot + 1) & mask
    }
    return slot
  }

  mutating func insert(
    _ node: Int32, at slot: Int, _ variables: [Int32], _ lows: [Int32], _ highs: [Int32]
  ) {
    slots[slot] = node
    used += 1
    if used * 2 > slots.count { grow(variables, lows, highs) }
  }

  private mutating func grow(_ variables: [Int32], _ lows: [Int32], _ highs: [Int32]) {
    let old = slots
    slots = Array(repeating: -1, count: old.count * 2)
    for node in old where node >= 0 {
      let index = Int(node)
      slots[slot(variables[index], lows[index], highs[index], variables, lows, highs)] = node
    }
  }

  private static func hash(_ variable: Int32, _ low: Int32, _ high: Int32) -> Int {
    var x = UInt64(UInt32(bitPattern: variable)) &* 0x9e37_79b9_7f4a_7c15
    x ^= UInt64(UInt32(bitPattern: low)) &* 0xc2b2_ae3d_27d4_eb4f
    x ^= UInt64(UInt32(bitPattern: high)) &* 0x1656_67b1_9e37_79f9
    x ^= x >> 29
    return Int(truncatingIfNeeded: x & 0x7fff_ffff_ffff_ffff)
  }
}
