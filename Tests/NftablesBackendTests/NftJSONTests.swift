import Foundation
import NftablesBackend
import PacketSpace
import RulesetIR
import Testing

@Suite struct NftJSONTests {
  @Test func `the file has one command or element a line`() throws {
    let json = String(decoding: try nftJSON(smallRuleset), as: UTF8.self)
    #expect(
      json == #"""
        {"nftables": [
        {"metainfo": {"json_schema_version": 1}},
        {"add": {"table": {"family": "inet", "name": "kspolicy_x"}}},
        {"add": {"chain": {"family": "inet", "table": "kspolicy_x", "name": "output_300", "type": "filter", "hook": "output", "prio": 300, "policy": "drop"}}},
        {"add": {"chain": {"family": "inet", "table": "kspolicy_x", "name": "out"}}},
        {"add": {"set": {"family": "inet", "table": "kspolicy_x", "name": "v4", "type": "ipv4_addr", "size": 4}}},
        {"add": {"set": {"family": "inet", "table": "kspolicy_x", "name": "v4r", "type": "ipv4_addr", "flags": ["interval"]}}},
        {"flush": {"chain": {"family": "inet", "table": "kspolicy_x", "name": "out"}}},
        {"flush": {"chain": {"family": "inet", "table": "kspolicy_x", "name": "output_300"}}},
        {"flush": {"set": {"family": "inet", "table": "kspolicy_x", "name": "v4"}}},
        {"flush": {"set": {"family": "inet", "table": "kspolicy_x", "name": "v4r"}}},
        {"add": {"rule": {"family": "inet", "table": "kspolicy_x", "chain": "out", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": "@v4"}}, {"accept": null}]}}},
        {"add": {"rule": {"family": "inet", "table": "kspolicy_x", "chain": "output_300", "expr": [{"jump": {"target": "out"}}]}}},
        {"add": {"rule": {"family": "inet", "table": "kspolicy_x", "chain": "output_300", "expr": [{"counter": null}, {"drop": null}], "comment": "deny"}}},
        {"add": {"element": {"family": "inet", "table": "kspolicy_x", "name": "v4", "elem": [
        "1.1.1.1",
        "2.2.2.2"
        ]}}},
        {"add": {"element": {"family": "inet", "table": "kspolicy_x", "name": "v4r", "elem": [
        {"prefix": {"addr": "0.0.0.0", "len": 8}},
        "10.0.0.1",
        {"range": ["10.0.0.3", "10.0.0.9"]},
        {"range": ["10.0.0.17", "10.0.0.18"]}
        ]}}}
        ]}

        """#)
  }

  @Test func `a table with a set that rules fill is replaced`() throws {
    let table = Table(family: .inet, name: "t", sets: [everySet[4]])
    let json = String(decoding: try nftJSON(Ruleset(tables: [table])), as: UTF8.self)
    #expect(
      json == #"""
        {"nftables": [
        {"metainfo": {"json_schema_version": 1}},
        {"add": {"table": {"family": "inet", "name": "t"}}},
        {"delete": {"table": {"family": "inet", "name": "t"}}},
        {"add": {"table": {"family": "inet", "name": "t"}}},
        {"add": {"set": {"family": "inet", "table": "t", "name": "asked4", "type": ["ipv4_addr", "inet_service"], "flags": ["timeout"], "timeout": 5, "size": 4096}}}
        ]}

        """#)
  }

  @Test(arguments: RulesetCase.allCases)
  func `the file is JSON`(_ example: RulesetCase) throws {
    let data = Data(try nftJSON(example.ruleset))
    #expect(try JSONSerialization.jsonObject(with: data) is [String: [[String: Any]]])
  }

  @Test func `a socket's cgroup is refused with the line that asks for it`() throws {
    let ruleset = oneRule(Rule([.cgroup(path: "a/b", level: 2)], .accept, origin: origin))
    #expect(
      throws: UnsupportedByTarget(
        "socket cgroupv2 in libnftables JSON", instead: "use --target nft", origin: origin)
    ) { try nftJSON(ruleset) }
  }
}

/// A base chain of one table with one rule.
func oneRule(_ rule: Rule, family: TableFamily = .inet) -> Ruleset {
  let base = BaseChain(hook: .output, priority: 0, policy: .accept)
  return Ruleset(tables: [
    Table(family: family, name: "t", chains: [Chain(name: "c", base: base, rules: [rule])])
  ])
}
