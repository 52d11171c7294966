import RulesetIR

/// nft ends a quoted string at the next `"` and knows no escape for it.
///
/// A string that could end early is refused in both targets: `nft list ruleset` prints what JSON
/// loaded without an escape, and people save and load that listing.
func requireQuotable(_ text: String, _ what: String, _ origin: RuleOrigin?)
  throws(UnsupportedByTarget)
{
  for byte in text.utf8 where byte == UInt8(ascii: "\"") || isControl(byte) {
    let found = isControl(byte) ? "a control character" : "`\"`"
    throw UnsupportedByTarget(
      "\(found) in \(what) (nft cannot quote it)", instead: "leave it out", origin: origin)
  }
}

/// The log prefix, which nft also searches for `$variable`.
func requireLogPrefix(_ prefix: String, _ origin: RuleOrigin?) throws(UnsupportedByTarget) {
  try requireQuotable(prefix, "a log prefix", origin)
  if prefix.utf8.contains(UInt8(ascii: "$")) {
    throw UnsupportedByTarget(
      "`$` in a log prefix (nft takes it for a variable)", instead: "leave it out", origin: origin)
  }
}

/// An interface name as nft reads it: a final `*` is a wildcard, `\*` a star, and in JSON a leading
/// `@` names a set.
func requireInterface(_ name: String, _ origin: RuleOrigin?) throws(UnsupportedByTarget) {
  try requireQuotable(name, "an interface name", origin)
  if name.hasPrefix("@") || name.hasSuffix("*") || name.utf8.contains(UInt8(ascii: "\\")) {
    throw UnsupportedByTarget(
      "the interface name `\(name)` (nft gives `@`, `*` and `\\` a meaning of their own)",
      instead: "rename the interface", origin: origin)
  }
}

/// A comment that cannot end its string or its line: only people read it, so it is changed, not refused.
func harmless(_ comment: String) -> String {
  let bytes = comment.utf8.map { byte in
    if isControl(byte) {
      UInt8(ascii: "?")
    } else if byte == UInt8(ascii: "\"") {
      UInt8(ascii: "'")
    } else {
      byte
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

private func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }
