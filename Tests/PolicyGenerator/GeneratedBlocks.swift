extension PolicyGenerator {
  mutating func tunnel(_ name: String, _ index: Int) -> GeneratedPolicy.Statement {
    var lines: [String] = []
    let kinds = name.hasPrefix("ppp") ? ["ppp"] : ["wireguard", "openvpn", "tun", "tap", "xfrm"]
    if random.once(in: 2) { lines.append("kind \(random.pick(kinds))") }
    for _ in 0..<random.number(0...2) { lines.append(endpoint(name, index)) }
    // A network of its own for each tunnel; now and then one address that two tunnels share.
    let own = "10.\(64 + index).0"
    if random.once(in: 2) { lines.append("address \(own).2, fc00:bbbb:\(index)::2") }
    if random.once(in: 6) { lines.append("address 10.99.0.2") }
    if random.once(in: 3) { lines.append("inner \(own).0/24, fc00:bbbb:\(index)::/64") }
    if random.once(in: 5) { lines.append("inner 10.98.0.0/24") }
    if random.once(in: 2) {
      let local = shape.isConfined ? ["\(own).1, 127.0.0.53"] : []
      lines.append("dns \(random.pick(["\(own).1", "\(own).1, 9.9.9.9"] + local))")
    }
    for _ in 0..<random.number(0...1) { lines.append("in \(service(withDNS: true))") }
    for _ in 0..<random.number(0...2) {
      let to = random.once(in: 3) ? " to \(destinations())" : ""
      lines.append("out \(service(withDNS: true))\(to)")
    }
    return .init("tunnel \(quoted(name))", lines)
  }

  private mutating func endpoint(_ tunnel: String, _ index: Int) -> String {
    var line = "endpoint \(endpointAddresses()) "
    line += random.pick([
      "udp 51820", "udp 51820, 51830-51839", "tcp 443", "udp 53", "proto 47", "udp ports",
    ])
    if line.hasSuffix("ports") { shape.defines["ports"] = "{ 1194, 1195, 4000-4999 }" }
    let selectors = random.some(
      ["mark 0x6b73", "user vpn", "group vpn", "cgroup \"vpn.slice\""], atMost: 2)
    if !random.once(in: 4) { line += " " + selectors.joined(separator: " ") }
    if random.once(in: 6) { line += " any-process" }
    if random.once(in: 3) {
      // Carried by an earlier tunnel, so that none carries itself.
      let carriers = shape.tunnels.prefix(index).filter { !$0.hasSuffix("*") }
      let ways = carriers + (shape.uplinks.isEmpty ? ["eth2"] : shape.uplinks)
      line += " via \(random.pick(Array(ways)))"
    }
    return line
  }

  private mutating func endpointAddresses() -> String {
    switch random.number(1...8) {
    case 1:
      shape.files["\(GeneratedPolicy.fileName).lock"] = "vpn.example.net 198.51.100.77\n"
      return "\"vpn.example.net\""
    case 2:
      let count = random.pick([3, 20, 200])
      shape.files["lists/relays\(count).txt"] =
        (0..<count).map { "203.0.\($0 / 100 + 10).\($0 % 100 * 2 + 1)\n" }.joined()
        + (0..<count).map { "2001:db8:5::\(String($0 * 2 + 1, radix: 16))\n" }.joined()
      shape.defines["relays\(count)"] = "file \"lists/relays\(count).txt\""
      return "relays\(count)"
    case 3:
      return "{ " + (1...8).map { "203.0.\($0 * 2 + 100).0/24" }.joined(separator: ", ") + " }"
    case 4: return "198.51.100.16-198.51.100.23, 198.51.100.40"
    default:
      return random.some(["198.51.100.7", "198.51.100.8", "2001:db8:7::1"]).joined(separator: ", ")
    }
  }

  mutating func lan(_ name: String, _ index: Int) -> GeneratedPolicy.Statement {
    let networks = [
      "192.168.\(index + 1).0/24, fd12:3456:789a:\(index)::/64", "192.168.\(index + 1).0/24",
      "private, link-local", "10.32.0.0/16", "cgnat, 172.16.5.0-172.16.5.99",
    ]
    if random.once(in: 8) { return .init("lan \(quoted(name))", ["in tcp 22 from any"]) }
    let network = random.pick(networks)
    var lines = ["network \(network)"]
    if random.once(in: 6) { lines.append("network 192.0.2.0/28 public") }
    for _ in 0..<random.number(0...2) {
      let selectors = random.pick(["", "", " user media", " group 50-60", " cgroup \"nas.slice\""])
      lines.append("out \(service(withDNS: false))\(selectors)")
    }
    if shape.hasLANResolver, network.hasPrefix("192.168") {
      lines.append("dns 192.168.\(index + 1).1")
    }
    for _ in 0..<random.number(0...2) {
      lines.append("in \(service(withDNS: true))\(random.once(in: 4) ? " from any" : "")")
    }
    if random.once(in: 2) {
      lines.append(
        "multicast "
          + random.some(["mdns", "ssdp", "llmnr", "wsd"], atMost: 4).joined(separator: ", "))
    }
    if random.once(in: 3) { lines.append("broadcast udp 137-138, 9") }
    return .init("lan \(quoted(name))", lines)
  }

  mutating func forward(_ name: String) -> GeneratedPolicy.Statement {
    var lines: [String] = []
    let plain = shape.tunnels
    for _ in 0..<random.number(0...2) {
      let tunnel = quoted(random.pick(plain))
      lines.append("to \(tunnel)\(random.once(in: 2) ? "" : " " + service(withDNS: true))")
    }
    if random.once(in: 3) { lines.append("from \(quoted(plain[0])) \(service(withDNS: true))") }
    if random.once(in: 3) { lines.append("to lan \(service(withDNS: false))") }
    if random.once(in: 3) { lines.append("from lan \(service(withDNS: true))") }
    if random.once(in: 4) { lines.append("from any tcp 8080, 8443") }
    if random.once(in: 3) { lines.append("to host \(service(withDNS: true))") }
    if random.once(in: 3) { lines.append("from host \(service(withDNS: true))") }
    if let other = shape.forwards.first(where: { $0 != name }), random.once(in: 3) {
      lines.append("to \(quoted(other)) \(service(withDNS: true))")
      lines.append("from \(quoted(other)) tcp 9000")
    }
    for word in ["among", "dhcp-server", "masquerade"] where random.once(in: 3) {
      lines.append(word)
    }
    if lines.isEmpty { lines.append("to \(quoted(plain[0]))") }
    return .init("forward \(quoted(name))", lines)
  }

  // MARK: Values

  mutating func destinations() -> String {
    random.some(["203.0.113.0/24", "203.0.112.9", "2001:db8:9::/48", "198.18.0.1-198.18.0.9"])
      .joined(separator: ", ")
  }

  /// - Parameter withDNS: whether 53 and 853 may stand in it.
  mutating func service(withDNS: Bool) -> String {
    if random.once(in: 5) { return "any" }
    let items = [
      "tcp 22", "tcp 443, 8000-8099", "udp 123", "udp 5000-5999, 7000", "sctp 3868",
      "icmp", "icmp echo-request", "icmpv6", "icmpv6 echo-request", "proto 47",
    ]
    return random.some(items + (withDNS ? ["tcp 53", "udp 50-60", "udp 853"] : []))
      .joined(separator: ", ")
  }
}
