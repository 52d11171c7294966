import Glibc

/// Opens `/dev/null` for a standard stream that the caller has closed.
///
/// Else the next file that is opened would become that stream, and a warning would be written into it.
func openClosedStandardStreams() {
  for stream in CInt(0)...2 where fcntl(stream, F_GETFD) == -1 {
    // The lowest free number is this one, since all below it are open.
    _ = unsafe open("/dev/null", stream == 0 ? O_RDONLY : O_WRONLY)
  }
}

/// Writes all bytes, whatever the kernel takes at a time.
func writeAll(_ bytes: [UInt8], to descriptor: CInt, named name: String) throws(SystemFailure) {
  var done = 0
  while done < bytes.count {
    let count = unsafe bytes.withUnsafeBytes { buffer in
      unsafe write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
    }
    if count < 0 {
      if errno == EINTR { continue }
      throw SystemFailure("write to", name)
    }
    done += count
  }
}

func writeToStandardOutput(_ bytes: [UInt8]) throws(SystemFailure) {
  try writeAll(bytes, to: STDOUT_FILENO, named: "standard output")
}

/// Nothing can be said about a standard error that does not take what is said.
func writeToStandardError(_ text: String) {
  try? writeAll(Array(text.utf8), to: STDERR_FILENO, named: "standard error")
}

/// Reads to the end; at most `byteLimit` bytes.
///
/// `sizeHint` is what the file is expected to hold, in bytes.
func readAll(
  _ descriptor: CInt, named name: String, byteLimit: Int, sizeHint: Int = 0
) throws(SystemFailure) -> [UInt8] {
  var bytes: [UInt8] = []
  // One byte more than expected, so that the end is seen without a second buffer.
  var capacity = max(1 << 16, min(sizeHint, byteLimit) + 1)
  while true {
    var failure: CInt = 0
    let piece = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      let got = unsafe read(descriptor, buffer.baseAddress, capacity)
      failure = got < 0 ? errno : 0
      count = max(0, got)
    }
    if failure == EINTR { continue }
    if failure != 0 { throw SystemFailure("read", name, errno: failure) }
    if piece.isEmpty { return bytes }
    if bytes.isEmpty { bytes = piece } else { bytes += piece }
    if bytes.count > byteLimit {
      throw SystemFailure(
        "read", name, reason: "the file is larger than \(byteLimit >> 20) MiB")
    }
    capacity = 1 << 16
  }
}
