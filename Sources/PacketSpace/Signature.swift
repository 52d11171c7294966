/// Which tests hold, as a number that is almost surely its own.
///
/// 128 random-looking bits for each test, combined by exclusive or: two different sets of tests of a
/// million atoms share one with a probability below 2^-88.
struct Signature: Hashable {
  fileprivate var bits: UInt128 = 0

  init() {}

  /// Of one test alone.
  init(of test: Int) {
    var x = UInt64(truncatingIfNeeded: test) &+ 0x9e37_79b9_7f4a_7c15
    func next() -> UInt64 {
      x = x &+ 0x9e37_79b9_7f4a_7c15
      var z = x
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
    bits = UInt128(next()) << 64 | UInt128(next())
  }

  mutating func toggle(_ other: Signature) { bits ^= other.bits }
}

/// Numbers signatures in the order in which they come. Their bits are as good as random, so that they are their own hash.
struct SignatureTable: Sendable {
  private var signatures: [Signature] = []
  /// Open addressing; a number plus 1, 0 is free.
  private var slots: [Int32] = Array(repeating: 0, count: 16)

  func code(of signature: Signature) -> Int? {
    let entry = slots[slot(of: signature)]
    return entry == 0 ? nil : Int(entry - 1)
  }

  /// - Parameter signature: one that is not there.
  mutating func insert(_ signature: Signature) -> Int {
    signatures.append(signature)
    slots[slot(of: signature)] = Int32(signatures.count)
    if signatures.count * 2 > slots.count { grow() }
    return signatures.count - 1
  }

  private func slot(of signature: Signature) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: signature.bits) & mask
    while slots[slot] != 0, signatures[Int(slots[slot] - 1)] != signature {
      slot = (slot + 1) & mask
    }
    return slot
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (code, signature) in signatures.enumerated() {
      slots[slot(of: signature)] = Int32(code + 1)
    }
  }
}
