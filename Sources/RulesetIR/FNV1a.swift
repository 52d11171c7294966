/// The 64-bit FNV-1a hash: stable from run to run, which Swift's own is not.
///
/// It tells one policy from another; it does not resist an attacker.
/// Source: Fowler, Noll, Vo, "FNV hash", draft-eastlake-fnv.
package struct FNV1a: Sendable {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  package mutating func feed(byte: UInt8) {
    state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }

  /// With its length, so that two texts in a row cannot be taken for two others.
  package mutating func feed(_ text: String) {
    for byte in text.utf8 { feed(byte: byte) }
    feed(UInt64(text.utf8.count))
  }

  package mutating func feed<Number: FixedWidthInteger>(_ number: Number) {
    var rest = number
    for _ in 0..<(Number.bitWidth / 8) {
      feed(byte: UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  package var value: UInt64 { state }

  /// 16 hexadecimal digits.
  package var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// 8 hexadecimal digits.
  package var shortText: String { String(text.suffix(8)) }
}
