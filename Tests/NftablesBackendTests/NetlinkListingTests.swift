import Foundation
import Netfilter
import NetlinkBackend
import NftablesBackend
import RulesetIR
import Testing

/// nft is the judge: it lists what came by netlink as it lists what it has loaded itself.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct NetlinkListingTests {
  @Test(arguments: RulesetCase.allCases)
  func `nft lists rules of ours like its own`(_ example: RulesetCase) throws {
    try expectSameListing(example.ruleset)
  }

  @Test(arguments: try projectRules())
  func `nft lists a policy in force like its own`(_ example: NamedRuleset) throws {
    try expectSameListing(liveForm(example.ruleset, generation: "g0_"))
  }
}

private func expectSameListing(_ ruleset: Ruleset) throws {
  let space = try NamedNamespace()
  let devices = Set(ruleset.tables.flatMap(\.chains).flatMap { $0.base?.devices ?? [] })
  for (index, device) in devices.sorted().enumerated() {
    try space.run("ip link add '\(device)' type veth peer name peer\(index)")
  }
  let socket = try NetlinkSocket(in: .file(space.path))
  try socket.send(
    prepare(creation(of: compile(ruleset, RuleSurroundings())), generation: nil).batch)
  let ours = try space.run("nft -s list ruleset; nft flush ruleset")
  try space.run("nft -f -", input: try nftText(ruleset, header: []))
  let theirs = try space.run("nft -s list ruleset")
  #expect(blocks(theirs).count > 1)
  if blocks(ours) == blocks(theirs) { return }
  let changes = blocks(ours).flatMap { $0 }.difference(from: blocks(theirs).flatMap { $0 })
  let lines = changes.prefix(20).map { change in
    switch change {
    case .insert(let offset, let line, _): "ours \(offset): \(line)"
    case .remove(let offset, let line, _): "nft's \(offset): \(line)"
    }
  }
  Issue.record("the listings differ\n\(lines.joined(separator: "\n"))")
}

/// The lines of each set and chain below that of its table, in an order of their own: the kernel's is that in which
/// they were made.
private func blocks(_ listing: String) -> [[String]] {
  var table = ""
  var result: [[String]] = []
  for line in listing.split(separator: "\n").map({ String($0) }) {
    if line.hasPrefix("table ") {
      table = line
    } else if line.hasPrefix("\t"), !line.hasPrefix("\t\t"), line != "\t}" {
      result.append([table, line])
    } else if line.hasPrefix("\t"), let last = result.indices.last {
      result[last].append(line)
    }
  }
  return result.sorted { $0.lexicographicallyPrecedes($1) }
}

/// A network namespace by name, gone with this value.
final class NamedNamespace {
  let name = "ksp-\(getpid())-\(UInt32.random(in: 0 ... .max))"

  init() throws { _ = try shell("ip netns add \(name)") }

  deinit { _ = try? shell("ip netns delete \(name)") }

  var path: String { "/run/netns/\(name)" }

  @discardableResult
  func run(_ script: String, input: [UInt8] = []) throws -> String {
    try shell("exec ip netns exec \(name) sh -euc \"$0\"", script, input: input)
  }

  private func shell(_ script: String, _ argument: String = "", input: [UInt8] = []) throws
    -> String
  {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-euc", script, argument]
    let (output, source) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError, process.standardInput) = (
      output, output, source
    )
    try process.run()
    // What nft reads fits into no pipe, so it is written while the output waits: nft prints last.
    try source.fileHandleForWriting.write(contentsOf: Data(input))
    try source.fileHandleForWriting.close()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus == 0 { return text }
    throw ShellFailure(description: "status \(process.terminationStatus): \(text)")
  }
}
