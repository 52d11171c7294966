import PolicyDiagnostics
import PolicyImport
import Testing

private func imported(_ text: String) -> Imported {
  importOpenVPN(SourceFile(name: "home.ovpn", text: text))
}

/// A configuration with other lines in it.
private func configuration(_ lines: String = "remote 203.0.113.40") -> String {
  "client\ndev tun0\nmark 27509\n\(lines)\n"
}

/// The lines of a policy that begin with a word.
private func lines(_ word: String, of text: String) throws -> [String] {
  let result = imported(text)
  let policy = try #require(result.policy, "\(renderText(result.report))")
  return policy.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    .filter { $0.hasPrefix(word + " ") }
}

@Suite struct OpenVPNTests {
  @Test(arguments: [
    ("remote 203.0.113.40", ["203.0.113.40 udp 1194"]),
    ("remote 203.0.113.40 443 tcp", ["203.0.113.40 tcp 443"]),
    ("--remote 203.0.113.40 443 tcp4-client", ["203.0.113.40 tcp 443"]),
    ("remote 203.0.113.40\nproto tcp-client\nport 53", ["203.0.113.40 tcp 53"]),
    ("proto tcp\nremote 203.0.113.40 443 udp", ["203.0.113.40 udp 443"]),
    ("remote 203.0.113.40 443\nremote 203.0.113.41 443", ["203.0.113.40, 203.0.113.41 udp 443"]),
    ("remote 203.0.113.40\nremote 203.0.113.40", ["203.0.113.40 udp 1194"]),
    ("remote 2001:db8::1 443 udp6", ["2001:db8::1 udp 443"]),
    ("remote VPN.example.net", ["\"vpn.example.net\" udp 1194"]),
    ("remote '203.0.113.40' \"443\"", ["203.0.113.40 udp 443"]),
    ("remote 203.0.113.40 # 198.51.100.1\n;remote 198.51.100.2", ["203.0.113.40 udp 1194"]),
    (
      "remote 203.0.113.40 443 tcp\nremote 203.0.113.40 1194 udp\nproto-force udp",
      ["203.0.113.40 udp 1194"]
    ),
    (
      "port 443\n<connection>\nremote 203.0.113.40\n</connection>\n<connection>\nremote 203.0.113.41 53 tcp\n</connection>",
      ["203.0.113.40 udp 443", "203.0.113.41 tcp 53"]
    ),
    ("remote 203.0.113.40\nhttp-proxy 198.51.100.3 8080", ["198.51.100.3 tcp 8080"]),
    ("remote 203.0.113.40\nsocks-proxy 198.51.100.3", ["198.51.100.3 tcp 1080"]),
    ("<ca>\nremote 198.51.100.9\n</ca>\nremote 203.0.113.40", ["203.0.113.40 udp 1194"]),
  ])
  func `servers are read`(_ text: String, _ endpoints: [String]) throws {
    #expect(
      try lines("endpoint", of: configuration(text))
        == endpoints.map { "endpoint \($0) mark 0x6b75" })
  }

  @Test(arguments: [
    ("remote «a_b.example»", DiagnosticCode.invalidSetting),
    ("remote 203.0.113.40 «0»", .invalidSetting), ("remote 203.0.113.40 «65536»", .invalidSetting),
    ("remote 203.0.113.40 1 «udp5»", .invalidSetting), ("«remote»", .invalidSetting),
    ("«remote 203.0.113.40 1 tcp6»", .invalidSetting), ("remote «127.0.0.1»", .invalidSetting),
    ("remote 203.0.113.40\nproto «x»", .invalidSetting),
    ("remote 203.0.113.40\nmark «0x51»", .invalidSetting),
    ("remote 203.0.113.40\n«mark»", .invalidSetting),
    ("remote 203.0.113.40\nifconfig «x»", .invalidSetting),
    ("remote 203.0.113.40\ndhcp-option DNS «x»", .invalidSetting),
    ("remote 203.0.113.40\n«<ca>»\nabc", .invalidSetting),
    ("«<connection>»\nport 1\n</connection>", .missingSetting),
    ("remote 203.0.113.40\n«server 10.8.0.0 255.255.255.0»", .invalidSetting),
    ("remote 203.0.113.40\nhttp-proxy 198.51.100.3 «x»", .invalidSetting),
    ("remote 203.0.113.40\n«http-proxy 198.51.100.3»", .missingSetting),
    ("remote «\"203.0.113.40»", .invalidSetting),
  ])
  func `marks the text at fault`(_ marked: String, _ code: DiagnosticCode) throws {
    let parts = configuration(marked).split(separator: /[«»]/, omittingEmptySubsequences: false)
    try #require(parts.count == 3)
    let result = imported(parts.joined())
    #expect(result.policy == nil)
    let error = try #require(result.report.diagnostics.first { $0.severity == .error })
    #expect(error.code == code)
    #expect(error.primary.range.start == parts[0].utf8.count, "\(error.message)")
    #expect(error.primary.range.end == parts[0].utf8.count + parts[1].utf8.count)
  }

  @Test(arguments: [
    ("route 10.8.0.0 255.255.0.0", ["inner 10.8.0.0/16"]),
    ("route 10.8.0.7", ["inner 10.8.0.7"]), ("route 0.0.0.0 0.0.0.0", []),
    ("route 0.0.0.0 128.0.0.0\nroute 128.0.0.0 128.0.0.0", []),
    ("route 203.0.113.0 255.255.255.0", []), ("route 10.8.0.0 255.0.255.0", []),
    ("route 10.8.0.0 255.255.0.0 net_gateway", []), ("route-ipv6 fd00::/64", ["inner fd00::/64"]),
    ("route-ipv6 2000::/3", []), ("route-ipv6 fd00::/64 net_gateway_ipv6", []),
  ])
  func `routes into the tunnel live inside it`(_ line: String, _ inner: [String]) throws {
    #expect(try lines("inner", of: configuration("remote 203.0.113.40\n\(line)")) == inner)
  }

  @Test(arguments: [
    ("dev tun0", "tun0", "openvpn"), ("dev tap3", "tap3", "tap"),
    ("dev home\ndev-type tap", "home", "tap"),
    ("dev-type tun\ndev home", "home", "openvpn"), ("dev tun", "tun0", "openvpn"),
    ("dev tap", "tap0", "tap"),
  ])
  func `a device gets its name and kind`(_ lines: String, _ name: String, _ kind: String) throws {
    let result = imported("client\n\(lines)\nremote 203.0.113.40\nmark 5\n")
    let policy = try #require(result.policy)
    #expect(policy.contains("tunnel \(name) {\n    kind     \(kind)\n"), "\(policy)")
    let isNumbered = lines != "dev tun" && lines != "dev tap"
    #expect(result.report.diagnostics.contains { $0.code == .changeConfiguration } == !isNumbered)
  }

  @Test func `an option that is misspelt is named with the one that is meant`() {
    let report = imported(configuration("remote 203.0.113.40\nredirect-gatway def1")).report
    #expect(report.diagnostics.contains { $0.message.contains("did you mean `redirect-gateway`?") })
  }

  @Test func `many servers and many mistakes cost no more than their text`() throws {
    let remotes = (0..<30_000).map { "remote 198.51.\($0 / 250).\($0 % 250 + 1) 443 tcp\n" }
      .joined()
    #expect(try lines("endpoint", of: configuration(remotes)).count == 7_500)
    let wrapped = configuration("<connection>\n" + remotes + "</connection>")
    #expect(try lines("endpoint", of: wrapped).count == 7_500)
    let faults = imported(configuration(String(repeating: "remote x_y\n", count: 50_000)))
    #expect(faults.policy == nil)
    #expect(faults.report.diagnostics.count < 1_100)
  }

  @Test func `mutated configurations become policies or errors`() throws {
    let seeds = try configurations("openvpn")
    try #require(seeds.count > 5)
    let words = [
      "<connection>", "</connection>", "<ca>", "</ca>", "<", ">", "remote ", "\nremote ", "proto ",
      "tcp", "udp4",
      "1194", "'", "\"", "\\", "#", ";", "\r\n", "\t", "\u{0}", "\u{feff}", "dev ", "tun", "mark ",
      "0x5", "127.0.0.1",
      "::1", "route ", "255.255.255.0", "net_gateway", "10.8.0.1", "198.51.100.80", "http-proxy ",
      "-----BEGIN X-----\n",
      "dhcp-option DNS ", "192.0.2.61", "2001:db8:61::1", "ifconfig ", "proto-force tcp\n",
    ]
    var random = SplitMix(state: 22)
    for round in 0..<1_500 {
      var bytes = seeds[round % seeds.count].bytes
      for _ in 0...random.below(5) { mutate(&bytes, words: words, &random) }
      // A file in which the lines that open or close a tag are gone shows what stood between them.
      let result = importOpenVPN(SourceFile(name: "home.ovpn", bytes: bytes))
      expectPromises(result, secrets: [], bytes)
    }
  }
}
