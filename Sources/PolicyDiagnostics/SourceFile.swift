/// One text that diagnostics can point into: a policy, an included file, a list of addresses, a lock file.
package struct SourceFile: Equatable, Sendable {
  /// As the user wrote it or, for an included file, relative to the root policy's folder.
  package var name: String
  /// The raw bytes; they need not be valid UTF-8.
  package var bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  package init(name: String, text: String) {
    self.init(name: name, bytes: Array(text.utf8))
  }
}

/// Names a file of a `SourceMap`; 0 is the root policy.
package struct FileID: Hashable, Sendable {
  package var index: Int32

  package init(_ index: Int) {
    self.index = Int32(index)
  }

  package static let root = FileID(0)
}

/// A half-open range of UTF-8 byte offsets in one file.
///
/// Lines and columns exist only where a position is printed.
package struct SourceRange: Hashable, Sendable {
  package var file: FileID
  package var start: Int
  package var end: Int

  package init(file: FileID, start: Int, end: Int) {
    precondition(start <= end, "a source range ends before it starts")
    self.file = file
    self.start = start
    self.end = end
  }

  /// From the start of this range to the end of `other`, which stands later in the same file.
  package func joined(with other: SourceRange) -> SourceRange {
    SourceRange(file: file, start: min(start, other.start), end: max(end, other.end))
  }
}

/// A place as people count it; both numbers start at 1.
package struct SourcePosition: Equatable, Sendable {
  package var line: Int
  /// In Unicode scalars; a tab counts as one.
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// The files of one compilation.
package struct SourceMap: Sendable {
  package private(set) var files: [SourceFile]

  package init(root: SourceFile) {
    files = [root]
  }

  package mutating func add(_ file: SourceFile) -> FileID {
    files.append(file)
    return FileID(files.count - 1)
  }

  package subscript(_ id: FileID) -> SourceFile { files[Int(id.index)] }
}
