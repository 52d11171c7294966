import PacketSpace
import RulesetIR

/// `FIELD VALUE`, with an operator where nft would not read it as meant.
func conditionText(_ condition: NftCondition) -> String {
  let field = fieldText(condition.field)
  let value = valueText(condition.value)
  switch condition.comparison {
  case .equal:
    if case .masked = condition.field { return "\(field) == \(value)" }
    return "\(field) \(value)"
  case .notEqual: return "\(field) != \(value)"
  case .hasAny: return "\(field) \(value)"
  case .hasNone: return "\(field) ! \(value)"
  }
}

func fieldText(_ field: NftField) -> String {
  switch field {
  // nft prints these without the word `meta`.
  case .meta(let key): ["iif", "iifname", "oifname"].contains(key) ? key : "meta \(key)"
  case .payload(let header, let field): "\(header) \(field)"
  case .linkLayer(let offset, let count): "@ll,\(offset),\(count)"
  case .extensionHeader(let header, let field): "\(header) \(field)"
  case .conntrack(let key, nil): "ct \(key)"
  case .conntrack(let key, let direction?): "ct \(direction.rawValue) \(key)"
  case .socketCgroup(let level): "socket cgroupv2 level \(level)"
  case .masked(let field, let mask): "\(fieldText(field)) & \(valueText(mask))"
  case .concatenation(let fields): fields.map(fieldText).joined(separator: " . ")
  }
}

func valueText(_ value: NftValue) -> String {
  switch value {
  case .number(let number): "\(number)"
  case .bits(let number, let digits): hexadecimal(number, digits: digits)
  case .name(let name): name
  case .quoted(let text): "\"\(text)\""
  case .address(let address): address.text
  case .prefix(let prefix): prefix.text
  case .range(let lower, let upper): "\(lower)-\(upper)"
  case .set(let values): "{ \(values.map(valueText).joined(separator: ", ")) }"
  case .flags(let names): names.joined(separator: ",")
  case .namedSet(let name): "@\(name)"
  }
}

func statementText(_ statement: RuleStatement, in table: Table, _ origin: RuleOrigin?)
  throws(UnsupportedByTarget) -> String
{
  switch statement {
  case .counter:
    return "counter"
  case .log(let prefix):
    try requireLogPrefix(prefix, origin)
    return prefix.isEmpty ? "log" : "log prefix \"\(prefix)\""
  case .limit(let rate):
    return "limit rate \(rate)/second burst \(rate) packets"
  case .setMark(let clear, let set):
    return "meta mark set " + markText(clear: clear, set: set)
  case .setConntrackLabel(let bit):
    return "ct label set \(bit)"
  case .updateSet(let name, let address, let port):
    let key = askedKey(familyOfSet(name, in: table), address, port)
    return "update @\(name) { \(fieldText(key)) }"
  case .masquerade:
    return "masquerade"
  case .opaque(let text, _):
    throw UnsupportedByTarget(
      "`\(text)`, a statement that is not modelled",
      instead: "leave the rule to those who wrote it",
      origin: origin)
  }
}

func verdictText(_ verdict: Verdict, in family: TableFamily, _ origin: RuleOrigin?)
  throws(UnsupportedByTarget) -> String
{
  switch verdict {
  case .accept: "accept"
  case .drop: "drop"
  case .reject(.tcpReset): "reject with tcp reset"
  case .reject(.administrativelyProhibited):
    "reject with \(try rejectType(family, origin)) admin-prohibited"
  case .jump(let chain): "jump \(chain)"
  case .goto(let chain): "goto \(chain)"
  case .return: "return"
  }
}

private func markText(clear: UInt32, set: UInt32) -> String {
  let bits = hexadecimal(set)
  if clear == .max { return bits }
  let kept = clear == 0 ? "meta mark" : "meta mark & \(hexadecimal(~clear))"
  return set == 0 ? kept : "\(kept) | \(bits)"
}

private func hexadecimal(_ number: UInt32, digits: Int = 1) -> String {
  let text = String(number, radix: 16)
  return "0x" + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
