import Glibc

/// What a file that is written anew may be used for.
enum OutputMode {
  /// Read by all, less the umask.
  case data
  /// Run by all as well, less the umask.
  case script
  /// As the file that it replaces.
  case same
}

/// Replaces a file by a complete new one, or leaves it as it was.
///
/// A symbolic link stays and its target is replaced. What is not a regular file (a device, a pipe)
/// is written to.
func writeFile(_ bytes: [UInt8], to path: String, mode: OutputMode) throws(SystemFailure) {
  var status = stat()
  if unsafe stat(path, &status) == 0 {
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw SystemFailure("write", path, errno: EISDIR)
    default:
      try writeThrough(bytes, to: path)
      return
    }
    let target = try resolvedPath(path)
    try replace(target, shownAs: path, with: bytes, mode: mode, old: status)
  } else {
    try replace(path, shownAs: path, with: bytes, mode: mode, old: nil)
  }
}

private func writeThrough(_ bytes: [UInt8], to path: String) throws(SystemFailure) {
  let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
  if descriptor < 0 { throw SystemFailure("write", path) }
  defer { close(descriptor) }
  try writeAll(bytes, to: descriptor, named: path)
}

/// The path without symbolic links.
func resolvedPath(_ path: String) throws(SystemFailure) -> String {
  guard let resolved = unsafe realpath(path, nil) else { throw SystemFailure("read", path) }
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}

private func replace(
  _ target: String, shownAs path: String, with bytes: [UInt8], mode: OutputMode, old: stat?
) throws(SystemFailure) {
  let (folder, name) = splitPath(target)
  var template = Array("\(folder).\(name.prefix(200)).XXXXXX".utf8CString)
  let descriptor = unsafe template.withUnsafeMutableBufferPointer { buffer -> CInt in
    guard let start = buffer.baseAddress else { return -1 }
    return unsafe mkstemp(start)
  }
  if descriptor < 0 { throw SystemFailure("write", path) }
  let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  do throws(SystemFailure) {
    try fill(descriptor, with: bytes, shownAs: path, mode: mode, old: old)
    if unsafe rename(temporary, target) != 0 { throw SystemFailure("write", path) }
  } catch {
    _ = unsafe unlink(temporary)
    throw error
  }
}

/// Writes, sets owner and mode, and closes; the data is on the disk when it returns.
private func fill(
  _ descriptor: CInt, with bytes: [UInt8], shownAs path: String, mode: OutputMode, old: stat?
) throws(SystemFailure) {
  var isOpen = true
  defer { if isOpen { close(descriptor) } }
  try writeAll(bytes, to: descriptor, named: path)
  let permissions: mode_t
  switch mode {
  case .data: permissions = 0o644 & ~currentUmask()
  case .script: permissions = 0o755 & ~currentUmask()
  case .same:
    permissions = old.map { $0.st_mode & 0o7777 } ?? 0o644 & ~currentUmask()
    // Only root may give a file away; for anyone else it stays theirs.
    if let old { _ = fchown(descriptor, old.st_uid, old.st_gid) }
  }
  if fchmod(descriptor, permissions) != 0 { throw SystemFailure("write", path) }
  if fsync(descriptor) != 0, errno != EINVAL { throw SystemFailure("write", path) }
  isOpen = false
  if close(descriptor) != 0 { throw SystemFailure("write", path) }
}

/// The only way to read it is to set it.
private func currentUmask() -> mode_t {
  let mask = umask(0)
  _ = umask(mask)
  return mask
}

/// The folder with its `/` (empty for none), and the last part.
func splitPath(_ path: String) -> (folder: String, name: String) {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
  let after = path.utf8.index(after: slash)
  return (String(path[..<after]), String(path[after...]))
}
