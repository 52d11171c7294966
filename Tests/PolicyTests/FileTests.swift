import PacketSpace
import Policy
import PolicyDiagnostics
import Testing

@Suite struct IncludeTests {
  @Test func `an included file adds its statements, wherever it stands`() throws {
    let policy = try policy(
      """
      policy t
      include "lan/home.ksp"
      tunnel wg0 { dns resolver }
      """,
      files: [
        "lan/home.ksp": "include \"../names.ksp\"\n\nlan eth0 { network 192.168.1.0/24 }",
        "names.ksp": "define resolver = 10.64.0.1",
      ])
    #expect(policy.tunnels.first?.dns.map(\.addresses) == [addresses("10.64.0.1")])
    #expect(policy.lans.first?.origin.file == "lan/home.ksp")
    #expect(policy.lans.first?.origin.line == 3)
  }

  @Test(
    arguments: [
      ("include «\"none.ksp\"»", .fileNotReadable, "there is no file `none.ksp`"),
      ("include «\"../up.ksp\"»", .includeOutsideFolder, outside("../up.ksp")),
      ("include «\"a/../../up.ksp\"»", .includeOutsideFolder, outside("a/../../up.ksp")),
      ("include «\"/etc/passwd\"»", .includeOutsideFolder, outside("/etc/passwd")),
      ("include «\"\"»", .fileNotReadable, "the path is empty"),
      (
        "include «\"homelab.ksp\"»", .includeCycle,
        "`homelab.ksp` closes a circle: `some/folder/homelab.ksp` led to this file"
      ),
      (
        "include \"ok.ksp\"\ninclude «\"./ok.ksp\"»", .duplicateInclude,
        "`./ok.ksp` is included twice; it counts once"
      ),
    ] as [(String, DiagnosticCode, String)])
  func `a path that cannot be included is marked`(
    _ marked: String, _ code: DiagnosticCode, _ message: String
  ) throws {
    try expectOne(
      marked, code, message, files: ["homelab.ksp": "policy t", "ok.ksp": "host { ndp }"])
  }

  @Test func `two files that include each other are a cycle in the second`() {
    let resolution = resolved(
      "policy t\ninclude \"a.ksp\"",
      files: ["a.ksp": "include \"b/b.ksp\"", "b/b.ksp": "include \"../a.ksp\""])
    #expect(resolution.diagnostics.map(\.code) == [.includeCycle])
    #expect(
      resolution.diagnostics.map { resolution.sources[$0.primary.range.file].name } == ["b/b.ksp"])
  }

  @Test func `one run reports the errors of all files`() {
    let resolution = resolved(
      "policy t\ninclude \"a.ksp\"\ntunnel wg0 { dns 1.2.3 }",
      files: ["a.ksp": "include \"b.ksp\"\nlan eth0 { netwrk 10.0.0.0/8 }", "b.ksp": "policy u"])
    #expect(
      resolution.diagnostics.map(\.code) == [.invalidAddress, .unknownLine, .duplicatePolicyName])
  }

  @Test(
    arguments: [
      (.outsideFolder, .includeOutsideFolder, outside("link.ksp")),
      (.tooLarge(limitBytes: 1000), .fileNotReadable, "`link.ksp` has more than 1000 bytes"),
      (
        .notReadable(reason: "Permission denied"), .fileNotReadable,
        "cannot read `link.ksp`: Permission denied"
      ),
    ] as [(FileReadError, DiagnosticCode, String)])
  func `what the system refuses is reported at the include`(
    _ error: FileReadError, _ code: DiagnosticCode, _ message: String
  ) {
    let reader = FileReader { _ throws(FileReadError) in throw error }
    let resolution = resolve(
      SourceFile(name: "homelab.ksp", text: "policy t\ninclude \"link.ksp\""), files: reader,
      accounts: testAccounts)
    #expect(resolution.diagnostics.map(\.code) == [code])
    #expect(resolution.diagnostics.map(\.message) == [message])
  }

  @Test func `a file that a link leads back to is a cycle`() {
    let reader = FileReader { path throws(FileReadError) in
      FileContents(bytes: Array("include \"d/a.ksp\"".utf8), canonicalPath: "a.ksp")
    }
    let resolution = resolve(
      SourceFile(name: "root.ksp", text: "policy t\ninclude \"a.ksp\""), files: reader,
      accounts: testAccounts)
    #expect(resolution.diagnostics.map(\.code) == [.includeCycle])
  }
}

