import Foundation
import Testing

@testable import kspolicy

/// The folder of the package; taken from this file's path since goldens are written back to it.
let packageRoot = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// Compares with `golden/PATH`; with `UPDATE_GOLDEN=1` writes it and says what changed.
///
/// `nil`: there must be no such file.
func expectGolden(
  _ actual: [UInt8]?, at path: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = packageRoot.appending(path: "golden/\(path)")
  let expected = (try? Data(contentsOf: file)).map { [UInt8]($0) }
  if actual == expected { return }
  let difference = String(
    decoding: unifiedDiff(from: expected ?? [], to: actual ?? [], name: "golden/\(path)"),
    as: UTF8.self)
  if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
    if let actual {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(actual).write(to: file, options: .atomic)
    } else {
      try FileManager.default.removeItem(at: file)
    }
    // An updating run is never green, so it cannot pass for a check.
    Issue.record(
      "wrote golden/\(path); review it with git diff\n\(difference)",
      sourceLocation: sourceLocation)
    return
  }
  Issue.record(
    "golden/\(path) differs; `make golden` writes it anew\n\(difference)",
    sourceLocation: sourceLocation)
}

/// The names of the files in a folder of the package that end so, without the ending, sorted.
func names(in folder: String, ending: String) -> [String] {
  let files = try? FileManager.default.contentsOfDirectory(
    atPath: packageRoot.appending(path: folder).path)
  return (files ?? []).filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
    .sorted()
}
