import Foundation
import NftablesBackend
import PacketSpace
import Policy
import PolicyDiagnostics
import PolicyGenerator
import PolicyLowering
import RulesetIR
import Testing

@Suite struct NftReaderRoundTripTests {
  @Test(arguments: matchCases + statementCases)
  func `a rule that is written reads back`(_ example: RuleCase) throws {
    let base = BaseChain(hook: .output, priority: 0, policy: .accept)
    let written = Ruleset(tables: [
      Table(
        family: .inet, name: "t", sets: everySet,
        chains: [
          Chain(name: "c", base: base, rules: [example.rule]),
          Chain(name: "regular", rules: [Rule([], .drop)]),
        ])
    ])
    let read = try readNftJSON(nftJSON(written))
    expectSame(read, written)
    #expect(read.tables[0].chains[0].rules.count == 1)
  }

  @Test(arguments: RulesetCase.allCases)
  func `a rule set that is written reads back`(_ example: RulesetCase) throws {
    let read = try readNftJSON(nftJSON(example.ruleset))
    expectSame(read, example.ruleset)
  }

  @Test func `devices, notes and origins read back`() throws {
    let read = try readNftJSON(nftJSON(otherFamilies))
    let many = try #require(read.tables.first { $0.name == "many" })
    #expect(many.chains[0].base?.devices == ["d0", "d1"])
    let rule = Rule([], .drop, note: "endpoint", origin: RuleOrigin(file: "a b.ksp", line: 7))
    let again = try readNftJSON(nftJSON(oneRule(rule)))
    #expect(again.tables[0].chains[0].rules == [rule])
  }

  @Test(arguments: try projectRules())
  func `a policy's rules read back, and mean the same`(_ example: NamedRuleset) throws {
    let read = try readNftJSON(nftJSON(example.ruleset))
    expectSame(read, example.ruleset)
    #expect(difference(read, example.ruleset) == nil)
  }

  @Test func `the rules of random policies read back`() throws {
    var generator = PolicyGenerator(seed: 11)
    var count = 0
    for _ in 0..<90 {
      let generated = generator.next()
      let resolution = resolve(
        SourceFile(name: GeneratedPolicy.fileName, text: generated.text),
        files: FileReader(files: generated.files.mapValues { Array($0.utf8) }),
        accounts: Accounts(users: GeneratedPolicy.users, groups: GeneratedPolicy.groups))
      let policy = try #require(resolution.policy)
      guard let ruleset = try? lower(policy, to: .nftables, version: "1"),
        !ruleset.asksForPortsOfICMP, let json = try? nftJSON(ruleset)
      else { continue }
      count += 1
      expectSame(try readNftJSON(json), ruleset, "\(generated)")
    }
    #expect(count > 15)
  }
}

@Suite(.enabled(if: geteuid() == 0, "needs root")) struct NftReaderKernelTests {
  @Test(arguments: RulesetCase.allCases)
  func `what the kernel lists reads back`(_ example: RulesetCase) throws {
    let read = try readNftJSON(listedByKernel(example.ruleset))
    expectSame(read, example.ruleset)
  }

  @Test(arguments: try projectRules())
  func `what the kernel lists of a policy reads back`(_ example: NamedRuleset) throws {
    let read = try readNftJSON(listedByKernel(example.ruleset))
    expectSame(read, example.ruleset)
  }
}

extension Ruleset {
  /// Has a rule with an ICMP type and a port: nothing in the rule set's own terms, but to nft's `th`
  /// the first bytes of any header are ports.
  fileprivate var asksForPortsOfICMP: Bool {
    tables.flatMap(\.chains).flatMap(\.rules).contains { rule in
      rule.matches.contains { if case .port = $0 { true } else { false } }
        && rule.matches.contains {
          switch $0 {
          case .icmpType, .icmpv6Type: true
          default: false
          }
        }
    }
  }
}

/// `nft -j list ruleset` after loading the rule set into a namespace of its own.
func listedByKernel(_ ruleset: Ruleset) throws -> [UInt8] {
  let devices = Set(ruleset.tables.flatMap(\.chains).flatMap { $0.base?.devices ?? [] })
  let links = devices.sorted().enumerated().map {
    "ip link add '\($1)' type veth peer name peer\($0)\n"
  }.joined()
  let script = links + "nft -j -f a.json; nft -j list ruleset"
  return Array(try inNetworkNamespace(script, files: ["a.json": nftJSON(ruleset)]).utf8)
}

struct NamedRuleset: Sendable, CustomTestStringConvertible {
  var name: String
  var ruleset: Ruleset
  var testDescription: String { name }
}

/// The rules of every policy under `policies/` that libnftables JSON can say.
func projectRules() throws -> [NamedRuleset] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "policies")
  let files = FileReader { path throws(FileReadError) in
    guard let data = try? Data(contentsOf: folder.appending(path: path)) else { throw .notFound }
    return FileContents(bytes: Array(data), canonicalPath: path)
  }
  let accounts = Accounts(userID: { _ in 1000 }, groupID: { _ in 1000 })
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    .filter { $0.hasSuffix(".ksp") && !$0.hasPrefix("fail-") }.sorted()
  let result: [NamedRuleset] = try names.compactMap { name in
    let file = SourceFile(
      name: name, bytes: Array(try Data(contentsOf: folder.appending(path: name))))
    let policy = try #require(resolve(file, files: files, accounts: accounts).policy)
    let ruleset = try lower(policy, to: .nftables, version: "1")
    // A socket's cgroup has no word in JSON.
    return (try? nftJSON(ruleset)).map { _ in NamedRuleset(name: name, ruleset: ruleset) }
  }
  try #require(result.count > 10)
  return result
}
