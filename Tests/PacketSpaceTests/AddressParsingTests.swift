import Foundation
import PacketSpace
import PolicyGenerator
import Testing

@Suite struct AddressParsingTests {
  @Test(arguments: [
    ("0.0.0.0", "0.0.0.0"), ("10.64.0.1", "10.64.0.1"), ("255.255.255.255", "255.255.255.255"),
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("FE80::A", "fe80::a"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("0001:002::03", "1:2::3"),
    ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ("10.0.0.0/8", "10.0.0.0/8"), ("0.0.0.0/0", "0.0.0.0/0"), ("10.0.0.1/32", "10.0.0.1"),
    ("fc00::/7", "fc00::/7"), ("::/0", "::/0"),
    ("10.0.0.0-10.0.0.255", "10.0.0.0/24"), ("10.0.0.4-10.0.0.4", "10.0.0.4"),
    ("fd00::1-fd00::2", "fd00::1 fd00::2"),
  ])
  func `an address, prefix or range is read`(_ text: String, _ prefixes: String) throws {
    let set = AddressSet([try block(text)])
    let read = AddressFamily.allCases.flatMap(set.prefixes).map(\.text)
    #expect(read.joined(separator: " ") == prefixes)
  }

  @Test(arguments: [
    ("«10.0.0»", "IPv4 address has 3 octets instead of 4"),
    ("«1.2.3.4.5»", "IPv4 address has 5 octets instead of 4"),
    ("«300».1.1.1", "octet `300` is more than 255"),
    ("1.1.1.«1000»", "octet `1000` is more than 255"),
    ("1.«010».1.1", "octet `010` has a leading zero"),
    ("«1..1.1»", "IPv4 address has an empty octet"),
    ("«nl1.example.net»", "expected an address, found `nl1.example.net`"),
    ("10.0.0.0/«33»", "prefix length `33` is more than the 32 bits of an IPv4 address"),
    ("::/«129»", "prefix length `129` is more than the 128 bits of an IPv6 address"),
    ("10.0.0.0/«08»", "prefix length `08` has a leading zero"),
    ("10.0.0.0«/»", "expected a prefix length after `/`"),
    ("10.0.0.0/«255.0.0.0»", "prefix length `255.0.0.0` is not a number of bits"),
    ("«10.0.0.1/8»", "`10.0.0.1/8` has bits set behind its prefix of 8 bits"),
    ("«fd00::1/64»", "`fd00::1/64` has bits set behind its prefix of 64 bits"),
    ("«10.0.0.9-10.0.0.1»", "range `10.0.0.9-10.0.0.1` ends before it starts"),
    ("«10.0.0.9-fd00::1»", "range starts with an IPv4 and ends with an IPv6 address"),
    ("10.0.0.0«/24-10.0.1.0»", "a range goes from one address to another, without prefix lengths"),
    ("«1:2:3»", "IPv6 address has 3 groups instead of 8"),
    ("«1:2:3:4:5:6:7:8:9»", "IPv6 address has 9 groups instead of 8"),
    ("«1:2:3:4::5:6:7:8»", "IPv6 address has 8 groups beside `::`, 7 at most"),
    ("1::2«::»3", "IPv6 address has `::` more than once"),
    ("1«:::»2", "IPv6 address has `:::`"),
    ("1:2:3:4:5:6:7«:»", "IPv6 address ends with a single `:`"),
    ("«:»1::2", "IPv6 address begins with a single `:`"),
    ("fd00::«12345»", "group `12345` has more than 4 digits"),
    ("fd00::«g»", "expected a hexadecimal digit, found `g`"),
    ("fe80::1«%eth0»", "a zone id cannot stand in an address; the interface is named by its block"),
    ("::ffff:«1.2.3»", "IPv4 address has 3 octets instead of 4"),
    ("«»", "expected an address"),
  ])
  func `a message marks the text at fault`(_ marked: String, _ message: String) throws {
    let parts = marked.split(separator: /[«»]/, omittingEmptySubsequences: false)
    let start = parts[0].utf8.count
    let error = #expect(throws: AddressTextError.self) { try block(parts.joined()) }
    #expect(error?.message == message)
    #expect(error?.range == start..<(start + parts[1].utf8.count))
  }

  @Test(arguments: [
    ("10.0.0.1/8", "10.0.0.0/8"), ("fd00::1/64", "fd00::/64"), ("0.0.0.1/0", "0.0.0.0/0"),
    ("10.0.0.9-10.0.0.1", "10.0.0.1-10.0.0.9"),
  ])
  func `the text that was meant is offered`(_ text: String, _ replacement: String) {
    let error = #expect(throws: AddressTextError.self) { try block(text) }
    #expect(error?.replacement == replacement)
  }

  @Test func `text that the C library takes or refuses is taken or refused`() {
    var random = SplitMix(seed: 3)
    let alphabet = Array("0123456789abf:::::...".utf8)
    for _ in 0..<200_000 {
      let count = Int.random(in: 1...12, using: &random)
      let text = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
      }
      let ours = try? parseAddress(text, 0..<text.count)
      let theirs = addressByC(String(decoding: text, as: UTF8.self))
      #expect(ours == theirs, "\(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test func `what is printed is read back`() throws {
    var random = SplitMix(seed: 4)
    for _ in 0..<5_000 {
      let shift = UInt128.random(in: 0..<128, using: &random)
      let bits = UInt128.random(in: 0...UInt128.max, using: &random) >> shift
      let v6 = IPAddress(family: .ipv6, bits: bits)
      let v4 = IPAddress(v4: UInt32(truncatingIfNeeded: bits))
      #expect(try block(v6.text) == AddressBlock(v6))
      #expect(try block(v4.text) == AddressBlock(v4))
    }
  }
}

private func block(_ text: String) throws(AddressTextError) -> AddressBlock {
  let bytes = Array("«\(text)»".utf8)  // with neighbours: nothing outside the range is read
  do {
    return try parseAddressBlock(bytes, 2..<(bytes.count - 2))
  } catch {
    var inner = error
    inner.range = (error.range.lowerBound - 2)..<(error.range.upperBound - 2)
    throw inner
  }
}

private func addressByC(_ text: String) -> IPAddress? {
  var buffer = [UInt8](repeating: 0, count: 16)
  if unsafe inet_pton(AF_INET, text, &buffer) == 1 {
    return IPAddress(v4: buffer.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
  }
  if unsafe inet_pton(AF_INET6, text, &buffer) == 1 {
    return IPAddress(family: .ipv6, bits: buffer.reduce(0) { $0 << 8 | UInt128($1) })
  }
  return nil
}
