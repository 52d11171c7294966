/// Reads `ADDRESS`, `ADDRESS/LENGTH` or `ADDRESS-ADDRESS` from a range of bytes.
///
/// Strict: four decimal octets without leading zeros (others read `010` as 8), IPv6 as in RFC 4291,
/// section 2.2, no zone id, no bit set behind a prefix. Allocates only for an error.
package func parseAddressBlock(
  _ bytes: [UInt8], _ range: Range<Int>
) throws(AddressTextError) -> AddressBlock {
  var slash: Int?
  for index in range {
    if bytes[index] == UInt8(ascii: "-") { return try parseRange(bytes, range, hyphen: index) }
    if slash == nil, bytes[index] == UInt8(ascii: "/") { slash = index }
  }
  if let slash { return .init(try parsePrefix(bytes, range, slash: slash)) }
  return .init(try parseAddress(bytes, range))
}

/// Reads a single address.
package func parseAddress(
  _ bytes: [UInt8], _ range: Range<Int>
) throws(AddressTextError) -> IPAddress {
  if let colon = range.first(where: { bytes[$0] == UInt8(ascii: ":") }), colon < range.upperBound {
    return IPAddress(family: .ipv6, bits: try parseIPv6(bytes, range))
  }
  return IPAddress(v4: try parseIPv4(bytes, range))
}

/// Reads a dotted quad that begins at `index`, and leaves `index` behind it.
///
/// `nil` where there is none; then `index` is somewhere in between.
@inline(__always)
package func scanIPv4(_ bytes: [UInt8], _ index: inout Int, end: Int) -> UInt32? {
  var address: UInt32 = 0
  var octets = 0
  while true {
    let start = index
    var octet: UInt32 = 0
    while index < end, index - start < 3 {
      let digit = bytes[index] &- UInt8(ascii: "0")
      if digit > 9 { break }
      octet = octet * 10 + UInt32(digit)
      index += 1
    }
    let hasLeadingZero = index - start > 1 && bytes[start] == UInt8(ascii: "0")
    if index == start || octet > 255 || hasLeadingZero { return nil }
    address = address << 8 | octet
    octets += 1
    if octets == 4 { return address }
    if index == end || bytes[index] != UInt8(ascii: ".") { return nil }
    index += 1
  }
}

// MARK: Prefixes and ranges

private func parsePrefix(
  _ bytes: [UInt8], _ range: Range<Int>, slash: Int
) throws(AddressTextError) -> Prefix {
  let address = try parseAddress(bytes, range.lowerBound..<slash)
  let length = try parsePrefixLength(bytes, (slash + 1)..<range.upperBound, address.family)
  let prefix = Prefix(address, length: length)
  if prefix.address != address {
    var masked = prefix.text
    if length == address.family.addressWidth { masked += "/\(length)" }
    throw AddressTextError(
      .hostBits, "\(quoted(bytes, range)) has bits set behind its prefix of \(length) bits",
      at: range, replacement: masked)
  }
  return prefix
}

private func parsePrefixLength(
  _ bytes: [UInt8], _ range: Range<Int>, _ family: AddressFamily
) throws(AddressTextError) -> Int {
  var length = 0
  for index in range {
    let digit = bytes[index] &- UInt8(ascii: "0")
    guard digit <= 9 else {
      throw AddressTextError(
        .prefixLength, "prefix length \(quoted(bytes, range)) is not a number of bits", at: range)
    }
    length = min(length * 10 + Int(digit), 1000)
  }
  if range.isEmpty {
    throw AddressTextError(
      .prefixLength, "expected a prefix length after `/`",
      at: (range.lowerBound - 1)..<range.lowerBound)
  }
  if length > family.addressWidth {
    throw AddressTextError(
      .prefixLength,
      "prefix length \(quoted(bytes, range)) is more than the \(family.addressWidth) bits of an \(family.title) address",
      at: range)
  }
  if range.count > 1, bytes[range.lowerBound] == UInt8(ascii: "0") {
    throw AddressTextError(
      .prefixLength, "prefix length \(quoted(bytes, range)) has a leading zero", at: range)
  }
  return length
}

