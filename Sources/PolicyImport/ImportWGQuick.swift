import PacketSpace
package import PolicyDiagnostics

/// Makes a policy of a wg-quick configuration.
///
/// - Parameter interface: the tunnel's name, which wg-quick takes from the name of the file.
package func importWGQuick(_ file: SourceFile, interface: String) -> Imported {
  let bytes = hidingWireGuardKeys(file.bytes)
  let sources = SourceMap(root: SourceFile(name: file.name, bytes: bytes))
  let source = SourceText(bytes: bytes, file: .root)
  if let fault = source.nulByte() {
    return Imported(policy: nil, report: Report([fault], sources: sources))
  }
  var reader = WireGuardReader(source)
  reader.read()
  let values = WireGuardValues(reader)
  var importer = WGQuickImporter(
    fileName: file.name, interface: interface, source: source, configuration: values.result,
    log: values.log)
  let policy = importer.policy()
  return Imported(policy: policy, report: Report(importer.log.all(), sources: sources))
}

private struct WGQuickImporter {
  let fileName: String
  let interface: String
  let source: SourceText
  let configuration: WireGuardConfiguration
  var log: ImportLog

  private let servers: ServerAddresses
  /// What lives in the tunnel.
  private let innerPrefixes: [Prefix]
  /// What to change in the configuration, in the words of the head comment.
  private var changes: [String] = []

  init(
    fileName: String, interface: String, source: SourceText, configuration: WireGuardConfiguration,
    log: ImportLog
  ) {
    self.fileName = fileName
    self.interface = interface
    self.source = source
    self.configuration = configuration
    self.log = log
    servers = ServerAddresses(configuration.servers.map(\.server))
    innerPrefixes = configuration.innerPrefixes(without: servers)
  }

  mutating func policy() -> String? {
    guard let tunnel = tunnelName(), checkParts() else { return nil }
    let mark = chooseMark()
    let hooks = HookReader.read(configuration.hooks, source: source)
    let gaps = reportKillSwitch(hooks)
    for diagnostic in hooks.diagnostics { log.add(diagnostic) }
    reportRoutes()
    reportHostNames()
    reportResolvers()
    if log.hasErrors { return nil }
    var text = PolicyText()
    writeHead(&text)
    writeTunnel(tunnel, mark, &text)
    writeLAN(hooks.killSwitch, &text)
    text.line("host { dhcp; dhcp6; ndp }")
    text.line()
    text.line("blocked reject")
    text.line()
    writeExpectations(tunnel, mark, gaps, &text)
    return text.formatted()
  }

  private mutating func tunnelName() -> String? {
    switch InterfaceName(interface) {
    case .word(let word): return word
    case .fault(let fault):
      let start = source.source(0..<0)
      log.add(
        Diagnostic(
          .invalidInterfaceName,
          "the interface `\(shownName(interface))` cannot be named: \(fault)",
          at: start,
          notes: ["wg-quick names the interface like the file; `--interface` names another"]))
      return nil
    }
  }

  /// Whether there is what a policy cannot be without; says what is missing.
  private mutating func checkParts() -> Bool {
    guard let header = configuration.header else {
      if log.hasErrors { return false }
      missing("the file has no `[Interface]` section, so it is no configuration of wg-quick", 0..<0)
      return false
    }
    if configuration.peerCount == 0, !log.hasErrors {
      missing("the file has no `[Peer]` section", header.header)
    }
    if configuration.addresses.isEmpty, !log.hasErrors {
      log.add(
        Diagnostic(
          .missingSetting,
          "`Address` is missing, so the policy cannot name the tunnel's own address",
          at: source.source(header.header), severity: .warning))
    }
    for (server, range) in configuration.servers {
      guard case .address(let address) = server.host,
        configuration.addresses.contains(where: { $0.address == address })
      else { continue }
      log.add(
        Diagnostic(
          .invalidSetting, "the endpoint \(source.quoted(range)) is the tunnel's own address",
          at: source.source(range)))
    }
    if configuration.servers.isEmpty, configuration.peerCount > 0, !log.hasErrors {
      missing(
        "no peer has an `Endpoint`", header.header,
        notes: [
          "a machine that others dial in to is no client of a VPN: policies/vpn-server.ksp shows a policy for one"
        ])
    }
    return !log.hasErrors
  }

