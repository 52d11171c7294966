import PolicyDiagnostics
import PolicyImport
import Testing

private func imported(_ text: String) -> Imported {
  importWGQuick(SourceFile(name: "wg0.conf", text: text), interface: "wg0")
}

/// A configuration with other lines in it.
private func configuration(interface: String = "", peer: String = "") -> String {
  """
  [Interface]
  PrivateKey = 0000000000000000000000000000000000000000000=
  Address = 10.66.20.3/32
  \(interface)
  [Peer]
  PublicKey = 0000000000000000000000000000000000000000000=
  AllowedIPs = 0.0.0.0/0
  \(peer.isEmpty ? "Endpoint = 203.0.113.40:51820" : peer)
  """
}

/// The ids of the gaps that the message about the kill switch names.
private func gaps(_ hooks: String) -> [String] {
  let report = imported(configuration(interface: hooks)).report
  let found = report.diagnostics.filter { $0.code == .killSwitch }
  return found.flatMap(\.notes).map { String($0.prefix { $0 != ":" }) }
}

@Suite struct WGQuickTests {
  @Test(arguments: [
    ("", "endpoint 203.0.113.40 udp 51820 mark 0x"),
    ("Endpoint = [2001:db8::1]:443", "endpoint 2001:db8::1 udp 443 mark 0x"),
    ("endpoint=VPN.Example.net.:1", "endpoint \"vpn.example.net\" udp 1 mark 0x"),
    ("Endpoint = 203.0.113.40:51820 # Paris", "endpoint 203.0.113.40 udp 51820 mark 0x"),
  ])
  func `an endpoint is read`(_ peer: String, _ line: String) throws {
    let policy = try #require(imported(configuration(peer: peer)).policy)
    #expect(policy.contains(line), "\(policy)")
  }

  @Test(arguments: [
    "203.0.113.40", "203.0.113.40:", "203.0.113.40:0", "203.0.113.40:65536", ":51820",
    "[203.0.113.40]:51820", "[2001:db8::1]", "2001:db8::1:51820", "a b.example:1", "0.0.0.0:51820",
    "239.1.1.1:1", "255.255.255.255:1", "[::ffff:192.0.2.1]:1", "[::1]:1", "-a.example:1",
    "\(String(repeating: "a", count: 64)).example:1", "203.0.113.40:51820/udp",
  ])
  func `an endpoint that is none is an error at its place`(_ endpoint: String) {
    let text = configuration(peer: "Endpoint = \(endpoint)")
    let result = imported(text)
    #expect(result.policy == nil)
    #expect(result.report.diagnostics.contains { $0.code == .invalidSetting })
    #expect(result.report.diagnostics.first?.primary.range.end == text.utf8.count)
  }

  @Test(arguments: [
    ("FwMark = 0x6b74", "mark 0x6b74"), ("FwMark = 31000", "mark 0x7918"),
    ("fwmark=0X51", "mark 0x51"),
  ])
  func `a mark of the configuration is kept`(_ line: String, _ mark: String) throws {
    let result = imported(configuration(interface: line))
    #expect(try #require(result.policy).contains(" udp 51820 \(mark)\n"))
    #expect(!result.report.diagnostics.contains { $0.code == .changeConfiguration })
  }

  @Test(arguments: ["", "FwMark = off", "FwMark = 0", "Table = off"])
  func `without a mark one is invented that fits every target`(_ line: String) throws {
    let result = imported(configuration(interface: line))
    let policy = try #require(result.policy)
    let match = try #require(policy.firstMatch(of: /mark 0x([0-9a-f]+)/))
    let mark = try #require(UInt32(match.1, radix: 16))
    #expect(mark > 0xffff && mark <= 0xff_ffff)
    #expect(result.report.diagnostics.contains { $0.code == .changeConfiguration })
  }

  @Test(
    arguments: [
      ("0.0.0.0/0", nil), ("0.0.0.0/0, ::/0", nil), ("0.0.0.0/1, 128.0.0.0/1", nil),
      ("10.0.0.0/8", "inner    10.0.0.0/8"), ("10.1.2.3/8", "inner    10.0.0.0/8"),
      ("0.0.0.0/0, 192.168.7.0/24", "inner    192.168.7.0/24"),
      ("203.0.113.0/24", nil), ("198.51.100.0/24", "inner    198.51.100.0/24"),
      ("10.66.20.3/32", nil), ("0.0.0.0/2, 64.0.0.0/2, 10.9.0.0/16", "inner    10.9.0.0/16"),
    ] as [(String, String?)])
  func `what is not everything lives inside the tunnel`(_ allowed: String, _ line: String?) throws {
    let peer = "AllowedIPs = \(allowed)\nEndpoint = 203.0.113.40:51820"
    let text = configuration(peer: peer).replacing("AllowedIPs = 0.0.0.0/0\n", with: "")
    let policy = try #require(imported(text).policy)
    #expect(policy.firstMatch(of: /inner .*/).map { String($0.0) } == line, "\(policy)")
  }

