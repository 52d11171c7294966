import PolicyDiagnostics
import PolicySyntax
import Testing

func formatted(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
  let (result, diagnostics) = format(SourceFile(name: "test.ksp", text: text), id: .root)
  try #require(diagnostics.map(\.message) == [], "\(text)", sourceLocation: sourceLocation)
  return try #require(result, sourceLocation: sourceLocation)
}

@Suite struct FormatTests {
  @Test func `the layout of the language's own example stays`() throws {
    #expect(try formatted(homelab) == homelab)
  }

  @Test(arguments: [
    ("", ""),
    ("\n\n  \n", ""),
    ("\u{FEFF}policy a", "policy a\n"),
    ("policy a\r\n\r\nguard\r\n", "policy a\n\nguard\n"),
    ("\n\npolicy   a ;;guard\n\n\n\nhost{}\n\n", "policy a\nguard\n\nhost { }\n"),
    ("# a  \n\n\n#b\npolicy a#c\t\n", "# a\n\n#b\npolicy a  #c\n"),
    ("guard; # a\n # b\n", "guard  # a\n# b\n"),
    ("blocked drop log \"x\" rate 5 / second", "blocked drop log \"x\" rate 5/second\n"),
    ("define a={1 ,2}\n\tdefine bcd =  3", "define a   = { 1, 2 }\ndefine bcd = 3\n"),
    (
      "define a=1\n\ndefine bcd=2\nguard\ndefine ef=3",
      """
      define a = 1

      define bcd = 2
      guard
      define ef = 3

      """
    ),
    ("define a=1\n# c\ndefine bcd=2", "define a   = 1\n# c\ndefine bcd = 2\n"),
    ("expect pass in eth0\nexpect block in eth0", "expect pass  in eth0\nexpect block in eth0\n"),
    ("expect pass in eth0\nguard", "expect pass  in eth0\nguard\n"),
  ])
  func `a statement gets one line`(_ text: String, _ expected: String) throws {
    #expect(try formatted(text) == expected)
  }

  @Test(arguments: [
    ("host {dhcp ;ndp;ping}", "host { dhcp; ndp; ping }\n"),
    ("host { ntp 10.0.0.1 } # c", "host { ntp 10.0.0.1 }  # c\n"),
    ("host { dhcp;\nndp; ping; }", "host {\n    dhcp\n    ndp\n    ping\n}\n"),
    ("host\n\n{\n}", "host {\n}\n"),
    (
      "host # a\n\n# b\n{ # c\n\ndhcp # d\n\n\n# e\n\n} # f",
      """
      host {  # a
          # b
          # c

          dhcp  # d

          # e
      }  # f

      """
    ),
    ("host\n# a\n{ # b\n}", "host {\n    # a\n    # b\n}\n"),
    ("host { # a\n}", "host {  # a\n}\n"),
    (
      "tunnel wg0 { kind wireguard; address 10.64.0.2, fc00:bbbb::2; dns 10.64.0.1; in tcp 1 }",
      """
      tunnel wg0 {
          kind    wireguard
          address 10.64.0.2, fc00:bbbb::2
          dns     10.64.0.1
          in      tcp 1
      }

      """
    ),
    (
      "forward br0 {\nto wg0\nmasquerade\nfrom lan any\n}",
      """
      forward br0 {
          to   wg0
          masquerade
          from lan any
      }

      """
    ),
    (
      "lan eth0,\neth1\n{\nmulticast mdns\nin any\n}",
      """
      lan eth0,
          eth1 {
          multicast mdns
          in any
      }

      """
    ),
  ])
  func `a block keeps to one line only where it was on one and fits`(
    _ text: String, _ expected: String
  ) throws {
    #expect(try formatted(text) == expected)
  }

  @Test(arguments: [
    ("define a = { 1,\n2 }", "define a = {\n    1,\n    2\n}\n"),
    ("define a = {\n1, 2 }", "define a = {\n    1, 2\n}\n"),
    ("define a = { 1, 2\n}", "define a = {\n    1, 2\n}\n"),
    ("define a = { 1\n, 2 }", "define a = {\n    1,\n    2\n}\n"),
    ("define a = 1,\n\n2, 3,\n4", "define a = 1,\n    2, 3,\n    4\n"),
    (
      "define a = { # x\n\n1 # y\n, # z\n2,\n\n\n# v\n\n3 # w\n\n}",
      """
      define a = {  # x
          1,  # y
          # z
          2,

          # v

          3  # w
      }

      """
    ),
    ("define a = 1, # x\n# y\n2 # z", "define a = 1,  # x\n    # y\n    2  # z\n"),
    (
      "define a = {\n{ 1 }, {\n2\n} }",
      """
      define a = {
          { 1 }, {
              2
          }
      }

      """
    ),
    (
      "lan eth0 {\nnetwork 10.0.0.0/8\nin tcp {\n1 }, udp 2,\n3\nout any\n}",
      """
      lan eth0 {
          network 10.0.0.0/8
          in      tcp {
              1
          }, udp 2,
              3
          out     any
      }

      """
    ),
  ])
  func `a list that was broken over lines stays broken`(
    _ text: String, _ expected: String
  ) throws {
    #expect(try formatted(text) == expected)
  }

  @Test(arguments: [
    ("policy a # a\nguard # b\n\nguard # c", "policy a  # a\nguard     # b\n\nguard  # c\n"),
    (
      "host {\ndhcp # a\nping\nndp # b\nigmp # c\n}",
      """
      host {
          dhcp  # a
          ping
          ndp   # b
          igmp  # c
      }

      """
    ),
    (
      "guard # a\nhost { } # b\nuplink a,\nb # c\npolicy abc # d",
      """
      guard  # a
      host { }  # b
      uplink a,
          b  # c
      policy abc  # d

      """
    ),
  ])
  func `comments behind neighbouring lines are aligned`(
    _ text: String, _ expected: String
  ) throws {
    #expect(try formatted(text) == expected)
  }

  @Test func `a file that does not parse is left alone`() {
    let file = SourceFile(name: "test.ksp", text: "policy\nhost { dhcp\n")
    let (text, diagnostics) = format(file, id: .root)
    #expect(text == nil)
    #expect(diagnostics == parse(file, id: .root).diagnostics)
  }
}
