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
    var draft = draft(tunnel, mark)
    draft.lan = lan(hooks.killSwitch)
    draft.blocked = reportKillSwitch(hooks, draft).map { ($0.packet, $0.id) }
    for diagnostic in hooks.diagnostics { log.add(diagnostic) }
    reportRoutes()
    reportHostNames()
    reportResolvers()
    draft.changes = changes
    return log.hasErrors ? nil : draft.policy()
  }

  private func draft(_ tunnel: String, _ mark: UInt32) -> PolicyDraft {
    let file = shownName(fileName.split(separator: "/").last.map(String.init) ?? fileName)
    var seen: Set<IPAddress> = []
    return PolicyDraft(
      name: policyName(from: interface), fileName: file,
      introduction: [
        "For a machine whose tunnel `\(shownName(interface))` comes up with wg-quick; made from \(file).",
        "What leaves outside the tunnel is what stands here and nothing else, with the tunnel up, down or gone.",
      ],
      tunnel: tunnel, kind: "wireguard", servers: configuration.servers.map(\.server),
      selector: "mark \(hexadecimal(mark))",
      addresses: configuration.addresses.map(\.address).filter { seen.insert($0).inserted },
      inner: innerPrefixes, resolvers: resolvers,
      withoutResolvers:
        "No `DNS` in the configuration: any resolver may be asked, inside the tunnel.")
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

  private mutating func reportKillSwitch(
    _ hooks: HookReader, _ draft: PolicyDraft
  ) -> [KillSwitchGap] {
    guard let first = hooks.killSwitch.denies.first else { return [] }
    let gaps = hooks.killSwitch.gaps(
      KillSwitchSurroundings(
        tunnel: interface, outside: draft.outside(.ipv4), outside6: draft.outside(.ipv6),
        tunnelAddress: configuration.addresses.first?.address, mark: configuration.markToday,
        port: configuration.servers.first?.server.port ?? 51820,
        hasHostName: configuration.servers.contains(where: \.server.isNamed)))
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

  private mutating func reportHostNames() {
    if let change = changeForNames(configuration.servers.map(\.server)) { changes.append(change) }
    for (server, range) in configuration.servers {
      guard case .name(let name) = server.host else { continue }
      log.add(
        Diagnostic(
          .nameToResolve, "the addresses of `\(name)` belong into the lock file",
          at: source.source(range),
          severity: .note, notes: ["`kspolicy resolve` looks them up and writes the file"]))
    }
  }

  private func lan(_ killSwitch: KillSwitch) -> PolicyDraft.LAN {
    var networks: [Prefix] = []
    var seen: Set<Prefix> = []
    for (prefix, _) in killSwitch.exemptNetworks
    where isLocal(prefix) && !servers.haveOne(in: prefix) && seen.insert(prefix).inserted {
      networks.append(prefix)
    }
    if networks.isEmpty { return .unknown }
    let list = networks.map(\.text).joined(separator: ", ")
    return .blocks([
      PolicyDraft.Block(
        comment: "The old kill switch let these networks be. Narrow it to the ports that you need.",
        lines: ["lan uplink {", "network \(list)", "out any", "in tcp 22", "}"])
    ])
  }
}

extension Prefix {
  func contains(_ address: IPAddress) -> Bool {
    self.address.family == address.family && lower <= address.bits && address.bits <= upper
  }
}
