import Glibc

/// What one run of a program cost.
struct Cost {
  /// User and system time together.
  var cpuSeconds: Double
  var peakKiB: Int
}

struct Command {
  var words: [String]
  /// The file that it reads as its standard input.
  var input = "/dev/null"

  init(_ words: String..., input: String = "/dev/null") {
    self.words = words
    self.input = input
  }
}

struct BenchError: Error {
  let message: String
}

/// Runs a program to its end, with its output thrown away; it must succeed.
@discardableResult
func run(_ command: Command) throws -> Cost {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, command.input, O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
  var words: [UnsafeMutablePointer<CChar>?] = command.words.map { strdup($0) } + [nil]
  defer { for word in words { free(word) } }
  var pid: pid_t = 0
  let error = posix_spawnp(&pid, command.words[0], &actions, nil, &words, environ)
  if error != 0 {
    throw BenchError(message: "cannot start \(command.words[0]): \(errorText(error))")
  }
  var status: Int32 = 0
  var usage = rusage()
  while wait4(pid, &status, 0, &usage) < 0 {
    if errno != EINTR { throw BenchError(message: "wait4: \(errorText(errno))") }
  }
  if status != 0 {
    throw BenchError(message: "\(command.words.joined(separator: " ")): wait status \(status)")
  }
  return Cost(
    cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), peakKiB: usage.ru_maxrss)
}

/// This process's own time so far.
func ownCPUSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Medians of programs that take turns, so that a busy moment of the machine meets all of them.
func medians(rounds: Int, _ commands: [Command]) throws -> [Cost] {
  var costs = commands.map { _ in [Cost]() }
  for command in commands { try run(command) }  // files and caches warm
  for _ in 0..<rounds {
    for (index, command) in commands.enumerated() { costs[index].append(try run(command)) }
  }
  return costs.map { series in
    Cost(
      cpuSeconds: median(series.map(\.cpuSeconds)), peakKiB: series.map(\.peakKiB).max() ?? 0)
  }
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

func errorText(_ error: Int32) -> String { String(cString: strerror(error)) }

private func seconds(_ time: timeval) -> Double {
  Double(time.tv_sec) + Double(time.tv_usec) / 1e6
}
