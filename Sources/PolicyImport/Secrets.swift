/// Replaces the secrets of a configuration by stars, byte for byte, so that offsets stay.
///
/// It is done before anything else reads the text: what is never seen can be neither printed nor
/// copied.
func withoutKeys(_ bytes: [UInt8]) -> [UInt8] {
  var result = bytes
  var start = 0
  while start < bytes.count {
    guard isKeyByte(bytes[start]) else {
      start += 1
      continue
    }
    var end = start
    while end < bytes.count, isKeyByte(bytes[end]) { end += 1 }
    while end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
    if looksLikeKey(bytes[start..<end]) { hide(start..<end, in: &result) }
    start = end
  }
  return result
}

/// Stars in the place of a text; line ends stay.
func hide(_ range: Range<Int>, in bytes: inout [UInt8]) {
  for index in range where bytes[index] != UInt8(ascii: "\n") && bytes[index] != UInt8(ascii: "\r")
  {
    bytes[index] = UInt8(ascii: "*")
  }
}

/// Base64 and hexadecimal.
private func isKeyByte(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "+")
    || byte == UInt8(ascii: "/")
}

/// A key of 32 bytes: 44 characters of base64 (43 without the `=`), or 64 of hexadecimal.
///
/// A path or a word of that length has no digit or no capital letter.
private func looksLikeKey(_ run: ArraySlice<UInt8>) -> Bool {
  if run.count < 40 { return false }
  let hasDigit = run.contains(where: isDigit)
  let hasCapital = run.contains { $0 &- UInt8(ascii: "A") < 26 }
  let hasSmall = run.contains { $0 &- UInt8(ascii: "a") < 26 }
  return hasDigit && (hasCapital && hasSmall || run.count == 64) || run.last == UInt8(ascii: "=")
}
