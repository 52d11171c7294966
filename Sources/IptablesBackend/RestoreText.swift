/// An argument in the form that `iptables-restore` reads back as it was.
///
/// Inside double quotes a backslash keeps the next character (`add_param_to_argv`, iptables/xshared.c).
func restoreQuoted(_ text: String) -> String {
  let isPlain = !text.isEmpty && text.utf8.allSatisfy(isPlainRestoreByte)
  if isPlain { return text }
  var quoted = "\""
  for scalar in text.unicodeScalars {
    if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
    quoted.unicodeScalars.append(scalar)
  }
  return quoted + "\""
}

private func isPlainRestoreByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default: "+-_./:@,%=".utf8.contains(byte)
  }
}

extension String {
  /// Has a byte that would end a line or that no terminal should see.
  var hasControlCharacter: Bool { utf8.contains { $0 < 0x20 || $0 == 0x7f } }
}