  private mutating func missing(_ message: String, _ range: Range<Int>, notes: [String] = []) {
    log.add(Diagnostic(.missingSetting, message, at: source.source(range), notes: notes))
  }

  // MARK: The mark

  private mutating func chooseMark() -> UInt32 {
    if case .number(let number) = configuration.mark { return number }
    let seed =
      interface
      + (configuration.servers.first.map { "\($0.server.host.text) \($0.server.port)" } ?? "")
    let mark = inventedMark(Array(seed.utf8))
    let line = "FwMark = \(hexadecimal(mark))"
    changes.append(
      "Below `[Interface]`, add `\(line)`. The rules know the tunnel's own packets by it.")
    guard let header = configuration.header else { return mark }
    let today =
      configuration.markToday.map {
        "wg-quick would set \(hexadecimal($0)), which other programs use too"
      }
      ?? "without it WireGuard's packets have none"
    let end = source.wholeLine(header.line).upperBound
    let newline = end > header.line.upperBound ? "" : "\n"
    log.add(
      Diagnostic(
        .changeConfiguration,
        "the policy tells WireGuard's packets by the mark \(hexadecimal(mark)), which the configuration has to set",
        at: source.source(header.header), severity: .warning,
        fixIts: [
          FixIt("add `\(line)`", replace: source.source(end..<end), with: "\(newline)\(line)\n")
        ]
          + oldMark(),
        notes: [today]))
    return mark
  }

  /// A line `FwMark = off` has to go.
  private func oldMark() -> [FixIt] {
    guard let setting = configuration.header?.last(.fwMark) else { return [] }
    let line = source.source(source.wholeLine(setting.line))
    return [FixIt("take out the other mark", replace: line, with: "")]
  }

  // MARK: The old kill switch

  private mutating func reportKillSwitch(_ hooks: HookReader) -> [KillSwitchGap] {
    guard let first = hooks.killSwitch.denies.first else { return [] }
    let gaps = hooks.killSwitch.gaps(
      KillSwitchSurroundings(
        tunnel: interface, outside: outside(.ipv4), outside6: outside(.ipv6),
        tunnelAddress: configuration.addresses.first?.address, mark: configuration.markToday,
        port: configuration.servers.first?.server.port ?? 51820, hasHostName: hasHostName))
    changes += hooks.killSwitchSettings.map { setting in
      "Take out `\(setting.key.rawValue)` in line \(setting.number): it belongs to the old kill switch."
    }
    changes += hooks.mixedSettings.map { setting in
      "Take the firewall rules out of `\(setting.key.rawValue)` in line \(setting.number), and leave the rest."
    }
    log.add(
      Diagnostic(
        .killSwitch, "this kill switch lets packets out that the policy blocks",
        at: source.source(first.range), severity: .warning,
        related: gaps.compactMap { gap in
          gap.place.map { Label(source.source($0.range), $0.label) }
        },
        fixIts: hooks.killSwitchSettings.map { setting in
          FixIt(
            "take out `\(setting.key.rawValue)`",
            replace: source.source(source.wholeLine(setting.line)),
            with: "")
        },
        notes: gaps.map { "\($0.id): \($0.why); packet: \($0.packet)" }))
    return gaps
  }