private func outside(_ path: String) -> String {
  "`\(path)` lies outside the folder of `homelab.ksp`"
}

@Suite struct AddressListTests {
  private let root = """
    policy t
    define relays = file "lists/relays.txt"
    tunnel wg0 { endpoint relays, 198.51.100.1 udp 51820 }
    """

  @Test func `a list has one address, prefix or range a line, and comments`() throws {
    let list = """
      \u{feff}# relays
      198.51.100.7
        198.51.100.8   # Oslo\r
      198.51.100.16/28\t
      198.51.100.40-198.51.100.50#x

      2001:db8::1
      2001:db8:1::/48
      198.51.100.7
      """
    let policy = try policy(root, files: ["lists/relays.txt": list])
    #expect(
      policy.tunnels.first?.endpoints.map(\.addresses) == [
        addresses(
          "198.51.100.1", "198.51.100.7-198.51.100.8", "198.51.100.16/28",
          "198.51.100.40-198.51.100.50", "2001:db8::1", "2001:db8:1::/48")
      ])
  }

  @Test(arguments: [
    ("«198.51.100»", "IPv4 address has 3 octets instead of 4"),
    ("198.51.100.«300»", "octet `300` is more than 255"),
    ("«198.51.100.7/24»", "`198.51.100.7/24` has bits set behind its prefix of 24 bits"),
    ("198.51.100.7 «198.51.100.8 9» # two", "expected one address, prefix or range in a line"),
    ("  «nl1.example.net»", "expected an address, found `nl1.example.net`"),
    ("«198.51.100.7,»", "expected an address, found `198.51.100.7,`"),
    ("fd00::«xyz0»".replacing("xyz0", with: "12345"), "group `12345` has more than 4 digits"),
    ("«\0»", "expected an address, found `\0`"),
  ])
  func `a wrong line is marked in its own file`(_ line: String, _ message: String) throws {
    let marked = try Marked("198.51.100.1\n# comment\n\(line)\n2001:db8::1")
    let resolution = resolved(root, files: ["lists/relays.txt": marked.text])
    #expect(resolution.policy == nil)
    #expect(resolution.diagnostics.map(\.code) == [.invalidListLine])
    #expect(resolution.diagnostics.map(\.message) == [message])
    let range = try #require(resolution.diagnostics.first?.primary.range)
    #expect((range.start, range.end) == (marked.start, marked.end))
    #expect(resolution.sources[range.file].name == "lists/relays.txt")
  }

  @Test func `a list of 100,000 lines is read, and its bad line 77,431 is found`() throws {
    var lines = (0..<100_000).map { "198.\(18 + $0 / 65536).\($0 / 256 % 256).\($0 % 256)" }
    let good = try policy(root, files: ["lists/relays.txt": lines.joined(separator: "\n")])
    let set = try #require(good.tunnels.first?.endpoints.first?.addresses)
    #expect(set.contains(IPAddress(v4: 0xc612_0000 + 99_999)))
    #expect(!set.contains(IPAddress(v4: 0xc612_0000 + 100_000)))

    lines[77_430] = "198.19.46"
    let text = lines.joined(separator: "\n")
    let bad = resolved(root, files: ["lists/relays.txt": text])
    #expect(bad.policy == nil)
    let start = try #require(bad.diagnostics.first?.primary.range.start)
    #expect(text.utf8.prefix(start).count { $0 == UInt8(ascii: "\n") } == 77_430)
  }

  @Test func `of many wrong lines the first twenty are shown and the rest counted`() {
    let list = String(repeating: "x\n", count: 1000)
    let found = resolved(root, files: ["lists/relays.txt": list]).diagnostics
    #expect(found.count == 21)
    #expect(found.first?.message == "`lists/relays.txt` has 980 more lines that are wrong")
  }

  @Test(arguments: ["", "\n\n", "# nothing\n"])
  func `a list without an address is an empty set`(_ list: String) {
    let found = resolved(root, files: ["lists/relays.txt": list]).diagnostics
    #expect(found.map(\.code) == [.emptySet])
  }

  @Test func `an address that no endpoint can have is marked in the list`() throws {
    let marked = try Marked("198.51.100.7\n«239.0.0.1»\n")
    let found = resolved(root, files: ["lists/relays.txt": marked.text]).diagnostics
    #expect(found.map(\.code) == [.unusableAddress])
    #expect(found.map(\.primary.range.start) == [marked.start])
  }

  @Test func `a list is no port`() throws {
    try expectOne(
      "define relays = file \"r.txt\"\ntunnel wg0 { out tcp «relays» }", .wrongKind,
      "expected a port, but `relays` holds a list of addresses", files: ["r.txt": "192.0.2.1"])
  }
}

