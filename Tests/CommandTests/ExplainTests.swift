import Foundation
import Testing

/// `kspolicy explain` as a user runs it.
@Suite struct ExplainTests {
  private let policy = """
    policy t
    define server = 198.51.100.7
    tunnel wg0 { endpoint server udp 51820 mark 0x7; address 10.64.0.2 }
    lan eth0 { network 192.168.1.0/24; out tcp 445; in tcp 22 }
    forward docker0 { to wg0 }

    """

  private func run(_ packet: String, _ options: String = "") throws -> ProgramRun {
    try ProgramRun(
      "kspolicy explain \(options) t.ksp \(packet)", in: try ScratchFolder(["t.ksp": policy]))
  }

  @Test(arguments: [
    ("tcp to 1.1.1.1 port 443 out eth0", "blocked: ", "no line of the policy lets it pass"),
    ("tcp to 192.168.1.9 port 445 out eth0", "passes: ", "t.ksp:4 | lan eth0 { network"),
    ("udp to server port 51820 mark 7 out uplink", "passes: ", "t.ksp:3 | tunnel wg0 {"),
    ("tcp from 10.64.0.2 to 1.1.1.1 port 80 out eth0", "blocked: ", "t.ksp:3 | tunnel wg0 {"),
    ("tcp to 1.1.1.1 port 443 in docker0 out wg0", "passes: ", "t.ksp:5 | forward docker0"),
    ("tcp from 192.168.1.9 port 22 in eth0", "passes: ", "t.ksp:4 | lan eth0 {"),
    ("in lo", "passes: ", "`lo` always passes"),
    ("out wg0 state new reply", "no packet can be so", "so"),
  ])
  func `the verdict comes with the line that decided`(
    _ packet: String, _ verdict: String, _ line: String
  ) throws {
    for words in [packet, "'\(packet)'"] {
      let run = try run(words)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.hasPrefix(verdict), "\(run.output)")
      #expect(run.output.contains(line), "\(run.output)")
    }
  }

  @Test func `the answer is the path, what was taken as usual, and whether all go the same way`()
    throws
  {
    let run = try run("udp to server port 51820 mark 7 out eth0")
    #expect(
      run.output == """
        passes: udp 192.168.1.2:40000 > 198.51.100.7:51820 out eth0 (ether) state new origin local \
        mark 0x7 user 1000 group 1000 ttl 64

        output  inet kspolicy_t output_300, priority 300
            rule 8: oifname != "lo" oifname != "wg0" oifname != "docker0" ip daddr 198.51.100.7 \
        udp dport 51820 meta mark 0x7 counter accept comment "t.ksp:3 endpoint"
        postrouting  inet kspolicy_t postrouting_minus160, priority -160
            policy accept
        postrouting  inet kspolicy_t postrouting_300, priority 300
            rule 6: iif 0 oifname != "lo" oifname != "wg0" oifname != "docker0" ip daddr \
        198.51.100.7 udp dport 51820 meta mark 0x7 counter accept comment "t.ksp:3 endpoint"

        decided by
          t.ksp:3 | tunnel wg0 { endpoint server udp 51820 mark 0x7; address 10.64.0.2 }

        not said, so taken as usual: from 192.168.1.2, sport 40000, state new, origin local, \
        user 1000, group 1000, ttl 64

        Not every packet that fits the description: one is blocked that differs in
          from 10.64.0.2, not from 192.168.1.2
          t.ksp:3 | tunnel wg0 { endpoint server udp 51820 mark 0x7; address 10.64.0.2 }
          packet: udp 10.64.0.2:40000 > 198.51.100.7:51820 out eth0 (ether) state new origin local \
        mark 0x7 user 1000 group 1000 ttl 64

        """)
  }

  @Test func `a packet that all others like it follow is told so`() throws {
    let run = try run("tcp to 1.1.1.1 port 443 out eth0")
    #expect(run.output.hasSuffix("Every packet that fits the description is blocked.\n"))
  }

  @Test(arguments: [
    ("tcp to 1.1.1 out eth0", "error[invalid-address]: ", "<packet>:1:8"),
    ("tcp to 1.1.1.1", "error[expect-needs-interface]: a packet needs `in`", "<packet>:1:1"),
    ("tcp to sever out eth0", "error[undefined-name]: ", "did you mean `server`?"),
    ("pass tcp out eth0", "error[unexpected-token]: ", "<packet>:1:1"),
    ("'tcp out eth0; udp out eth0'", "error[unexpected-token]: ", "<packet>:1:13"),
    ("port 443 out eth0", "error[port-without-protocol]: ", "<packet>:1:6"),
  ])
  func `a wrong packet is an error with its place marked`(
    _ packet: String, _ message: String, _ place: String
  ) throws {
    let run = try run(packet)
    #expect(run.status == 1)
    #expect(run.output == "")
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(run.errors.contains(place), "\(run.errors)")
  }

  @Test func `a script asks with --exit-code or --quiet`() throws {
    #expect(try run("tcp to 1.1.1.1 out eth0", "--exit-code").status == 2)
    let quiet = try run("tcp to 1.1.1.1 out eth0", "-q")
    #expect(quiet.status == 2)
    #expect(quiet.output == "")
    #expect(try run("tcp to 1.1.1.1 out wg0", "-q").status == 0)
  }

  @Test func `a control group may lose its quotes in the shell`() throws {
    let run = try run("cgroup \"a.slice/b\" out wg0")
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test func `the rules of iptables are followed as well`() throws {
    let run = try run("tcp to 192.168.1.9 port 445 out eth0", "--target iptables")
    #expect(run.output.hasPrefix("passes: "))
    #expect(run.output.contains("postrouting  ip mangle POSTROUTING, priority -150\n"))
    #expect(
      run.output.contains("-d 192.168.1.0/24 -o eth0 -p tcp -m tcp --dport 445"), "\(run.output)")
    #expect(run.output.contains("t.ksp:4 | lan eth0 {"))
  }

  @Test func `json holds the same`() throws {
    let run = try run("udp to server out eth0", "--json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect(object["verdict"] as? String == "blocked")
    #expect(object["isSameForAll"] as? Bool == false)
    let other = try #require(object["other"] as? [String: Any])
    #expect(other["verdict"] as? String == "passes")
    let packet = try #require(other["packet"] as? [String: Any])
    #expect(packet["mark"] as? Int == 7)
    #expect(packet["port"] as? Int == 51820)
    let lines = try #require(other["lines"] as? [[String: Any]])
    #expect(lines.map { $0["line"] as? Int } == [3])
  }

  @Test func `a line of an included file is quoted from that file`() throws {
    let folder = try ScratchFolder([
      "t.ksp": "policy t\ninclude \"lan.ksp\"\ntunnel wg0 { }\n",
      "lan.ksp": "# the house\nlan eth0 { network 192.168.1.0/24; out tcp 80 }\n",
    ])
    let run = try ProgramRun(
      "kspolicy explain \"$PWD/t.ksp\" tcp to 192.168.1.9 port 80 out eth0", in: folder)
    #expect(run.output.contains("lan.ksp:2 | lan eth0 { network"), "\(run.output)")
  }
}
