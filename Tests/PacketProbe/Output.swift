import Glibc

/// Writes a line to standard output at once: the test waits for it.
func report(_ text: String) {
  var bytes = Array((text + "\n").utf8)
  while !bytes.isEmpty {
    let written = unsafe write(STDOUT_FILENO, bytes, bytes.count)
    if written <= 0 { exit(1) }
    bytes.removeFirst(written)
  }
}

/// Seconds since some fixed moment.
func now() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Waits until one of the descriptors can be read, or for what is given in `writing`, written.
func wait(reading: [Int32], writing: [Int32] = [], seconds: Double) -> Set<Int32> {
  var polls = reading.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  polls += writing.map { pollfd(fd: $0, events: Int16(POLLOUT), revents: 0) }
  let milliseconds = Int32(max(0, (seconds * 1000).rounded(.up)))
  _ = unsafe poll(&polls, nfds_t(polls.count), milliseconds)
  return Set(polls.filter { $0.revents != 0 }.map { $0.fd })
}

/// Lines from standard input for a loop that also waits for other things.
struct InputLines {
  private var pending: [UInt8] = []
  private(set) var ended = false

  /// The lines that one read brings.
  mutating func read() -> [String] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe Glibc.read(STDIN_FILENO, &buffer, buffer.count)
    if count <= 0 {
      ended = true
      return []
    }
    pending += buffer[..<count]
    var lines: [String] = []
    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(String(decoding: pending[..<end], as: UTF8.self))
      pending.removeSubrange(...end)
    }
    return lines
  }
}
