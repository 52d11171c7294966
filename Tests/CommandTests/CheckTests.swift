import Foundation
import Testing

/// `kspolicy check` as a user runs it.
@Suite struct CheckTests {
  private let policy = """
    policy t
    tunnel wg0 { endpoint 198.51.100.7 udp 51820 mark 0x7; address 10.64.0.2 }
    lan eth0 { network 192.168.1.0/24; out any; in tcp 22 }

    """

  private func run(_ text: String, _ arguments: String = "") throws -> ProgramRun {
    try ProgramRun("kspolicy check \(arguments) t.ksp", in: try ScratchFolder(["t.ksp": text]))
  }

  @Test func `a warning does not fail the check, but with --strict it does`() throws {
    let plain = try run(policy)
    #expect(plain.status == 0)
    #expect(plain.errors.contains("warning[lan-gateway]: "))
    #expect(try run(policy, "--strict").status == 1)
  }

  @Test func `an accepted risk is listed and fails nothing`() throws {
    let text = policy + "accept-risk lan-gateway because \"a printer\"\n"
    let strict = try run(text, "--strict")
    #expect(strict.status == 0)
    #expect(strict.errors == "")
    #expect(strict.output.contains("lan-gateway  t.ksp:3  a printer"))
  }

  @Test func `an error fails the check`() throws {
    let wildcard = try run("policy t\ntunnel wg* { endpoint 198.51.100.7 udp 1 mark 1 }\n")
    #expect(wildcard.status == 1)
    #expect(wildcard.errors.contains("error[if-wildcard]: "))
  }

  @Test(arguments: [
    ("expect block tcp to 192.168.1.9 port 445 out eth0", "passes"),
    ("expect pass tcp to 198.51.100.9 port 443 out eth0", "is blocked"),
    ("expect pass udp to 198.51.100.7 port 51820 out eth0", "is blocked"),
    ("expect block udp to 198.51.100.7 port 51820 mark 7 out uplink", "passes"),
    ("expect pass tcp from 192.168.2.1 port 22 in eth0", "is blocked"),
    ("expect pass tcp to 192.168.1.9 port 53 out eth0", "is blocked"),
  ])
  func `an expectation that does not hold is shown with a packet`(
    _ line: String, _ what: String
  ) throws {
    let run = try run(policy + line + "\n")
    #expect(run.status == 1)
    #expect(
      run.errors.contains(
        "error[expectation-failed]: the expectation does not hold: a packet of it \(what)"))
    #expect(run.errors.contains("packet: "))
  }

  @Test(arguments: [
    "expect pass tcp to 192.168.1.9 port 445 out eth0",
    "expect block udp to 192.168.1.1 port 53 out eth0",
    "expect block tcp to 198.51.100.9 port 443 out uplink",
    "expect pass udp to 198.51.100.7 port 51820 mark 7 out uplink",
    "expect block udp to 198.51.100.7 port 51820 mark 0 out uplink",
    "expect pass tcp to 198.51.100.9 port 443 out wg0",
    "expect block tcp from 10.64.0.2 out eth0",
    "expect pass tcp from 192.168.1.9 port 22 in eth0",
    "expect pass tcp sport 22 to 192.168.1.9 out eth0 state established reply",
    "expect block tcp to 198.51.100.9 out eth0 state established",
  ])
  func `an expectation that holds says nothing`(_ line: String) throws {
    let run = try run(policy + line + "\n")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("1 of 1 hold"))
  }

  /// The bit of the mark that stands for a control group must not make an expectation speak of no packet.
  @Test(arguments: [
    ("expect pass tcp to 9.9.9.9 port 443 cgroup \"app\" out eth0", false),
    ("expect pass tcp to 192.168.1.9 port 80 cgroup \"app\" out eth0", true),
    ("expect block tcp to 192.168.1.9 port 80 mark 5 cgroup \"app\" out eth0", false),
    ("expect block tcp to 192.168.1.9 port 81 mark 5 cgroup \"app\" out eth0", true),
  ])
  func `an expectation may name a control group`(_ line: String, _ holds: Bool) throws {
    let text = "policy t\nlan eth0 { network 192.168.1.0/24; out tcp 80 cgroup \"app\" }\n"
    let run = try run(text + line + "\n")
    #expect(run.status == (holds ? 0 : 1), "\(run.errors)")
  }

  @Test func `no ordinary packet is no packet that passes`() throws {
    let run = try run(policy + "expect pass udp out eth0 state new reply\n")
    #expect(run.status == 1)
    #expect(
      run.errors.contains("the expectation does not hold: no ordinary packet is so"),
      "\(run.errors)")
  }

  @Test func `an accept-risk that acknowledges nothing is a warning`() throws {
    let run = try run(policy + "accept-risk overlay because \"x\"\n")
    #expect(run.errors.contains("warning[unused-risk]: "))
  }

  @Test func `a policy that lets nothing out says so`() throws {
    let run = try run("policy t\ntunnel wg0 { address 10.64.0.2 }\n")
    #expect(run.output.hasSuffix("Nothing can leave outside the tunnel.\n"))
    #expect(run.output.contains("nftables: for every packet the rules do what the policy means"))
  }

  @Test func `a policy with an error is not checked`() throws {
    let run = try run("policy t\ntunel wg0 { }\n")
    #expect(run.status == 1)
    #expect(run.output == "")
  }

  @Test func `json is one object with all four answers`() throws {
    let run = try run(policy, "--format json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "version", "policy", "proofs", "expectations", "findings", "egress",
      ])
    let findings = try #require(object["findings"] as? [[String: Any]])
    #expect(findings.contains { $0["id"] as? String == "lan-gateway" })
  }
}
