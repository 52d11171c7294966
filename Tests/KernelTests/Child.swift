import CKernelTest
import Foundation
import Glibc

struct HarnessError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The folder in which the programs of this build lie.
let productFolder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
  .deletingLastPathComponent().path

/// A running program whose standard input and output we hold. Ended, by its pid, with this value.
final class Child {
  let pid: pid_t
  private var toChild: Int32
  private let fromChild: Int32
  private var pending: [UInt8] = []
  private var isRunning = true
  private let name: String

  init(_ arguments: [String]) throws {
    name = arguments.joined(separator: " ")
    var input: [Int32] = [0, 0]
    var output: [Int32] = [0, 0]
    guard unsafe kt_pipe(&input) == 0, unsafe kt_pipe(&output) == 0 else {
      throw HarnessError("pipe: errno \(errno)")
    }
    defer { for end in [input[0], output[1]] { close(end) } }
    let (childInput, childOutput) = (input[0], output[1])
    pid = try unsafe spawn(arguments) { actions in
      unsafe posix_spawn_file_actions_adddup2(actions, childInput, 0)
      unsafe posix_spawn_file_actions_adddup2(actions, childOutput, 1)
    }
    (toChild, fromChild) = (input[1], output[0])
  }

  deinit { end() }

  /// Closes its input, which ends the programs of this harness, and kills what does not end by it.
  func end() {
    if !isRunning { return }
    isRunning = false
    if toChild >= 0 { close(toChild) }
    if waitForEnd(of: pid, seconds: 0.5) == nil {
      kill(pid, SIGKILL)
      _ = waitForEnd(of: pid, seconds: 5)
    }
    close(fromChild)
  }

  /// Closes its input; returns what it says to that.
  func finish(seconds: Double = 10) -> String? {
    close(toChild)
    toChild = -1
    return line(seconds: seconds)
  }

  func write(_ text: String) throws {
    var bytes = Array(text.utf8)
    while !bytes.isEmpty {
      let count = unsafe Glibc.write(toChild, bytes, bytes.count)
      if count <= 0 { throw HarnessError("\(name) does not read") }
      bytes.removeFirst(count)
    }
  }

  /// The next line; nil when none comes in time or the child has closed its output.
  func line(seconds: Double) -> String? {
    let deadline = Date.now.addingTimeInterval(seconds)
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        defer { pending.removeSubrange(...end) }
        return String(decoding: pending[..<end], as: UTF8.self)
      }
      let left = deadline.timeIntervalSinceNow
      var waited = pollfd(fd: fromChild, events: Int16(POLLIN), revents: 0)
      let isReady = unsafe poll(&waited, 1, Int32(max(0, left * 1000))) > 0
      if !isReady { return nil }
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = unsafe read(fromChild, &buffer, buffer.count)
      if count <= 0 { return nil }
      pending += buffer[..<count]
    }
  }

  /// Waits for a line that begins so.
  @discardableResult
  func expectLine(_ prefix: String, seconds: Double = 10) throws -> String {
    guard let line = line(seconds: seconds), line.hasPrefix(prefix) else {
      throw HarnessError("\(name) did not say `\(prefix)`")
    }
    return line
  }

  /// Whatever it has said until now.
  func lines() -> [String] {
    var lines: [String] = []
    while let line = line(seconds: 0) { lines.append(line) }
    return lines
  }
}

/// What a program that ran to its end has said.
struct Outcome {
  let status: Int32
  let output: String
  let errors: String
  var isSuccess: Bool { status == 0 }
}

/// Runs a program to its end, at most `seconds`.
func runProgram(_ arguments: [String], input: String = "", seconds: Double = 60) throws -> Outcome {
  let folder = FileManager.default.temporaryDirectory.appending(path: "ksp-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let files = ["in", "out", "err"].map { folder.appending(path: $0).path }
  try input.write(toFile: files[0], atomically: false, encoding: .utf8)
  let pid = try unsafe spawn(arguments) { actions in
    for (descriptor, file) in files.enumerated() {
      let flags = descriptor == 0 ? O_RDONLY : O_WRONLY | O_CREAT
      unsafe posix_spawn_file_actions_addopen(actions, Int32(descriptor), file, flags, 0o600)
    }
  }
  guard let status = waitForEnd(of: pid, seconds: seconds) else {
    kill(pid, SIGKILL)
    _ = waitForEnd(of: pid, seconds: 5)
    throw HarnessError("\(arguments.joined(separator: " ")): not done after \(seconds) s")
  }
  let texts = try files.map {
    String(decoding: try Data(contentsOf: URL(filePath: $0)), as: UTF8.self)
  }
  return Outcome(status: status, output: texts[1], errors: texts[2])
}

/// Runs a program that must succeed; returns its output.
@discardableResult
func need(_ arguments: [String], input: String = "", seconds: Double = 60) throws -> String {
  let outcome = try runProgram(arguments, input: input, seconds: seconds)
  if outcome.isSuccess { return outcome.output }
  let words = arguments.joined(separator: " ")
  throw HarnessError("`\(words)` ended with \(outcome.status)\n\(outcome.errors)\(outcome.output)")
}

private func spawn(
  _ arguments: [String],
  files: (UnsafeMutablePointer<posix_spawn_file_actions_t>) -> Void
) throws -> pid_t {
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  unsafe files(&actions)
  var words: [UnsafeMutablePointer<CChar>?] = unsafe []
  for argument in arguments { unsafe words.append(strdup(argument)) }
  var variables: [UnsafeMutablePointer<CChar>?] = unsafe []
  for variable in ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"] {
    unsafe variables.append(strdup(variable))
  }
  defer { unsafe (words + variables).forEach { unsafe free($0) } }
  var pid: pid_t = 0
  let status = unsafe posix_spawnp(
    &pid, arguments[0], &actions, nil, words + [nil], variables + [nil])
  if status != 0 { throw HarnessError("cannot start \(arguments[0]): errno \(status)") }
  return pid
}

/// The exit status (128 and the signal for one that was killed), nil when it is still running.
private func waitForEnd(of pid: pid_t, seconds: Double) -> Int32? {
  let deadline = Date.now.addingTimeInterval(seconds)
  var status: Int32 = 0
  while true {
    let ended = unsafe waitpid(pid, &status, WNOHANG)
    if ended == pid { return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f }
    if ended < 0 || Date.now >= deadline { return nil }
    usleep(1000)
  }
}
