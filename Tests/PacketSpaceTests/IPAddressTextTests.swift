import Foundation
import PacketSpace
import PolicyGenerator
import Testing

@Suite struct IPAddressTextTests {
  @Test(
    arguments: [
      (0, "::"), (1, "::1"),
      (0x2001_0db8_0000_0000_0000_0000_0000_0001, "2001:db8::1"),
      (0x2001_0db8_0000_0001_0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
      (0x2001_0000_0000_0001_0000_0000_0000_0001, "2001:0:0:1::1"),
      (0x2001_0db8_0000_0000_0001_0000_0000_0001, "2001:db8::1:0:0:1"),
      (0xfe80_0000_0000_0000_0000_0000_0000_0000, "fe80::"),
      (0x0000_0000_0000_0000_0000_ffff_c000_0201, "::ffff:192.0.2.1"),
      (0x0000_0000_0000_0001_0002_0003_0004_0abc, "::1:2:3:4:abc"),
      (UInt128.max, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ] as [(UInt128, String)])
  func `an IPv6 address is printed as RFC 5952 says`(_ bits: UInt128, _ text: String) {
    #expect(IPAddress(family: .ipv6, bits: bits).text == text)
  }

  @Test(
    arguments: [
      (0, "0.0.0.0"), (0x0a40_0001, "10.64.0.1"), (.max, "255.255.255.255"),
      (0xc0a8_6409, "192.168.100.9"),
    ] as [(UInt32, String)])
  func `an IPv4 address is printed as a dotted quad`(_ bits: UInt32, _ text: String) {
    #expect(IPAddress(v4: bits).text == text)
  }

  @Test func `what is printed is what the C library reads`() {
    var random = SplitMix(seed: 7)
    for _ in 0..<20_000 {
      var bits = UInt128(random.next()) << 64 | UInt128(random.next())
      // Zero about half of the groups, so that every shape of run comes up.
      let zeroed = random.next()
      for index in 0..<8 where zeroed >> UInt64(index) & 1 == 1 {
        bits &= ~(UInt128(0xffff) << UInt128(16 * index))
      }
      #expect(parsedByC(IPAddress(family: .ipv6, bits: bits).text, AF_INET6, byteCount: 16) == bits)
      let quad = UInt32(truncatingIfNeeded: bits)
      #expect(parsedByC(IPAddress(v4: quad).text, AF_INET, byteCount: 4) == UInt128(quad))
    }
  }

  @Test(arguments: [
    (Prefix(IPAddress(v4: 0x0a00_0000), length: 8), "10.0.0.0/8"),
    (Prefix(IPAddress(v4: 0x0a00_0001), length: 32), "10.0.0.1"),
    (Prefix(IPAddress(v4: 0), length: 0), "0.0.0.0/0"),
    (Prefix(IPAddress(family: .ipv6, bits: 0), length: 0), "::/0"),
    (Prefix(IPAddress(family: .ipv6, bits: 1), length: 128), "::1"),
    (Prefix(IPAddress(family: .ipv6, bits: 0xfc00 << 112), length: 7), "fc00::/7"),
  ])
  func `a prefix is printed with its length, a single address without`(
    _ prefix: Prefix, _ text: String
  ) {
    #expect(prefix.text == text)
  }
}

private func parsedByC(_ text: String, _ family: Int32, byteCount: Int) -> UInt128? {
  var buffer = [UInt8](repeating: 0, count: 16)
  guard unsafe inet_pton(family, text, &buffer) == 1 else { return nil }
  return buffer.prefix(byteCount).reduce(0) { $0 << 8 | UInt128($1) }
}
