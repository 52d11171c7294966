import Foundation
import Testing

/// What a run of the built program did.
struct ProgramRun {
  var status: Int32
  var output: String
  var errors: String

  /// Beside the test runner in the build folder.
  static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "kspolicy").path

  /// Runs a line of `sh` in a folder; `kspolicy` stands for the program.
  init(_ line: String, in folder: ScratchFolder, environment: [String: String] = [:]) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", "kspolicy() { '\(ProgramRun.program)' \"$@\"; }\n\(line)"]
    process.currentDirectoryURL = folder.url
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"].merging(environment) { $1 }
    // Files, not pipes: nothing can fill up and block.
    let streams = ScratchFolder()
    let output = streams.url.appending(path: "output")
    let errors = streams.url.appending(path: "errors")
    for file in [output, errors] { try Data().write(to: file) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    status = process.terminationStatus
    self.output = String(decoding: try Data(contentsOf: output), as: UTF8.self)
    self.errors = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
  }
}

/// A folder that goes when it is no longer used.
final class ScratchFolder {
  let url: URL

  init() {
    url = FileManager.default.temporaryDirectory.appending(path: "kspolicy-\(UUID())")
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// With these files, text by name.
  convenience init(_ files: [String: String]) throws {
    self.init()
    for (name, text) in files { try Data(text.utf8).write(to: url.appending(path: name)) }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func text(_ name: String) -> String? {
    try? String(contentsOf: url.appending(path: name), encoding: .utf8)
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
  }

  /// The permission bits of a file.
  func mode(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(
      atPath: url.appending(path: name).path)
    return try #require(attributes[.posixPermissions] as? Int)
  }
}
