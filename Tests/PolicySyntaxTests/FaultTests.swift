import PolicyDiagnostics
import PolicySyntax
import Testing

@Suite struct FaultTests {
  @Test(arguments: [
    // Characters and literals.
    ("include «ü»", [DiagnosticCode.invalidCharacter]),
    ("host «\0» { dhcp }", [.invalidCharacter]),
    ("policy a«\r»", [.invalidCharacter]),
    ("confine user 1 «-» 5", [.invalidCharacter]),
    ("include «\"a.ksp»", [.unterminatedString]),
    ("include «\"a\\\"»", [.unterminatedString]),
    ("include «\"a»\npolicy «2»", [.unterminatedString, .invalidPolicyName]),
    ("include \"a«\\x»b«\\q»\"", [.invalidEscape, .invalidEscape]),
    ("include \"a«\u{7}»b\"", [.invalidCharacter]),
    ("uplink «4g0», eth0", [.invalidInterfaceName]),
    ("uplink «eth*x»", [.invalidInterfaceName]),
    ("uplink «*»", [.invalidInterfaceName]),
    ("define a = «0xzz»", [.invalidNumber]),
    ("define a = «80-»", [.invalidNumber]),
    ("define a = «18446744073709551616»", [.invalidNumber]),
    ("define a = { 80, «0x10000000000000000», 81 }", [.invalidNumber]),

    // Statements.
    ("«tunel» wg0 { kind tap }", [.unknownStatement]),
    ("«POLICY» homelab", [.unknownStatement]),
    ("«dns» 10.0.0.1", [.unknownStatement]),
    ("«xyzzy» 1 { 2\n3 }\npolicy a", [.unknownStatement]),
    ("«=» 5", [.unexpectedToken]),
    ("«}»", [.unexpectedToken]),
    ("host { dhcp }\n«}»\npolicy a", [.unexpectedToken]),
    ("policy a «b»", [.unexpectedToken]),
    ("policy a «{» }", [.unexpectedToken]),
    ("policy«»", [.unexpectedToken]),
    ("policy «\"a\"»", [.invalidPolicyName]),
    ("policy «1a»", [.invalidPolicyName]),
    ("language «one»", [.unexpectedToken]),
    ("include «relays.ksp»", [.unexpectedToken]),
    ("include «.»./relays.ksp", [.unexpectedToken]),
    ("define «=» 5", [.unexpectedToken]),
    ("define a «5»", [.unexpectedToken]),
    ("define a =«»", [.unexpectedToken]),
    ("define a = file «relays»", [.unexpectedToken]),
    ("define a = «{}»", [.emptySet]),
    ("define a = «{\n\n}»", [.emptySet]),
    ("define a = { 1, «{ }», 2 }", [.emptySet]),
    ("confine «alice»", [.unexpectedToken]),
    ("confine user alice«,»", [.unexpectedToken]),
    ("confine «usr» alice", [.unexpectedToken]),
    ("uplink«»", [.unexpectedToken]),
    ("blocked «allow»", [.unexpectedToken]),
    ("blocked drop «rate» 5/second", [.unexpectedToken]),
    ("blocked drop log «x»", [.unexpectedToken]),
    ("blocked drop log \"x\" rate 5«»", [.unexpectedToken]),
    ("blocked drop log \"x\" rate 5/«minute»", [.unexpectedToken]),
    ("guard «on»", [.unexpectedToken]),
    ("accept-risk lan-dns \"wg0\"«»", [.unexpectedToken]),
    ("accept-risk lan-dns wg0«»", [.unexpectedToken]),
    ("accept-risk «\"lan-dns\"» because \"x\"", [.unexpectedToken]),
    ("accept-risk lan-dns because«»", [.unexpectedToken]),
  ])
  func `a statement at fault is marked`(_ marked: String, _ codes: [DiagnosticCode]) throws {
    try expectFaults(marked, codes)
  }

  @Test(arguments: [
    // Lines of every block.
    ("kind «wiregard»", [DiagnosticCode.unexpectedToken]),
    ("kind«»", [.unexpectedToken]),
    ("endpoint«»", [.missingAddress]),
    ("endpoint «udp» 51820", [.missingAddress]),
    ("endpoint 192.0.2.1 udp«»", [.missingPort]),
    ("endpoint 192.0.2.1 udp «mark» 1", [.missingPort]),
    ("endpoint 192.0.2.1 «icmp»", [.unexpectedToken]),
    ("endpoint 192.0.2.1 udp 1«,» tcp 2", [.unexpectedToken]),
    ("endpoint 192.0.2.1 udp 1 mark 1 «mark» 2", [.duplicateLine]),
    ("endpoint 192.0.2.1 udp 1 «form» eth0", [.unexpectedToken]),
    ("endpoint 192.0.2.1 udp 1 mark «via» eth0", [.unexpectedToken]),
    ("address 10.0.0.1 «10.0.0.2»", [.unexpectedToken]),
    ("address 10.0.0.1«,»\n  dns 10.0.0.1", [.unexpectedToken]),
    ("«adress» 10.0.0.1", [.unknownLine]),
    ("«network» 10.0.0.1", [.unknownLine]),
    ("«xyzzy» { 1\n 2\n}\nkind tap", [.unknownLine]),
    ("kind tap; «lan» eth0", [.unknownLine]),
    ("«10.0.0.1»", [.unexpectedToken]),
    ("in«»", [.unexpectedToken]),
    ("in «22»", [.unexpectedToken]),
    ("in «tpc» 22", [.unexpectedToken]),
    ("in icmp 8, «0»", [.bareNumberInService]),
    ("in icmp 8, «tpc» 443", [.unexpectedToken]),
    ("in any, «80», 81", [.bareNumberInService]),
    ("in tcp 80«,»", [.unexpectedToken]),
    ("in tcp «any»", [.missingPort]),
    ("in tcp «80a»", [.invalidInterfaceName]),
    ("out any «from» 10.0.0.1", [.unexpectedToken]),
    ("out any to«»", [.missingAddress]),
    ("in tcp «{» 22, {«,» 80 }\nout any", [.missingBrace, .unexpectedToken]),
    ("in tcp { 22 «80» }", [.unexpectedToken]),
    ("in tcp { 22«;» 80 }", [.unexpectedToken]),
    ("in tcp { 22, 80«,» }", [.unexpectedToken]),
    ("in tcp «{» 22, 80\nout any", [.missingBrace]),
    (
      "in tcp { 22, «%»,\n«ü», 80,\n «0xg» }\nout any",
      [
        .invalidCharacter, .invalidCharacter, .invalidNumber,
      ]
    ),
  ])
  func `a line of a tunnel at fault is marked`(
    _ marked: String, _ codes: [DiagnosticCode]
  ) throws {
    try expectFaults("tunnel wg0 {\n\(marked)\n}\npolicy a\n", codes)
  }

