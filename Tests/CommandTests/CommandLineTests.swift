import Foundation
import Testing

@testable import kspolicy

/// The smallest policy that is of use.
private let good = """
  policy small

  tunnel wg0 {
      endpoint 198.51.100.7 udp 51820 mark 0x6b73
  }

  """

private let bad = "policy small\n\ntunnel wg0 {\n  endpoint 198.51.100.7/24 udp 51820\n}\n"
private let untidy = "policy small # name\ntunnel   wg0 { address 10.0.0.2 }\n"

private func folder() throws -> ScratchFolder {
  try ScratchFolder(["good.ksp": good, "bad.ksp": bad, "untidy.ksp": untidy])
}

@Suite struct CommandLineTests {
  @Test(arguments: [
    ("kspolicy compile good.ksp", 0, ""),
    ("kspolicy compile bad.ksp", 1, "error[host-bits-set]"),
    ("kspolicy compile - <good.ksp", 0, ""),
    ("kspolicy compile - <bad.ksp", 1, "<stdin>:4:12"),
    ("kspolicy compile", 64, "Missing expected argument"),
    ("kspolicy compile good.ksp bad.ksp", 64, "Unexpected argument"),
    ("kspolicy compile good.ksp --target nftables", 64, "'nft-json', 'nft' or 'iptables'"),
    ("kspolicy compile no.ksp", 70, "kspolicy: cannot read no.ksp: No such file or directory\n"),
    ("kspolicy compile .", 70, "kspolicy: cannot read .: Is a directory\n"),
    ("kspolicy compile good.ksp >/dev/full", 70, "No space left on device"),
    ("kspolicy compile good.ksp -o /dev/full", 70, "No space left on device"),
    ("kspolicy compile good.ksp -o no/file", 70, "cannot write no/file: No such file"),
    ("kspolicy compile good.ksp -o .", 70, "cannot write .: Is a directory"),
    ("kspolicy good.ksp", 64, "did you mean `kspolicy compile good.ksp`?"),
    ("kspolicy cmpile good.ksp", 64, "unknown command `cmpile`; did you mean `compile`?"),
    ("kspolicy compile --frob", 64, "See 'kspolicy compile --help' for more information."),
    ("kspolicy frobnicate", 64, "The commands are compile, check, explain, fmt, "),
    ("kspolicy --frobnicate", 64, "Unknown option"),
    ("kspolicy fmt", 64, "Missing expected argument"),
    ("kspolicy fmt --check good.ksp", 0, ""),
    ("kspolicy fmt --check no.ksp", 70, "cannot read no.ksp"),
    ("kspolicy diagnostics empty-set", 0, ""),
    ("kspolicy diagnostics emptyset", 64, "did you mean `empty-set`?"),
    ("kspolicy completions tcsh", 64, "'bash', 'zsh' or 'fish'"),
  ])
  func `exit status and words`(_ line: String, _ status: Int32, _ words: String) throws {
    let run = try ProgramRun(line, in: folder())
    #expect(run.status == status)
    #expect(words.isEmpty ? run.errors.isEmpty : run.errors.contains(words), "\(run.errors)")
    if status != 0 { #expect(run.output.isEmpty) }
  }

  @Test(arguments: [
    ("kspolicy --version", "0.1.0\n"), ("kspolicy help", "SUBCOMMANDS:"),
    ("kspolicy help compile", "--target"), ("kspolicy compile --help", "--target"),
    ("kspolicy diagnostics", "host-bits-set  "),
    ("kspolicy diagnostics empty-set", "empty-set  A set is empty"),
    ("kspolicy compile good.ksp --target nft", "nft delete table inet kspolicy_small"),
    ("kspolicy compile good.ksp --target nft-json", "\"nftables\""),
    ("kspolicy compile good.ksp --target iptables", "#!/bin/sh"),
  ])
  func `what is asked for goes to standard output`(_ line: String, _ words: String) throws {
    let run = try ProgramRun(line, in: folder())
    #expect(run.status == 0)
    #expect(run.output.contains(words), "\(run.output)")
    #expect(run.errors.isEmpty)
  }

  @Test func `the version is the newest one of the change log`() throws {
    let log = try String(contentsOf: packageRoot.appending(path: "CHANGELOG.md"), encoding: .utf8)
    let versions = log.matches(of: /\n## \[?([0-9.]+)/).map { String($0.1) }
    #expect(versions.first == kspolicyVersion)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `a completion script is one that its shell can read`(_ shell: String) throws {
    let scratch = try folder()
    let run = try ProgramRun("kspolicy completions \(shell) >script && wc -l <script", in: scratch)
    #expect(run.status == 0)
    #expect(scratch.text("script")?.contains("compile") == true)
    let check = try ProgramRun(
      "if command -v \(shell) >/dev/null; then \(shell) -n script; fi", in: scratch)
    #expect(check.status == 0, "\(check.errors)")
  }

  @Test func `a reader that goes away is a failed write`() throws {
    let run = try ProgramRun(
      "(trap '' PIPE; sleep 0.2; kspolicy compile good.ksp; echo status $? >&2) | true",
      in: folder())
    #expect(run.errors.contains("kspolicy: cannot write to standard output: Broken pipe\n"))
    #expect(run.errors.contains("status 70\n"))
  }
}

@Suite struct PlaceTests {
  /// So that an editor or a code scanning service can open it.
  @Test func `a file that the policy names is shown by its path from here`() throws {
    let run = try ProgramRun(
      """
      mkdir -p box/lists; echo 300.1.1.1 >box/lists/relays
      { cat good.ksp; echo 'define relays = file "lists/relays"'; } >box/p.ksp
      kspolicy compile box/p.ksp
      """, in: folder())
    #expect(run.errors.contains("--> box/lists/relays:1:1\n"), "\(run.errors)")
    #expect(run.errors.contains("::: box/p.ksp:6:22\n"), "\(run.errors)")
  }
}

@Suite struct OutputFileTests {
  @Test(arguments: [("nft", 0o644), ("nft-json", 0o644), ("iptables", 0o755)])
  func `a file has the mode of its use`(_ target: String, _ mode: Int) throws {
    let scratch = try folder()
    let run = try ProgramRun(
      "umask 022; kspolicy compile good.ksp --target \(target) -o out", in: scratch)
    #expect(run.status == 0 && run.output.isEmpty)
    #expect(try scratch.mode("out") == mode)
    #expect(scratch.names == ["bad.ksp", "good.ksp", "out", "untidy.ksp"])
  }

  @Test func `an error leaves the old file and nothing else`() throws {
    let scratch = try folder()
    let run = try ProgramRun("echo old >out; kspolicy compile bad.ksp -o out", in: scratch)
    #expect(run.status == 1)
    #expect(scratch.text("out") == "old\n")
    #expect(scratch.names == ["bad.ksp", "good.ksp", "out", "untidy.ksp"])
  }

  @Test func `a full disk leaves the old file and nothing else`() throws {
    let scratch = try folder()
    // A file may not grow beyond 0 blocks: the write fails as it does on a full disk.
    let run = try ProgramRun(
      "echo old >out; trap '' XFSZ; ulimit -f 0; kspolicy compile good.ksp -o out", in: scratch)
    #expect(run.status == 70)
    #expect(scratch.text("out") == "old\n")
    #expect(scratch.names == ["bad.ksp", "good.ksp", "out", "untidy.ksp"])
  }

  @Test func `a link stays a link`() throws {
    let scratch = try folder()
    let run = try ProgramRun(
      "echo old >real; ln -s real out; kspolicy compile good.ksp -o out && readlink out",
      in: scratch)
    #expect(run.output == "real\n")
    #expect(scratch.text("real")?.contains("kspolicy_small") == true)
  }

  @Test func `a device is written to and stays`() throws {
    let run = try ProgramRun(
      "kspolicy compile good.ksp -o /dev/null && test -c /dev/null", in: folder())
    #expect(run.status == 0)
  }

  @Test func `a closed standard error does not write into the output`() throws {
    let scratch = try folder()
    let run = try ProgramRun(
      "kspolicy compile good.ksp >expected; kspolicy compile good.ksp --format json -o out 2>&-",
      in: scratch)
    #expect(run.status == 0)
    #expect(scratch.text("out") == scratch.text("expected"))
  }
}

@Suite struct ReportFormatTests {
  @Test(arguments: ["json", "sarif"])
  func `a report is one document on standard error`(_ format: String) throws {
    for (name, status) in [("good", Int32(0)), ("bad", 1)] {
      let run = try ProgramRun("kspolicy compile \(name).ksp --format \(format)", in: folder())
      #expect(run.status == status)
      #expect(throws: Never.self) {
        try JSONSerialization.jsonObject(with: Data(run.errors.utf8))
      }
    }
  }

  @Test(arguments: [
    ("--color always", [:], true), ("--color never", [:], false), ("", [:], false),
    ("--color always", ["NO_COLOR": "1"], true),
  ])
  func `colour is only where it is wanted`(
    _ option: String, _ environment: [String: String], _ isColored: Bool
  ) throws {
    let run = try ProgramRun(
      "kspolicy compile bad.ksp \(option)", in: folder(), environment: environment)
    #expect(run.errors.contains("\u{1B}[") == isColored)
  }

  @Test(arguments: [
    (["TERM": "xterm"], true), (["TERM": "dumb"], false),
    (["TERM": "xterm", "NO_COLOR": "1"], false), (["TERM": "xterm", "NO_COLOR": ""], true),
  ])
  func `a terminal is coloured unless the environment says no`(
    _ environment: [String: String], _ isColored: Bool
  ) throws {
    let line = "script -qec \"'\(ProgramRun.program)' compile bad.ksp\" /dev/null"
    let run = try ProgramRun(line, in: folder(), environment: environment)
    #expect(run.output.contains("host-bits-set"))
    #expect(run.output.contains("\u{1B}[") == isColored)
  }
}

@Suite struct FormatCommandTests {
  @Test func `a file is rewritten in place with the mode that it had`() throws {
    let scratch = try folder()
    let run = try ProgramRun("chmod 640 untidy.ksp; kspolicy fmt untidy.ksp good.ksp", in: scratch)
    #expect(run.status == 0 && run.output.isEmpty && run.errors.isEmpty)
    #expect(try scratch.mode("untidy.ksp") == 0o640)
    #expect(scratch.text("good.ksp") == good)
    let text = try #require(scratch.text("untidy.ksp"))
    #expect(text != untidy && text.contains("# name"))
    let again = try ProgramRun("kspolicy fmt --check untidy.ksp", in: scratch)
    #expect(again.status == 0)
  }

