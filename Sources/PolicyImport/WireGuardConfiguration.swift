import PacketSpace
import PolicyDiagnostics

/// What a wg-quick configuration says about packets.
struct WireGuardConfiguration {
  enum Mark: Equatable {
    case unset, off
    case number(UInt32)
  }

  enum Table: Equatable {
    case auto, off
    case other(String)
  }

  struct Address: Hashable {
    var address: IPAddress
    /// In bits.
    var length: Int
  }

  struct Hook {
    var setting: WireGuardSetting
    var isUp: Bool { setting.key == .preUp || setting.key == .postUp }
  }

  var addresses: [Address] = []
  var dns: [(address: IPAddress, range: Range<Int>)] = []
  var mark = Mark.unset
  var table = Table.auto
  var listenPort: UInt16?
  var hooks: [Hook] = []
  var servers: [(server: Server, range: Range<Int>)] = []
  var allowed: [Prefix] = []
  /// The first `AllowedIPs`.
  var allowedRange: Range<Int>?
  var peerCount = 0
  /// The first `[Interface]`; `nil` without one.
  var header: WireGuardSection?

  /// Some peer takes everything of the family: `0.0.0.0/0` or `::/0`.
  func hasDefaultRoute(_ family: AddressFamily) -> Bool {
    allowed.contains { $0.address.family == family && $0.length == 0 }
  }

  /// Whether the peers take more than a quarter of the family's addresses, by one route or by many.
  func isWholeInternet(_ family: AddressFamily) -> Bool {
    let quarter = family.maximum >> 2
    var covered: UInt128 = 0
    for prefix in Set(allowed) where prefix.address.family == family {
      let (sum, overflow) = covered.addingReportingOverflow(prefix.upper - prefix.lower)
      covered = overflow ? family.maximum : sum
    }
    return covered > quarter
  }

  /// The mark on WireGuard's packets as things are; wg-quick sets 51820 beside a default route of its own.
  var markToday: UInt32? {
    switch mark {
    case .number(let number): number
    case .off: nil
    case .unset:
      table == .auto && AddressFamily.allCases.contains(where: hasDefaultRoute) ? 0xca6c : nil
    }
  }
}

/// Makes values of the settings; what is wrong with them goes into `log`.
struct WireGuardValues {
  let source: SourceText
  private(set) var result = WireGuardConfiguration()
  var log: ImportLog
  private var seenAddresses: Set<WireGuardConfiguration.Address> = []
  private var seenResolvers: Set<IPAddress> = []

  init(_ reader: WireGuardReader) {
    source = reader.source
    log = reader.log
    result.header = reader.sections.first { !$0.isPeer }
    for section in reader.sections {
      if section.isPeer { result.peerCount += 1 }
      // Of a setting that may stand once, the last counts.
      var last: [WireGuardKey: Int] = [:]
      for (index, setting) in section.settings.enumerated() { last[setting.key] = index }
      for (index, setting) in section.settings.enumerated()
      where setting.key.mayRepeat || last[setting.key] == index {
        read(setting)
      }
    }
  }

  private mutating func read(_ setting: WireGuardSetting) {
    switch setting.key {
    case .address: readAddresses(setting)
    case .dns: readDNS(setting)
    case .allowedIPs: readAllowed(setting)
    case .endpoint: readEndpoint(setting)
    case .fwMark: readMark(setting)
    case .table: readTable(setting)
    case .listenPort:
      result.listenPort = source.port(setting.value)
      if result.listenPort == nil, source.number(setting.value) != 0 {
        fault(setting.value, "expected a port, found \(source.quoted(setting.value))")
      }
    case .preUp, .postUp, .preDown, .postDown:
      result.hooks.append(WireGuardConfiguration.Hook(setting: setting))
    case .privateKey, .mtu, .saveConfig, .publicKey, .presharedKey, .persistentKeepalive: break
    }
  }

  private func list(_ setting: WireGuardSetting) -> [Range<Int>] {
    source.fields(setting.value) { $0 == UInt8(ascii: ",") || isSpace($0) }
  }

  private mutating func readAddresses(_ setting: WireGuardSetting) {
    for field in list(setting) {
      if let (address, length) = source.addressWithLength(field) {
        if let noun = unusableNoun(address) {
          fault(field, "\(source.quoted(field)) is \(noun) and cannot be a tunnel's address")
          continue
        }
        let address = WireGuardConfiguration.Address(address: address, length: length)
        if seenAddresses.insert(address).inserted { result.addresses.append(address) }
      } else {
        fault(
          field, "expected an address, perhaps with a prefix length, found \(source.quoted(field))")
      }
    }
  }

