import PacketSpace
import PolicyDiagnostics

/// Makes values of the options; what is wrong with them goes into `log`.
struct OpenVPNValues {
  let source: SourceText
  var result = OpenVPNConfiguration()
  var log: ImportLog

  /// What holds for a connection unless its own lines say otherwise.
  struct Connection {
    var transport = Transport.udp
    var family: AddressFamily?
    var port: UInt16 = 1194
    var proxy: (server: Server, range: Range<Int>)?
    var remotes: [OpenVPNOption] = []
  }

  var defaults = Connection()
  var connections: [Connection] = []
  var forced: Transport?
  var isTap: Bool?
  var seen: Set<IPAddress> = []
  var seenResolvers: Set<IPAddress> = []

  init(_ reader: OpenVPNReader) {
    source = reader.source
    log = reader.log
    for item in reader.items {
      switch item {
      case .option(let option): read(option)
      case .connection(let options, let header): read(options, header)
      }
    }
    finishDevice()
    finishRemotes()
  }

  // MARK: Options

  private mutating func read(_ option: OpenVPNOption) {
    // Taken out for the call: a copy would cost as much as there are servers.
    var connection = Connection()
    swap(&connection, &defaults)
    let isOfConnection = readConnection(option, into: &connection)
    defaults = connection
    if isOfConnection { return }
    switch option.name {
    case "dev": readDevice(option)
    case "dev-type": isTap = option.text(0) == "tap"
    case "mark": readMark(option)
    case "user": result.user = option
    case "ifconfig": readAddress(option, 0)
    case "ifconfig-ipv6": readAddress(option, 0)
    case "dhcp-option": readDHCPOption(option)
    case "dns": readDNS(option)
    case "redirect-gateway", "redirect-private": result.redirect = option
    case "route": readRoute(option)
    case "route-ipv6": readRouteIPv6(option)
    case "client", "pull": result.pulls = true
    case "route-nopull", "route-noexec": result.ignoresRoutes = option
    case "pull-filter"
    where option.text(0) != "accept" && option.text(1)?.hasPrefix("redirect") == true:
      result.ignoresRoutes = option
    case "proto-force": forced = transport(option.text(0) ?? "")?.0
    case "server", "server-ipv6", "server-bridge", "tls-server": result.isServer = option
    case "mode" where option.text(0) == "server": result.isServer = option
    default: readOther(option)
    }
  }

  /// Options that may stand in a `<connection>`; `false` for another.
  private mutating func readConnection(
    _ option: OpenVPNOption, into connection: inout Connection
  ) -> Bool {
    switch option.name {
    case "remote": connection.remotes.append(option)
    case "proto":
      if let (transport, family) = transport(option) {
        (connection.transport, connection.family) = (transport, family)
      }
    case "port", "rport":
      if let port = port(option, 0) { connection.port = port }
    case "http-proxy": connection.proxy = proxy(option, port: nil)
    case "socks-proxy": connection.proxy = proxy(option, port: 1080)
    default: return false
    }
    return true
  }

  private mutating func read(_ options: [OpenVPNOption], _ header: Range<Int>) {
    // What stood before the block holds in it, as OpenVPN copies it there.
    var connection = defaults
    connection.remotes = []
    for option in options where !readConnection(option, into: &connection) { readOther(option) }
    if connection.remotes.isEmpty {
      fault(.missingSetting, "the `<connection>` has no `remote`", header)
    }
    connections.append(connection)
  }

  private mutating func readOther(_ option: OpenVPNOption) {
    if OpenVPNNames.scripts.contains(option.name) {
      result.scripts.append(option)
    } else if option.name == "config" {
      log.add(
        Diagnostic(
          .hookNotRead, "the file that `config` names is not read", at: source.source(option.range),
          severity: .warning, notes: ["write its lines in the place of this one"]))
    } else if option.name == "float" {
      log.add(
        Diagnostic(
          .settingNotImported,
          "`float` takes packets from any address, and the policy lets in those of the servers only",
          at: source.source(option.nameRange), severity: .note))
    } else if !OpenVPNNames.others.contains(option.name) {
      let all = OpenVPNNames.others.union(OpenVPNNames.read).union(OpenVPNNames.scripts)
      let guess = closestMatch(to: option.name, among: all.sorted())
      log.add(
        Diagnostic(
          .unknownSetting,
          "\(source.quoted(option.nameRange)) is no option of OpenVPN that is known"
            + (guess.map { "; did you mean `\($0)`?" } ?? ""),
          at: source.source(option.nameRange), severity: .warning))
    }
  }

  // MARK: The device

  private mutating func readDevice(_ option: OpenVPNOption) {
    guard let argument = option.arguments.first else {
      fault(.invalidSetting, "`dev` has no name", option.range)
      return
    }
    result.device = OpenVPNConfiguration.Device(
      name: argument.text, range: argument.range, isTap: argument.text.hasPrefix("tap"),
      isNumbered: argument.text != "tun" && argument.text != "tap")
  }

  private mutating func finishDevice() {
    if let isTap { result.device?.isTap = isTap }
    if let device = result.device, !device.isNumbered { result.device?.name = device.name + "0" }
  }

  private mutating func readMark(_ option: OpenVPNOption) {
    // OpenVPN reads decimal digits and nothing else: 0x6b73 would be 0.
    guard let text = option.text(0), let number = UInt32(text), number > 0 else {
      let range = option.arguments.first?.range ?? option.nameRange
      fault(
        .invalidSetting, "expected a mark in decimal digits, found \(source.quoted(range))", range)
      return
    }
    (result.mark, result.markOption) = (number, option)
  }

  mutating func fault(_ code: DiagnosticCode, _ message: String, _ range: Range<Int>) {
    log.add(Diagnostic(code, message, at: source.source(range)))
  }
}
