import NftablesBackend
import PacketSpace
import RulesetIR

/// The rules that one rule of an inet table becomes, with what they need of the table.
///
/// The table has the base chain `c` with the rule, the regular chains `a` and `b`, a set of ports, one
/// of addresses, one of names, one that rules fill, and a verdict map.
func readRule(_ expressions: String, family: String = "inet", key: String = "\"rule\"")
  throws -> Table
{
  let table = "\"family\": \"\(family)\", \"table\": \"t\""
  let file = """
    {"nftables": [
    {"table": {"family": "\(family)", "name": "t"}},
    {"chain": {\(table), "name": "c", "type": "filter", "hook": "input", "prio": 0}},
    {"chain": {\(table), "name": "a"}},
    {"chain": {\(table), "name": "b"}},
    {"set": {\(table), "name": "ports", "type": "inet_service", "flags": ["interval"],
      "elem": [{"range": [1, 9]}, 22]}},
    {"set": {\(table), "name": "hosts", "type": "ipv4_addr", "elem": ["10.0.0.2", "10.0.0.1"]}},
    {"set": {\(table), "name": "hosts6", "type": "ipv6_addr", "flags": "interval",
      "elem": [{"prefix": {"addr": "fe80::", "len": 10}}, "::1"]}},
    {"set": {\(table), "name": "names", "type": "ifname", "elem": ["eth0", "wl*"]}},
    {"set": {\(table), "name": "banned", "type": "ipv4_addr", "flags": ["timeout"], "timeout": 60}},
    {"set": {\(table), "name": "some", "type": "ipv4_addr",
      "elem": [{"elem": {"val": "10.0.0.1", "limit": {"rate": 5, "per": "second"}}}]}},
    {"set": {\(table), "name": "pairs", "type": ["ipv4_addr", "inet_service"],
      "elem": [{"concat": ["10.0.0.1", 22]}, {"concat": ["10.0.0.2", 80]}]}},
    {"set": {\(table), "name": "asked4", "type": ["ipv4_addr", "inet_service"],
      "flags": ["timeout"], "timeout": 5, "size": 9}},
    {"map": {\(table), "name": "verdicts", "type": "inet_service", "map": "verdict",
      "elem": [[22, {"accept": null}], [80, {"jump": {"target": "a"}}], ["*", {"drop": null}]]}},
    {\(key): {\(table), "chain": "c", "expr": [\(expressions)]}}
    ]}
    """
  return try readNftJSON(Array(file.utf8)).tables[0]
}

/// The rules of the base chain.
func rules(_ expressions: String, family: String = "inet") throws -> [Rule] {
  try readRule(expressions, family: family).chains[0].rules
}

/// `{"match": …}`
func match(_ left: String, _ comparison: String, _ right: String) -> String {
  "{\"match\": {\"op\": \"\(comparison)\", \"left\": \(left), \"right\": \(right)}}"
}

func meta(_ key: String) -> String { "{\"meta\": {\"key\": \"\(key)\"}}" }

func ct(_ key: String, _ direction: String? = nil) -> String {
  let direction = direction.map { ", \"dir\": \"\($0)\"" } ?? ""
  return "{\"ct\": {\"key\": \"\(key)\"\(direction)}}"
}

/// `ip saddr`
func payload(_ words: String) -> String {
  let parts = words.split(separator: " ", maxSplits: 1)
  return "{\"payload\": {\"protocol\": \"\(parts[0])\", \"field\": \"\(parts[1])\"}}"
}