@Suite struct LockFileTests {
  private let root = """
    policy t
    define nl = "nl1.example.net"
    tunnel wg0 { endpoint nl, "SE1.example.net", 198.51.100.1 udp 51820 }
    """

  private let lock = """
    # written by hand
    nl1.example.net 198.51.100.7 2001:db8::7
    se1.example.net dnssec=secure 198.51.100.8  # Malmö
    """

  @Test func `a host name stands for its locked addresses`() throws {
    let policy = try policy(root, files: ["homelab.ksp.lock": lock])
    let endpoint = try #require(policy.tunnels.first?.endpoints.first)
    #expect(
      endpoint.addresses
        == addresses("198.51.100.1", "198.51.100.7", "198.51.100.8", "2001:db8::7"))
    #expect(endpoint.hostNames == ["nl1.example.net", "se1.example.net"])
  }

  @Test(
    arguments: [
      (
        "«\"nl2.example.net\"»", .unlockedHostName,
        "`nl2.example.net` is not in `homelab.ksp.lock`, did you mean `nl1.example.net`?"
      ),
      (
        "«\"-a.example.net\"»", .invalidHostName,
        "`-a.example.net` is no host name: a part begins or ends with `-`"
      ),
      (
        "«\"a..b\"»", .invalidHostName,
        "`a..b` is no host name: a part between its dots is empty"
      ),
      (
        "«\"198.51.100.7\"»", .invalidHostName,
        "`198.51.100.7` is no host name: its last part is a number; an address is written without quotes"
      ),
      (
        "«\"local.example.net\"»", .unusableAddress,
        "`local.example.net` is locked to `127.0.0.1`, which is a loopback address"
      ),
      (
        "«\"lan.example.net\"»", .unusableAddress,
        "`lan.example.net` is locked to `192.168.1.1`, which is no public address"
      ),
    ] as [(String, DiagnosticCode, String)])
  func `a host name without usable addresses is marked`(
    _ name: String, _ code: DiagnosticCode, _ message: String
  ) throws {
    try expectOne(
      "tunnel wg0 { endpoint \(name) udp 1 }", code, message,
      files: [
        "homelab.ksp.lock":
          "\(lock)\nlocal.example.net 127.0.0.1\nlan.example.net 198.51.100.9 192.168.1.1"
      ])
  }

  @Test func `without a lock file its name is said`() throws {
    try expectOne(
      "tunnel wg0 { endpoint «\"nl1.example.net\"» udp 1 }", .unlockedHostName,
      "`nl1.example.net` has no locked address: there is no `homelab.ksp.lock`")
  }

  @Test(arguments: [
    (
      "«nl_1.example.net» 192.0.2.1",
      "`nl_1.example.net` is no host name: only letters, digits, `-` and dots may stand in one"
    ),
    ("«nl3.example.net»", "`nl3.example.net` has no address"),
    ("nl3.example.net «192.0.2»", "IPv4 address has 3 octets instead of 4"),
    ("nl3.example.net «192.0.2.0/24»", "expected an address, found `192.0.2.0/24`"),
    (
      "nl3.example.net «dnssec=maybe» 192.0.2.1",
      "expected `dnssec=secure`, `dnssec=insecure` or an address, found `dnssec=maybe`"
    ),
    ("«nl1.example.net 192.0.2.1»", "`nl1.example.net` has a second line"),
  ])
  func `a wrong line of the lock file is marked`(_ line: String, _ message: String) throws {
    let marked = try Marked("\(lock)\n\(line)\n")
    let resolution = resolved(root, files: ["homelab.ksp.lock": marked.text])
    #expect(resolution.diagnostics.map(\.code) == [.invalidLockFile])
    #expect(resolution.diagnostics.map(\.message) == [message])
    let range = try #require(resolution.diagnostics.first?.primary.range)
    #expect((range.start, range.end) == (marked.start, marked.end))
    #expect(resolution.sources[range.file].name == "homelab.ksp.lock")
  }
}
