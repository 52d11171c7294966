import Glibc
import Policy

/// Reads what a policy names from the folder that it lies in; `-` lies in the current one.
///
/// Links are followed, and what they lead to must lie in the folder too.
func fileReader(forPolicyAt path: String) throws(SystemFailure) -> FileReader {
  let folder = path == "-" ? "" : splitPath(path).folder
  let root = try resolvedPath(folder.isEmpty ? "." : folder)
  let prefix = root == "/" ? root : root + "/"
  return FileReader { path throws(FileReadError) in
    guard let resolved = unsafe realpath(prefix + path, nil) else {
      throw errno == ENOENT ? .notFound : .notReadable(reason: SystemFailure.text(of: errno))
    }
    defer { unsafe free(resolved) }
    let file = unsafe String(cString: resolved)
    if !file.hasPrefix(prefix) { throw .outsideFolder }
    let bytes = try readRegularFile(file)
    return FileContents(bytes: bytes, canonicalPath: String(file.dropFirst(prefix.count)))
  }
}

/// A pipe or a device would block, or never end.
private func readRegularFile(_ path: String) throws(FileReadError) -> [UInt8] {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
  if descriptor < 0 { throw .notReadable(reason: SystemFailure.text(of: errno)) }
  defer { close(descriptor) }
  var status = stat()
  if unsafe fstat(descriptor, &status) != 0 {
    throw .notReadable(reason: SystemFailure.text(of: errno))
  }
  if status.st_mode & S_IFMT == S_IFDIR {
    throw .notReadable(reason: SystemFailure.text(of: EISDIR))
  }
  if status.st_mode & S_IFMT != S_IFREG { throw .notReadable(reason: "Not a regular file") }
  if status.st_size > inputByteLimit { throw .tooLarge(limitBytes: inputByteLimit) }
  do {
    return try readAll(
      descriptor, named: path, byteLimit: inputByteLimit, sizeHint: Int(status.st_size))
  } catch {
    throw .notReadable(reason: error.reason)
  }
}