  @Test func `check lists what would change and changes nothing`() throws {
    let scratch = try folder()
    let run = try ProgramRun("kspolicy fmt --check good.ksp untidy.ksp", in: scratch)
    #expect(run.status == 1)
    #expect(run.output == "untidy.ksp\n")
    #expect(scratch.text("untidy.ksp") == untidy)
  }

  @Test func `the diff is one that patch can apply`() throws {
    let scratch = try folder()
    let run = try ProgramRun(
      """
      kspolicy fmt - <untidy.ksp >expected
      kspolicy fmt --diff untidy.ksp >change && cmp -s untidy.ksp expected && exit 9
      patch -s untidy.ksp change && cmp untidy.ksp expected
      """, in: scratch)
    #expect(run.status == 0, "\(run.errors)")
    #expect(scratch.text("change")?.hasPrefix("--- untidy.ksp\n+++ untidy.ksp\n@@ -1") == true)
  }

  @Test func `a file with a syntax error stays as it is, the others are formatted`() throws {
    let scratch = try folder()
    let run = try ProgramRun(
      "echo 'lan {' >broken.ksp; kspolicy fmt broken.ksp untidy.ksp", in: scratch)
    #expect(run.status == 1)
    #expect(run.errors.contains("broken.ksp:1:"))
    #expect(scratch.text("broken.ksp") == "lan {\n")
    #expect(scratch.text("untidy.ksp") != untidy)
  }

  @Test func `a file that cannot be read stops all before anything is written`() throws {
    let scratch = try folder()
    let run = try ProgramRun("kspolicy fmt untidy.ksp no.ksp", in: scratch)
    #expect(run.status == 70)
    #expect(scratch.text("untidy.ksp") == untidy)
  }
}
