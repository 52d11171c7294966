import Policy
import Testing

/// What a reader of the language would write and must not be refused.
@Suite struct AllowedTests {
  @Test func `an expectation may speak of packets without a mark`() throws {
    let policy = try policy(
      """
      policy t
      tunnel wg0 { endpoint 198.51.100.7 udp 51820 mark 0x1 }
      expect block udp to 198.51.100.7 port 51820 mark 0 out eth0
      """)
    #expect(policy.expectations.first?.selectors.mark == 0)
  }

  @Test func `clients may ask a resolver on the LAN that a dns line names`() throws {
    let policy = try policy(
      """
      policy t
      lan eth0 { network 192.168.1.0/24; dns 192.168.1.2 }
      forward docker0 { to lan udp 53 }
      """)
    #expect(policy.forwards.first?.lines.first?.party == .lan)
  }
}
