/// Reads the files that a policy names; the executable hands it in.
package struct FileReader: Sendable {
  /// Takes a path relative to the root policy's folder: `/` between the parts, no `.`, no `..`, no empty part.
  package var read: @Sendable (_ path: String) throws(FileReadError) -> FileContents

  package init(
    read: @escaping @Sendable (_ path: String) throws(FileReadError) -> FileContents
  ) {
    self.read = read
  }

  /// Files by path, for text that does not come from a disk.
  package init(files: [String: [UInt8]]) {
    read = { path throws(FileReadError) in
      guard let bytes = files[path] else { throw .notFound }
      return FileContents(bytes: bytes, canonicalPath: path)
    }
  }
}

package struct FileContents: Sendable {
  package var bytes: [UInt8]
  /// Names the file itself, symbolic links resolved: one file has one such path whatever led to it.
  package var canonicalPath: String

  package init(bytes: [UInt8], canonicalPath: String) {
    self.bytes = bytes
    self.canonicalPath = canonicalPath
  }
}

package enum FileReadError: Error, Equatable, Sendable {
  case notFound
  /// A symbolic link leads out of the root policy's folder.
  case outsideFolder
  case tooLarge(limitBytes: Int)
  /// The reason as the system words it: `Permission denied`, `Is a directory`.
  case notReadable(reason: String)
}
