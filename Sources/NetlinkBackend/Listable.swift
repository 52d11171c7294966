import RulesetIR

// The kernel takes any bytes in a string, but nft lists them in quotes, without an escape, and people save and load what
// it lists. So what nft could not list as it is does not go in.

func requireListable(
  _ text: String, _ what: String, _ origin: RuleOrigin?
) throws(UnsupportedByTarget) {
  for byte in text.utf8 where byte == UInt8(ascii: "\"") || isControl(byte) {
    let found = isControl(byte) ? "a control character" : "`\"`"
    throw UnsupportedByTarget(
      "\(found) in \(what) (nft cannot list it)", instead: "leave it out", origin: origin)
  }
}

func requireInterfaceName(_ name: String, _ origin: RuleOrigin?) throws(UnsupportedByTarget) {
  try requireListable(name, "an interface name", origin)
  // IFNAMSIZ counts the zero at the end; linux/if.h.
  guard (1...15).contains(name.utf8.count) else {
    throw UnsupportedByTarget(
      "an interface name of \(name.utf8.count) bytes", instead: "use 1 to 15 bytes", origin: origin)
  }
  if name.hasPrefix("@") || name.hasSuffix("*") || name.utf8.contains(UInt8(ascii: "\\")) {
    throw UnsupportedByTarget(
      "the interface name `\(name)` (nft gives `@`, `*` and `\\` a meaning of their own)",
      instead: "rename the interface", origin: origin)
  }
}

/// A comment only people read: it is changed, not refused.
func listableComment(_ comment: String) -> [UInt8] {
  comment.utf8.map { byte in
    isControl(byte) ? UInt8(ascii: "?") : byte == UInt8(ascii: "\"") ? UInt8(ascii: "'") : byte
  }
}

private func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }
