import Foundation
import Policy
import Testing

@testable import kspolicy

@Suite struct PolicyFolderTests {
  private func read(_ path: String, setUp: String) throws -> Result<FileContents, FileReadError> {
    let scratch = try ScratchFolder(["root.ksp": ""])
    let run = try ProgramRun("mkdir -p box/sub; cd box; \(setUp)", in: scratch)
    #expect(run.status == 0, "\(run.errors)")
    let reader = try fileReader(forPolicyAt: scratch.url.appending(path: "box/root.ksp").path)
    do throws(FileReadError) {
      return .success(try reader.read(path))
    } catch {
      return .failure(error)
    }
  }

  @Test(arguments: [
    ("list", "echo text >list", "list"), ("sub/list", "echo text >sub/list", "sub/list"),
    ("link", "echo text >list; ln -s list link", "list"),
    ("sub/link", "echo text >list; ln -s ../list sub/link", "list"),
  ])
  func `reads what lies in the folder`(_ path: String, _ setUp: String, _ name: String) throws {
    let contents = try read(path, setUp: setUp).get()
    #expect(contents.bytes == Array("text\n".utf8))
    #expect(contents.canonicalPath == name)
  }

  @Test(arguments: [
    ("none", "true", FileReadError.notFound), ("none/none", "true", .notFound),
    ("link", "ln -s ../root.ksp link", .outsideFolder),
    ("link", "ln -s /etc/passwd link", .outsideFolder),
    ("out/passwd", "ln -s /etc out", .outsideFolder),
    // A folder whose name begins like the policy's.
    ("link", "mkdir ../box2; echo x >../box2/x; ln -s ../box2/x link", .outsideFolder),
    ("link", "ln -s link link", .notReadable(reason: "Too many levels of symbolic links")),
    ("sub", "true", .notReadable(reason: "Is a directory")),
    ("pipe", "mkfifo pipe", .notReadable(reason: "Not a regular file")),
    ("big", "truncate -s 300M big", .tooLarge(limitBytes: 256 << 20)),
  ])
  func `refuses`(_ path: String, _ setUp: String, _ expected: FileReadError) throws {
    switch try read(path, setUp: setUp) {
    case .success: Issue.record("was read")
    case .failure(let error): #expect(error == expected)
    }
  }

  @Test func `accounts are those of passwd and group`() {
    let text =
      "root:x:0:0:root:/root:/bin/sh\nbroken\n:x\nalice:x:1000:1000::/:\nvpn:x:notanumber:\n"
    let found = parseAccounts(Array(text.utf8))
    #expect(found.map(\.name) == ["root", "alice"])
    #expect(found.map(\.id) == [0, 1000])
    let accounts = systemAccounts()
    #expect(accounts.userID("root") == 0)
    #expect(accounts.groupID("root") == 0)
    #expect(accounts.userID("no such user") == nil)
    #expect(accounts.userID("0") == nil)
    #expect(accounts.userNames().contains("root"))
  }
}