  /// An address for documentation (RFC 5737, RFC 3849) that the configuration does not use.
  private func outside(_ family: AddressFamily) -> IPAddress {
    let candidates: [IPAddress] =
      switch family {
      case .ipv4: [0xc633_6450, 0xcb00_7150, 0xc000_0250].map { IPAddress(v4: $0) }
      case .ipv6:
        [0x80, 0x81].map { IPAddress(family: .ipv6, bits: 0x2001_0db8_ffff << 80 | $0) }
      }
    let used = Set(
      configuration.addresses.map(\.address) + configuration.dns.map(\.address)
        + configuration.servers.compactMap { server in
          if case .address(let address) = server.server.host { address } else { nil }
        })
    let inner = innerPrefixes
    return candidates.first { candidate in
      !used.contains(candidate) && !inner.contains { $0.contains(candidate) }
    } ?? candidates[0]
  }

  // MARK: Routes

  private mutating func reportRoutes() {
    guard let header = configuration.header else { return }
    let range = source.source(configuration.allowedRange ?? header.header)
    let isFull = AddressFamily.allCases.map { configuration.isWholeInternet($0) }
    if isFull == [false, false] {
      log.add(
        Diagnostic(
          .settingNotImported,
          "`AllowedIPs` takes only some addresses into the tunnel, and the policy blocks all others",
          at: range, severity: .warning,
          notes: [
            "if only some programs or containers are to be held in the tunnel, docs/how-to/download-client.md shows how"
          ]))
    } else if isFull == [true, false] {
      log.add(
        Diagnostic(
          .settingNotImported,
          "`AllowedIPs` has no `::/0`: IPv6 leaves beside the tunnel today, and the policy blocks it",
          at: range, severity: .note))
    }
    for family in AddressFamily.allCases
    where configuration.isWholeInternet(family) && !configuration.hasDefaultRoute(family) {
      reportRouteInParts(family, range)
    }
  }

  private mutating func reportRouteInParts(_ family: AddressFamily, _ range: SourceRange) {
    let whole = family == .ipv4 ? "0.0.0.0/0" : "::/0"
    log.add(
      Diagnostic(
        .changeConfiguration,
        "`AllowedIPs` takes nearly all of \(family.title) by parts, so wg-quick sets no mark and no routing rule",
        at: range, severity: .note,
        notes: [
          "write `\(whole)`, unless you set routes yourself: packets to the server would go into the tunnel as well"
        ]))
  }

  /// The resolvers that a policy can keep inside the tunnel.
  private var resolvers: [IPAddress] {
    configuration.dns.map(\.address).filter { !servers.contain($0) }
  }

  private mutating func reportResolvers() {
    for (address, range) in configuration.dns where servers.contain(address) {
      log.add(
        Diagnostic(
          .settingNotImported,
          "the resolver \(source.quoted(range)) is the server itself, whose address cannot be kept inside the tunnel",
          at: source.source(range), severity: .warning,
          notes: ["name the server's address inside the tunnel"]))
    }
  }

  private var hasHostName: Bool {
    configuration.servers.contains { if case .name = $0.server.host { true } else { false } }
  }

  private mutating func reportHostNames() {
    for (server, range) in configuration.servers {
      guard case .name(let name) = server.host else { continue }
      changes.append(
        "Write an address in the place of `\(name)`: names cannot be looked up before the tunnel is up. `kspolicy resolve` finds it."
      )
      log.add(
        Diagnostic(
          .nameToResolve, "the addresses of `\(name)` belong into the lock file",
          at: source.source(range),
          severity: .note, notes: ["`kspolicy resolve` looks them up and writes the file"]))
    }
  }

  // MARK: Text

  private func writeHead(_ text: inout PolicyText) {
    let file = shownName(fileName.split(separator: "/").last.map(String.init) ?? fileName)
    text.comment(
      "For a machine whose tunnel `\(shownName(interface))` comes up with wg-quick; made from \(file)."
    )
    text.comment(
      "What leaves outside the tunnel is what stands here and nothing else, with the tunnel up, down or gone."
    )
    if !changes.isEmpty {
      text.line("#")
      text.comment("Before these rules are loaded, change \(file):")
      for change in changes { text.comment(change, item: true) }
    }
    text.line("policy \(policyName(from: interface))")
    text.line()
  }

