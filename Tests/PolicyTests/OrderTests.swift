import PacketSpace
import Policy
import PolicyDiagnostics
import Testing

@Suite struct OrderTests {
  private let statements = [
    "define server = { 198.51.100.7, other }", "define other = 198.51.100.8",
    "uplink eth0, wlan*",
    "tunnel wg0 { endpoint server udp 51820 mark 7; address 10.64.0.2; inner 10.64.0.0/24 }",
    "tunnel wg1 { endpoint 10.64.0.9 udp 1 via wg0; inner 10.99.0.0/16 }",
    "tunnel wg1 { out tcp 443 }",
    "lan uplink { network private; out tcp 22; in tcp web }", "define web = 80, 443",
    "forward docker0 { to wg1; to br0 tcp 80 }", "forward br0 { among }",
    "confine user torrent, from docker0", "confine from br0",
    "bypass b { user vpn; to server tcp 443; via eth0; because \"so\" }",
    "host { dhcp; ping }", "host { ndp }", "blocked drop log \"x\"",
    "expect block tcp out uplink",
  ]

  @Test func `the order of statements does not change the meaning`() throws {
    let meaning = try meaning(of: statements)
    var random = SplitMix(state: 5)
    for _ in 0..<100 {
      #expect(try self.meaning(of: statements.shuffled(using: &random)) == meaning)
    }
  }

  @Test func `the order of statements does not change what is wrong`() {
    let wrong =
      statements + [
        "uplink docker0, wg0", "lan eth1 { network 198.51.100.0/24 public; out tcp nothing }",
        "define web = 81", "define a = b", "define b = a", "guard",
      ]
    let expected = codes(of: wrong)
    #expect(Set(expected).count >= 7)
    var random = SplitMix(state: 6)
    for _ in 0..<100 {
      #expect(codes(of: wrong.shuffled(using: &random)) == expected)
    }
  }

  private func meaning(of statements: [String]) throws -> [String] {
    let policy = try policy("policy t\n" + statements.joined(separator: "\n"))
    return described(policy)
  }

  private func codes(of statements: [String]) -> [String] {
    resolved("policy t\n" + statements.joined(separator: "\n")).diagnostics
      .map(\.code.rawValue).sorted()
  }
}

/// Each part of a policy as text without origins, sorted.
private func described(_ policy: Policy) -> [String] {
  var parts: [String] = []
  var rest = policy
  parts += policy.tunnels.map { "tunnel \($0)" }
  parts += policy.lans.map { "lan \($0)" }
  parts += policy.forwards.map { "forward \($0)" }
  parts += policy.bypasses.map { "bypass \($0)" }
  parts += policy.confine.map { $0.subjects.map { "confine \($0)" } } ?? []
  rest.tunnels = []
  rest.lans = []
  rest.forwards = []
  rest.bypasses = []
  rest.confine = nil
  parts.append("\(rest)")
  return parts.map { $0.replacing(/Origin\([^()]*\([^()]*\([^()]*\)[^()]*\)\)/, with: "") }.sorted()
}

/// The same numbers on every run (SplitMix64, Steele and others 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