  private static let deny = "-m mark ! --mark $(wg show %i fwmark) -j REJECT"
  private static let always = ["fail-open", "boot-window", "foreign-flush"]

  @Test(arguments: [
    (
      "iptables -I OUTPUT ! -o %i -j REJECT",
      ["v6-unfiltered", "forward-open", "reroute-stale-oif"]
    ),
    (
      "iptables -I OUTPUT ! -o %i -j DROP; ip6tables -I OUTPUT ! -o %i -j DROP",
      ["forward-open", "reroute-stale-oif"]
    ),
    ("ip6tables -I FORWARD ! -o %i -j DROP", ["v6-unfiltered", "v4mapped"]),
    ("ip6tables -I OUTPUT ! -o %i -j DROP", ["v4mapped", "forward-open", "reroute-stale-oif"]),
    (
      "nft add rule inet f postrouting oifname != \"wg0\" drop",
      []
    ),
    ("iptables -I OUTPUT \(deny)", ["v6-unfiltered", "forward-open", "mark-anydst"]),
    (
      "iptables -t mangle -I POSTROUTING ! -o wg+ ! -d 203.0.113.0/24 -j DROP",
      ["v6-unfiltered", "if-wildcard", "tc-localnet"]
    ),
    (
      "/usr/sbin/iptables -w -I OUTPUT 1 ! -d 127.0.0.0/8 -m addrtype ! --dst-type LOCAL -j DROP",
      ["v6-unfiltered", "forward-open", "dsttype-local", "loopback-addr"]
    ),
    (
      "iptables -I OUTPUT -o eth0 -p tcp -m owner --uid-owner 5 -m limit --limit 1/s -j DROP",
      ["v6-unfiltered", "forward-open", "new-iface", "l4-other", "skuid-orphan", "cond-deny"]
    ),
    (
      "iptables -P OUTPUT DROP; iptables -A OUTPUT -d 203.0.113.40/32 -j ACCEPT",
      ["v6-unfiltered", "forward-open", "ep-noport"]
    ),
    (
      "iptables -P OUTPUT DROP; iptables -A OUTPUT -p udp --dport 51820 -j ACCEPT; iptables -A OUTPUT -o eth1 -j ACCEPT",
      ["v6-unfiltered", "forward-open", "ep-nodst", "if-physical"]
    ),
    (
      "iptables -P OUTPUT DROP; iptables -A OUTPUT -m state --state RELATED,ESTABLISHED -j ACCEPT; iptables -A OUTPUT -p udp --dport 53 -j ACCEPT",
      ["v6-unfiltered", "forward-open", "ct-preswitch", "ct-related", "endpoint-hostname"]
    ),
    (
      "iptables -A OUTPUT ! -o %i -m mark ! --mark 0x1/0x1 ! -d 192.168.1.0/24 -j REJECT",
      [
        "v6-unfiltered", "forward-open", "reroute-stale-oif", "mark-anydst", "mark-mask",
        "ipt-order",
        "lan-dns",
      ]
    ),
    ("sudo sh -c 'iptables -I OUTPUT -j REJECT'", ["v6-unfiltered", "forward-open"]),
    (
      "nft 'insert rule ip filter OUTPUT meta mark != 51820 reject'",
      ["v6-unfiltered", "forward-open", "mark-anydst"]
    ),
  ])
  func `a kill switch is told what it misses`(_ hook: String, _ ids: [String]) {
    #expect(gaps("PostUp = \(hook)") == ids + Self.always)
  }

  @Test func `a kill switch that the hooks take away opens the machine`() {
    let hooks =
      "PostUp = iptables -I OUTPUT ! -o %i -j DROP\nPreDown = iptables -D OUTPUT ! -o %i -j DROP"
    #expect(gaps(hooks).contains("down-opens"))
    #expect(!gaps("PostUp = iptables -I OUTPUT ! -o %i -j DROP").contains("down-opens"))
  }

