import LeakCheck
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR
import Testing

/// A policy that leaves a way out open, and its nearest neighbour that does not.
struct PolicyPair: Sendable, CustomTestStringConvertible {
  var id: LeakID
  var open: String
  var closed: String

  init(_ id: LeakID, _ open: String, _ closed: String) {
    self.id = id
    self.open = open
    self.closed = closed
  }

  var testDescription: String { id.rawValue }

  /// No line lets these packets pass: the lack of one, or the device `lo`, does.
  var isAboutWholePolicy: Bool { id == .lanLockout || id == .loopbackProxy }
}

private let endpoint = "endpoint 198.51.100.7 udp 51820"

let policyPairs = [
  PolicyPair(
    .interfaceWildcard, "tunnel wg* { \(endpoint) mark 1 }", "tunnel wg0 { \(endpoint) mark 1 }"),
  PolicyPair(
    .interfacePhysical, "tunnel enp3s0 { \(endpoint) mark 1 }",
    "tunnel enp3s0 { kind wireguard; \(endpoint) mark 1 }"),
  PolicyPair(
    .overlay, "tunnel gre1 { endpoint 198.51.100.7 proto 47 mark 1 }",
    "tunnel gre1 { endpoint 198.51.100.7 proto 50 mark 1 }"),
  PolicyPair(
    .endpointRange, "tunnel wg0 { endpoint 198.51.100.7 udp 53-60 mark 1 }",
    "tunnel wg0 { endpoint 198.51.100.7 udp 54-60 mark 1 }"),
  PolicyPair(
    .endpointAnyProcess, "tunnel wg0 { \(endpoint) }", "tunnel wg0 { \(endpoint) mark 1 }"),
  PolicyPair(
    .endpointRootUser, "tunnel wg0 { \(endpoint) user 0 }", "tunnel wg0 { \(endpoint) user 1 }"),
  PolicyPair(
    .markWellKnown, "tunnel wg0 { \(endpoint) mark 0xca6c }",
    "tunnel wg0 { \(endpoint) mark 0xca6d }"),
  PolicyPair(
    .cgroupSticky, "tunnel wg0 { \(endpoint) cgroup \"vpn\" }",
    "tunnel wg0 { \(endpoint) user 100 }"),
  PolicyPair(
    .bypassAnywhere, "bypass b { user 1000; to any tcp 443; because \"x\" }",
    "bypass b { user 1000; to 198.51.100.9 tcp 443; because \"x\" }"),
  PolicyPair(
    .lanPublic, "lan eth0 { network 198.51.100.0/24 public; out tcp 22 }",
    "lan eth0 { network 192.168.1.0/24; out tcp 22 }"),
  PolicyPair(
    .lanDNS, "lan eth0 { network 192.168.1.0/24; dns 192.168.1.2 }",
    "lan eth0 { network 192.168.1.0/24; out tcp 22 }"),
  PolicyPair(
    .lanAnyService, "lan eth0 { network 192.168.1.0/24; out any }",
    "lan eth0 { network 192.168.1.0/24; out tcp 22 }"),
  PolicyPair(
    .lanLinkLocal, "lan eth0 { network 169.254.0.0/16; out tcp 22 }",
    "lan eth0 { network 192.168.1.0/24; out tcp 22 }"),
  PolicyPair(
    .lanCGNAT, "lan eth0 { network 100.64.0.0/24; out tcp 22 }",
    "lan eth0 { network 10.64.0.0/24; out tcp 22 }"),
  PolicyPair(
    .multicastNames, "lan eth0 { network 192.168.1.0/24; multicast mdns }",
    "lan eth0 { network 192.168.1.0/24; out tcp 22 }"),
  PolicyPair(
    .inboundReply, "lan eth0 { in tcp 22 from any }",
    "lan eth0 { network 192.168.1.0/24; in tcp 22 }"),
  PolicyPair(
    .publishedPort, "tunnel wg0 { }\nforward br0 { to wg0; from any tcp 80 }",
    "tunnel wg0 { }\nforward br0 { to wg0; from wg0 tcp 80 }"),
  PolicyPair(.tunnelInbound, "tunnel wg0 { in tcp 6881 }", "tunnel wg0 { out tcp 6881 }"),
  PolicyPair(.tunnelAddress, "tunnel wg0 { }", "tunnel wg0 { address 10.64.0.2 }"),
  PolicyPair(
    .loopbackProxy, "confine user 1000\ntunnel wg0 { dns 10.64.0.1, 127.0.0.53 }",
    "confine user 1000\ntunnel wg0 { dns 10.64.0.1 }"),
  PolicyPair(
    .lanLockout, "lan eth0 { network 192.168.1.0/24; in tcp 80 }",
    "lan eth0 { network 192.168.1.0/24; in tcp 22 }"),
  PolicyPair(.rawFrames, "uplink eth0\ntunnel wg0 { }", "uplink eth0\nguard\ntunnel wg0 { }"),
  PolicyPair(.noEndpoint, "tunnel wg0 { }", "tunnel wg0 { \(endpoint) mark 1 }"),
]

