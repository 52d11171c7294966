/// The elements of a set, as the kernel has them: keys of one length, one behind the other.
///
/// An interval set of the kernel has no ranges: it has points where an interval begins and points where one ends,
/// the latter marked, exclusive, and absent where the last interval goes to the end.
package struct ElementList: Hashable, Sendable {
  package var keyByteCount: Int
  /// Each key as it lies in a register.
  package private(set) var keys: [UInt8]
  /// For each key `NFT_SET_ELEM_INTERVAL_END` and the like; empty where all are 0.
  package private(set) var flags: [UInt8]

  package var count: Int { keyByteCount == 0 ? 0 : keys.count / keyByteCount }

  package init(keyByteCount: Int) {
    self.keyByteCount = keyByteCount
    keys = []
    flags = []
  }

  package mutating func append(_ key: some Collection<UInt8>, flags newFlags: UInt8 = 0) {
    precondition(key.count == keyByteCount, "the keys of a set have one length")
    keys.append(contentsOf: key)
    append(flags: newFlags)
  }

  /// - Parameters:
  ///   - numbers: each is one key, in host order; the register holds it in network order.
  ///   - flags: one for each, or none.
  package init<Number: FixedWidthInteger & BitwiseCopyable>(
    _ numbers: [Number], flags: [UInt8] = []
  ) {
    precondition(flags.isEmpty || flags.count == numbers.count, "flags belong to elements")
    let width = MemoryLayout<Number>.size
    keyByteCount = width
    self.flags = flags
    keys = unsafe [UInt8](unsafeUninitializedCapacity: numbers.count * width) { target, count in
      let target = UnsafeMutableRawBufferPointer(target)
      for index in numbers.indices {
        unsafe target.storeBytes(
          of: numbers[index].bigEndian, toByteOffset: index * width, as: Number.self)
      }
      count = numbers.count * width
    }
  }

  package func key(_ index: Int) -> ArraySlice<UInt8> {
    keys[(index * keyByteCount)..<((index + 1) * keyByteCount)]
  }

  package func flags(_ index: Int) -> UInt8 {
    flags.isEmpty ? 0 : flags[index]
  }

  private mutating func append(flags newFlags: UInt8) {
    if newFlags != 0, flags.isEmpty { flags = Array(repeating: 0, count: count - 1) }
    if newFlags != 0 || !flags.isEmpty { flags.append(newFlags) }
  }
}

extension ElementList {
  /// Ascending by key; at one key, where an interval ends comes before where one begins.
  package var sorted: ElementList {
    let order = (0..<count).sorted { a, b in
      let (left, right) = (key(a), key(b))
      if left != right { return left.lexicographicallyPrecedes(right) }
      return flags(a) > flags(b)
    }
    return picking(order)
  }

  package mutating func remove(_ other: ElementList) {
    let removed = Set((0..<other.count).map { other.entry($0) })
    self = picking((0..<count).filter { !removed.contains(entry($0)) })
  }

  private func picking(_ indices: [Int]) -> ElementList {
    var result = ElementList(keyByteCount: keyByteCount)
    for index in indices { result.append(key(index), flags: flags(index)) }
    return result
  }

  private func entry(_ index: Int) -> [UInt8] {
    key(index) + [flags(index)]
  }
}
