import PacketSpace
import Policy
import PolicyDiagnostics
import Testing

let homelab = """
  # The download box: containers leave by the tunnel or not at all, the web pages stay on the LAN.
  policy homelab

  define vpn_server = 198.51.100.7
  define web_pages  = { 8080, 8096 }

  tunnel wg0 {
      kind     wireguard
      endpoint vpn_server udp 51820 mark 0x6b73
      address  10.64.0.2, fc00:bbbb::2
      dns      10.64.0.1
  }

  lan eth0 {
      network 192.168.1.0/24, fd12:3456:789a::/64
      out     tcp 22, 445, udp 123
      in      tcp web_pages, 22
      multicast mdns, ssdp
  }

  forward docker0 {
      to   wg0
      from lan tcp 8080
  }

  host { dhcp; ndp; ping }

  blocked reject log "homelab: " rate 5/second

  expect block tcp to 1.1.1.1 port 443 out eth0
  expect block udp to 192.168.1.1 port 53 out eth0
  expect pass  udp to 198.51.100.7 port 51820 mark 0x6b73 out eth0
  expect pass  tcp to 1.1.1.1 port 443 in docker0 out wg0
  """

@Suite struct WholePolicyTests {
  @Test func `the policy of the manual is what it says`() throws {
    let policy = try policy(homelab)
    #expect(policy.name == "homelab")
    #expect(policy.confine == nil && policy.uplinks == nil && policy.guardFrames == nil)

    let tunnel = try #require(policy.tunnels.first)
    #expect(tunnel.interfaces == [InterfacePattern("wg0")])
    #expect(tunnel.kind == .wireguard)
    #expect(tunnel.endpoints.map(\.addresses) == [addresses("198.51.100.7")])
    #expect(tunnel.endpoints.map(\.service) == [.ports(.udp, ports(51820))])
    #expect(tunnel.endpoints.map(\.selectors) == [Selectors(mark: 0x6b73)])
    #expect(tunnel.addresses.map(\.addresses) == [addresses("10.64.0.2", "fc00:bbbb::2")])
    #expect(tunnel.dns.map(\.addresses) == [addresses("10.64.0.1")])

    let lan = try #require(policy.lans.first)
    #expect(lan.networks.map(\.addresses) == [addresses("192.168.1.0/24", "fd12:3456:789a::/64")])
    #expect(
      lan.outbound.map(\.service) == [
        Service([.ports(.tcp, ports(22, 445)), .ports(.udp, ports(123))])
      ])
    #expect(lan.inbound.map(\.service) == [Service([.ports(.tcp, ports(22, 8080, 8096))])])
    #expect(lan.multicast.map(\.protocols) == [[.mdns, .ssdp]])

    let forward = try #require(policy.forwards.first)
    #expect(forward.lines.map(\.party) == [.tunnel(InterfacePattern("wg0")), .lan])
    #expect(forward.lines.map(\.direction) == [.to, .from])
    #expect(forward.lines.map(\.service) == [.any, Service([.ports(.tcp, ports(8080))])])

    #expect(policy.host.dhcp?.line == 26 && policy.host.ndp != nil && policy.host.ping != nil)
    #expect(policy.host.dhcp6 == nil && policy.host.igmp == nil && policy.host.ntp.isEmpty)
    #expect(policy.blocked.isReject)
    #expect(policy.blocked.log == BlockedLog(prefix: "homelab: ", ratePerSecond: 5))
    #expect(policy.expectations.map(\.isPass) == [false, false, true, true])
    #expect(policy.expectations[3].inInterface == .interface(InterfacePattern("docker0")))
    #expect(policy.expectations[3].outInterface == .interface(InterfacePattern("wg0")))
  }

  @Test func `an origin names the file and the line`() throws {
    let policy = try policy(homelab)
    let endpoint = try #require(policy.tunnels.first?.endpoints.first)
    #expect(endpoint.origin.file == "homelab.ksp")
    #expect(endpoint.origin.line == 9)
    #expect(policy.tunnels.first?.origin.line == 7)
    #expect(policy.expectations.map(\.origin.line) == [30, 31, 32, 33])
  }
}

func ports(_ numbers: UInt16...) -> PortSet {
  PortSet(numbers.map { PortRange($0) })
}

/// Addresses, prefixes or ranges.
func addresses(_ texts: String...) -> AddressSet {
  AddressSet(
    texts.compactMap { text in
      let bytes = Array(text.utf8)
      let block = try? parseAddressBlock(bytes, 0..<bytes.count)
      #expect(block != nil, "\(text)")
      return block
    })
}
