import Glibc

/// A packet as the tests read it: one line of `key=value`.
struct SeenPacket {
  private(set) var fields: [(key: String, value: String)] = []
  /// The packet's own tag is `ksp#0;`: one of a flood, counted and not reported.
  private(set) var isFlood = false

  init?(_ bytes: ArraySlice<UInt8>) {
    guard let first = bytes.first else { return nil }
    switch first >> 4 {
    case 4: if !readIPv4(bytes) { return nil }
    case 6: if !readIPv6(bytes) { return nil }
    default: return nil
    }
    if let probe = tag(in: bytes) {
      isFlood = probe == 0
      add("n", String(probe))
    }
    add("length", String(bytes.count))
  }

  var line: String { fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ") }

  private mutating func add(_ key: String, _ value: String) {
    fields.append((key, value))
  }

  private mutating func readIPv4(_ bytes: ArraySlice<UInt8>) -> Bool {
    let start = bytes.startIndex
    guard bytes.count >= 20 else { return false }
    let header = Int(bytes[start] & 0x0f) * 4
    guard header >= 20, bytes.count >= header else { return false }
    add("src", addressText(bytes[start + 12..<start + 16]))
    add("dst", addressText(bytes[start + 16..<start + 20]))
    add("ttl", String(bytes[start + 8]))
    if header > 20 { add("options", "1") }
    let fragment = short(bytes, start + 6)
    if fragment & 0x3fff != 0 { add("fragment", String((fragment & 0x1fff) * 8)) }
    readTransport(
      bytes[(start + header)...], bytes[start + 9], isLater: fragment & 0x1fff != 0)
    return true
  }

  private mutating func readIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
    let start = bytes.startIndex
    guard bytes.count >= 40 else { return false }
    add("src", addressText(bytes[start + 8..<start + 24]))
    add("dst", addressText(bytes[start + 24..<start + 40]))
    add("ttl", String(bytes[start + 7]))
    var next = bytes[start + 6]
    var rest = bytes[(start + 40)...]
    var isLater = false
    while [0, 43, 44, 60].contains(next), rest.count >= 8, !isLater {
      let at = rest.startIndex
      if next == 44 {
        let offset = short(rest, at + 2) & 0xfff8
        add("fragment", String(offset))
        isLater = offset != 0
      } else {
        add("options", String(next))
      }
      let size = next == 44 ? 8 : (Int(rest[at + 1]) + 1) * 8
      next = rest[at]
      if rest.count < size { return true }
      rest = rest[(at + size)...]
    }
    readTransport(rest, next, isLater: isLater)
    return true
  }

  private mutating func readTransport(
    _ bytes: ArraySlice<UInt8>, _ number: UInt8, isLater: Bool
  ) {
    add("proto", String(number))
    let at = bytes.startIndex
    guard !isLater, bytes.count >= 8 else { return }
    switch number {
    case 6, 17, 132:
      add("sport", String(short(bytes, at)))
      add("dport", String(short(bytes, at + 2)))
      if number == 6, bytes.count > 13 { add("flags", flagText(bytes[at + 13])) }
    case 1, 58:
      add("type", String(bytes[at]))
      add("code", String(bytes[at + 1]))
      if isError(number, bytes[at]) {
        readQuoted(bytes[(at + 8)...])
      } else {
        add("id", String(short(bytes, at + 4)))
      }
    default: break
    }
  }

  /// The ports of the packet that an ICMP error quotes.
  private mutating func readQuoted(_ bytes: ArraySlice<UInt8>) {
    add("error", "1")
    let at = bytes.startIndex
    guard bytes.count >= 28 else { return }
    let isIPv4 = bytes[at] >> 4 == 4
    let header = isIPv4 ? Int(bytes[at] & 0x0f) * 4 : 40
    let number = isIPv4 ? bytes[at + 9] : bytes[at + 6]
    guard bytes.count >= header + 8 else { return }
    let isPing = number == 1 || number == 58
    add("quoted", String(short(bytes, at + header + (isPing ? 4 : 0))))
    add("quoted-dport", String(short(bytes, at + header + 2)))
  }
}

private func isError(_ number: UInt8, _ type: UInt8) -> Bool {
  number == 58 ? type < 128 : [3, 4, 5, 11, 12].contains(type)
}

private func short(_ bytes: ArraySlice<UInt8>, _ index: Int) -> UInt16 {
  UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
}

private func flagText(_ flags: UInt8) -> String {
  let letters = zip(["F", "S", "R", "P", "A"], [1, 2, 4, 8, 16] as [UInt8])
  return letters.filter { flags & $0.1 != 0 }.map { $0.0 }.joined()
}

private func addressText(_ bytes: ArraySlice<UInt8>) -> String {
  var text = [CChar](repeating: 0, count: 46)
  let family = bytes.count == 16 ? AF_INET6 : AF_INET
  guard unsafe inet_ntop(family, Array(bytes), &text, 46) != nil else { return "?" }
  return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The number in `ksp#NUMBER;`.
private func tag(in bytes: ArraySlice<UInt8>) -> Int? {
  let mark = Array("ksp#".utf8)
  guard bytes.count > mark.count else { return nil }
  for start in bytes.startIndex...(bytes.endIndex - mark.count)
  where bytes[start] == mark[0] && bytes[start..<start + mark.count].elementsEqual(mark) {
    let digits = bytes[(start + mark.count)...].prefix { $0 != UInt8(ascii: ";") }.prefix(8)
    if let number = Int(String(decoding: digits, as: UTF8.self)) { return number }
  }
  return nil
}