  /// As wg-quick has it: what is neither digits and dots nor has a colon is a search domain.
  private mutating func readDNS(_ setting: WireGuardSetting) {
    for field in list(setting) {
      let looksNumeric = source.bytes[field].allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
      if let address = source.address(field) {
        addResolver(address, field)
      } else if looksNumeric || source.first(UInt8(ascii: ":"), in: field) != nil {
        fault(field, "expected the address of a resolver, found \(source.quoted(field))")
      } else {
        log.add(
          Diagnostic(
            .settingNotImported,
            "the search domain \(source.quoted(field)) has no place in a policy",
            at: source.source(field), severity: .note,
            notes: ["leave it in the configuration: it opens nothing"]))
      }
    }
  }

  private mutating func addResolver(_ address: IPAddress, _ field: Range<Int>) {
    guard let noun = unusableNoun(address) else {
      if seenResolvers.insert(address).inserted { result.dns.append((address, field)) }
      return
    }
    log.add(
      Diagnostic(
        .settingNotImported,
        "the resolver \(source.quoted(field)) is \(noun), and none inside the tunnel",
        at: source.source(field), severity: .warning,
        notes: [
          "a resolver on this machine is reached over `lo`, which passes; name the one that it asks in a `dns` line"
        ]))
  }

  private mutating func readAllowed(_ setting: WireGuardSetting) {
    if result.allowedRange == nil { result.allowedRange = setting.value }
    for field in list(setting) {
      // wg(8): `+` and `-` change a list by parts.
      let sign = source.bytes[field.lowerBound]
      let isPart = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
      let rest = isPart ? field.lowerBound + 1..<field.upperBound : field
      guard let prefix = source.prefix(rest) else {
        fault(field, "expected an address or a prefix, found \(source.quoted(field))")
        continue
      }
      if sign != UInt8(ascii: "-") { result.allowed.append(prefix) }
    }
  }

  private mutating func readEndpoint(_ setting: WireGuardSetting) {
    guard let (host, port) = hostAndPort(setting.value) else {
      fault(
        setting.value,
        "expected `ADDRESS:PORT`, `[IPV6]:PORT` or `NAME:PORT`, found \(source.quoted(setting.value))"
      )
      return
    }
    if let fault = host.fault {
      var notes: [String] = []
      if case .address = host {
        notes = [
          "if a program on this machine carries the packets on, the policy needs where that program sends them"
        ]
      }
      log.add(
        Diagnostic(
          .invalidSetting, "the endpoint \(source.quoted(setting.value)) \(fault)",
          at: source.source(setting.value), notes: notes))
      return
    }
    result.servers.append((Server(host: host, transport: .udp, port: port), setting.value))
  }

  private func hostAndPort(_ range: Range<Int>) -> (Host, UInt16)? {
    guard let colon = source.last(UInt8(ascii: ":"), in: range),
      let port = source.port(colon + 1..<range.upperBound), colon > range.lowerBound
    else { return nil }
    if source.bytes[range.lowerBound] == UInt8(ascii: "[") {
      guard source.bytes[colon - 1] == UInt8(ascii: "]"),
        let address = source.address(range.lowerBound + 1..<colon - 1), address.family == .ipv6
      else { return nil }
      return (.address(address), port)
    }
    let host = range.lowerBound..<colon
    if source.first(UInt8(ascii: ":"), in: host) != nil { return nil }
    return (source.host(host), port)
  }

  private mutating func readMark(_ setting: WireGuardSetting) {
    let text = source.lowercased(setting.value)
    let number = text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
    switch number {
    case 0: result.mark = .off
    case .some(let number): result.mark = .number(number)
    case nil where text == "off": result.mark = .off
    case nil:
      fault(
        setting.value, "expected a mark of 32 bits or `off`, found \(source.quoted(setting.value))")
    }
  }

  private mutating func readTable(_ setting: WireGuardSetting) {
    switch source.lowercased(setting.value) {
    case "auto": result.table = .auto
    case "off": result.table = .off
    case let name: result.table = .other(name)
    }
  }

  private mutating func fault(_ range: Range<Int>, _ message: String) {
    log.add(Diagnostic(.invalidSetting, message, at: source.source(range)))
  }
}
