import PacketSpace
package import PolicyDiagnostics

/// Makes a policy of the configuration of an OpenVPN client.
package func importOpenVPN(_ file: SourceFile) -> Imported {
  let bytes = hidingOpenVPNKeys(file.bytes)
  let sources = SourceMap(root: SourceFile(name: file.name, bytes: bytes))
  let source = SourceText(bytes: bytes, file: .root)
  if let fault = source.nulByte() {
    return Imported(policy: nil, report: Report([fault], sources: sources))
  }
  var reader = OpenVPNReader(source)
  reader.read()
  let values = OpenVPNValues(reader)
  var importer = OpenVPNImporter(
    fileName: file.name, source: source, configuration: values.result, log: values.log)
  let policy = importer.policy()
  return Imported(policy: policy, report: Report(importer.log.all(), sources: sources))
}

private struct OpenVPNImporter {
  let fileName: String
  let source: SourceText
  let configuration: OpenVPNConfiguration
  var log: ImportLog
  private let servers: ServerAddresses
  private var changes: [String] = []

  init(fileName: String, source: SourceText, configuration: OpenVPNConfiguration, log: ImportLog) {
    self.fileName = fileName
    self.source = source
    self.configuration = configuration
    self.log = log
    servers = ServerAddresses(configuration.remotes.map(\.server))
  }

  mutating func policy() -> String? {
    guard let tunnel = tunnel() else { return nil }
    if log.hasErrors { return nil }
    let mark = chooseMark(tunnel.range)
    reportUser()
    reportRoutes()
    reportScripts()
    reportHostNames()
    let resolvers = usableResolvers()
    let file = shownName(fileName.split(separator: "/").last.map(String.init) ?? fileName)
    var draft = PolicyDraft(
      name: policyName(from: baseName(file)), fileName: file,
      introduction: [
        "For a machine with an OpenVPN client, the tunnel `\(tunnel.name)`; made from \(file).",
        "What leaves outside the tunnel is what stands here and nothing else, with the tunnel up, down or gone.",
      ],
      tunnel: tunnel.name, kind: configuration.device?.isTap == true ? "tap" : "openvpn",
      servers: configuration.remotes.map(\.server), selector: "mark \(hexadecimal(mark))")
    draft.changes = changes
    draft.addresses = configuration.addresses
    draft.withoutAddresses =
      "The server hands out the tunnel's address. If it is always the same, write `address` with it; if its network is known, `inner`."
    draft.inner = innerPrefixes
    draft.resolvers = resolvers
    draft.withoutResolvers =
      "The server names its resolver when it connects: look for `dhcp-option DNS` in the client's log, and write `dns` with that address."
    return draft.policy()
  }

  private func baseName(_ file: String) -> String {
    for ending in [".ovpn", ".conf"] where file.hasSuffix(ending) {
      return String(file.dropLast(ending.count))
    }
    return file
  }

  // MARK: What must be there

  private mutating func tunnel() -> (name: String, range: Range<Int>)? {
    if let server = configuration.isServer {
      log.add(
        Diagnostic(
          .invalidSetting,
          "`\(server.name)` makes it the configuration of a server, not of a client",
          at: source.source(server.range)))
      return nil
    }
    if configuration.remotes.isEmpty, !log.hasErrors {
      missing("`remote` is missing: there is no server")
    }
    guard let device = configuration.device else {
      if !log.hasErrors { missing("`dev` is missing: the tunnel has no name") }
      return nil
    }
    guard case .word(let name) = InterfaceName(device.name) else {
      log.add(
        Diagnostic(
          .invalidInterfaceName,
          "the device \(source.quoted(device.range)) cannot be named by a policy",
          at: source.source(device.range)))
      return nil
    }
    if !device.isNumbered {
      changes.append(
        "Write `dev \(device.name)`: the rules go by the device's name, and `dev` alone takes the next free one."
      )
      log.add(
        Diagnostic(
          .changeConfiguration,
          "the device has no fixed name, and the policy goes by `\(device.name)`",
          at: source.source(device.range), severity: .warning,
          fixIts: [
            FixIt("write `\(device.name)`", replace: source.source(device.range), with: device.name)
          ]))
    }
    return (name, device.range)
  }

  private mutating func missing(_ message: String) {
    log.add(
      Diagnostic(
        .missingSetting, message, at: source.source(source.bytes.count..<source.bytes.count)))
  }

  // MARK: The mark

