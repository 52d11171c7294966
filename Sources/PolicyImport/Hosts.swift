import PacketSpace

/// Where encrypted packets go.
enum Host: Hashable {
  case address(IPAddress)
  /// In lower case, without a dot at its end.
  case name(String)

  /// As a policy writes it.
  var text: String {
    switch self {
    case .address(let address): address.text
    case .name(let name): "\"\(name)\""
    }
  }
}

enum Transport: String {
  case tcp, udp
}

/// One server of a VPN.
struct Server: Hashable {
  var host: Host
  var transport: Transport
  var port: UInt16

  var isNamed: Bool {
    switch host {
    case .address: false
    case .name: true
    }
  }
}

extension Host {
  /// Why it cannot stand in an endpoint; `nil` when it can.
  var fault: String? {
    switch self {
    case .address(let address): unusableNoun(address).map { "is \($0)" }
    case .name(let name): hostNameFault(name).map { "is no host name: \($0)" }
    }
  }
}

/// What keeps an address from being that of a host on a network.
///
/// Source: IANA IPv4 and IPv6 special-purpose address registries (RFC 6890), and the multicast ones.
func unusableNoun(_ address: IPAddress) -> String? {
  switch address.family {
  case .ipv4:
    switch address.bits >> 24 {
    case 0: "an unspecified address"
    case 127: "a loopback address"
    case 224..<240: "a multicast address"
    case 240...255:
      address.bits == AddressFamily.ipv4.maximum ? "the broadcast address" : "a reserved address"
    default: nil
    }
  case .ipv6:
    switch address.bits {
    case 0: "an unspecified address"
    case 1: "a loopback address"
    case (0xffff << 32)...(0xffff_ffff_ffff): "an IPv4-mapped address"
    default: address.bits >> 120 == 0xff ? "a multicast address" : nil
    }
  }
}

/// Source: RFC 1123, section 2.1, as the policy language has it.
private func hostNameFault(_ name: String) -> String? {
  let bytes = Array(name.utf8)
  if bytes.isEmpty { return "it is empty" }
  if bytes.count > 253 { return "it has more than 253 bytes" }
  let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  for label in labels {
    if label.isEmpty { return "a part between its dots is empty" }
    if label.count > 63 { return "a part between its dots has more than 63 bytes" }
    let isHyphen = { (byte: UInt8?) in byte == UInt8(ascii: "-") }
    if isHyphen(label.first) || isHyphen(label.last) { return "a part begins or ends with `-`" }
    if !label.allSatisfy({ isDigit($0) || isHyphen($0) || ($0 | 0x20) &- UInt8(ascii: "a") < 26 }) {
      return "only letters, digits, `-` and dots may stand in one"
    }
  }
  return labels.last?.allSatisfy(isDigit) == true ? "its last part is a number" : nil
}

extension SourceText {
  /// An address, or else a name.
  func host(_ range: Range<Int>) -> Host {
    if let address = address(range) { return .address(address) }
    var name = lowercased(range)
    if name.hasSuffix(".") { name.removeLast() }
    return .name(name)
  }

  func address(_ range: Range<Int>) -> IPAddress? {
    try? parseAddress(bytes, range)
  }

  /// `ADDRESS` or `ADDRESS/LENGTH`, the bits of the host included.
  func addressWithLength(_ range: Range<Int>) -> (address: IPAddress, length: Int)? {
    guard let slash = first(UInt8(ascii: "/"), in: range) else {
      return address(range).map { ($0, $0.family.addressWidth) }
    }
    guard let address = address(range.lowerBound..<slash),
      let length = number(slash + 1..<range.upperBound), length <= address.family.addressWidth
    else { return nil }
    return (address, length)
  }

  func prefix(_ range: Range<Int>) -> Prefix? {
    addressWithLength(range).map { Prefix($0.address, length: $0.length) }
  }

  func port(_ range: Range<Int>) -> UInt16? {
    number(range).flatMap { UInt16(exactly: $0) }.flatMap { $0 == 0 ? nil : $0 }
  }

  /// Decimal digits and nothing else.
  func number(_ range: Range<Int>) -> Int? {
    guard (1...10).contains(range.count), bytes[range].allSatisfy(isDigit) else { return nil }
    return bytes[range].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }
}
