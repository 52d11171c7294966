import PacketSpace
import RulesetIR

func conditionJSON(_ condition: NftCondition, _ origin: RuleOrigin?) throws(UnsupportedByTarget)
  -> JSONValue
{
  let comparison =
    switch condition.comparison {
    case .equal: "=="
    case .notEqual: "!="
    case .hasAny: "in"
    case .hasNone: "!"
    }
  return .tagged(
    "match",
    .object([
      ("op", .string(comparison)), ("left", try fieldJSON(condition.field, origin)),
      ("right", valueJSON(condition.value)),
    ]))
}

private func fieldJSON(_ field: NftField, _ origin: RuleOrigin?) throws(UnsupportedByTarget)
  -> JSONValue
{
  switch field {
  case .meta(let key):
    return metaJSON(key)
  case .payload(let header, let field):
    return .tagged(
      "payload", .object([("protocol", .string(header)), ("field", .string(field))]))
  case .linkLayer(let offset, let count):
    return .tagged(
      "payload",
      .object([
        ("base", .string("ll")), ("offset", .signed(Int32(offset))), ("len", .signed(Int32(count))),
      ]))
  case .extensionHeader(let header, let field):
    return .tagged("exthdr", .object([("name", .string(header)), ("field", .string(field))]))
  case .conntrack(let key, let direction):
    var members: [(String, JSONValue)] = [("key", .string(key))]
    if let direction { members.append(("dir", .string(direction.rawValue))) }
    return .tagged("ct", .object(members))
  case .socketCgroup:
    throw UnsupportedByTarget(
      "socket cgroupv2 in libnftables JSON", instead: "use --target nft", origin: origin)
  case .masked(let field, let mask):
    return .tagged("&", .array([try fieldJSON(field, origin), valueJSON(mask)]))
  case .concatenation(let fields):
    var parts: [JSONValue] = []
    for field in fields { parts.append(try fieldJSON(field, origin)) }
    return .tagged("concat", .array(parts))
  }
}

private func valueJSON(_ value: NftValue) -> JSONValue {
  switch value {
  case .number(let number), .bits(let number, _): .number(number)
  case .name(let name): .string(name)
  case .quoted(let text): .string(text)
  case .address(let address): .string(address.text)
  case .prefix(let prefix):
    .tagged(
      "prefix",
      .object([
        ("addr", .string(prefix.address.text)), ("len", .number(UInt32(prefix.length))),
      ]))
  case .range(let lower, let upper): .tagged("range", .array([.number(lower), .number(upper)]))
  case .set(let values): .tagged("set", .array(values.map(valueJSON)))
  case .flags(let names):
    names.count == 1 ? .string(names[0]) : .array(names.map { .string($0) })
  case .namedSet(let name): .string("@\(name)")
  }
}

func statementJSON(_ statement: RuleStatement, in table: Table, _ origin: RuleOrigin?)
  throws(UnsupportedByTarget) -> JSONValue
{
  switch statement {
  case .counter:
    return .tagged("counter", .null)
  case .log(let prefix):
    try requireLogPrefix(prefix, origin)
    return .tagged("log", prefix.isEmpty ? .null : .tagged("prefix", .string(prefix)))
  case .limit(let rate):
    return .tagged(
      "limit",
      .object([("rate", .number(rate)), ("burst", .number(rate)), ("per", .string("second"))]))
  case .setMark(let clear, let set):
    return mangle(metaJSON("mark"), markJSON(clear: clear, set: set))
  case .setConntrackLabel(let bit):
    return mangle(.tagged("ct", .tagged("key", .string("label"))), .string("\(bit)"))
  case .updateSet(let name, let address, let port):
    let key = askedKey(familyOfSet(name, in: table), address, port)
    return .tagged(
      "set",
      .object([
        ("op", .string("update")), ("elem", try fieldJSON(key, origin)),
        ("set", .string("@\(name)")),
      ]))
  case .masquerade:
    return .tagged("masquerade", .null)
  case .opaque(let text, _):
    throw UnsupportedByTarget(
      "`\(text)`, a statement that is not modelled",
      instead: "leave the rule to those who wrote it",
      origin: origin)
  }
}

func verdictJSON(_ verdict: Verdict, in family: TableFamily, _ origin: RuleOrigin?)
  throws(UnsupportedByTarget) -> JSONValue
{
  switch verdict {
  case .accept: .tagged("accept", .null)
  case .drop: .tagged("drop", .null)
  case .reject(.tcpReset): .tagged("reject", .tagged("type", .string("tcp reset")))
  case .reject(.administrativelyProhibited):
    .tagged(
      "reject",
      .object([
        ("type", .string(try rejectType(family, origin))), ("expr", .string("admin-prohibited")),
      ]))
  case .jump(let chain): .tagged("jump", .tagged("target", .string(chain)))
  case .goto(let chain): .tagged("goto", .tagged("target", .string(chain)))
  case .return: .tagged("return", .null)
  }
}

private func metaJSON(_ key: String) -> JSONValue {
  .tagged("meta", .tagged("key", .string(key)))
}

private func mangle(_ key: JSONValue, _ value: JSONValue) -> JSONValue {
  .tagged("mangle", .object([("key", key), ("value", value)]))
}

private func markJSON(clear: UInt32, set: UInt32) -> JSONValue {
  if clear == .max { return .number(set) }
  let mark = metaJSON("mark")
  let kept = clear == 0 ? mark : JSONValue.tagged("&", .array([mark, .number(~clear)]))
  return set == 0 ? kept : .tagged("|", .array([kept, .number(set)]))
}