  private mutating func chooseMark(_ device: Range<Int>) -> UInt32 {
    if let mark = configuration.mark { return mark }
    let first = configuration.remotes.first?.server
    let mark = inventedMark(Array("\(first?.host.text ?? "") \(first?.port ?? 0)".utf8))
    let line = "mark \(mark)"
    changes.append(
      "Add `\(line)` (\(hexadecimal(mark)) here). The rules know the client's own packets by it.")
    // Behind the line of `dev`, which every configuration has.
    let end = source.first(UInt8(ascii: "\n"), in: device.upperBound..<source.bytes.count)
    let place = end.map { $0 + 1 } ?? source.bytes.count
    let text = end == nil ? "\n\(line)\n" : "\(line)\n"
    log.add(
      Diagnostic(
        .changeConfiguration,
        "the policy tells the client's packets by the mark \(hexadecimal(mark)), which the configuration has to set",
        at: source.source(device), severity: .warning,
        fixIts: [FixIt("add `\(line)`", replace: source.source(place..<place), with: text)],
        notes: [
          "OpenVPN sets it as root or with CAP_NET_ADMIN, which it has when the system starts it"
        ]))
    return mark
  }

  // MARK: What is told

  private mutating func reportUser() {
    guard let user = configuration.user else { return }
    log.add(
      Diagnostic(
        .settingNotImported,
        "`user` does not tell the client's packets: root opens the socket before",
        at: source.source(user.range), severity: .note,
        notes: ["docs/how-to/openvpn.md shows a client that runs under an account from the start"]))
  }

  private mutating func reportRoutes() {
    if let option = configuration.ignoresRoutes {
      log.add(
        Diagnostic(
          .settingNotImported,
          "the server's routes are not taken, so that only some traffic enters the tunnel, and the policy blocks all else",
          at: source.source(option.range), severity: .warning,
          notes: [
            "if only some programs or containers are to be held in the tunnel, docs/how-to/download-client.md shows how"
          ]))
    } else if let redirect = configuration.redirect,
      !redirect.arguments.contains(where: { $0.text == "ipv6" })
    {
      log.add(
        Diagnostic(
          .settingNotImported,
          "`\(redirect.name)` is without `ipv6`: IPv6 leaves beside the tunnel unless the server says otherwise, and the policy blocks it",
          at: source.source(redirect.range), severity: .note))
    } else if configuration.redirect == nil, !configuration.pulls {
      log.add(
        Diagnostic(
          .settingNotImported,
          "no `redirect-gateway`: only the routes of the file enter the tunnel, and the policy blocks all else",
          at: source.source(configuration.device?.range ?? 0..<0), severity: .warning))
    }
  }

  private mutating func reportScripts() {
    for option in configuration.scripts {
      let program = option.text(0) ?? ""
      let setsResolvers = ["update-resolv-conf", "update-systemd-resolved"].contains {
        program.contains($0)
      }
      if setsResolvers {
        log.add(
          Diagnostic(
            .settingNotImported,
            "`\(option.name)` stays in the configuration: it sets the resolver",
            at: source.source(option.range), severity: .note))
      } else {
        log.add(
          Diagnostic(
            .hookNotRead, "`\(option.name)` runs a program or script that is not read",
            at: source.source(option.range), severity: .warning,
            notes: [
              "if it is a kill switch, it goes when the tunnel does and sees less than the policy; take it out"
            ]))
      }
    }
  }

  private mutating func reportHostNames() {
    if let change = changeForNames(configuration.remotes.map(\.server)) { changes.append(change) }
    for remote in configuration.remotes {
      guard case .name(let name) = remote.server.host else { continue }
      log.add(
        Diagnostic(
          .nameToResolve, "the addresses of `\(name)` belong into the lock file",
          at: source.source(remote.range), severity: .note,
          notes: ["`kspolicy resolve` looks them up and writes the file"]))
    }
  }

  private mutating func usableResolvers() -> [IPAddress] {
    for (address, range) in configuration.resolvers where servers.contain(address) {
      log.add(
        Diagnostic(
          .settingNotImported,
          "the resolver \(source.quoted(range)) is the server itself, whose address cannot be kept inside the tunnel",
          at: source.source(range), severity: .warning,
          notes: ["name the server's address inside the tunnel"]))
    }
    return configuration.resolvers.map(\.address).filter { !servers.contain($0) }
  }

  /// The routes into the tunnel that are not everything, without the servers.
  private var innerPrefixes: [Prefix] {
    var seen: Set<Prefix> = []
    return configuration.routes.filter { prefix in
      let isEverything = prefix.length < (prefix.address.family == .ipv4 ? 3 : 4)
      return !isEverything && unusableNoun(prefix.address) == nil && !servers.haveOne(in: prefix)
        && seen.insert(prefix).inserted
    }
  }
}