@Suite struct FindingTests {
  @Test(arguments: policyPairs)
  func `a way out is found, and not in the nearest policy that closes it`(
    _ pair: PolicyPair
  ) throws {
    let open = findLeaks(try policy("policy t\n\(pair.open)\n")).findings
    #expect(open.contains { $0.id == pair.id }, "\(open.map(\.id.rawValue))")
    let closed = findLeaks(try policy("policy t\n\(pair.closed)\n")).findings
    #expect(!closed.contains { $0.id == pair.id })
  }

  /// What the rules do not see has no packet there.
  @Test(arguments: policyPairs.filter { $0.id != .rawFrames && $0.id != .noEndpoint })
  func `a way out is shown with a packet that the rules let pass`(_ pair: PolicyPair) throws {
    let policy = try policy("policy t\n\(pair.open)\n")
    let ruleset = try lower(policy, to: .nftables, version: "0")
    let findings = findLeaks(policy).findings.showingPackets(
      policy, ruleset, tags: try takenBits(by: policy))
    let found = try #require(findings.first { $0.id == pair.id })
    let example = try #require(found.example)
    #expect(example.isConfirmed, "\(example.packet.text)")
    #expect(example.passes == (pair.id != .lanLockout))
    if !pair.isAboutWholePolicy {
      #expect(
        example.deciders.contains { $0.line == found.origin.line }, "\(example.packet.text)")
    }
  }

  /// A host name needs a lock file, and so a folder.
  @Test func `an endpoint by name is found`() throws {
    let findings = findLeaks(try readPolicy("host-names.ksp")).findings
    #expect(findings.contains { $0.id == .endpointHostName })
  }

  @Test func `a risk that is accepted stays in the list and says why`() throws {
    let (findings, unused) = findLeaks(
      try policy(
        """
        policy t
        lan eth0 { network 192.168.1.0/24; out any; in tcp 22 }
        lan eth1 { network 192.168.2.0/24; out any }
        accept-risk lan-gateway eth0 because "the printer needs odd ports"
        accept-risk overlay because "there is none"
        """))
    let found = findings.filter { $0.id == .lanAnyService }
    #expect(found.map(\.block) == ["eth0", "eth1"])
    #expect(found.map(\.acceptance) == ["the printer needs odd ports", nil])
    #expect(unused.map(\.id) == ["overlay"])
  }

  @Test func `a word of the language accepts its own finding`() throws {
    let findings = findLeaks(
      try policy("policy t\ntunnel wg0 { endpoint 198.51.100.7 tcp 443 any-process }\n")
    ).findings
    let found = try #require(findings.first { $0.id == .endpointAnyProcess })
    #expect(found.severity == .error)
    #expect(found.acceptance == "`any-process`")
  }
}
