import PacketSpace
import RulesetIR

extension NftJSONWriter {
  /// One element a line, appended as bytes: a tree of a million values would take longer than the
  /// kernel does.
  mutating func appendElements(of set: NamedSet, in table: Table) {
    startLine()
    bytes.reserveCapacity(bytes.count + set.elements.count * elementByteCount(set.elements) + 256)
    bytes.append(contentsOf: "{\"add\": {\"element\": ".utf8)
    JSONValue.object(table.member(set.name)).append(to: &bytes)
    bytes.removeLast()
    bytes.append(contentsOf: ", \"elem\": [".utf8)
    append(set.elements)
    bytes.append(contentsOf: "\n]}}}".utf8)
  }

  private mutating func append(_ elements: SetElements) {
    var isFirst = true
    switch elements {
    case .ipv4(let addresses):
      for address in addresses {
        startElement(&isFirst)
        quote()
        IPAddress.append(ipv4: address, to: &bytes)
        quote()
      }
    case .ipv6(let addresses):
      for address in addresses {
        startElement(&isFirst)
        quote()
        IPAddress.append(ipv6: address, to: &bytes)
        quote()
      }
    case .ipv4Ranges(let ranges):
      for range in ranges {
        startElement(&isFirst)
        append(.ipv4, UInt128(range.lower), UInt128(range.upper))
      }
    case .ipv6Ranges(let ranges):
      for range in ranges {
        startElement(&isFirst)
        append(.ipv6, range.lower, range.upper)
      }
    case .asked:
      break
    }
  }

  /// An address, `{"prefix": …}` or `{"range": …}`.
  private mutating func append(_ family: AddressFamily, _ lower: UInt128, _ upper: UInt128) {
    let length = prefixLength(family, lower, upper)
    if length == family.addressWidth { return append(family, lower) }
    if let length {
      bytes.append(contentsOf: "{\"prefix\": {\"addr\": ".utf8)
      append(family, lower)
      bytes.append(contentsOf: ", \"len\": \(length)}}".utf8)
    } else {
      bytes.append(contentsOf: "{\"range\": [".utf8)
      append(family, lower)
      bytes.append(contentsOf: ", ".utf8)
      append(family, upper)
      bytes.append(contentsOf: "]}".utf8)
    }
  }

  private mutating func append(_ family: AddressFamily, _ address: UInt128) {
    quote()
    IPAddress(family: family, bits: address).append(to: &bytes)
    quote()
  }

  private mutating func startElement(_ isFirst: inout Bool) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\n"))
    isFirst = false
  }

  private mutating func quote() { bytes.append(UInt8(ascii: "\"")) }
}
