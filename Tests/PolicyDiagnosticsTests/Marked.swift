@testable import PolicyDiagnostics

/// A file and the ranges that `«` and `»` enclose in its text, in order of their ends.
func splitMarks(
  _ marked: String, name: String = "homelab.ksp", file: FileID = .root
) -> (source: SourceFile, ranges: [SourceRange]) {
  var bytes: [UInt8] = []
  var open: [Int] = []
  var ranges: [SourceRange] = []
  for scalar in marked.unicodeScalars {
    switch scalar {
    case "«": open.append(bytes.count)
    case "»":
      if let start = open.popLast() {
        ranges.append(SourceRange(file: file, start: start, end: bytes.count))
      }
    default: bytes += Array(String(scalar).utf8)
    }
  }
  return (SourceFile(name: name, bytes: bytes), ranges)
}

/// The text of one diagnostic at the first marked range.
func rendered(
  _ marked: String, label: String = "", style: TextStyle = TextStyle()
) -> String {
  let (source, ranges) = splitMarks(marked)
  let diagnostic = Diagnostic(.unexpectedToken, "found something", at: ranges[0], label: label)
  return renderText(Report([diagnostic], sources: SourceMap(root: source)), style: style)
}
