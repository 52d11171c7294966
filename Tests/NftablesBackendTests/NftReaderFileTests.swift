import NftablesBackend
import PacketSpace
import RulesetIR
import Testing

/// A file with these commands, one a line.
private func read(_ commands: String...) throws -> Ruleset {
  let file = "{\"nftables\": [\n\(commands.joined(separator: ",\n"))\n]}"
  return try readNftJSON(Array(file.utf8))
}

private let table = #""family": "inet", "table": "t""#
private let addTable = #"{"add": {"table": {"family": "inet", "name": "t"}}}"#
private let addChain = "{\"add\": {\"chain\": {\(table), \"name\": \"c\"}}}"
private let addSet = "{\"add\": {\"set\": {\(table), \"name\": \"s\", \"type\": \"ipv4_addr\"}}}"
private let addElement =
  "{\"add\": {\"element\": {\(table), \"name\": \"s\", \"elem\": [\"1.1.1.1\"]}}}"

private func rule(_ command: String, _ verdict: String, _ chain: String = "c") -> String {
  "{\"\(command)\": {\"rule\": {\(table), \"chain\": \"\(chain)\", \"expr\": [{\"\(verdict)\": null}]}}}"
}

private func base(_ priority: String, _ more: String = "", family: String = "inet") throws
  -> BaseChain?
{
  try read(
    "{\"table\": {\"family\": \"\(family)\", \"name\": \"t\"}}",
    """
    {"chain": {"family": "\(family)", "table": "t", "name": "c", "type": "filter",
    "hook": "prerouting", "prio": \(priority)\(more)}}
    """
  ).tables[0].chains[0].base
}

@Suite struct NftReaderFileTests {
  @Test func `commands are carried out in order`() throws {
    let chain = try read(
      addTable, addChain, rule("add", "drop"), rule("insert", "accept"), rule("insert", "return"),
      rule("add", "continue")
    ).tables[0].chains[0]
    #expect(chain.rules.map(\.verdict) == [.return, .accept, .drop, nil])
  }

  @Test(arguments: [
    (#"{"flush": {"ruleset": null}}"#, [Table]()),
    (#"{"flush": {"ruleset": {"family": "inet"}}}"#, []),
    (#"{"delete": {"table": {"family": "inet", "name": "t"}}}"#, []),
    (
      "{\"flush\": {\"chain\": {\(table), \"name\": \"c\"}}}",
      [Table(family: .inet, name: "t", sets: [set], chains: [Chain(name: "c")])]
    ),
    (
      "{\"delete\": {\"chain\": {\(table), \"name\": \"c\"}}}",
      [Table(family: .inet, name: "t", sets: [set])]
    ),
    // Old elements stay.
    (
      #"{"flush": {"table": {"family": "inet", "name": "t"}}}"#,
      [Table(family: .inet, name: "t", sets: [set], chains: [Chain(name: "c")])]
    ),
    (
      "{\"destroy\": {\"set\": {\(table), \"name\": \"s\"}}}",
      [Table(family: .inet, name: "t", chains: [dropping])]
    ),
    (
      "{\"flush\": {\"set\": {\(table), \"name\": \"s\"}}}",
      [
        Table(
          family: .inet, name: "t",
          sets: [NamedSet(name: "s", elements: .ipv4([]), size: nil)], chains: [dropping])
      ]
    ),
    (
      #"{"destroy": {"table": {"family": "ip", "name": "none"}}}"#,
      [Table(family: .inet, name: "t", sets: [set], chains: [dropping])]
    ),
  ])
  func `a command takes away`(_ command: String, _ tables: [Table]) throws {
    let read = try read(addTable, addChain, addSet, addElement, rule("add", "drop"), command)
    #expect(read.tables == tables)
  }

  private static let set = NamedSet(name: "s", elements: .ipv4([0x0101_0101]), size: nil)
  private static let dropping = Chain(name: "c", rules: [Rule([], .drop)])

  @Test func `what is deleted can be added again`() throws {
    let read = try read(
      addTable, addChain, rule("add", "drop"),
      #"{"delete": {"table": {"family": "inet", "name": "t"}}}"#, addTable, addChain,
      rule("add", "accept"))
    let chain = Chain(name: "c", rules: [Rule([], .accept)])
    #expect(read.tables == [Table(family: .inet, name: "t", chains: [chain])])
  }

  @Test(arguments: [
    ("300", "inet", Int32(300)), ("-150", "ip", -150), ("\"filter\"", "inet", 0),
    ("\"mangle + 5\"", "inet", -145), ("\"srcnat - 10\"", "ip6", 90),
    ("\"filter\"", "bridge", -200),
    ("\"-7\"", "arp", -7),
  ])
  func `a priority is a number or a name`(_ text: String, _ family: String, _ number: Int32) throws
  {
    #expect(try base(text, family: family)?.priority == number)
  }

  @Test func `a base chain without a policy accepts`() throws {
    #expect(try base("0")?.policy == .accept)
    #expect(try base("0", ", \"policy\": \"drop\"")?.policy == .drop)
  }

  /// nft 1.0.6 prints any text as the table's flag.
  @Test(arguments: [
    ("[\"dormant\"]", true), ("\"dormant\"", true), ("\"owner\"", false), ("\"Lester\"", true),
    ("[\"owner\", \"persist\"]", false), ("5", true),
  ])
  func `a table with a flag may be dormant`(_ flags: String, _ isDormant: Bool) throws {
    let read = try read("{\"table\": {\"family\": \"ip\", \"name\": \"t\", \"flags\": \(flags)}}")
    #expect(read.tables[0].isDormant == isDormant)
  }

  @Test func `a set that rules fill is not what it holds`() throws {
    let look = """
      {"rule": {\(table), "chain": "c", "expr": [
      {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
      "right": "@s"}}, {"accept": null}]}}
      """
    let fill = """
      {"rule": {\(table), "chain": "c", "expr": [
      {"set": {"op": "add", "elem": {"payload": {"protocol": "ip", "field": "saddr"}},
      "set": "@s"}}]}}
      """
    let known = try read(addTable, addChain, addSet, addElement, look).tables[0]
    #expect(known.sets.map(\.name) == ["s"])
    #expect(
      known.chains[0].rules[0].matches == [
        .address(.source, .set(name: "s", family: .ipv4, maskLength: nil))
      ])
    let changing = try read(addTable, addChain, addSet, addElement, look, fill).tables[0]
    #expect(changing.sets.isEmpty)
    let answer = Match.opaque("ip saddr @s (inet t c, rule 1)")
    #expect(changing.chains[0].rules[0].matches == [.family(.ipv4), answer])
    let deleted = try read(
      addTable, addChain, addSet, addElement,
      "{\"delete\": {\"element\": {\(table), \"name\": \"s\", \"elem\": [\"1.1.1.1\"]}}}", look
    ).tables[0]
    #expect(deleted.chains[0].rules[0].matches == [.family(.ipv4), answer])
  }

  @Test func `chains with several devices come together`() throws {
    let chain = """
      {"add": {"chain": {"family": "netdev", "table": "t", "name": "c", "type": "filter",
      "hook": "egress", "prio": 0, "dev": "NAME"}}}
      """
    let read = try read(
      #"{"add": {"table": {"family": "netdev", "name": "t"}}}"#,
      chain.replacing("NAME", with: "d1"), chain.replacing("NAME", with: "d0"),
      chain.replacing("NAME", with: "d1"))
    #expect(read.tables[0].chains.map(\.base?.devices) == [["d1", "d0"]])
  }
}
