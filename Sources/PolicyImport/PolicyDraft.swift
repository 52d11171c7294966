import PacketSpace

/// A policy before it is text: what a configuration says, in the order in which a person would write it.
struct PolicyDraft {
  /// The local network, as far as it is known.
  enum LAN {
    /// A block is shown in a comment.
    case unknown
    /// Blocks with their comments.
    case blocks([Block])
  }

  struct Block {
    var comment: String
    var lines: [String]
  }

  var name: String
  /// The name of the configuration, as comments show it.
  var fileName: String
  /// For whom the policy is: sentences.
  var introduction: [String]
  /// What to change in the configuration: sentences.
  var changes: [String] = []

  /// As the language writes it.
  var tunnel: String
  var kind: String
  var servers: [Server]
  /// `mark 0x6b73`.
  var selector: String
  /// Said in the place of endpoints, where there are none.
  var withoutServers = ""
  var addresses: [IPAddress] = []
  var withoutAddresses = ""
  var inner: [Prefix] = []
  var resolvers: [IPAddress] = []
  var withoutResolvers = ""
  /// Services that may come in from the tunnel, with a comment.
  var tunnelIn: Block?

  var lan = LAN.unknown
  /// The lines of the `host` block.
  var host = "dhcp; dhcp6; ndp"
  /// A comment before it.
  var hostComment = ""
  /// Packets that must not leave, with the ids of what they show.
  var blocked: [(packet: String, ids: String)] = []
  /// More lines `expect …`.
  var expectations: [String] = []
  /// An uplink's name, or the word for all of them.
  var uplink = "uplink"

  /// An address for documentation (RFC 5737, RFC 3849) that nothing here is called.
  func outside(_ family: AddressFamily) -> IPAddress {
    let candidates: [IPAddress] =
      switch family {
      case .ipv4: [0xc633_6450, 0xcb00_7150, 0xc000_0250].map { IPAddress(v4: $0) }
      case .ipv6:
        [0x80, 0x81].map { IPAddress(family: .ipv6, bits: 0x2001_0db8_ffff << 80 | $0) }
      }
    let used = Set(addresses + resolvers)
    let known = ServerAddresses(servers)
    return candidates.first { candidate in
      !used.contains(candidate) && !known.contain(candidate)
        && !inner.contains { $0.contains(candidate) }
    } ?? candidates[0]
  }
}

extension PolicyDraft {
  func policy() -> String {
    var text = PolicyText()
    writeHead(&text)
    writeTunnel(&text)
    writeLAN(&text)
    if !hostComment.isEmpty { text.comment(hostComment) }
    text.line("host { \(host) }")
    text.line()
    text.line("blocked reject")
    text.line()
    writeExpectations(&text)
    return text.formatted()
  }

  private func writeHead(_ text: inout PolicyText) {
    for sentence in introduction { text.comment(sentence) }
    if !changes.isEmpty {
      text.line("#")
      text.comment("Before these rules are loaded, change \(fileName):")
      for change in changes { text.comment(change, item: true) }
    }
    text.line("policy \(name)")
    text.line()
  }

  private func writeTunnel(_ text: inout PolicyText) {
    text.line("tunnel \(tunnel) {")
    text.line("kind \(kind)")
    if servers.contains(where: \.isNamed) {
      text.comment("The addresses of a name stand in the lock file: kspolicy resolve writes it.")
    }
    if servers.isEmpty { text.comment(withoutServers) }
    for line in endpointLines(servers, selector: selector) { text.line(line) }
    write("address", addresses.map(\.text), withoutAddresses, &text)
    if !inner.isEmpty {
      text.comment("These live behind the tunnel, whatever a network outside calls itself.")
      text.line("inner \(inner.map(\.text).joined(separator: ", "))")
    }
    write("dns", resolvers.map(\.text), withoutResolvers, &text)
    if let tunnelIn {
      text.comment(tunnelIn.comment)
      for line in tunnelIn.lines { text.line(line) }
    }
    text.line("}")
    text.line()
  }

  private func write(
    _ word: String, _ values: [String], _ without: String, _ text: inout PolicyText
  ) {
    if !values.isEmpty {
      text.line("\(word) \(values.joined(separator: ", "))")
    } else if !without.isEmpty {
      text.comment(without)
    }
  }

  private func writeLAN(_ text: inout PolicyText) {
    switch lan {
    case .unknown:
      text.comment(
        "Nobody can log in from the local network, and this machine uses nothing there, until a block like this says so (with your own network):"
      )
      text.line("#")
      for line in [
        "lan uplink {", "    network 192.168.1.0/24", "    out     tcp 22, 445, 631",
        "    in      tcp 22", "}",
      ] { text.example(line) }
      text.line()
    case .blocks(let blocks):
      for block in blocks {
        text.comment(block.comment)
        for line in block.lines { text.line(line) }
        text.line()
      }
    }
  }

  private func writeExpectations(_ text: inout PolicyText) {
    text.comment("What must hold: kspolicy check looks at each.")
    for server in servers.prefix(4) {
      if case .address(let address) = server.host {
        let packet = "\(server.transport.rawValue) to \(address.text) port \(server.port)"
        text.line("expect pass \(packet) \(selector) out \(uplink)")
        if selector.hasPrefix("mark") { text.line("expect block \(packet) mark 0 out \(uplink)") }
      }
    }
    text.line("expect block tcp to \(outside(.ipv4).text) port 443 out \(uplink)")
    text.line("expect block tcp to \(outside(.ipv6).text) port 443 out \(uplink)")
    text.line("expect block udp to \(outside(.ipv4).text) port 53 out \(uplink)")
    for line in expectations { text.line(line) }
    if blocked.isEmpty { return }
    text.line()
    text.comment("What the old kill switch let out.")
    var order: [String] = []
    var ids: [String: [String]] = [:]
    for (packet, id) in blocked {
      if ids[packet] == nil { order.append(packet) }
      ids[packet, default: []].append(id)
    }
    for packet in order {
      text.line("expect block \(packet) # \((ids[packet] ?? []).joined(separator: ", "))")
    }
  }
}
