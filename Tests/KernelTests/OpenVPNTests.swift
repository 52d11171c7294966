import Foundation
import Testing

extension KernelTests {
  /// policies/openvpn-mark.ksp with a real OpenVPN.
  @Suite struct OpenVPNTests {
    @Test(arguments: Target.allCases)
    func `the client connects through the rules and nothing else does`(target: Target) throws {
      let lab = try Lab()
      let network = lab.network
      let policy = try projectPolicy(
        "openvpn-mark",
        ["192.0.2.61": Address.server, "192.168.0.": "192.168.1."])
      try network.host.load(network.compile(text: policy, to: target))
      // The client meets the rules from its first packet on.
      let client = try OpenVPN(on: network)
      try network.serve(
        .internet,
        ["udp,\(Address.site),9000", "tcp,0.0.0.0,443", "udp,10.8.0.1,53", "tcp,0.0.0.0,9000"])
      try network.serve(.router, ["udp,\(Address.router),53", "tcp,0.0.0.0,22"])
      try lab.check(
        "connected",
        [
          Probe("site", "udp \(Address.site) 9000", .answered([.tunnel])),
          Probe("site, TCP", "tcp \(Address.site) 443", .answered([.tunnel])),
          Probe("site by eth0", "tcp \(Address.site) 443 dev=eth0", .rejected([])),
          Probe("resolver", "udp 10.8.0.1 53", .answered([.tunnel])),
          Probe("the router's resolver", "udp \(Address.router) 53", .rejected([])),
          Probe("ssh", "tcp \(Address.router) 22", .answered([.lan])),
          Probe("browser to the server", "tcp \(Address.server) 443", .rejected([])),
          Probe("the client over TCP", "tcp \(Address.server) 443 mark=27509", .answered([.lan])),
          Probe("the server by another program", "udp \(Address.server) 1194", .rejected([])),
          Probe("inner address by eth0", "udp 10.8.77.1 9000 dev=eth0", .blocked),
        ])
      client.end()
      try lab.check(
        "client ended",
        [
          Probe("site", "udp \(Address.site) 9000", .rejected([])),
          Probe("site, TCP", "tcp \(Address.site) 443", .rejected([])),
          Probe("resolver", "udp 10.8.0.1 53", .rejected([])),
          Probe("ssh", "tcp \(Address.router) 22", .answered([.lan])),
        ])
    }
  }
}

/// Both ends of a tunnel with a key that they share: tun0 on the host, tun1 far away.
private final class OpenVPN {
  private let server: Child
  private let client: Child

  init(on network: Network) throws {
    let key = network.folder.appending(path: "static.key").path
    try need(["openvpn", "--genkey", "secret", key])
    let common = [
      "openvpn", "--proto", "udp", "--secret", key, "--cipher", "AES-256-CBC", "--ping", "1",
    ]
    server = try network.machine(.internet).start(
      common + ["--dev", "tun1", "--local", Address.server, "--port", "1194"]
        + ["--ifconfig", "10.8.0.1", "10.8.0.6"], saying: "")
    try network.ip(
      .host, "route replace \(Address.server)/32 via \(Address.router) dev eth0")
    client = try network.machine(.host).start(
      common + ["--dev", "tun0", "--remote", Address.server, "1194", "--nobind", "--mark", "27509"]
        + ["--ifconfig", "10.8.0.6", "10.8.0.1"], saying: "")
    try client.awaitLine(containing: "Initialization Sequence Completed")
    try network.ip(.host, "route add 0.0.0.0/1 dev tun0\nroute add 128.0.0.0/1 dev tun0")
  }

  func end() { client.end() }
}

extension Child {
  fileprivate func awaitLine(containing text: String) throws {
    var said: [String] = []
    while let line = line(seconds: 15) {
      said.append(line)
      if line.contains(text) { return }
    }
    throw HarnessError("no `\(text)` in\n\(said.joined(separator: "\n"))")
  }
}
