/// RFC 4291, section 2.2.
func parseIPv6(_ bytes: [UInt8], _ range: Range<Int>) throws(AddressTextError) -> UInt128 {
  var scanner = IPv6Scanner(bytes: bytes, range: range)
  return try scanner.address()
}

/// Reads groups into `bits` and remembers how many stood before `::`.
private struct IPv6Scanner {
  let bytes: [UInt8]
  let range: Range<Int>
  var index: Int
  var bits: UInt128 = 0
  var groupCount = 0
  var groupsBeforeGap: Int?

  init(bytes: [UInt8], range: Range<Int>) {
    self.bytes = bytes
    self.range = range
    index = range.lowerBound
  }

  mutating func address() throws(AddressTextError) -> UInt128 {
    if let percent = range.first(where: { bytes[$0] == UInt8(ascii: "%") }) {
      throw AddressTextError(
        .address, "a zone id cannot stand in an address; the interface is named by its block",
        at: percent..<range.upperBound)
    }
    try takeGap()
    while index < range.upperBound {
      try takeGroup()
      if index == range.upperBound { break }
      let separator = index
      if isColon(index), isColon(index + 1) {
        try takeGap()
      } else if isColon(index), index + 1 < range.upperBound {
        index += 1
      } else {
        throw AddressTextError(
          .address, "IPv6 address ends with a single `:`", at: separator..<range.upperBound)
      }
    }
    return try filled()
  }

  private func isColon(_ index: Int) -> Bool {
    index < range.upperBound && bytes[index] == UInt8(ascii: ":")
  }

  private mutating func takeGap() throws(AddressTextError) {
    guard isColon(index), isColon(index + 1) else {
      if isColon(index) {
        throw AddressTextError(
          .address, "IPv6 address begins with a single `:`", at: index..<(index + 1))
      }
      return
    }
    if groupsBeforeGap != nil {
      throw AddressTextError(
        .address, "IPv6 address has `::` more than once", at: index..<(index + 2))
    }
    if isColon(index + 2) {
      throw AddressTextError(.address, "IPv6 address has `:::`", at: index..<(index + 3))
    }
    groupsBeforeGap = groupCount
    index += 2
  }

  private mutating func takeGroup() throws(AddressTextError) {
    let start = index
    var value: UInt16 = 0
    while index < range.upperBound, bytes[index] != UInt8(ascii: ":") {
      if bytes[index] == UInt8(ascii: ".") { return try takeDottedQuad(from: start) }
      guard let digit = hexadecimalDigit(bytes[index]) else {
        throw AddressTextError(
          .address, "expected a hexadecimal digit, found \(quoted(bytes, index..<(index + 1)))",
          at: index..<(index + 1))
      }
      value = value << 4 | UInt16(digit)
      index += 1
    }
    if index - start > 4 {
      throw AddressTextError(
        .address, "group \(quoted(bytes, start..<index)) has more than 4 digits", at: start..<index)
    }
    append(value)
  }

  private mutating func takeDottedQuad(from start: Int) throws(AddressTextError) {
    let rest = start..<range.upperBound
    let quad = try parseIPv4(bytes, rest)
    append(UInt16(quad >> 16))
    append(UInt16(quad & 0xffff))
    index = range.upperBound
  }

  private mutating func append(_ group: UInt16) {
    bits = bits << 16 | UInt128(group)
    groupCount += 1
  }

  /// Spreads the groups around the gap; `bits` holds the last eight that were read.
  private func filled() throws(AddressTextError) -> UInt128 {
    guard let before = groupsBeforeGap else {
      if groupCount == 8 { return bits }
      let noun = groupCount == 1 ? "group" : "groups"
      throw AddressTextError(
        .address, "IPv6 address has \(groupCount) \(noun) instead of 8", at: range)
    }
    if groupCount > 7 {
      throw AddressTextError(
        .address, "IPv6 address has \(groupCount) groups beside `::`, 7 at most", at: range)
    }
    let after = groupCount - before
    let low = after == 0 ? 0 : bits & (UInt128.max >> UInt128(128 - 16 * after))
    let high = before == 0 ? 0 : (bits >> UInt128(16 * after)) << UInt128(128 - 16 * before)
    return high | low
  }
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
