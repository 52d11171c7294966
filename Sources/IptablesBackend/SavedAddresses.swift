import PacketSpace
import RulesetIR

/// An address with a mask, as iptables keeps it.
enum SavedAddress {
  case prefix(Prefix)
  /// A mask that is no prefix length (`10.0.0.1/255.0.0.255`).
  case masked
}

extension SavedWord {
  /// `ADDRESS`, `ADDRESS/LENGTH` or `ADDRESS/MASK`, of one family.
  func address(_ family: AddressFamily) throws(RulesetReadError) -> SavedAddress {
    try address(text[...], family)
  }

  /// A list, separated by commas.
  func addresses(_ family: AddressFamily) throws(RulesetReadError) -> [SavedAddress] {
    var result: [SavedAddress] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      result.append(try address(part, family))
    }
    return result
  }

  /// `ADDRESS-ADDRESS`.
  func addressRange(
    _ family: AddressFamily
  ) throws(RulesetReadError) -> (lower: IPAddress, upper: IPAddress) {
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let lower = try plainAddress(parts[0], family)
    let upper = parts.count == 2 ? try plainAddress(parts[1], family) : lower
    if upper < lower { throw error("range \(quoted) ends before it starts") }
    return (lower, upper)
  }

  private func address(
    _ text: Substring, _ family: AddressFamily
  ) throws(RulesetReadError) -> SavedAddress {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let address = try plainAddress(parts[0], family)
    guard parts.count == 2 else {
      return .prefix(Prefix(address, length: family.addressWidth))
    }
    if let length = decimal(parts[1]) {
      guard length <= family.addressWidth else {
        throw error("expected a prefix length up to \(family.addressWidth), found \(quoted)")
      }
      return .prefix(Prefix(address, length: length))
    }
    let mask = try plainAddress(parts[1], family).bits
    let length = (mask << UInt128(128 - family.addressWidth)).leadingOnes
    if Prefix.mask(family, length: length) == mask {
      return .prefix(Prefix(address, length: length))
    }
    return .masked
  }

  private func decimal(_ text: Substring) -> Int? {
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return isNumber && text.utf8.count < 4 ? Int(text) : nil
  }

  private func plainAddress(
    _ text: Substring, _ family: AddressFamily
  ) throws(RulesetReadError) -> IPAddress {
    let bytes = Array(text.utf8)
    let address: IPAddress
    do {
      address = try parseAddress(bytes, 0..<bytes.count)
    } catch {
      throw self.error("expected an \(family.title) address, found \(quoted): \(error.message)")
    }
    if address.family != family {
      throw error("expected an \(family.title) address, found \(quoted)")
    }
    return address
  }
}

extension UInt128 {
  fileprivate var leadingOnes: Int { (~self).leadingZeroBitCount }
}
