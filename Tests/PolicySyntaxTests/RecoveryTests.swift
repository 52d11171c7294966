import PolicyDiagnostics
import PolicySyntax
import Testing

@Suite struct RecoveryTests {
  @Test func `one run reports the errors of every statement and line`() throws {
    try expectFaults(
      """
      policy «"homelab"»
      «defin» vpn = 198.51.100.7
      define web = { 80, «%», 443 }
      tunnel wg0 {
          kind «wiregard»
          endpoint vpn «upd» 51820
          «adress» 10.64.0.2
          dns 10.64.0.1«,»
      }
      lan «4th» {
          «netwrk» 192.168.1.0/24
          in tcp «any»
      }
      host { dhcp; «npd»; ping }
      expect pass «tpc» out eth0

      """,
      [
        .invalidPolicyName, .unknownStatement, .invalidCharacter, .unexpectedToken,
        .unexpectedToken, .unknownLine, .unexpectedToken, .invalidInterfaceName, .unknownLine,
        .missingPort, .unknownLine, .unexpectedToken,
      ])
  }

  @Test func `a set that is never closed costs one message, not one for each word after it`() throws
  {
    try expectFaults(
      "define web = { 80, 443\n«tunel» wg0 { endpoint 192.0.2.1 udp 1 mark 1 }\nhost { «npd» }\n",
      [.unexpectedToken, .unknownLine])
  }

