import PacketSpace
import RulesetIR

extension NftTextWriter {
  /// One element a line, so that a change of one element changes one line.
  ///
  /// All elements of a set are one command: for each command the kernel builds an interval set anew.
  mutating func append(_ elements: SetElements) {
    bytes.reserveCapacity(bytes.count + elements.count * elementByteCount(elements))
    switch elements {
    case .ipv4(let addresses):
      for address in addresses {
        startElement()
        IPAddress.append(ipv4: address, to: &bytes)
        endElement()
      }
    case .ipv6(let addresses):
      for address in addresses {
        startElement()
        IPAddress.append(ipv6: address, to: &bytes)
        endElement()
      }
    case .ipv4Ranges(let ranges):
      for range in ranges { append(.ipv4, UInt128(range.lower), UInt128(range.upper)) }
    case .ipv6Ranges(let ranges):
      for range in ranges { append(.ipv6, range.lower, range.upper) }
    case .asked:
      break
    }
  }

  private mutating func append(_ family: AddressFamily, _ lower: UInt128, _ upper: UInt128) {
    startElement()
    IPAddress(family: family, bits: lower).append(to: &bytes)
    if let length = prefixLength(family, lower, upper) {
      if length < family.addressWidth { bytes.append(contentsOf: "/\(length)".utf8) }
    } else {
      bytes.append(UInt8(ascii: "-"))
      IPAddress(family: family, bits: upper).append(to: &bytes)
    }
    endElement()
  }

  private mutating func startElement() { bytes.append(UInt8(ascii: "\t")) }

  private mutating func endElement() {
    bytes.append(UInt8(ascii: ","))
    bytes.append(UInt8(ascii: "\n"))
  }
}