  @Test func `a mark that is off makes the recipe fail`() throws {
    let text = configuration(interface: "Table = off\nPostUp = iptables -I OUTPUT \(Self.deny)")
    let found = imported(text).report.diagnostics.filter { $0.code == .killSwitch }
    let label = try #require(found.first?.related.first { $0.text == "fail-open: says `off`" })
    #expect(
      String(decoding: Array(text.utf8)[label.range.start..<label.range.end], as: UTF8.self)
        == "! --mark $(wg show %i fwmark)")
  }

  @Test(arguments: [
    "ip rule add from 10.0.0.1 table 7", "sysctl -w a=b", "iptables -A FORWARD -i %i -j ACCEPT",
    "iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE",
    "wg set %i private-key /etc/wireguard/k",
    "iptables -A INPUT -i %i -j DROP", "/etc/wireguard/up.sh", "nft -f /etc/nftables.conf",
    "ufw reload",
    "$(cat x)", "( )", "'", "\"", "\\", "`", "$(", ";;&&||", "iptables", "iptables -A", "nft",
    "nft add rule",
    "! ! !", "iptables -t", "iptables -I OUTPUT 1 -m", "nft 'add chain'", "bash -c",
    "bash -c \"bash -c 'x\"",
  ])
  func `other commands are no kill switch`(_ hook: String) {
    let result = imported(configuration(interface: "PostUp = \(hook)"))
    #expect(!result.report.diagnostics.contains { $0.code == .killSwitch })
    #expect(result.policy != nil)
  }

  @Test(arguments: ["wg0", "wg-home", "7up", "tunnel", "a=b", "Wg_1.5"])
  func `an interface gets its name and the policy one like it`(_ name: String) throws {
    let result = importWGQuick(
      SourceFile(name: "x", text: configuration()), interface: name)
    let policy = try #require(result.policy)
    let isPlain = name != "7up" && name != "tunnel" && name != "a=b"
    #expect(policy.contains("tunnel \(isPlain ? name : "\"\(name)\"") {"))
    #expect(policy.contains(/\npolicy [a-z][a-z0-9_]*\n/))
  }

  @Test(arguments: ["", "a name with blanks", "sixteen-letters-", "a/b", "lo", "wg+", "é"])
  func `an interface that no policy can name is an error`(_ name: String) {
    let result = importWGQuick(SourceFile(name: "x", text: configuration()), interface: name)
    #expect(result.report.diagnostics.contains { $0.code == .invalidInterfaceName })
    #expect(result.policy == nil)
  }

  @Test func `the same configuration gives the same policy`() {
    #expect(imported(configuration()).policy == imported(configuration()).policy)
    #expect(
      imported(configuration()).policy
        == imported(configuration().replacing("\n", with: "\r\n")).policy)
  }

  @Test func `many peers and many mistakes cost no more than their text`() throws {
    let peers = (0..<20_000).map { number in
      "[Peer]\nAllowedIPs = 10.\(number / 250).\(number % 250).0/24\nEndpoint = 198.\(51 + number / 62_500).\(number / 250 % 250).\(number % 250 + 1):51820\n"
    }
    let policy = try #require(imported(configuration() + "\n" + peers.joined()).policy)
    #expect(policy.split(separator: "\n").count > 5_000)
    let faults = imported(
      configuration() + "\n" + String(repeating: "Endpoint: x\n", count: 50_000))
    #expect(faults.policy == nil)
    #expect((1_000..<1_100).contains(faults.report.diagnostics.count))
  }

  @Test func `mutated configurations become policies or errors`() throws {
    let seeds = try configurations("wg-quick")
    try #require(seeds.count > 5)
    let words = [
      "[Interface]", "[Peer]", "\nPostUp = ", "iptables -I OUTPUT ", "! ", "-j REJECT", "$(", ")",
      "'", "\"",
      "#", "=", ",", "\r\n", "\t", "\u{0}", "\u{feff}", "Endpoint = ", ":51820", "0.0.0.0/0",
      "::/0",
      "10.0.0.0/8", "127.0.0.1", "::1", "224.0.0.1", "fe80::1", "FwMark = ", "off", "0xca6c",
      "Table = off\n",
      "DNS = ", "Address = ", "AllowedIPs = ", "-d 192.168.0.0/16 ", "--dport 53 ", "nft add rule ",
      "` `",
      "198.51.100.80", "2001:db8:ffff::80/128", "vpn.example.net",
      "203.0.113.40", "198.51.100.21", "192.0.2.90",
    ]
    var random = SplitMix(state: 21)
    for round in 0..<1_500 {
      let seed = seeds[round % seeds.count].bytes
      let secrets = String(decoding: seed, as: UTF8.self)
        .matches(of: /[A-Za-z0-9+\/]{43}=/).map { String($0.0) }
      var bytes = seed
      for _ in 0...random.below(5) { mutate(&bytes, words: words, &random) }
      let result = importWGQuick(SourceFile(name: "wg0.conf", bytes: bytes), interface: "wg0")
      expectPromises(result, secrets: secrets, bytes)
    }
  }
}