  private func writeTunnel(_ tunnel: String, _ mark: UInt32, _ text: inout PolicyText) {
    let names = configuration.servers.contains {
      if case .name = $0.server.host { true } else { false }
    }
    text.line("tunnel \(tunnel) {")
    text.line("kind wireguard")
    if names {
      text.comment("The addresses of a name stand in the lock file: kspolicy resolve writes it.")
    }
    for line in endpointLines(
      configuration.servers.map(\.server), selector: "mark \(hexadecimal(mark))")
    {
      text.line(line)
    }
    let addresses = unique(configuration.addresses.map(\.address))
    if !addresses.isEmpty { text.line("address \(joined(addresses.map(\.text)))") }
    let inner = innerPrefixes
    if !inner.isEmpty {
      text.comment("These live behind the tunnel, whatever a network outside calls itself.")
      text.line("inner \(joined(inner.map(\.text)))")
    }
    if resolvers.isEmpty {
      text.comment("No `DNS` in the configuration: any resolver may be asked, inside the tunnel.")
    } else {
      text.line("dns \(joined(resolvers.map(\.text)))")
    }
    text.line("}")
    text.line()
  }

  private func joined(_ items: [String]) -> String { items.joined(separator: ", ") }

  private func unique(_ addresses: [IPAddress]) -> [IPAddress] {
    var seen: Set<IPAddress> = []
    return addresses.filter { seen.insert($0).inserted }
  }

  private func writeLAN(_ killSwitch: KillSwitch, _ text: inout PolicyText) {
    var networks: [Prefix] = []
    var seen: Set<Prefix> = []
    for (prefix, _) in killSwitch.exemptNetworks
    where isLocal(prefix) && !servers.haveOne(in: prefix) && seen.insert(prefix).inserted {
      networks.append(prefix)
    }
    if networks.isEmpty {
      text.comment(
        "Nobody can log in from the local network, and this machine uses nothing there, until a block like this says so (with your own network):"
      )
      text.line("#")
      for line in lanBlock(["192.168.1.0/24"]) { text.example(line) }
    } else {
      text.comment(
        "The old kill switch let these networks be. Narrow it to the ports that you need.")
      for line in lanBlock(networks.map(\.text), service: "any") { text.line(line) }
    }
    text.line()
  }

  private func lanBlock(_ networks: [String], service: String = "tcp 22, 445, 631") -> [String] {
    [
      "lan uplink {", "    network \(joined(networks))", "    out     \(service)",
      "    in      tcp 22",
      "}",
    ]
  }

  private func writeExpectations(
    _ tunnel: String, _ mark: UInt32, _ gaps: [KillSwitchGap], _ text: inout PolicyText
  ) {
    text.comment("What must hold: kspolicy check looks at each.")
    let selector = "mark \(hexadecimal(mark))"
    for (server, _) in configuration.servers.prefix(4) {
      if case .address(let address) = server.host {
        text.line("expect pass udp to \(address.text) port \(server.port) \(selector) out uplink")
        text.line("expect block udp to \(address.text) port \(server.port) mark 0 out uplink")
      }
    }
    text.line("expect block tcp to \(outside(.ipv4).text) port 443 out uplink")
    text.line("expect block tcp to \(outside(.ipv6).text) port 443 out uplink")
    text.line("expect block udp to \(outside(.ipv4).text) port 53 out uplink")
    if gaps.isEmpty { return }
    text.line()
    text.comment("What the old kill switch let out.")
    var seen: Set<String> = []
    for gap in gaps where seen.insert(gap.packet).inserted {
      let ids = gaps.filter { $0.packet == gap.packet }.map(\.id)
      text.line("expect block \(gap.packet) # \(ids.joined(separator: ", "))")
    }
  }
}

extension Prefix {
  func contains(_ address: IPAddress) -> Bool {
    self.address.family == address.family && lower <= address.bits && address.bits <= upper
  }
}
