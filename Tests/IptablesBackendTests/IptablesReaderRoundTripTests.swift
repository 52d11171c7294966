import Foundation
import IptablesBackend
import RulesetIR
import Testing

@Suite struct IptablesReaderRoundTripTests {
  @Test func `there are policies to compile`() throws {
    #expect(CompiledPolicy.names.count > 10)
    let compiled = try CompiledPolicy.names.filter { try CompiledPolicy($0) != nil }
    #expect(compiled.count > 10)
  }

  @Test(arguments: CompiledPolicy.names)
  func `the script means what it was written from`(_ name: String) throws {
    guard let policy = try CompiledPolicy(name) else { return }
    expectSameMeaning(policy.ruleset, try readIptablesScript(policy.script), "\(name)")
  }

  @Test(
    .enabled(if: geteuid() == 0, "needs root"), arguments: CompiledPolicy.names, ["nft", "legacy"])
  func `what the kernel holds means what the script was written from`(
    _ name: String, _ variant: String
  ) throws {
    guard let policy = try CompiledPolicy(name) else { return }
    let machine = try SavedMachine(policy, variant: variant)
    expectSameMeaning(policy.ruleset, try machine.ruleset(), "\(name) \(variant)")
  }
}

/// What the tools save in a network namespace where a script was applied.
private struct SavedMachine {
  var ipv4: [UInt8]
  var ipv6: [UInt8]
  var ipsets: [UInt8]

  init(_ policy: CompiledPolicy, variant: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(policy.script).write(to: folder.appending(path: "script"))
    let scenario = """
      ip link set lo up
      sh script apply >log 2>&1 || { cat log; exit 1; }
      iptables-\(variant)-save >ipv4 2>log
      ip6tables-\(variant)-save >ipv6 2>log
      ipset save >ipsets
      """
    let result = try run(
      ["unshare", "--net", "dash", "-e", "-c", "cd \(folder.path)\n" + scenario],
      environment: ["IPTABLES": "iptables-\(variant)", "IP6TABLES": "ip6tables-\(variant)"])
    try #require(result.status == 0, "\(result.output)")
    func bytes(_ name: String) throws -> [UInt8] {
      Array(try Data(contentsOf: folder.appending(path: name)))
    }
    (ipv4, ipv6, ipsets) = (try bytes("ipv4"), try bytes("ipv6"), try bytes("ipsets"))
  }

  func ruleset() throws -> Ruleset {
    try readIptablesSave(ipv4: ipv4, ipv6: ipv6, ipsets: ipsets)
  }
}
