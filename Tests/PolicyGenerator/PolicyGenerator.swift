/// Makes random policies that are valid, with every statement and every line of the language among them.
package struct PolicyGenerator {
  var random: SplitMix
  var shape = Shape()

  package init(seed: UInt64) {
    random = SplitMix(seed: seed)
  }

  /// What the statements of one policy have to agree on.
  struct Shape {
    var tunnels: [String] = []
    var uplinks: [String] = []
    var lans: [String] = []
    var forwards: [String] = []
    var isConfined = false
    var hasGuard = false
    /// Whether a `dns` line on a LAN lets clients ask a resolver there.
    var hasLANResolver = false
    var files: [String: String] = [:]
    var defines: [String: String] = [:]
  }

  package mutating func next() -> GeneratedPolicy {
    shape = Shape()
    shape.tunnels = random.some([["wg0"], ["tun0"], ["wg1", "wg2"]], atMost: 2).flatMap { $0 }
    if random.once(in: 8) { shape.tunnels.append("ppp*") }
    shape.uplinks = random.once(in: 2) ? [] : random.some(["eth0", "wlan0"], atMost: 2)
    shape.forwards = random.once(in: 3) ? [] : random.some(["docker0", "br-media", "veth*"])
    shape.isConfined = random.once(in: 3)
    shape.hasGuard = !shape.isConfined && !shape.uplinks.isEmpty && random.once(in: 2)
    shape.hasLANResolver = random.once(in: 3)
    if !random.once(in: 4) { shape.lans = random.some(["eth0", "wlan0", "eth1", "uplink"]) }

    var statements: [GeneratedPolicy.Statement] = []
    if !shape.uplinks.isEmpty {
      statements.append(.init("uplink \(shape.uplinks.joined(separator: ", "))"))
    }
    if shape.isConfined { statements += confinements() }
    for (index, tunnel) in shape.tunnels.enumerated() {
      statements.append(self.tunnel(tunnel, index))
    }
    for (index, lan) in shape.lans.enumerated() { statements.append(self.lan(lan, index)) }
    for forward in shape.forwards { statements.append(self.forward(forward)) }
    for index in 0..<random.number(0...2) { statements.append(bypass("exempt\(index)")) }
    statements += host()
    if !random.once(in: 3) { statements.append(.init(blocked())) }
    for _ in 0..<random.number(0...2) { statements.append(.init(expectation())) }
    if random.once(in: 4) {
      statements.append(.init("accept-risk ep-anyproc \(shape.tunnels[0]) because \"known\""))
    }
    statements += shape.defines.sorted { $0.key < $1.key }.map { .init("define \($0) = \($1)") }
    if random.once(in: 6) {
      shape.files["parts/more.ksp"] = "host { ntp 10.64.0.1 }\n"
      statements.append(.init("include \"parts/more.ksp\""))
    }
    return GeneratedPolicy(statements: statements, files: shape.files)
  }

  // MARK: Statements

  private mutating func confinements() -> [GeneratedPolicy.Statement] {
    var subjects = random.some([
      "user media", "user 2000-2009", "group vpn", "cgroup \"torrent.slice\"", "from 172.17.0.5",
    ])
    for forward in shape.forwards { subjects.append("from \(quoted(forward))") }
    return [.init("confine \(subjects.joined(separator: ", "))")]
  }

  private mutating func bypass(_ name: String) -> GeneratedPolicy.Statement {
    var lines = random.some([
      "user media, 3000", "group 50-60", "cgroup \"direct.slice/app.service\"", "mark 0x77",
      "from 172.17.0.9",
    ])
    if let forward = shape.forwards.first, random.once(in: 3) {
      lines.append("from \(quoted(forward))")
    }
    for _ in 0..<random.number(1...2) {
      lines.append("to \(random.pick(["any", destinations()])) \(service(withDNS: false))")
    }
    if random.once(in: 3) {
      lines.append("via \(shape.uplinks.isEmpty ? "eth0" : random.pick(shape.uplinks))")
    }
    return .init("bypass \(name)", lines + ["because \"it must not use the tunnel\""])
  }

  private mutating func host() -> [GeneratedPolicy.Statement] {
    var lines =
      random.once(in: 4) ? [] : random.some(["dhcp", "dhcp6", "ndp", "igmp", "ping"], atMost: 5)
    if random.once(in: 4) { lines.append("ntp 192.168.1.1, 203.0.113.123") }
    if shape.hasGuard { lines.append("guard") }
    return lines.isEmpty ? [] : [.init("host", lines)]
  }

  private mutating func blocked() -> String {
    "blocked " + random.pick(["drop", "reject"])
      + random.pick(["", " log \"blocked: \"", " log \"blocked: \" rate 10/second"])
  }

  private mutating func expectation() -> String {
    let word = random.pick(["pass", "block"])
    let packet = random.pick([
      "tcp to 203.0.113.9 port 443", "udp from 192.168.1.7 to 203.0.113.9 port 53 sport 1024",
      "icmp to 203.0.113.9", "proto 47 to 203.0.113.9 mark 0", "tcp port 22 user media",
    ])
    let way = random.pick([
      "out uplink", "in eth0 state new", "in eth0 state invalid", "in eth0 state related",
      "in eth0 out \(shape.tunnels[0]) reply",
      "out \(shape.tunnels[0]) state established",
    ])
    return "expect \(word) \(packet) \(way)"
  }

  func quoted(_ interface: String) -> String {
    interface == "uplink" ? interface : "\"\(interface)\""
  }
}
