import PacketSpace
import RulesetIR

extension JSONTree {
  /// An expression or statement in nft's words, or, where it has none here, its keys and values in
  /// turn; for people, and as the name of what is not modelled.
  ///
  /// What is cut or replaced is told apart by a hash.
  func text(_ place: JSONPlace) -> String {
    var words = ""
    append(place, to: &words)
    let limit = 160
    let visible = printable(String(decoding: words.utf8.prefix(limit), as: UTF8.self))
    if visible == words { return words }
    var hash = FNV1a()
    hash.feed(words)
    return "\(visible)… #\(hash.text)"
  }

  /// `LEFT OPERATOR RIGHT`, without `==`.
  func text(left: JSONPlace, _ comparison: String, right: JSONPlace) -> String {
    text(left) + (comparison == "==" ? " " : " \(comparison) ") + text(right)
  }

  private func append(_ place: JSONPlace, to words: inout String) {
    switch kind(place) {
    case .string, .escapedString: words += word(string(place) ?? "")
    case .null, .boolean, .number: words += String(decoding: bytes[range(place)], as: UTF8.self)
    case .array: append(children(place), separatedBy: ",", to: &words)
    case .object:
      if let (tag, value) = tagged(place), append(tag, value, to: &words) { return }
      appendMembers(place, to: &words)
    }
  }

  /// `false`, and nothing appended, for what has no words here.
  ///
  /// No part is made into words before all are there: twice at every level would be 2^64 times.
  private func append(_ tag: String, _ value: JSONPlace, to words: inout String) -> Bool {
    func parts(_ keys: String...) -> [String]? {
      let places = keys.compactMap { member(value, $0) }
      let isAll = places.count == keys.count && children(value).count == 2 * keys.count
      return isAll ? places.map { text($0) } : nil
    }
    switch tag {
    case "payload":
      if let parts = parts("protocol", "field") {
        words += "\(parts[0]) \(parts[1])"
      } else if let parts = parts("base", "offset", "len") {
        words += "@\(parts[0]),\(parts[1]),\(parts[2])"
      } else {
        return false
      }
    case "meta", "rt", "socket", "osf", "ipsec":
      guard let parts = parts("key") else { return false }
      words += "\(tag) \(parts[0])"
    case "ct":
      guard let parts = parts("dir", "key") ?? parts("key") else { return false }
      words += "ct \(parts.joined(separator: " "))"
    case "exthdr", "ip option", "tcp option":
      guard let parts = parts("name", "field") ?? parts("name") else { return false }
      words += "\(tag) \(parts.joined(separator: " "))"
    case "fib":
      guard let parts = parts("flags", "result") else { return false }
      words += "fib \(parts[0]) \(parts[1])"
    case "prefix":
      guard let parts = parts("addr", "len") else { return false }
      words += "\(parts[0])/\(parts[1])"
    case "mangle":
      guard let parts = parts("key", "value") else { return false }
      words += "\(parts[0]) set \(parts[1])"
    case "range", "concat", "&", "|", "^", "<<", ">>":
      guard let parts = items(value) else { return false }
      let separator = ["range": "-", "concat": " . "][tag] ?? " \(tag) "
      append(parts, separatedBy: separator, to: &words)
    case "set":
      guard let parts = items(value) else { return false }
      words += "{ "
      append(parts, separatedBy: ", ", to: &words)
      words += " }"
    default: return false
    }
    return true
  }

  private func append(
    _ places: [JSONPlace], separatedBy separator: String, to words: inout String
  ) {
    for (index, place) in places.enumerated() {
      if index > 0 { words += separator }
      append(place, to: &words)
    }
  }

  /// `KEY VALUE KEY VALUE`; what holds several words stands in braces where more follow.
  private func appendMembers(_ place: JSONPlace, to words: inout String) {
    let parts = children(place)
    for (index, child) in parts.enumerated() {
      let isLast = index == parts.count - 1
      if kind(child) == .null, isLast { continue }
      if index > 0 { words += " " }
      guard kind(child) == .object, !isLast else {
        append(child, to: &words)
        continue
      }
      if let (tag, value) = tagged(child), append(tag, value, to: &words) { continue }
      words += "{ "
      appendMembers(child, to: &words)
      words += " }"
    }
  }

  /// As it is, or in quotes where it could be taken for more than one word.
  private func word(_ text: String) -> String {
    let isWord = text.utf8.allSatisfy {
      switch $0 {
      case 0...0x20, 0x7f, UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "{"),
        UInt8(ascii: "}"):
        false
      default: true
      }
    }
    return isWord && !text.isEmpty ? text : "\"\(text)\""
  }
}

/// Without control characters.
func printable(_ text: String) -> String {
  let bytes = text.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
  return String(decoding: bytes, as: UTF8.self)
}

/// For messages.
func brief(_ text: String) -> String {
  let limit = 60
  if text.utf8.count <= limit { return printable(text) }
  return printable(String(decoding: text.utf8.prefix(limit), as: UTF8.self)) + "…"
}
