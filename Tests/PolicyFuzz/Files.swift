import Glibc

/// The good policies of a folder.
func readCorpus(_ folder: String) -> [[UInt8]] {
  guard let directory = unsafe opendir(folder) else { return [] }
  var names: [String] = []
  while let entry = unsafe readdir(directory) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name.hasSuffix(".ksp") { names.append(name) }
  }
  unsafe closedir(directory)
  return names.sorted().map { read("\(folder)/\($0)") }.filter { !$0.isEmpty }
}

private func read(_ path: String) -> [UInt8] {
  let descriptor = unsafe open(path, O_RDONLY)
  if descriptor < 0 { return [] }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
    }
    if count <= 0 { break }
    bytes += buffer[..<count]
  }
  close(descriptor)
  return bytes
}

/// Holds the input that is being tried, so that it is there after a crash.
struct CurrentInput {
  private let descriptor: Int32

  /// `nil` when the file cannot be made.
  init?(path: String) {
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    if descriptor < 0 { return nil }
  }

  func set(_ bytes: [UInt8]) {
    let count = unsafe bytes.withUnsafeBytes {
      unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0)
    }
    if count != bytes.count || ftruncate(descriptor, off_t(bytes.count)) != 0 {
      print("cannot keep the current input; a crash would lose it")
      exit(70)
    }
  }
}

/// The largest amount of memory that this process has had so far.
func peakKilobytes() -> Int {
  var usage = rusage()
  return unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 ? usage.ru_maxrss : 0
}
