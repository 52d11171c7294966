import PolicyDiagnostics
import PolicySyntax

/// A file of policy text and how it came to be read.
struct PolicyText {
  var id: FileID
  /// Where the file lies, relative to the root policy's folder; empty: in it.
  var folder: [Substring]
  var canonicalPath: String
  /// The index of the including file and the place of the `include`; `nil` for the root.
  var includedBy: (file: Int, range: SourceRange)?
}

extension Resolver {
  /// Parses the root and all that it includes, each file once.
  mutating func loadFiles() {
    // The root's own name stands for its canonical path: readers see paths below its folder.
    let root = PolicyText(id: .root, folder: [], canonicalPath: rootName, includedBy: nil)
    policyFiles.append(root)
    policyFileIndex[rootName] = 0
    var next = 0
    while next < policyFiles.count {
      let text = policyFiles[next]
      let (tree, found) = parse(sources[text.id], id: text.id)
      for diagnostic in found { report(diagnostic) }
      if found.contains(where: { $0.severity == .error }) {
        hasSyntaxErrors = true
        noteBrokenDefinitions(sources[text.id].bytes)
      }
      statements += tree.statements
      for statement in tree.statements {
        if case .include(let path) = statement.kind { include(path, from: next) }
      }
      next += 1
    }
  }

  private mutating func include(_ path: StringLiteral, from including: Int) {
    guard let parts = normalised(path, from: policyFiles[including].folder),
      let contents = read(parts, for: path)
    else { return }
    if let known = policyFileIndex[contents.canonicalPath] {
      reportKnown(path, file: known, isCycle: chain(from: including).contains(known))
      return
    }
    policyFileIndex[contents.canonicalPath] = policyFiles.count
    let id = sources.add(
      SourceFile(name: parts.joined(separator: "/"), bytes: contents.bytes))
    policyFolders[id] = parts.dropLast()
    policyFiles.append(
      PolicyText(
        id: id, folder: parts.dropLast(), canonicalPath: contents.canonicalPath,
        includedBy: (including, path.range)))
  }

  private mutating func reportKnown(_ path: StringLiteral, file: Int, isCycle: Bool) {
    let first = policyFiles[file].includedBy.map { [Label($0.range, "first included here")] } ?? []
    if isCycle {
      let name = sources[policyFiles[file].id].name
      report(
        .includeCycle, "\(quoted(path.text)) closes a circle: \(quoted(name)) led to this file",
        at: path.range, related: first)
    } else {
      report(
        .duplicateInclude, "\(quoted(path.text)) is included twice; it counts once",
        at: path.range, severity: .warning, related: first)
    }
  }

  /// The file and those that led to it, up to the root.
  private func chain(from file: Int) -> [Int] {
    var result = [file]
    while let parent = policyFiles[result[result.count - 1]].includedBy {
      result.append(parent.file)
    }
    return result
  }

  /// The folder of the policy file in which something stands.
  func folder(of range: SourceRange) -> [Substring] {
    policyFolders[range.file] ?? []
  }

  /// The parts of a path, `.` and `..` taken away; reports a path that leaves the root's folder.
  mutating func normalised(_ path: StringLiteral, from folder: [Substring]) -> [Substring]? {
    if path.text.isEmpty || path.text.utf8.contains(0) {
      let fault = path.text.isEmpty ? "is empty" : "contains a NUL byte"
      report(.fileNotReadable, "the path \(fault)", at: path.range)
      return nil
    }
    var parts = folder
    var leaves = path.text.hasPrefix("/")
    for part in path.text.split(separator: "/") where !leaves {
      switch part {
      case ".": continue
      case "..": leaves = parts.popLast() == nil
      default: parts.append(part)
      }
    }
    if !leaves && !parts.isEmpty { return parts }
    reportOutside(path)
    return nil
  }

  /// The contents of a file; reports one that cannot be read.
  mutating func read(_ parts: [Substring], for path: StringLiteral) -> FileContents? {
    do {
      return try files.read(parts.joined(separator: "/"))
    } catch {
      switch error {
      case .outsideFolder: reportOutside(path)
      case .notFound:
        report(.fileNotReadable, "there is no file \(quoted(path.text))", at: path.range)
      case .tooLarge(let limit):
        report(
          .fileNotReadable, "\(quoted(path.text)) has more than \(limit) bytes", at: path.range)
      case .notReadable(let reason):
        report(
          .fileNotReadable, "cannot read \(quoted(path.text)): \(reason)", at: path.range)
      }
      return nil
    }
  }

  private mutating func reportOutside(_ path: StringLiteral) {
    report(
      .includeOutsideFolder, "\(quoted(path.text)) lies outside the folder of \(quoted(rootName))",
      at: path.range,
      notes: ["what a policy says must travel with it: use a path below its folder"])
  }

  /// Remembers names whose `define` may not have parsed, so that their uses are not reported too.
  private mutating func noteBrokenDefinitions(_ bytes: [UInt8]) {
    let keyword = Array("define".utf8)
    for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: ";") })
    {
      let words = line.prefix(200).split(maxSplits: 2, whereSeparator: { $0 <= UInt8(ascii: " ") })
      if words.count >= 2, words[0].elementsEqual(keyword) {
        let name = words[1].prefix { $0 != UInt8(ascii: "=") }
        brokenDefinitions.insert(String(decoding: name, as: UTF8.self))
      }
    }
  }
}
