import Foundation

struct ShellFailure: Error, CustomStringConvertible {
  var description: String
}

/// Runs a shell script in a network namespace of its own, in a new folder with these files; gives
/// back what it printed, and fails where any of its commands does.
func inNetworkNamespace(_ script: String, files: [String: [UInt8]] = [:]) throws -> String {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["unshare", "-n", "-m", "sh", "-euc", script]
  process.currentDirectoryURL = folder
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  let text = String(decoding: output, as: UTF8.self)
  if process.terminationStatus != 0 {
    throw ShellFailure(description: "status \(process.terminationStatus): \(text)")
  }
  return text
}
