/// The attributes in a part of a message, read one after the other.
///
/// What is cut short ends the sequence: the kernel sends whole attributes, and a batch of our own is whole.
package struct Attributes: Sequence, IteratorProtocol {
  private var rest: ArraySlice<UInt8>

  package init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  package mutating func next() -> Attribute? {
    guard rest.count >= Netlink.attributeHeaderByteCount else { return nil }
    let start = rest.startIndex
    let byteCount = Int(hostNumber16(rest, at: start))
    guard byteCount >= Netlink.attributeHeaderByteCount, byteCount <= rest.count else { return nil }
    let attribute = Attribute(
      type: hostNumber16(rest, at: start + 2) & Netlink.attributeTypeMask, start: start,
      payload: rest[(start + Netlink.attributeHeaderByteCount)..<(start + byteCount)])
    rest = rest[Swift.min(start + (byteCount + 3) & ~3, rest.endIndex)...]
    return attribute
  }
}

package struct Attribute {
  package var type: UInt16
  /// Where its header begins, in the bytes that it was read from.
  package var start: Int
  package var payload: ArraySlice<UInt8>

  package var nested: Attributes { Attributes(payload) }

  package var data: [UInt8] { Array(payload) }

  /// Without the zero at its end.
  package var string: String {
    String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// A number in network order of any width up to 8 bytes; `nil` for other data.
  package var number: UInt64? {
    guard (1...8).contains(payload.count) else { return nil }
    return payload.reduce(0) { $0 << 8 | UInt64($1) }
  }

  package var number32: UInt32? { number.flatMap { UInt32(exactly: $0) } }
}

/// One message as it was received.
package struct Message {
  package var type: UInt16
  package var flags: MessageFlags
  package var sequence: UInt32
  /// Behind the header of netlink.
  package var payload: ArraySlice<UInt8>

  /// `nil` for a message of netlink itself or of another subsystem.
  package var tableMessage: TableMessage? {
    guard type >> 8 == TableMessage.subsystem else { return nil }
    return TableMessage(rawValue: UInt8(truncatingIfNeeded: type))
  }

  /// `NFPROTO_*`
  package var family: UInt8 { payload.first ?? 0 }

  /// The low half of the generation in which the kernel answered.
  var generation: UInt16 {
    guard payload.count >= Netlink.subHeaderByteCount else { return 0 }
    return UInt16(payload[payload.startIndex + 2]) << 8 | UInt16(payload[payload.startIndex + 3])
  }

  package var attributes: Attributes {
    Attributes(payload.dropFirst(Netlink.subHeaderByteCount))
  }
}

/// Messages that stand one behind the other; one that is cut short ends them.
package struct Messages: Sequence, IteratorProtocol {
  private var rest: ArraySlice<UInt8>

  package init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  package mutating func next() -> Message? {
    guard rest.count >= Netlink.headerByteCount else { return nil }
    let start = rest.startIndex
    let byteCount = Int(hostNumber32(rest, at: start))
    guard byteCount >= Netlink.headerByteCount, byteCount <= rest.count else { return nil }
    let message = Message(
      type: hostNumber16(rest, at: start + 4),
      flags: MessageFlags(rawValue: hostNumber16(rest, at: start + 6)),
      sequence: hostNumber32(rest, at: start + 8),
      payload: rest[(start + Netlink.headerByteCount)..<(start + byteCount)])
    rest = rest[Swift.min(start + (byteCount + 3) & ~3, rest.endIndex)...]
    return message
  }
}

func hostNumber16(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt16 {
  let number = UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8
  return UInt16(littleEndian: number)
}

func hostNumber32(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt32 {
  var number: UInt32 = 0
  for offset in 0..<4 { number |= UInt32(bytes[index + offset]) << (8 * UInt32(offset)) }
  return UInt32(littleEndian: number)
}
