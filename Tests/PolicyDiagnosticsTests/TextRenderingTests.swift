import Testing

@testable import PolicyDiagnostics

@Suite struct TextRenderingTests {
  @Test func `shows place, source, mark, notes and the changed line`() {
    let (source, ranges) = splitMarks(
      "policy homelab\n\nlan eth0 {\n  network «192.168.1.5/24»\n}\n")
    let diagnostic = Diagnostic(
      .hostBitsSet, "`192.168.1.5/24` has bits set behind its prefix", at: ranges[0],
      label: "expected `192.168.1.0/24`",
      fixIts: [FixIt("write the masked prefix", replace: ranges[0], with: "192.168.1.0/24")],
      notes: ["a prefix names a network"])
    let text = renderText(Report([diagnostic], sources: SourceMap(root: source)))
    #expect(
      text == """
        error[host-bits-set]: `192.168.1.5/24` has bits set behind its prefix
         --> homelab.ksp:4:11
          |
        4 |   network 192.168.1.5/24
          |           ^^^^^^^^^^^^^^ expected `192.168.1.0/24`
          |
          = note: a prefix names a network
          = help: write the masked prefix
        4 -   network 192.168.1.5/24
        4 +   network 192.168.1.0/24

        1 error

        """)
  }

  @Test func `shows related places of the same file and of others`() {
    let (source, ranges) = splitMarks(
      "policy homelab\ndefine «a» = 1\n\ninclude \"more.ksp\"\n\n\n\n\n\ndefine «a» = 2\n")
    let (other, others) = splitMarks("define «a» = 3\n", name: "more.ksp", file: FileID(1))
    var sources = SourceMap(root: source)
    _ = sources.add(other)
    let diagnostic = Diagnostic(
      .duplicateDefinition, "`a` is defined twice", at: ranges[1], label: "again",
      related: [Label(ranges[0], "first"), Label(others[0], "and here")])
    #expect(
      renderText(Report([diagnostic], sources: sources)) == """
        error[duplicate-definition]: `a` is defined twice
          --> homelab.ksp:10:8
           |
         2 | define a = 1
           |        - first
           | …
        10 | define a = 2
           |        ^ again
          ::: more.ksp:1:8
           |
         1 | define a = 3
           |        - and here

        1 error

        """)
  }

  @Test func `marks the first and last line of a range over several`() {
    let text = rendered("a\n«lan eth0 {\n  in tcp 1\n}»\n", label: "this block")
    #expect(
      text.contains(
        """
        2 | lan eth0 {
          | ^^^^^^^^^^ this block
          | …
        4 | }
          | ^ … to here
        """))
  }

  @Test(arguments: [
    // A tab is shown as four cells.
    ("\ta«b»c", "1 |     abc", "  |      ^"),
    // Each of these letters takes two cells.
    ("漢字 «字»", "1 | 漢字 字", "  |      ^^"),
    // A combining accent takes none.
    ("e\u{301} «x»", "1 | e\u{301} x", "  |   ^"),
    ("😀«x»", "1 | 😀x", "  |   ^"),
    // An empty range still has a mark; so has the end of the file.
    ("a«»b", "1 | ab", "  |  ^"),
    ("ab«»", "1 | ab", "  |   ^"),
    ("ab\n«»", "2 |", "  | ^"),
    ("«»", "1 |", "  | ^"),
    // What a terminal would obey is written out.
    ("\u{1B}[31m«x»", "1 | \\x1b[31mx", "  |         ^"),
    ("\u{202E}«x»", "1 | \\u{202e}x", "  |         ^"),
    ("\u{9B}«x»", "1 | \\u{9b}x", "  |       ^"),
    ("\0«x»", "1 | \\x00x", "  |     ^"),
    // A carriage return belongs to the line end.
    ("«a»\r\nb", "1 | a", "  | ^"),
  ])
  func `the mark stands below the text`(_ marked: String, _ line: String, _ mark: String) {
    let lines = rendered(marked).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[3] == line)
    #expect(lines[4] == mark)
  }

  @Test func `a byte that is not UTF-8 is written out and counts as one column`() {
    let source = SourceFile(name: "x.ksp", bytes: [0x61, 0xFF, 0xE2, 0x82, 0x62])
    let range = SourceRange(file: .root, start: 4, end: 5)
    let report = Report(
      [Diagnostic(.invalidUTF8, "found a byte", at: range)], sources: SourceMap(root: source))
    let text = renderText(report)
    #expect(text.contains("x.ksp:1:5\n"))
    #expect(text.contains("1 | a\\xff\\xe2\\x82b\n  |              ^\n"))
  }

  @Test func `of a line of 100 KB only what stands around the mark is shown`() {
    let pad = String(repeating: "x ", count: 25_000)
    let text = rendered(pad + "«here»" + pad)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[1] == " --> homelab.ksp:1:50001")
    #expect(lines[3].count < 140)
    #expect(lines[3].hasPrefix("1 | …"))
    #expect(lines[3].hasSuffix("…"))
    let cell = lines[4].prefix { $0 != "^" }.count
    #expect(lines[3].dropFirst(cell).hasPrefix("here"))
  }

  @Test func `marks that stand far apart in a long line are shown one after the other`() {
    let pad = String(repeating: "x", count: 1000)
    let (source, ranges) = splitMarks("«one»" + pad + "«two»" + pad)
    let diagnostic = Diagnostic(
      .duplicateLine, "twice", at: ranges[1], related: [Label(ranges[0], "first")])
    let text = renderText(Report([diagnostic], sources: SourceMap(root: source)))
    #expect(text.contains("| --- first\n1 | …"))
    #expect(text.contains("^^^\n"))
  }

  @Test(arguments: [
    // An insertion into an empty last line has no line before it.
    ("lan eth0 {\n«»", "}", "2 + }"),
    // A line that goes leaves none behind.
    ("a\n«b\n»c\n", "", "2 - b"),
    // A new line before another one.
    ("a\n«»c\n", "b\n", "2 + b"),
    ("a «b c» d", "x", "1 - a b c d\n1 + a x d"),
    ("a\n«b»\nc", "x\ny", "2 - b\n2 + x\n3 + y"),
    ("x «»", "\u{1B}[2J", "1 - x \n1 + x \\x1b[2J"),
  ])
  func `a fix is shown as the lines that change`(
    _ marked: String, _ replacement: String, _ expected: String
  ) {
    let (source, ranges) = splitMarks(marked)
    let diagnostic = Diagnostic(
      .missingBrace, "found the end", at: ranges[0],
      fixIts: [FixIt("change it", replace: ranges[0], with: replacement)])
    let text = renderText(Report([diagnostic], sources: SourceMap(root: source)))
    #expect(text.contains("  = help: change it\n\(expected)\n\n1 error\n"))
  }

  @Test func `no text of a policy reaches the terminal as a control sequence`() {
    let evil = "\u{1B}]0;x\u{7}\u{85}\u{2066}"
    let (source, ranges) = splitMarks("«\(evil)»", name: "\(evil).ksp")
    let diagnostic = Diagnostic(
      .unexpectedToken, "found `\(evil)`", at: ranges[0], label: evil,
      fixIts: [FixIt("write \(evil)", replace: ranges[0], with: evil)], notes: [evil])
    let text = renderText(Report([diagnostic], sources: SourceMap(root: source)))
    let plain = text.unicodeScalars.allSatisfy {
      $0 == "\n" || ![.control, .format].contains($0.properties.generalCategory)
    }
    #expect(plain)
  }

  @Test func `colour is there when asked for, and changes no letter`() {
    let plain = rendered("a «b» c", label: "here")
    let colored = rendered("a «b» c", label: "here", style: TextStyle(isColored: true))
    #expect(!plain.contains("\u{1B}"))
    #expect(colored.contains("\u{1B}[1;31merror[unexpected-token]\u{1B}[0m"))
    #expect(colored.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }

  @Test func `diagnostics are sorted by place, said once, and counted`() {
    let (source, ranges) = splitMarks("«a» «b» «c»\n")
    let diagnostics = [
      Diagnostic(.unusedDefinition, "third", at: ranges[2], severity: .warning),
      Diagnostic(.unexpectedToken, "first", at: ranges[0]),
      Diagnostic(.unexpectedToken, "second", at: ranges[1]),
      Diagnostic(.unexpectedToken, "first", at: ranges[0]),
    ]
    let report = Report(diagnostics, sources: SourceMap(root: source))
    #expect(report.diagnostics.map(\.message) == ["first", "second", "third"])
    #expect(renderText(report).hasSuffix("\n2 errors, 1 warning\n"))
    #expect(report.hasErrors)
  }

  @Test func `more than the limit are counted and not written out`() {
    let (source, ranges) = splitMarks("«a»«b»«c»")
    let diagnostics = ranges.map { Diagnostic(.unexpectedToken, "found", at: $0) }
    let text = renderText(
      Report(diagnostics, sources: SourceMap(root: source)), style: TextStyle(diagnosticLimit: 1))
    #expect(text.hasSuffix("\n… and 2 more, which the formats json and sarif list\n3 errors\n"))
    #expect(text.split(separator: "error[").count == 1)
  }

  @Test func `nothing to say is no text`() {
    let report = Report([], sources: SourceMap(root: SourceFile(name: "x", text: "")))
    #expect(renderText(report) == "")
    #expect(!report.hasErrors)
  }
}
