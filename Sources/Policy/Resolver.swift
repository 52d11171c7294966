import PolicyDiagnostics
import PolicySyntax

/// What one resolution has found so far.
///
/// The extensions, a file each, resolve one part of the language and add to `policy` and `diagnostics`.
struct Resolver {
  let files: FileReader
  let accounts: Accounts
  /// The root policy's name without folders.
  let rootName: String

  var sources: SourceMap
  var lineTables: [FileID: LineTable] = [:]
  /// Files that hold policy text: the root, then the included ones.
  var policyFiles: [PolicyText] = []
  /// By canonical path.
  var policyFileIndex: [String: Int] = [:]
  var policyFolders: [FileID: [Substring]] = [:]
  /// Of all files; those of the root first.
  var statements: [Statement] = []
  /// A statement was left out, so that what seems missing may only be misspelt.
  var hasSyntaxErrors = false
  /// There is a `confine` statement: the policy speaks of some subjects only.
  var isConfined = false

  var definitions: [String: DefinitionEntry] = [:]
  /// In the order of the text.
  var definitionNames: [String] = []
  /// Names after `define` in statements that did not parse.
  var brokenDefinitions: Set<String> = []
  var lock: LockState = .unread

  var interfaces = InterfaceRoles()
  var sites = Sites()
  var policy = Policy(name: "")
  var question: Expectation?

  var diagnostics: [Diagnostic] = []
  private var reported: Set<ReportKey> = []
  private var suggestionsLeft = 100

  private struct ReportKey: Hashable {
    var code: DiagnosticCode
    var range: SourceRange
  }

  init(root: SourceFile, files: FileReader, accounts: Accounts) {
    self.files = files
    self.accounts = accounts
    rootName = root.name.split(separator: "/").last.map(String.init) ?? root.name
    sources = SourceMap(root: root)
  }

  /// Adds a diagnostic, but one code at one place only once: a definition may be used many times.
  mutating func report(_ diagnostic: Diagnostic) {
    let key = ReportKey(code: diagnostic.code, range: diagnostic.primary.range)
    if reported.insert(key).inserted { diagnostics.append(diagnostic) }
  }

  mutating func report(
    _ code: DiagnosticCode, _ message: String, at range: SourceRange, label: String = "",
    severity: Severity = .error, related: [Label] = [], fixIts: [FixIt] = [], notes: [String] = []
  ) {
    report(
      Diagnostic(
        code, message, at: range, label: label, severity: severity, related: related,
        fixIts: fixIts, notes: notes))
  }

  /// What a word was probably meant to be, if there is a near one.
  ///
  /// Only the first hundred words are compared, or a file full of unknown names takes its square.
  mutating func guess(
    _ word: String, at range: SourceRange, among candidates: [String]
  ) -> Guess {
    if suggestionsLeft == 0 { return Guess() }
    suggestionsLeft -= 1
    guard let match = closestMatch(to: word, among: candidates) else { return Guess() }
    let isString = sources[range.file].bytes[range.start] == UInt8(ascii: "\"")
    let fixIt = FixIt(
      "write `\(match)`", replace: range, with: isString ? "\"\(match)\"" : match)
    return Guess(question: ", did you mean `\(match)`?", fixIts: [fixIt])
  }

  mutating func origin(_ range: SourceRange) -> Origin {
    let table = lineTable(of: range.file)
    let name = range.file == .root ? rootName : sources[range.file].name
    return Origin(file: name, line: table.line(at: range.start), range: range)
  }

  private mutating func lineTable(of file: FileID) -> LineTable {
    if let table = lineTables[file] { return table }
    let table = LineTable(sources[file].bytes)
    lineTables[file] = table
    return table
  }

  func resolution() -> Resolution {
    let ordered = diagnostics.enumerated().sorted { one, other in
      let (a, b) = (one.element.primary.range, other.element.primary.range)
      return (a.file.index, a.start, one.offset) < (b.file.index, b.start, other.offset)
    }.map(\.element)
    let hasError = ordered.contains { $0.severity == .error }
    return Resolution(
      policy: hasError ? nil : policy, diagnostics: ordered, sources: sources,
      question: hasError ? nil : question)
  }
}

/// The end of a message about a misspelt word, and the change that mends it; empty without a guess.
struct Guess {
  var question = ""
  var fixIts: [FixIt] = []
}

/// In backquotes, cut to a length that a message can bear.
func quoted(_ text: String) -> String {
  let limit = 60
  let head = text.prefix(limit)
  return head.endIndex == text.endIndex ? "`\(text)`" : "`\(head)…`"
}
