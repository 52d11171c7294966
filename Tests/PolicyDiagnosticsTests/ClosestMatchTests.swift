import PolicyDiagnostics
import Testing

@Suite struct ClosestMatchTests {
  @Test(arguments: [
    ("tunel", "tunnel"), ("Tunnel", "tunnel"), ("tunnle", "tunnel"), ("tnunel", "tunnel"),
    ("ot", "to"), ("fro", "from"), ("dhcp_server", "dhcp-server"), ("wiregaurdd", "wireguard"),
  ])
  func `a slip of the finger is recognised`(_ word: String, _ meant: String) {
    let words = ["dhcp", "dhcp-server", "from", "to", "tunnel", "wireguard"]
    #expect(closestMatch(to: word, among: words) == meant)
  }

  @Test(arguments: ["", "x", "fromage", "xyzzy", "tun", String(repeating: "tunnel", count: 1_000)])
  func `another word is not`(_ word: String) {
    #expect(closestMatch(to: word, among: ["from", "tunnel", "wireguard"]) == nil)
  }

  @Test func `the closest wins, and the first of equals`() {
    #expect(closestMatch(to: "wg00", among: ["wg11", "wg01", "wg0"]) == "wg01")
    #expect(closestMatch(to: "eth", among: []) == nil)
  }
}
