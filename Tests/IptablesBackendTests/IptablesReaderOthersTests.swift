import Foundation
import IptablesBackend
import PacketSpace
import RulesetIR
import Testing

@Suite struct IptablesReaderOthersTests {
  @Test func `rules by others are read, every one of them`() throws {
    let ruleset = try readIptablesSave(
      ipv4: Array(rulesByOthers.utf8), ipv6: [], ipsets: Array(setsByOthers.utf8))
    #expect(ruleset.tables.map(\.name) == ["raw", "mangle", "nat", "filter"])
    let written = rulesByOthers.split(separator: "\n").filter { $0.hasPrefix("-A ") }.count
    let read = ruleset.tables.flatMap(\.chains).flatMap(\.rules).count
    #expect(read >= written)
  }

  @Test(.enabled(if: geteuid() == 0, "needs root"))
  func `both variants save the same rules`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(rulesByOthers.utf8).write(to: folder.appending(path: "rules"))
    try Data(setsByOthers.utf8).write(to: folder.appending(path: "sets"))
    let scenario = """
      cd \(folder.path)
      ip link set lo up
      ipset restore <sets
      ipset save >saved-sets
      iptables-legacy-restore <rules
      iptables-legacy-save >legacy
      iptables-legacy-save -c >counted
      iptables-nft-restore <rules
      iptables-nft-save >nft 2>log
      """
    let result = try run(["unshare", "--net", "dash", "-e", "-c", scenario])
    try #require(result.status == 0, "\(result.output)")
    func read(_ name: String) throws -> Ruleset {
      try readIptablesSave(
        ipv4: Array(try Data(contentsOf: folder.appending(path: name))), ipv6: [],
        ipsets: Array(try Data(contentsOf: folder.appending(path: "saved-sets"))))
    }
    let legacy = try read("legacy")
    #expect(legacy.tables.count == 4)
    expectSameMeaning(legacy, try read("nft"), "nft")
    expectSameMeaning(legacy, try read("counted"), "counters")
  }

  /// Each line changes what the rules let pass, so what is expected to be the same above can differ.
  @Test(arguments: [
    ("-o wg0 ", "-o wg1 "), ("! -o wg0", "-o wg0"), ("-j DROP", "-j ACCEPT"),
    ("--ctstate ESTABLISHED", "--ctstate NEW,ESTABLISHED"), ("--dport 51820", "--dport 51821"),
    ("--mark 0x6b73/", "--mark 0x6b72/"), ("-p udp -m multiport", "-p tcp -m multiport"),
    ("/24", "/23"),
    ("--icmp-type 8", "--icmp-type 13"), ("--ctdir REPLY", "--ctdir ORIGINAL"),
    ("--ttl-eq 255", "--ttl-eq 254"), ("--set-xmark 0x80000000/", "--set-xmark 0x0/"),
    ("-A KSP_homelab_post -f ", "-A KSP_homelab_post ! -f "),
    ("jump mangle POSTROUTING KSP_homelab_post", "jump mangle POSTROUTING KSP_homelab_pre"),
  ])
  func `a change in the script is seen`(_ old: String, _ new: String) throws {
    let policy = try #require(try CompiledPolicy("homelab"))
    let script = String(decoding: policy.script, as: UTF8.self)
    let program = try #require(script.range(of: "# From here on the script is the same"))
    let rules = script[..<program.lowerBound].replacingOccurrences(of: old, with: new)
    let changed = rules + script[program.lowerBound...]
    try #require(changed != script)
    let ruleset = try readIptablesScript(Array(changed.utf8))
    #expect(!haveSameMeaning(policy.ruleset, ruleset))
  }
}
