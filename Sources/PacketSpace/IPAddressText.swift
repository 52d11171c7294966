extension IPAddress {
  /// Canonical: a dotted quad, or RFC 5952.
  package var text: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends `text` as ASCII; large sets are printed so.
  package func append(to bytes: inout [UInt8]) {
    switch family {
    case .ipv4: IPAddress.append(ipv4: UInt32(truncatingIfNeeded: bits), to: &bytes)
    case .ipv6: IPAddress.append(ipv6: bits, to: &bytes)
    }
  }

  /// Appends a dotted quad; the number is in host byte order.
  package static func append(ipv4 bits: UInt32, to bytes: inout [UInt8]) {
    appendOctet(UInt8(truncatingIfNeeded: bits >> 24), to: &bytes)
    bytes.append(dot)
    appendOctet(UInt8(truncatingIfNeeded: bits >> 16), to: &bytes)
    bytes.append(dot)
    appendOctet(UInt8(truncatingIfNeeded: bits >> 8), to: &bytes)
    bytes.append(dot)
    appendOctet(UInt8(truncatingIfNeeded: bits), to: &bytes)
  }

  /// Appends the form of RFC 5952: lower-case, the first longest run of two or more zero groups as
  /// `::`, an IPv4-mapped address with a dotted quad.
  package static func append(ipv6 bits: UInt128, to bytes: inout [UInt8]) {
    if bits >> 32 == 0xffff {
      bytes.append(contentsOf: "::ffff:".utf8)
      append(ipv4: UInt32(truncatingIfNeeded: bits), to: &bytes)
      return
    }
    let zeros = longestZeroRun(bits)
    var index = 0
    while index < 8 {
      if index == zeros.lowerBound, !zeros.isEmpty {
        bytes.append(colon)
        bytes.append(colon)
        index = zeros.upperBound
        continue
      }
      if index > 0, index != zeros.upperBound || zeros.isEmpty { bytes.append(colon) }
      appendHexadecimal(group(bits, index), to: &bytes)
      index += 1
    }
  }

  private static var dot: UInt8 { UInt8(ascii: ".") }
  private static var colon: UInt8 { UInt8(ascii: ":") }

  private static func appendOctet(_ octet: UInt8, to bytes: inout [UInt8]) {
    let zero = UInt8(ascii: "0")
    if octet >= 100 { bytes.append(zero + octet / 100) }
    if octet >= 10 { bytes.append(zero + octet / 10 % 10) }
    bytes.append(zero + octet % 10)
  }

  /// The 16 bits at `index`; 0 is the first group of the text.
  private static func group(_ bits: UInt128, _ index: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * index))
  }

  /// Empty where no two groups in a row are 0.
  private static func longestZeroRun(_ bits: UInt128) -> Range<Int> {
    var best = 0..<0
    var start = 0
    for index in 0..<8 {
      if group(bits, index) != 0 {
        start = index + 1
      } else if index + 1 - start > max(best.count, 1) {
        best = start..<(index + 1)
      }
    }
    return best
  }

  private static func appendHexadecimal(_ value: UInt16, to bytes: inout [UInt8]) {
    var shift = value >= 0x1000 ? 12 : value >= 0x100 ? 8 : value >= 0x10 ? 4 : 0
    while shift >= 0 {
      let digit = UInt8(truncatingIfNeeded: value >> UInt16(shift)) & 0xf
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      shift -= 4
    }
  }
}

extension Prefix {
  /// Canonical; a single address is printed without its length.
  package var text: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  package func append(to bytes: inout [UInt8]) {
    address.append(to: &bytes)
    if length < address.family.addressWidth { bytes.append(contentsOf: "/\(length)".utf8) }
  }
}
