import Glibc
import PolicyDiagnostics

/// 100 bytes for each of a million relays, twice over.
let inputByteLimit = 256 << 20

/// Reads the file that the user named; `-` is standard input.
func readInput(_ path: String) throws(SystemFailure) -> SourceFile {
  if path == "-" {
    let bytes = try readAll(STDIN_FILENO, named: "standard input", byteLimit: inputByteLimit)
    return SourceFile(name: "<stdin>", bytes: bytes)
  }
  return SourceFile(name: path, bytes: try readFile(path))
}

/// Reads a whole file.
func readFile(_ path: String) throws(SystemFailure) -> [UInt8] {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  if descriptor < 0 { throw SystemFailure("read", path) }
  defer { close(descriptor) }
  var status = stat()
  if unsafe fstat(descriptor, &status) != 0 { throw SystemFailure("read", path) }
  return try readAll(
    descriptor, named: path, byteLimit: inputByteLimit, sizeHint: Int(status.st_size))
}
