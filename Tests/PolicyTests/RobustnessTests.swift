import Policy
import PolicyDiagnostics
import Testing

@Suite struct RobustnessTests {
  @Test func `mutated policies are resolved or reported`() {
    let seeds = [homelab] + everyStatement
    var random = SplitMix(state: 8)
    for round in 0..<1_000 {
      var bytes = Array(seeds[round % seeds.count].utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
      let list = Array(bytes.prefix(40))
      let resolution = resolve(
        SourceFile(name: "homelab.ksp", bytes: bytes),
        files: FileReader(files: ["r.txt": list, "a.ksp": list, "homelab.ksp.lock": list]),
        accounts: testAccounts)
      let hasError = resolution.diagnostics.contains { $0.severity == .error }
      #expect(hasError == (resolution.policy == nil))
      for diagnostic in resolution.diagnostics {
        let labels = [diagnostic.primary] + diagnostic.related
        let ranges = labels.map(\.range) + diagnostic.fixIts.map(\.range)
        #expect(ranges.allSatisfy { $0.end <= resolution.sources[$0.file].bytes.count })
        #expect(!diagnostic.message.contains("\n"))
      }
    }
  }

  @Test func `definitions that double each other cost no more than their text`() throws {
    let levels = (1..<2_000).map { "define a\($0) = a\($0 - 1), a\($0 - 1)" }
    let policy = try policy(
      "policy t\ndefine a0 = 10.0.0.1\n\(levels.joined(separator: "\n"))\ntunnel wg0 { dns a1999 }")
    #expect(policy.tunnels.first?.dns.map(\.addresses) == [addresses("10.0.0.1")])
  }

  @Test func `a circle of many definitions is reported once`() {
    let circle = (0..<20_000).map { "define a\($0) = a\(($0 + 1) % 20_000)" }
    let found = resolved("policy t\n\(circle.joined(separator: "\n"))\ntunnel wg0 { dns a0 }")
      .diagnostics
    #expect(found.map(\.code) == [.recursiveDefinition])
  }

  @Test func `a long chain of includes is followed to its end`() throws {
    var files = (0..<500).map { ("f\($0).ksp", "include \"f\($0 + 1).ksp\"") }
    files.append(("f500.ksp", "host { ndp }"))
    let policy = try policy(
      "policy t\ninclude \"f0.ksp\"", files: Dictionary(uniqueKeysWithValues: files))
    #expect(policy.host.ndp?.file == "f500.ksp")
  }

  @Test func `a line that does not parse does not make others wrong`() {
    let found = resolved(
      """
      define servers = = 198.51.100.7
      tunnel wg0 [
      tunnel wg1 { endpoint servers udp 51820 via wg0 }
      forward docker0 { to wg0 }
      lan eth0 { netwrok 192.168.1.0/24; out tcp 22 }
      """
    ).diagnostics
    #expect(
      Set(found.map(\.code)).isDisjoint(with: [
        .undefinedName, .unknownInterface, .missingLine, .missingPolicyName,
      ]))
    #expect(found.count == 3)
  }
}

private let everyStatement = [
  """
  language 1
  policy t
  include "a.ksp"
  define relays = file "r.txt"
  confine user torrent, group media, cgroup "a/b", from docker0, 172.16.0.0/12
  tunnel wg0, tun* { kind openvpn; endpoint relays, "nl.example.net" tcp 443, 1194 user vpn via eth0; in icmp 8; out any to ::/0 }
  uplink eth0
  lan uplink { network private; network 203.0.113.0/24 public; out any; dns 10.0.0.1; in tcp 22 from any; broadcast udp 9 }
  """,
  """
  policy u
  forward docker0, "br 0" { to wg0; from any tcp 1-65535; to host proto 47; among; dhcp-server; masquerade }
  bypass b { mark 0x7; to any icmpv6 nd-redirect; via eth0; because "x" }
  host { dhcp; dhcp6; ndp; igmp; ping; ntp 192.0.2.1; guard }
  blocked drop log "x" rate 5/second
  expect pass sctp from fd00::/8 to fd00::1-fd00::9 port 5 sport 6 mark 1 user 0-5 in a out b* state invalid reply
  accept-risk lan-dns eth0 because "y"
  """,
]

private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
  if bytes.isEmpty { return }
  let index = Int.random(in: 0..<bytes.count, using: &random)
  switch Int.random(in: 0..<5, using: &random) {
  case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
  case 1: bytes.remove(at: index)
  case 2:
    let alphabet = Array("{};,\"\n0f:./-*#= ".utf8)
    bytes.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &random)], at: index)
  case 3:
    let end = min(bytes.count, index + Int.random(in: 1...30, using: &random))
    bytes.insert(
      contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &random))
  default:
    let end = min(bytes.count, index + Int.random(in: 1...30, using: &random))
    bytes.removeSubrange(index..<end)
  }
}
