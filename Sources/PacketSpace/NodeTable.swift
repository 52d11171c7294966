/// Finds the node that says something, or makes it: open addressing over node indices.
///
/// The keys stay in the diagrams' own array, so a slot takes 4 bytes.
struct NodeTable: Sendable {
  /// 0 is free: the node of that index is the empty set, which nothing looks for.
  private var slots: [Int32] = Array(repeating: 0, count: 1 << 11)

  mutating func index(of branch: Branch, in branches: inout [Branch]) -> Int32 {
    let mask = slots.count - 1
    var slot = mixed(branch.variable, branch.low, branch.high) & mask
    while slots[slot] != 0 {
      if branches[Int(slots[slot])] == branch { return slots[slot] }
      slot = (slot + 1) & mask
    }
    let index = Int32(branches.count)
    branches.append(branch)
    slots[slot] = index
    if branches.count * 2 > slots.count { grow(branches) }
    return index
  }

  private mutating func grow(_ branches: [Branch]) {
    slots = Array(repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for index in 1..<branches.count {
      let branch = branches[index]
      var slot = mixed(branch.variable, branch.low, branch.high) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(index)
    }
  }
}

/// A question about sets whose answer is a set: three of them, or an assignment and one.
struct Operation: Equatable {
  private var first: Int32
  private var second: Int32
  private var third: Int32

  /// If the first then the second else the third; none of the first two is empty.
  init(_ first: Int32, _ second: Int32, _ third: Int32) {
    self.first = first
    self.second = second
    self.third = third
  }

  /// What a set becomes by an assignment. No question about three sets has a negative part.
  init(assignment number: Int32, _ node: Int32) {
    self.init(node, number, -1)
  }

  var hash: Int { mixed(first, second, third) }

  fileprivate static let none = Operation(0, 0, 0)
}

/// Remembers answers; a new one takes the place of an old one that falls into the same line.
///
/// An answer that is gone is worked out again. Growing with the number of nodes keeps that rare, and a line is
/// found without searching.
struct OperationCache: Sendable {
  private var lines: [Line] = Array(
    repeating: Line(operation: .none, result: 0), count: 1 << 11)

  private struct Line {
    var operation: Operation
    var result: Int32
  }

  subscript(operation: Operation) -> Int32? {
    let line = lines[operation.hash & (lines.count - 1)]
    return line.operation == operation ? line.result : nil
  }

  mutating func remember(_ operation: Operation, _ result: Int32) {
    lines[operation.hash & (lines.count - 1)] = Line(operation: operation, result: result)
  }

  /// Makes room for diagrams of so many nodes.
  mutating func grow(to nodeCount: Int) {
    if nodeCount <= lines.count { return }
    let old = lines
    lines = Array(repeating: Line(operation: .none, result: 0), count: old.count * 4)
    for line in old where line.operation != .none { remember(line.operation, line.result) }
  }
}

/// A number that spreads over its low bits.
private func mixed(_ a: Int32, _ b: Int32, _ c: Int32) -> Int {
  let pair = UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b))
  var x = (pair ^ UInt64(UInt32(bitPattern: c)) &* 0xc2b2_ae3d_27d4_eb4f) &* 0x9e37_79b9_7f4a_7c15
  x ^= x >> 32
  x = x &* 0x1656_67b1_9e37_79f9
  return Int(truncatingIfNeeded: x >> 20)
}
