/// Takes apart what `Rule.comment` puts together: `homelab.ksp:12 endpoint`.
///
/// A comment of another shape is all note.
package func splitRuleComment(_ comment: String) -> (note: String, origin: RuleOrigin?) {
  let bytes = Array(comment.utf8)
  let end = Array(".ksp:".utf8)
  var start = 0
  while start + end.count < bytes.count {
    defer { start += 1 }
    guard start > 0, bytes[start...].starts(with: end) else { continue }
    let digits = bytes[(start + end.count)...].prefix { (0x30...0x39).contains($0) }
    let rest = bytes[digits.endIndex...]
    guard let line = Int(String(decoding: digits, as: UTF8.self)), line > 0,
      rest.isEmpty || rest.first == UInt8(ascii: " ")
    else { continue }
    let file = String(decoding: bytes[..<(start + 4)], as: UTF8.self)
    return (
      String(decoding: rest.dropFirst(), as: UTF8.self), RuleOrigin(file: file, line: line)
    )
  }
  return (comment, nil)
}
