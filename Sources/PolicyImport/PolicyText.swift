import PolicyDiagnostics
import PolicySyntax

/// A policy on its way to text.
struct PolicyText {
  private(set) var text = ""
  private static let width = 92

  /// A line of the policy itself.
  mutating func line(_ line: String = "") { text += line + "\n" }

  /// Prose behind `#`, broken into lines; what stands in backquotes stays together.
  ///
  /// - Parameter item: the text is one of a list and begins with `-`.
  mutating func comment(_ prose: String, item: Bool = false) {
    var current = item ? "#   -" : "#"
    var isEmpty = true
    for word in PolicyText.words(prose) {
      if !isEmpty, current.count + 1 + word.count > PolicyText.width {
        text += current + "\n"
        current = item ? "#    " : "#"
      }
      current += " " + word
      isEmpty = false
    }
    text += current + "\n"
  }

  /// A policy or a command that is shown in a comment.
  mutating func example(_ line: String) { text += line.isEmpty ? "#\n" : "# \(line)\n" }

  /// In the usual layout.
  func formatted() -> String {
    let result = format(SourceFile(name: "", text: text), id: .root).text
    precondition(result != nil, "an imported policy does not parse:\n\(text)")
    return result ?? text
  }

  private static func words(_ prose: String) -> [String] {
    var result: [String] = []
    var isCode = false
    var word = ""
    for character in prose {
      if character == " ", !isCode {
        if !word.isEmpty { result.append(word) }
        word = ""
        continue
      }
      if character == "`" { isCode.toggle() }
      word.append(character == "\n" || character == "\r" ? " " : character)
    }
    if !word.isEmpty { result.append(word) }
    return result
  }
}

/// A name of the file as a comment may show it: without what would end the comment.
func shownName(_ name: String) -> String {
  String(name.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
}

/// What to do about servers that are known by name; `nil` where there are none.
func changeForNames(_ servers: [Server]) -> String? {
  var names: [String] = []
  for server in servers {
    if case .name(let name) = server.host, !names.suffix(8).contains(name) { names.append(name) }
  }
  if names.isEmpty { return nil }
  let shown = names.prefix(4).map { "`\($0)`" }.joined(separator: ", ")
  let rest = names.count > 4 ? " and \(names.count - 4) more" : ""
  return
    "Write an address in the place of \(shown)\(rest): names cannot be looked up before the tunnel is up. `kspolicy resolve` finds it."
}

/// A name for the policy: a small letter, then small letters, digits and `_`, at most 16 in all.
func policyName(from name: String) -> String {
  var result = ""
  for byte in name.utf8.map(asciiLowercase) {
    let isLetter = byte &- UInt8(ascii: "a") < 26
    if result.isEmpty, !isLetter {
      if !isDigit(byte) { continue }
      result = "vpn_"
    }
    result.unicodeScalars.append(
      Unicode.Scalar(isLetter || isDigit(byte) ? byte : UInt8(ascii: "_")))
  }
  return result.isEmpty ? "vpn" : String(result.prefix(16))
}

/// An interface as the language writes it, or why it cannot be one.
enum InterfaceName {
  case word(String)
  case fault(String)

  init(_ name: String) {
    let bytes = Array(name.utf8)
    let forbidden: [UInt8] = Array("/:\"\\*".utf8)
    if bytes.isEmpty || bytes.count > 15 {
      self = .fault("it has \(bytes.count) bytes instead of 1 to 15")
    } else if name == "." || name == ".." || name == "lo" || name.hasSuffix("+")
      || bytes.contains(where: { $0 <= 0x20 || $0 >= 0x7F || forbidden.contains($0) })
    {
      self = .fault("no device that a policy can name is called so")
    } else if InterfaceName.isWord(bytes), !Keyword.all.contains(name) {
      self = .word(name)
    } else {
      self = .word("\"\(name)\"")
    }
  }

  private static func isWord(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first, !isDigit(first), first != UInt8(ascii: "-"),
      first != UInt8(ascii: ".")
    else { return false }
    return bytes.allSatisfy {
      isDigit($0) || ($0 | 0x20) &- UInt8(ascii: "a") < 26 || "_.-".utf8.contains($0)
    }
  }
}

/// The lines `endpoint …`: one for each protocol and port, and no more hosts on one than can be read.
func endpointLines(_ servers: [Server], selector: String) -> [String] {
  struct Service: Hashable {
    var transport: Transport
    var port: UInt16
  }
  var order: [Service] = []
  var hosts: [Service: [Host]] = [:]
  var seen: Set<Server> = []
  for server in servers where seen.insert(server).inserted {
    let service = Service(transport: server.transport, port: server.port)
    if hosts[service] == nil { order.append(service) }
    hosts[service, default: []].append(server.host)
  }
  return order.flatMap { service -> [String] in
    let all = hosts[service] ?? []
    return stride(from: 0, to: all.count, by: 4).map { start in
      let some = all[start..<min(all.count, start + 4)].map(\.text).joined(separator: ", ")
      return "endpoint \(some) \(service.transport.rawValue) \(service.port) \(selector)"
    }
  }
}

/// A mark of 24 bits that the same servers always get, and hardly anything else has.
///
/// The iptables target keeps the eight bits above for itself. FNV-1a, as in
/// draft-eastlake-fnv; 0xca6c, wg-quick's own, has no bit above 16.
func inventedMark(_ seed: [UInt8]) -> UInt32 {
  let hash = seed.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  return 0x40_0000 | (hash ^ hash >> 24) & 0x3f_ffff
}

func hexadecimal(_ mark: UInt32) -> String { "0x" + String(mark, radix: 16) }
