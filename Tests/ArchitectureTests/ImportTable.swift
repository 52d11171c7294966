import Foundation

/// The folder that holds Package.swift.
let packageRoot = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The table below a heading row `| target | its one job | may import |`.
struct ImportTable {
  struct Row {
    let target: String
    let imports: [String]
  }

  let rows: [Row]

  init(_ page: String) {
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    let heading = lines.firstIndex { $0.hasPrefix("| target |") } ?? lines.endIndex
    rows = lines[heading...].dropFirst(2).prefix { $0.hasPrefix("|") }.map { line in
      let cells = line.split(separator: "|").map { codeWords(in: $0) }
      return Row(target: cells.first?.first ?? String(line), imports: cells.last ?? [])
    }
  }
}

/// One `import` in a source file.
struct SourceImport {
  let target: String
  let module: String
  /// Relative to `Sources`.
  let file: String
  /// Counted from 1.
  let number: Int
}

func readImports(below sources: URL) throws -> [SourceImport] {
  let files = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
  return try files.filter { $0.hasSuffix(".swift") }.sorted().flatMap { file in
    let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.enumerated().compactMap { index, line in
      importedModule(String(line)).map { module in
        SourceImport(
          target: String(file.prefix { $0 != "/" }), module: module, file: file, number: index + 1)
      }
    }
  }
}

/// `A` for `package import struct A.B`; nil for a line that imports nothing.
func importedModule(_ line: String) -> String? {
  let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
  guard let keyword = words.firstIndex(of: "import") else { return nil }
  let modifiers: Set = ["public", "package", "internal", "fileprivate", "private"]
  let isImport = words[..<keyword].allSatisfy {
    $0.hasPrefix("@") || modifiers.contains(String($0))
  }
  let kinds: Set = ["typealias", "struct", "class", "enum", "protocol", "let", "var", "func"]
  let path = words[(keyword + 1)...].drop { kinds.contains(String($0)) }.first
  guard isImport, let path else { return nil }
  return path.split(separator: ".").first?.filter { $0 != "`" }
}

/// The words that stand in backquotes.
private func codeWords(in cell: Substring) -> [String] {
  let parts = cell.split(separator: "`", omittingEmptySubsequences: false)
  return parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
}