private func parseRange(
  _ bytes: [UInt8], _ range: Range<Int>, hyphen: Int
) throws(AddressTextError) -> AddressBlock {
  for index in range where bytes[index] == UInt8(ascii: "/") {
    throw AddressTextError(
      .range, "a range goes from one address to another, without prefix lengths",
      at: index..<range.upperBound)
  }
  let low = try parseAddress(bytes, range.lowerBound..<hyphen)
  let high = try parseAddress(bytes, (hyphen + 1)..<range.upperBound)
  guard low.family == high.family else {
    throw AddressTextError(
      .range,
      "range starts with an \(low.family.title) and ends with an \(high.family.title) address",
      at: range)
  }
  guard low <= high else {
    throw AddressTextError(
      .range, "range \(quoted(bytes, range)) ends before it starts", at: range,
      replacement: "\(high.text)-\(low.text)")
  }
  switch low.family {
  case .ipv4: return .ipv4(IPv4Range(UInt32(low.bits), UInt32(high.bits)))
  case .ipv6: return .ipv6(IPv6Range(low.bits, high.bits))
  }
}

// MARK: IPv4

func parseIPv4(_ bytes: [UInt8], _ range: Range<Int>) throws(AddressTextError) -> UInt32 {
  var index = range.lowerBound
  if let address = scanIPv4(bytes, &index, end: range.upperBound), index == range.upperBound {
    return address
  }
  throw ipv4Error(bytes, range)
}

/// Says what keeps a text from being a dotted quad.
private func ipv4Error(_ bytes: [UInt8], _ range: Range<Int>) -> AddressTextError {
  if range.isEmpty { return AddressTextError(.address, "expected an address", at: range) }
  let strange = range.first {
    bytes[$0] != UInt8(ascii: ".") && bytes[$0] &- UInt8(ascii: "0") > 9
  }
  if strange != nil {
    return AddressTextError(
      .address, "expected an address, found \(quoted(bytes, range))", at: range)
  }
  let octets = split(bytes, range, at: UInt8(ascii: "."))
  if octets.count != 4 {
    let noun = octets.count == 1 ? "octet" : "octets"
    return AddressTextError(
      .address, "IPv4 address has \(octets.count) \(noun) instead of 4", at: range)
  }
  for octet in octets {
    if octet.isEmpty {
      return AddressTextError(.address, "IPv4 address has an empty octet", at: range)
    }
    if octet.count > 1, bytes[octet.lowerBound] == UInt8(ascii: "0") {
      return AddressTextError(
        .address, "octet \(quoted(bytes, octet)) has a leading zero", at: octet)
    }
    if octet.count > 3 || octet.reduce(0, { $0 * 10 + Int(bytes[$1] - UInt8(ascii: "0")) }) > 255 {
      return AddressTextError(
        .address, "octet \(quoted(bytes, octet)) is more than 255", at: octet)
    }
  }
  return AddressTextError(.address, "expected an address, found \(quoted(bytes, range))", at: range)
}

// MARK: Bytes

extension AddressFamily {
  /// As people write it.
  package var title: String {
    switch self {
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    }
  }
}

private func split(_ bytes: [UInt8], _ range: Range<Int>, at separator: UInt8) -> [Range<Int>] {
  var parts: [Range<Int>] = []
  var start = range.lowerBound
  for index in range where bytes[index] == separator {
    parts.append(start..<index)
    start = index + 1
  }
  parts.append(start..<range.upperBound)
  return parts
}

/// In backquotes, cut to a length that a message can bear.
func quoted(_ bytes: [UInt8], _ range: Range<Int>) -> String {
  let limit = 48
  if range.count <= limit { return "`\(String(decoding: bytes[range], as: UTF8.self))`" }
  return "`\(String(decoding: bytes[range.prefix(limit)], as: UTF8.self))…`"
}
