import Glibc

/// What a program prints; nothing when it cannot be run.
func output(of program: String, _ arguments: [String]) -> [UInt8] {
  var ends: [CInt] = [-1, -1]
  if unsafe pipe(&ends) != 0 { return [] }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  defer { close(ends[0]) }
  guard let child = spawn(program, arguments, standardOutput: ends[1]) else {
    close(ends[1])
    return []
  }
  close(ends[1])
  let bytes = try? readAll(ends[0], named: program, byteLimit: 1 << 20)
  var status: CInt = 0
  while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
  return bytes ?? []
}

private func spawn(_ program: String, _ arguments: [String], standardOutput: CInt) -> pid_t? {
  var actions = unsafe posix_spawn_file_actions_t()
  if unsafe posix_spawn_file_actions_init(&actions) != 0 { return nil }
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  if unsafe posix_spawn_file_actions_adddup2(&actions, standardOutput, STDOUT_FILENO) != 0 {
    return nil
  }
  if unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    != 0
  {
    return nil
  }
  var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
  defer { unsafe words.forEach { unsafe free($0) } }
  unsafe words.append(nil)
  var environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
  var child: pid_t = 0
  let failure = unsafe posix_spawn(&child, program, &actions, nil, words, &environment)
  return failure == 0 ? child : nil
}
