/// Netlink messages, one behind the other.
///
/// Headers of messages and attributes are in host order; numbers in attributes of nf_tables are in
/// network order. Everything is padded to four bytes.
package struct MessageBuffer: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// One message of nf_tables.
  package mutating func message(
    _ type: TableMessage, _ flags: MessageFlags, family: UInt8, sequence: UInt32,
    _ body: (inout MessageBuffer) -> Void
  ) {
    message(type: type.type, flags, family: family, resource: 0, sequence: sequence, body)
  }

  mutating func message(
    type: UInt16, _ flags: MessageFlags, family: UInt8, resource: UInt16, sequence: UInt32,
    _ body: (inout MessageBuffer) -> Void
  ) {
    let start = bytes.count
    append(UInt32(0))  // the length, when it is known
    append(type)
    append(flags.rawValue)
    append(sequence)
    append(UInt32(0))  // our port: the kernel knows it
    bytes.append(family)
    bytes.append(0)  // NFNETLINK_V0
    append(resource.bigEndian)
    body(&self)
    overwrite(UInt32(bytes.count - start), at: start)
  }

  package mutating func put<Type: RawRepresentable<UInt16>>(_ type: Type, _ string: String) {
    attribute(type.rawValue) { buffer in
      buffer.bytes.append(contentsOf: string.utf8)
      buffer.bytes.append(0)
    }
  }

  package mutating func put<Type: RawRepresentable<UInt16>>(_ type: Type, _ data: [UInt8]) {
    attribute(type.rawValue) { $0.bytes.append(contentsOf: data) }
  }

  package mutating func put<Type: RawRepresentable<UInt16>>(_ type: Type, _ number: UInt8) {
    attribute(type.rawValue) { $0.bytes.append(number) }
  }

  package mutating func put<Type: RawRepresentable<UInt16>>(_ type: Type, _ number: UInt32) {
    put(type.rawValue, number)
  }

  package mutating func put<Type: RawRepresentable<UInt16>>(_ type: Type, _ number: UInt64) {
    attribute(type.rawValue) { $0.append(number.bigEndian) }
  }

  /// An attribute that holds attributes.
  package mutating func nest<Type: RawRepresentable<UInt16>>(
    _ type: Type, _ body: (inout MessageBuffer) -> Void
  ) {
    attribute(type.rawValue | Netlink.nested, body)
  }

  mutating func put(_ type: UInt16, _ number: UInt32) {
    attribute(type) { $0.append(number.bigEndian) }
  }

  /// Bytes that are attributes already, with their headers and padding.
  package mutating func appendAttributes(_ content: [UInt8]) {
    bytes.append(contentsOf: content)
  }

  mutating func reserve(_ byteCount: Int) {
    bytes.reserveCapacity(bytes.count + byteCount)
  }

  /// - Parameter start: where the message begins.
  mutating func setFlag(_ flag: MessageFlags, at start: Int) {
    let flags = hostNumber16(bytes[...], at: start + 6) | flag.rawValue
    overwrite(flags, at: start + 6)
  }

  private mutating func attribute(_ type: UInt16, _ body: (inout MessageBuffer) -> Void) {
    let start = bytes.count
    append(UInt16(0))
    append(type)
    body(&self)
    let byteCount = bytes.count - start
    precondition(byteCount <= largestAttribute, "an attribute does not hold more than 64 KiB")
    overwrite(UInt16(byteCount), at: start)
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    unsafe withUnsafeBytes(of: number) { unsafe bytes.append(contentsOf: $0) }
  }

  private mutating func overwrite<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
    unsafe withUnsafeBytes(of: number) { source in
      for index in source.indices { bytes[offset + index] = unsafe source[index] }
    }
  }
}
