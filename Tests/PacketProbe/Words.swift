/// One line of a command: a verb, then `key=value`.
struct Words {
  let verb: String
  private let values: [String: String]

  init(_ line: String) {
    let words = line.split(separator: " ")
    verb = words.first.map { String($0) } ?? ""
    var values: [String: String] = [:]
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      values[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
    }
    self.values = values
  }

  subscript(key: String) -> String? { values[key] }

  func number(_ key: String) -> Int? { values[key].flatMap { Int($0) } }

  /// What tells this probe's packets from all others.
  var probe: Int { number("n") ?? 0 }

  /// The tag, again and again, so that each fragment has one.
  var payload: [UInt8] {
    let tag = Array("ksp#\(probe);".utf8)
    let size = max(tag.count, number("size") ?? 0)
    return (0..<size).map { tag[$0 % tag.count] }
  }

  var isIPv6: Bool { values["dst"]?.contains(":") ?? false }
}

/// The source port, and ICMP identifier, of a probe that does not choose its own.
func probePort(_ probe: Int) -> UInt16 { UInt16(truncatingIfNeeded: 20000 + probe) }
