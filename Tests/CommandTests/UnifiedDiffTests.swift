import Foundation
import Testing

@testable import kspolicy

private func diff(_ old: String, _ new: String) -> String {
  String(
    decoding: unifiedDiff(from: Array(old.utf8), to: Array(new.utf8), name: "x"), as: UTF8.self)
}

@Suite struct UnifiedDiffTests {
  @Test func `equal texts have none`() {
    #expect(diff("a\nb", "a\nb") == "")
    #expect(diff("", "") == "")
  }

  @Test(arguments: [
    ("", "a\n", "@@ -0,0 +1 @@\n+a\n"),
    ("a\n", "", "@@ -1 +0,0 @@\n-a\n"),
    ("a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"),
    ("a\r\n", "a\n", "@@ -1 +1 @@\n-a\r\n+a\n"),
    // One letter in two spellings.
    ("e\u{301}\n", "é\n", "@@ -1 +1 @@\n-e\u{301}\n+é\n"),
  ])
  func `small changes`(_ old: String, _ new: String, _ hunk: String) {
    #expect(diff(old, new) == "--- x\n+++ x\n" + hunk)
  }

  /// The same as `diff -u` where that has no choice, and one that `patch` takes everywhere.
  @Test(arguments: [
    (
      ["1", "2", "3", "4", "5", "6", "7", "8", "9"], ["1", "2", "3", "4", "x", "6", "7", "8", "9"]
    ),
    ((0..<40).map(String.init), (0..<40).filter { $0 % 11 != 5 }.map(String.init)),
    ((0..<9000).map(String.init), (0..<9000).map { $0 % 2 == 0 ? "\($0)" : "x\($0)" }),
  ])
  func `patch takes it`(_ old: [String], _ new: [String]) throws {
    let (before, after) = (old.joined(separator: "\n") + "\n", new.joined(separator: "\n") + "\n")
    let scratch = try ScratchFolder(["x": before, "change": diff(before, after)])
    let run = try ProgramRun("patch -s x change", in: scratch)
    #expect(run.status == 0)
    #expect(scratch.text("x") == after)
  }
}
