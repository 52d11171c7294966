import PacketSpace
import PolicyDiagnostics

extension OpenVPNValues {
  mutating func finishRemotes() {
    if !connections.isEmpty {
      for remote in defaults.remotes {
        log.add(
          Diagnostic(
            .settingNotImported, "OpenVPN does not use this `remote` beside `<connection>`",
            at: source.source(remote.range), severity: .warning))
      }
    } else {
      connections = [defaults]
    }
    var seen: Set<Server> = []
    for connection in connections {
      for remote in connection.remotes { addRemote(remote, connection, &seen) }
    }
  }

  mutating func addRemote(
    _ remote: OpenVPNOption, _ connection: Connection, _ seen: inout Set<Server>
  ) {
    var transport = connection.transport
    var family = connection.family
    if remote.arguments.count > 2 {
      guard let given = self.transport(remote, 2) else { return }
      (transport, family) = given
    }
    if let forced, forced != transport { return }
    var port = connection.port
    if remote.arguments.count > 1 {
      guard let given = self.port(remote, 1) else { return }
      port = given
    }
    guard let host = host(remote, 0) else { return }
    if case .address(let address) = host, let family, address.family != family {
      fault(
        .invalidSetting,
        "the server has an \(address.family.title) address, and the protocol is for \(family.title)",
        remote.range)
      return
    }
    var server = Server(host: host, transport: transport, port: port)
    var range = remote.range
    if let proxy = connection.proxy {
      // The packets that leave go to the proxy.
      (server, range) = proxy
    }
    if seen.insert(server).inserted {
      result.remotes.append(OpenVPNConfiguration.Remote(server: server, range: range))
    }
  }

  mutating func proxy(
    _ option: OpenVPNOption, port defaultPort: UInt16?
  ) -> (server: Server, range: Range<Int>)? {
    guard let host = host(option, 0) else { return nil }
    var port = defaultPort
    if option.arguments.count > 1 { port = self.port(option, 1) }
    guard let port else {
      if option.arguments.count < 2 {
        fault(.missingSetting, "the proxy has no port", option.range)
      }
      return nil
    }
    log.add(
      Diagnostic(
        .settingNotImported, "the packets go to this proxy, so it is the endpoint of the policy",
        at: source.source(option.range), severity: .note,
        notes: option.name == "socks-proxy"
          ? ["over UDP a SOCKS proxy names another port as it goes; write that one into the policy"]
          : []))
    return (Server(host: host, transport: .tcp, port: port), option.range)
  }

  mutating func host(_ option: OpenVPNOption, _ index: Int) -> Host? {
    guard index < option.arguments.count else {
      fault(.invalidSetting, "`\(option.name)` has no host", option.range)
      return nil
    }
    let argument = option.arguments[index]
    let text = SourceText(bytes: Array(argument.text.utf8), file: source.file)
    let host = text.host(0..<text.bytes.count)
    if let fault = host.fault {
      var notes: [String] = []
      if case .address = host {
        notes = [
          "if a program on this machine carries the packets on, the policy needs where that program sends them"
        ]
      }
      log.add(
        Diagnostic(
          .invalidSetting, "the server \(source.quoted(argument.range)) \(fault)",
          at: source.source(argument.range), notes: notes))
      return nil
    }
    return host
  }

  mutating func port(_ option: OpenVPNOption, _ index: Int) -> UInt16? {
    guard let text = option.text(index), let port = UInt16(text), port > 0 else {
      let range = index < option.arguments.count ? option.arguments[index].range : option.nameRange
      fault(.invalidSetting, "expected a port, found \(source.quoted(range))", range)
      return nil
    }
    return port
  }

  mutating func transport(
    _ option: OpenVPNOption, _ index: Int = 0
  ) -> (Transport, AddressFamily?)? {
    let text = option.text(index) ?? ""
    if let known = transport(text) { return known }
    let range = index < option.arguments.count ? option.arguments[index].range : option.nameRange
    fault(
      .invalidSetting,
      "expected a protocol such as `udp` or `tcp-client`, found \(source.quoted(range))",
      range)
    return nil
  }

  /// Source: `proto_names` in OpenVPN's socket code.
  func transport(_ text: String) -> (Transport, AddressFamily?)? {
    switch text {
    case "udp": (.udp, nil)
    case "udp4": (.udp, .ipv4)
    case "udp6": (.udp, .ipv6)
    case "tcp", "tcp-client", "tcp-server": (.tcp, nil)
    case "tcp4", "tcp4-client", "tcp4-server": (.tcp, .ipv4)
    case "tcp6", "tcp6-client", "tcp6-server": (.tcp, .ipv6)
    default: nil
    }
  }
}