  @Test(arguments: [
    ("lan eth0 {\nnetwork «public»\n}", [DiagnosticCode.missingAddress]),
    ("lan eth0 {\nnetwork 10.0.0.0/8 «pubic»\n}", [.unexpectedToken]),
    ("lan eth0 {\nin tcp 22 from «10.0.0.1»\n}", [.unexpectedToken]),
    ("lan eth0 {\nout tcp 22 «mark» 1\n}", [.unexpectedToken]),
    ("lan eth0 {\nmulticast mdns, «sdp»\n}", [.unexpectedToken]),
    ("lan eth0 {\n«multcast» mdns\n}", [.unknownLine]),
    ("forward br0 {\nto «any» tcp 22\n}", [.unexpectedToken]),
    ("forward br0 {\nto lan«»\n}", [.unexpectedToken]),
    ("forward br0 {\nfrom wg0«»\n}", [.unexpectedToken]),
    ("forward br0 {\namong «br1»\n}", [.unexpectedToken]),
    ("forward br0 {\n«dhcp_server»\n}", [.unknownLine]),
    ("bypass a {\nto 10.0.0.1«»\n}", [.unexpectedToken]),
    ("bypass a {\nto «tcp» 22\n}", [.missingAddress]),
    ("bypass a {\nbecause «reasons»\n}", [.unexpectedToken]),
    ("bypass a {\ncgroup «x.slice»\n}", [.unexpectedToken]),
    ("host { dhcp; ndp «ping» }", [.unexpectedToken]),
    ("host { «dhcpv6»; ping }", [.unknownLine]),
    ("host { ntp «}»", [.missingAddress]),
    ("tunnel «{» kind tap }", [.unexpectedToken]),
    ("tunnel wg0, «{» kind tap }", [.unexpectedToken]),
    ("tunnel«»\n{\nkind «tab»\n}", [.unexpectedToken, .unexpectedToken]),
    ("tunnel «4wg» {\nkind «tab»\n}", [.invalidInterfaceName, .unexpectedToken]),
    ("tunnel wg0 «%» {\nkind «tab»\n}", [.invalidCharacter, .unexpectedToken]),
    ("tunnel wg0«»\nkind «tab»\n}", [.missingBrace, .unexpectedToken]),
    ("tunnel wg0«»\npolicy a", [.missingBrace]),
    ("expect «pas» tcp in eth0", [.unexpectedToken]),
    ("expect pass tcp «443» in eth0", [.unexpectedToken]),
    ("expect pass tcp in eth0 «udp»", [.duplicateLine]),
    ("expect pass in eth0 «in» eth1", [.duplicateLine]),
    ("expect pass to 10.0.0.1«,» 10.0.0.2", [.unexpectedToken]),
    ("expect pass state «newish»", [.unexpectedToken]),
    ("expect pass «any» out eth0", [.unexpectedToken]),
    ("expect pass to «out» eth0", [.missingAddress]),
  ])
  func `a line of another block or an expectation at fault is marked`(
    _ marked: String, _ codes: [DiagnosticCode]
  ) throws {
    try expectFaults(marked, codes)
  }

  @Test func `bytes that are not UTF-8 are reported once for each line`() {
    let bytes =
      Array("# a".utf8) + [0xFF, 0xFE, 0x0A] + Array("policy ".utf8) + [
        0xC3, 0x0A, 0xED, 0xA0, 0x80,
      ]
    let diagnostics = parse(SourceFile(name: "test.ksp", bytes: bytes), id: .root).diagnostics
    #expect(diagnostics.map(\.code) == [.invalidUTF8, .invalidUTF8, .invalidUTF8])
    #expect(diagnostics.map(\.primary.range.start) == [3, 13, 15])
  }
}

func expectFaults(
  _ marked: String, _ codes: [DiagnosticCode], sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let source = try MarkedSource(marked)
  let expected = zip(codes, source.ranges).map {
    "\($0.rawValue) \($1.lowerBound)..<\($1.upperBound)"
  }
  #expect(codes.count == source.ranges.count, sourceLocation: sourceLocation)
  #expect(faults(in: source.text) == expected, "\(source.text)", sourceLocation: sourceLocation)
}
