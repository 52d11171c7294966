import PolicyDiagnostics

/// The keys of wg-quick(8) and wg(8).
enum WireGuardKey: String, CaseIterable {
  case privateKey = "PrivateKey"
  case listenPort = "ListenPort"
  case fwMark = "FwMark"
  case address = "Address"
  case dns = "DNS"
  case mtu = "MTU"
  case table = "Table"
  case preUp = "PreUp"
  case postUp = "PostUp"
  case preDown = "PreDown"
  case postDown = "PostDown"
  case saveConfig = "SaveConfig"
  case publicKey = "PublicKey"
  case presharedKey = "PresharedKey"
  case allowedIPs = "AllowedIPs"
  case endpoint = "Endpoint"
  case persistentKeepalive = "PersistentKeepalive"

  var isOfPeer: Bool {
    switch self {
    case .publicKey, .presharedKey, .allowedIPs, .endpoint, .persistentKeepalive: true
    case .privateKey, .listenPort, .fwMark, .address, .dns, .mtu, .table, .preUp, .postUp, .preDown,
      .postDown, .saveConfig:
      false
    }
  }

  /// More lines add to the first one.
  var mayRepeat: Bool {
    switch self {
    case .address, .dns, .preUp, .postUp, .preDown, .postDown, .allowedIPs: true
    case .privateKey, .listenPort, .fwMark, .mtu, .table, .saveConfig, .publicKey, .presharedKey,
      .endpoint, .persistentKeepalive:
      false
    }
  }

  static let byLowercase = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0.rawValue.lowercased(), $0) })
}

/// `Key = value` of one section.
struct WireGuardSetting {
  var key: WireGuardKey
  var keyRange: Range<Int>
  var value: Range<Int>
  /// Without its `\n`.
  var line: Range<Int>
  /// From 1.
  var number: Int
}

struct WireGuardSection {
  var isPeer: Bool
  /// `[Interface]` or `[Peer]`.
  var header: Range<Int>
  var line: Range<Int>
  var settings: [WireGuardSetting] = []

  func all(_ key: WireGuardKey) -> [WireGuardSetting] { settings.filter { $0.key == key } }

  /// The one that counts: the last.
  func last(_ key: WireGuardKey) -> WireGuardSetting? { settings.last { $0.key == key } }
}

/// Reads the sections as wg-quick does: `#` ends a line wherever it stands, and keys are the same in
/// capital and small letters.
struct WireGuardReader {
  let source: SourceText
  private(set) var sections: [WireGuardSection] = []
  private(set) var log = ImportLog()
  /// Below a header that is none of wg-quick's: one error says it all.
  private var isInUnknownSection = false

  init(_ source: SourceText) {
    self.source = source
  }

  mutating func read() {
    for (index, line) in source.lines().enumerated() {
      var line = line
      if index == 0, source.startsWithByteOrderMark {
        reportByteOrderMark()
        line = TextFault.byteOrderMark.count..<max(line.upperBound, TextFault.byteOrderMark.count)
      }
      readLine(line, number: index + 1)
    }
    for section in sections { reportRepeated(section) }
  }

  private mutating func reportByteOrderMark() {
    let mark = source.source(0..<TextFault.byteOrderMark.count)
    log.add(
      Diagnostic(
        .invalidCharacter,
        "the file begins with a byte order mark, and wg-quick does not know the word behind it",
        at: mark, severity: .warning,
        fixIts: [FixIt("take it out", replace: mark, with: "")]))
  }

