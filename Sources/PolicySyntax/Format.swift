package import PolicyDiagnostics

/// The file in its canonical layout; `nil`, with the reasons, when it does not parse.
///
/// Formatting the result again changes nothing. The result is parsed before it is returned: it says the
/// same as the file and has every comment of it, in the same order.
package func format(
  _ file: SourceFile, id: FileID
) -> (text: String?, diagnostics: [Diagnostic]) {
  var parser = Parser(file, id: id)
  parser.parseFile()
  guard parser.diagnostics.isEmpty else { return (nil, parse(file, id: id).diagnostics) }

  var reader = LayoutReader(file.bytes, blockBraces: parser.blockBraces)
  var writer = LayoutWriter(file.bytes, capacity: file.bytes.count * 9 / 8)
  writer.write(reader.lines(), indent: 0)
  let text = String(decoding: writer.output, as: UTF8.self)

  let result = SourceFile(name: file.name, bytes: writer.output)
  if haveSameComments(file, result), saysTheSame(file, result) { return (text, []) }
  let everything = SourceRange(file: id, start: 0, end: file.bytes.count)
  return (
    nil,
    [
      Diagnostic(
        .notExpressible, "the formatter would change what the file says, so it leaves it alone",
        at: everything, notes: ["this is an error of the program and not of the file"])
    ]
  )
}

private func saysTheSame(_ a: SourceFile, _ b: SourceFile) -> Bool {
  let (first, second) = (parseErasingRanges(a), parseErasingRanges(b))
  return first == second && parse(b, id: .root).diagnostics.isEmpty
}

private func haveSameComments(_ a: SourceFile, _ b: SourceFile) -> Bool {
  var (first, second) = (Lexer(a.bytes), Lexer(b.bytes))
  while true {
    let (left, right) = (nextComment(&first), nextComment(&second))
    if left != right { return false }
    if left == nil { return true }
  }
}

private func nextComment(_ lexer: inout Lexer) -> ArraySlice<UInt8>? {
  while true {
    let token = lexer.nextOrComment()
    if token.kind == .end { return nil }
    if token.kind == .comment { return trimmedComment(lexer.bytes[token.start..<token.end]) }
  }
}

/// Without the blanks at its end.
func trimmedComment(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  var text = text
  while let last = text.last, isBlank(last) || last == UInt8(ascii: "\r") { text.removeLast() }
  return text
}
