import Foundation
import IptablesBackend
import RulesetIR

/// A script in a folder of its own, which goes with it.
final class ScriptFile {
  let folder: URL
  let text: String
  var path: String { folder.appending(path: "home.sh").path }

  init(
    _ ruleset: Ruleset, header: [String] = [], policy: String = Sample.policy
  ) throws {
    let bytes = try iptablesScript(ruleset, header: header, policy: policy)
    text = String(decoding: bytes, as: UTF8.self)
    folder = FileManager.default.temporaryDirectory.appending(path: "kspolicy-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: folder.appending(path: "home.sh"))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}

/// Runs a program found in PATH, with what it prints on both outputs.
func run(
  _ command: [String], environment: [String: String] = [:]
) throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = command
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}