  /// A word that begins a statement ends a block whose brace is missing, if it begins its line.
  @Test(arguments: [
    "policy a", "include \"a\"", "define a = 1", "confine user a", "tunnel wg1 { kind tap }",
    "uplink eth0", "lan eth0 { in any from any }", "forward br0 { among }", "bypass a { mark 1 }",
    "host { ping }", "blocked drop", "guard", "expect pass in eth0", "accept-risk a because \"b\"",
    "language 1",
  ])
  func `a missing brace costs only itself`(_ statement: String) throws {
    try expectFaults("tunnel wg0 «{»\nkind tap\n\n\(statement)\n", [.missingBrace])
    let found = parse("tunnel wg0 {\nkind tap\n\n\(statement)\n").tree
    #expect(
      outline(found) == outline(try tree(of: "tunnel wg0 { kind tap }\n\(statement)")),
      "\(statement)")
  }

  @Test(arguments: [
    ("host «{» dhcp\nping", [DiagnosticCode.missingBrace]),
    ("host { dhcp\nguard\nping }", []),
    ("host «{» dhcp\nuplink eth0\n«ping»\n", [.missingBrace, .unknownStatement]),
    ("tunnel wg0 «{»\nin tcp { 1,\n2 }\nlan eth0 {\nin any\n}", [.missingBrace]),
    ("tunnel wg0 «{»\nin tcp «{» 1,\n2\nlan eth0 {\nin any\n}", [.missingBrace, .missingBrace]),
    ("tunnel wg0 {\nin tcp «{» 1,\n2\nout any\n}\npolicy a", [.missingBrace]),
    ("tunnel wg0 {\nkind tap\n}\n«}»\npolicy a", [.unexpectedToken]),
    ("define a = «{» 1, 2\npolicy a\nhost { «pong» }", [.missingBrace, .unknownLine]),
    ("define a = «{» 1, 2,\npolicy a\nhost { «pong» }", [.missingBrace, .unknownLine]),
    ("define a = «{»\npolicy a", [.missingBrace]),
    ("define a = { lan,\nhost\n, in }", []),
    ("uplink eth0«,»\npolicy a", [.unexpectedToken]),
    ("confine user a,\nfrom b", []),
    ("bypass a { user a,\nfrom b,\nc\nmark 1 }", []),
    ("lan eth0«,»\nforward br0 { «amog» }", [.unexpectedToken, .unknownLine]),
  ])
  func `what follows a brace or comma at fault is read`(
    _ marked: String, _ codes: [DiagnosticCode]
  ) throws {
    try expectFaults(marked, codes)
  }

  @Test(arguments: [
    "tunnel wg0\n{ kind tap }", "tunnel wg0 # c\n\n# d\n{\nkind tap }", "tunnel\twg0{kind tap}",
    "tunnel wg0 {\r\nkind tap\r\n}\r\n", "\u{FEFF}tunnel wg0 { ; kind tap;; };",
  ])
  func `blanks and ends of lines do not change what is said`(_ text: String) throws {
    #expect(outline(try tree(of: text)) == outline(try tree(of: "tunnel wg0 { kind tap }")))
  }

  @Test(arguments: [
    ("dns 10.0.0.1,\n10.0.0.2", "{dns([<10.0.0.1>, <10.0.0.2>])}"),
    ("dns 10.0.0.1, # c\n\n  # d\n10.0.0.2", "{dns([<10.0.0.1>, <10.0.0.2>])}"),
    ("dns { 10.0.0.1,\n10.0.0.2 }", "{dns([{<10.0.0.1>, <10.0.0.2>}])}"),
    ("dns {\n10.0.0.1\n, 10.0.0.2\n}", "{dns([{<10.0.0.1>, <10.0.0.2>}])}"),
    ("dns 10.0.0.1\ndns 10.0.0.2", "{dns([<10.0.0.1>])}, {dns([<10.0.0.2>])}"),
    ("dns 10.0.0.1; dns 10.0.0.2", "{dns([<10.0.0.1>])}, {dns([<10.0.0.2>])}"),
  ])
  func `a newline is a blank after a comma and in a set, and ends a line elsewhere`(
    _ lines: String, _ expected: String
  ) throws {
    #expect(
      outline(try tree(of: "tunnel wg0 {\n\(lines)\n}")) == ["tunnel([wg0], [\(expected)])"])
  }

  @Test(arguments: [
    ("tunel wg0 { }", "tunnel"), ("polcy a", "policy"), ("Forward br0 { }", "forward"),
    ("host { dchp }", "dhcp"), ("lan eth0 { netwrok 10.0.0.0/8 }", "network"),
    ("tunnel wg0 { kind wiregaurd }", "wireguard"), ("expect blok in eth0", "block"),
    ("tunnel wg0 { out any ot 10.0.0.1 }", "to"), ("lan eth0 { multicast sspd }", "ssdp"),
    ("forward br0 { from lan tpc 80 }", "tcp"), ("expect pass stat new in eth0", "state"),
    ("blocked drop lgo \"a\"", "log"), ("accept-risk a becuase \"b\"", "because"),
  ])
  func `a misspelt keyword is guessed`(_ text: String, _ word: String) throws {
    let diagnostics = parse(text).diagnostics
    try #require(diagnostics.count == 1)
    #expect(diagnostics[0].message.hasSuffix("did you mean `\(word)`?"))
    let fix = try #require(diagnostics[0].fixIts.first)
    #expect(fix.replacement == word)
    var bytes = Array(text.utf8)
    bytes.replaceSubrange(fix.range.start..<fix.range.end, with: Array(word.utf8))
    #expect(faults(in: String(decoding: bytes, as: UTF8.self)) == [])
  }

  @Test(arguments: [
    "uplink 4g0", "define a = { 1 2 }", "define a = { 1; 2 }", "define a = { 1, 2, }",
    "include \"a\\x\"", "include ../a/b.ksp", "include 4.ksp", "blocked drop log x",
    "tunnel wg0 { in tcp 1, }", "uplink eth0,\npolicy a",
    "tunnel wg0 {\nkind tap\npolicy a", "define a = {\n1\npolicy a", "tunnel wg0 { in icmp 8, 80 }",
  ])
  func `the fix of a diagnostic mends it`(_ text: String) throws {
    let diagnostic = try #require(parse(text).diagnostics.first)
    let fix = try #require(diagnostic.fixIts.first)
    var bytes = Array(text.utf8)
    bytes.replaceSubrange(fix.range.start..<fix.range.end, with: Array(fix.replacement.utf8))
    #expect(faults(in: String(decoding: bytes, as: UTF8.self)) == [])
  }
}
