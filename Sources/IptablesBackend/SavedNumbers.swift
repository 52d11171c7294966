import PacketSpace
import RulesetIR

extension SavedWord {
  /// A number as `strtoul` reads it with base 0: decimal, `0x` hexadecimal, or octal after a `0`.
  ///
  /// - Returns: `nil` where the text is no number, or has more than 32 bits.
  static func number(_ text: Substring) -> UInt32? {
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      return digits(text.dropFirst(2), radix: 16)
    }
    if text.hasPrefix("0"), text.utf8.count > 1 { return digits(text.dropFirst(), radix: 8) }
    return digits(text, radix: 10)
  }

  /// Without the sign that `UInt32(_:radix:)` lets pass.
  private static func digits(_ text: Substring, radix: Int) -> UInt32? {
    text.hasPrefix("+") || text.hasPrefix("-") ? nil : UInt32(text, radix: radix)
  }

  func number() throws(RulesetReadError) -> UInt32 {
    guard let number = SavedWord.number(text[...]) else {
      throw error("expected a number of 32 bits, found \(quoted)")
    }
    return number
  }

  /// `VALUE` or `VALUE/MASK`.
  func maskedNumber() throws(RulesetReadError) -> (value: UInt32, mask: UInt32?) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let value = SavedWord.number(parts[0]) else {
      throw error("expected a number of 32 bits, found \(quoted)")
    }
    guard parts.count == 2 else { return (value, nil) }
    guard let mask = SavedWord.number(parts[1]) else {
      throw error("expected a mask of 32 bits after `/`, found \(quoted)")
    }
    return (value, mask)
  }

  /// `N`, `N:M`, `:M` or `N:`; `nil` where a service is named.
  func portRange() throws(RulesetReadError) -> PortRange? {
    try portRange(text[...])
  }

  /// The parts of a list of at most 15 ports; a range takes two (`XT_MULTI_PORTS`).
  ///
  /// - Returns: `nil` where a service is named.
  func portList() throws(RulesetReadError) -> [PortRange]? {
    var ranges: [PortRange] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let range = try portRange(part) else { return nil }
      ranges.append(range)
    }
    let slots = ranges.reduce(0) { $0 + ($1.lower == $1.upper ? 1 : 2) }
    if slots > 15 { throw error("more than 15 ports in one list") }
    return ranges
  }

  private func portRange(_ text: Substring) throws(RulesetReadError) -> PortRange? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var bounds: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if part.isEmpty, parts.count == 2 {
        bounds.append(index == 0 ? 0 : .max)
      } else if let number = SavedWord.number(part) {
        guard number <= UInt32(UInt16.max) else {
          throw error("expected a port up to 65535, found \(quoted)")
        }
        bounds.append(UInt16(number))
      } else if let first = part.utf8.first, (0x61...0x7a).contains(first | 0x20) {
        return nil
      } else {
        throw error("expected a port, found \(quoted)")
      }
    }
    if bounds.count > 2 || bounds[0] > bounds[bounds.count - 1] {
      throw error("expected a port or a range of ports, found \(quoted)")
    }
    return PortRange(bounds[0], bounds[bounds.count - 1])
  }
}