  private mutating func readLine(_ line: Range<Int>, number: Int) {
    let end = source.first(UInt8(ascii: "#"), in: line) ?? line.upperBound
    let content = source.trimmed(line.lowerBound..<end)
    if content.isEmpty { return }
    if source.bytes[content.lowerBound] == UInt8(ascii: "[") {
      readHeader(content, line)
      return
    }
    if isInUnknownSection { return }
    guard let equals = source.first(UInt8(ascii: "="), in: content) else {
      report(.invalidSetting, "expected `Key = value`, found \(source.quoted(content))", content)
      return
    }
    let keyRange = source.trimmed(content.lowerBound..<equals)
    guard let key = WireGuardKey.byLowercase[source.lowercased(keyRange)] else {
      reportUnknown(keyRange)
      return
    }
    add(
      WireGuardSetting(
        key: key, keyRange: keyRange, value: source.trimmed(equals + 1..<content.upperBound),
        line: line, number: number))
  }

  private mutating func add(_ setting: WireGuardSetting) {
    if setting.value.isEmpty {
      report(.invalidSetting, "`\(setting.key.rawValue)` has no value", setting.keyRange)
      return
    }
    guard let section = sections.last else {
      report(
        .invalidSetting, "`\(setting.key.rawValue)` stands before `[Interface]`", setting.keyRange)
      return
    }
    if section.isPeer != setting.key.isOfPeer {
      let right = setting.key.isOfPeer ? "[Peer]" : "[Interface]"
      report(
        .invalidSetting, "`\(setting.key.rawValue)` belongs below `\(right)`", setting.keyRange)
      return
    }
    sections[sections.count - 1].settings.append(setting)
  }

  private mutating func readHeader(_ content: Range<Int>, _ line: Range<Int>) {
    isInUnknownSection = false
    switch source.lowercased(content) {
    case "[interface]":
      // A second one goes on with the first, as wg has it.
      sections.append(WireGuardSection(isPeer: false, header: content, line: line))
    case "[peer]":
      sections.append(WireGuardSection(isPeer: true, header: content, line: line))
    default:
      isInUnknownSection = true
      report(
        .unknownSetting, "expected `[Interface]` or `[Peer]`, found \(source.quoted(content))",
        content)
    }
  }

  private mutating func reportUnknown(_ key: Range<Int>) {
    let guess = closestMatch(
      to: source.string(key), among: WireGuardKey.allCases.map(\.rawValue))
    report(
      .unknownSetting,
      "\(source.quoted(key)) is no key of wg-quick"
        + (guess.map { "; did you mean `\($0)`?" } ?? ""),
      key,
      fixIts: guess.map {
        [FixIt("write `\($0)`", replace: source.source(key), with: $0)]
      } ?? [])
  }

  private mutating func reportRepeated(_ section: WireGuardSection) {
    var first: [WireGuardKey: WireGuardSetting] = [:]
    for setting in section.settings where !setting.key.mayRepeat {
      if let earlier = first.updateValue(setting, forKey: setting.key) {
        log.add(
          Diagnostic(
            .duplicateSetting, "`\(setting.key.rawValue)` stands twice, and this one counts",
            at: source.source(setting.keyRange), severity: .warning,
            related: [Label(source.source(earlier.keyRange), "also here")]))
      }
    }
  }

  private mutating func report(
    _ code: DiagnosticCode, _ message: String, _ range: Range<Int>, fixIts: [FixIt] = []
  ) {
    log.add(Diagnostic(code, message, at: source.source(range), fixIts: fixIts))
  }
}

/// The text with stars in the place of keys, also where the line is not quite right.
func hidingWireGuardKeys(_ bytes: [UInt8]) -> [UInt8] {
  var result = withoutKeys(bytes)
  let source = SourceText(bytes: bytes, file: .root)
  for line in source.lines() {
    let content = source.trimmed(line)
    let letters = bytes[content].prefix(16).filter { !isSpace($0) }.map(asciiLowercase)
    for name in ["privatekey", "presharedkey"] where letters.starts(with: name.utf8) {
      let separator = content.first {
        bytes[$0] == UInt8(ascii: "=") || bytes[$0] == UInt8(ascii: ":")
      }
      if let separator { hide(source.trimmed(separator + 1..<content.upperBound), in: &result) }
    }
  }
  return result
}
