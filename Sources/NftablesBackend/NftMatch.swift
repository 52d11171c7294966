import PacketSpace
import RulesetIR

/// The conditions of a rule in nft's terms, in the rule's order.
func nftConditions(_ rule: Rule, in family: TableFamily) throws(UnsupportedByTarget)
  -> [NftCondition]
{
  var conditions: [NftCondition] = []
  var context = MatchContext(family: family, origin: rule.origin)
  for (index, match) in rule.matches.enumerated() {
    if case .transport(let numbers) = match { context.header = portHeader(numbers) }
    if !isSaidByNext(index, of: rule.matches), let condition = try nftCondition(match, context) {
      conditions.append(condition)
    }
    context.knowsProtocol = context.knowsProtocol || match.fixesProtocol
  }
  return conditions
}

/// Whether the match is a protocol that the next match names as well, as `tcp dport` does.
private func isSaidByNext(_ index: Int, of matches: [Match]) -> Bool {
  guard case .transport(let numbers) = matches[index], index + 1 < matches.count,
    case .port = matches[index + 1]
  else { return false }
  return portHeader(numbers) != "th"
}

/// The key of a set that `updateSet` fills: an address and a UDP port.
func askedKey(_ family: AddressFamily, _ address: AddressField, _ port: PortField) -> NftField {
  .concatenation([addressPayload(family, address), portPayload("udp", port)])
}

/// What a match means depends on these.
private struct MatchContext {
  var family: TableFamily
  var origin: RuleOrigin?
  /// nft's name for the header that holds the ports; `th` where the rule allows several protocols.
  var header = "th"
  /// A match before this one allows one protocol only.
  var knowsProtocol = false
}

extension Match {
  /// The match holds for packets of one protocol only, and nft knows it.
  fileprivate var fixesProtocol: Bool {
    switch self {
    case .transport(let numbers): numbers.count == 1
    case .icmpType, .icmpv6Type, .tcpFlags, .asked: true
    case .interface, .notReceived, .deviceType, .family, .address, .port, .ctState, .ctDirection,
      .ctProtocol, .ctAddress, .ctPort, .mark, .socketUser, .socketGroup, .cgroup, .hopLimit,
      .laterFragment, .ctLabel, .isIP, .arpAddress, .opaque, .not:
      false
    }
  }
}

/// `nil` where every packet of the table's family matches.
private func nftCondition(_ match: Match, _ context: MatchContext) throws(UnsupportedByTarget)
  -> NftCondition?
{
  switch match {
  case .interface(let side, let pattern, let isNegated):
    return try interfaceCondition(side, pattern, isNegated, context.origin)
  case .notReceived:
    return NftCondition(.meta("iif"), .number(0))
  case .not(.notReceived):
    return NftCondition(.meta("iif"), isNegated: true, .number(0))
  case .deviceType(let side, let type, let isNegated):
    return NftCondition(
      .meta(sidePrefix(side) + "iftype"), isNegated: isNegated, .number(UInt32(type)))
  case .family(let family):
    return try familyCondition(family, context)
  case .isIP(let isNegated):
    return try frameCondition(isNegated, context)
  case .address(let field, let operand, let isNegated):
    return addressCondition(addressPayload(operand.family, field), operand, isNegated)
  case .arpAddress(let field, let address):
    return NftCondition(.payload("arp", "\(addressName(field)) ip"), .address(address))
  case .asked(let set, let family, let address, let port):
    return NftCondition(askedKey(family, address, port), .namedSet(set))
  // By number: names come from /etc/protocols, which small containers do not have.
  case .transport(let numbers):
    return NftCondition(.meta("l4proto"), oneOrSet(numbers.map { .number(UInt32($0)) }))
  case .port(let field, let ranges, let isNegated):
    return NftCondition(
      portPayload(context.header, field), isNegated: isNegated, oneOrSet(ranges.map(portValue)))
  case .ctState(let states, let isNegated):
    precondition(!states.isEmpty, "a match with nothing to compare would match anything")
    return NftCondition(
      .conntrack("state"), isNegated ? .hasNone : .hasAny, .flags(states.map(\.rawValue)))
  case .ctDirection(let direction):
    return NftCondition(.conntrack("direction"), .name(direction.rawValue))
  case .ctProtocol(let number):
    return NftCondition(.conntrack("protocol"), .number(UInt32(number)))
  case .ctAddress(let direction, let field, let operand):
    let key = "\(familyName(operand.family)) \(addressName(field))"
    return addressCondition(.conntrack(key, direction), operand, false)
  case .ctPort(let direction, let field, let range):
    return try conntrackPortCondition(direction, field, range, context)
  case .ctLabel(let bit):
    return NftCondition(.conntrack("label"), .hasAny, .flags(["\(bit)"]))
  case .icmpType(let types):
    return NftCondition(.payload("icmp", "type"), oneOrSet(types.map(icmpTypeValue)))
  case .icmpv6Type(let types):
    return NftCondition(.payload("icmpv6", "type"), oneOrSet(types.map(icmpv6TypeValue)))
  case .mark(let value, let mask, let isNegated):
    let mark = NftField.meta("mark")
    return NftCondition(
      mask == .max ? mark : .masked(mark, .bits(mask)), isNegated: isNegated, .bits(value))
  case .socketUser(let range):
    return NftCondition(.meta("skuid"), rangeValue(range.lowerBound, range.upperBound))
  case .socketGroup(let range):
    return NftCondition(.meta("skgid"), rangeValue(range.lowerBound, range.upperBound))
  case .cgroup(let path, let level):
    try requireQuotable(path, "a cgroup path", context.origin)
    return NftCondition(.socketCgroup(level: level), .quoted(path))
  case .hopLimit(let family, let value):
    return NftCondition(hopLimitField(family), .number(UInt32(value)))
  case .laterFragment(let family):
    return NftCondition(fragmentOffset(family), .notEqual, .number(0))
  case .tcpFlags(let mask, let value):
    return NftCondition(
      .masked(.payload("tcp", "flags"), .bits(UInt32(mask), digits: 2)),
      .bits(UInt32(value), digits: 2))
  case .opaque(let text):
    throw UnsupportedByTarget(
      "`\(text)`, a match that is not modelled", instead: "leave the rule to those who wrote it",
      origin: context.origin)
  case .not:
    throw UnsupportedByTarget(
      "the negation of any match", instead: "leave the rule to those who wrote it",
      origin: context.origin)
  }
}

private func interfaceCondition(
  _ side: InterfaceSide, _ pattern: InterfacePattern, _ isNegated: Bool, _ origin: RuleOrigin?
) throws(UnsupportedByTarget) -> NftCondition {
  try requireInterface(pattern.name, origin)
  // nft refuses a wildcard after 15 bytes, where no name can go on anyway (IFNAMSIZ, linux/if.h).
  let isWildcard = pattern.isPrefix && pattern.name.utf8.count < 15
  return NftCondition(
    .meta(sidePrefix(side) + "ifname"), isNegated: isNegated,
    .quoted(isWildcard ? pattern.name + "*" : pattern.name))
}

private func familyCondition(_ family: AddressFamily, _ context: MatchContext)
  throws(UnsupportedByTarget) -> NftCondition?
{
  switch (context.family, family) {
  case (.inet, _):
    return NftCondition(.meta("nfproto"), .name(family.rawValue))
  case (.netdev, _), (.bridge, _):
    return NftCondition(.meta("protocol"), .name(familyName(family)))
  case (.ip, .ipv4), (.ip6, .ipv6):
    return nil
  case (.ip, .ipv6), (.ip6, .ipv4), (.arp, _):
    throw UnsupportedByTarget(
      "a match on \(family.rawValue) in a table of the family \(context.family.rawValue)",
      instead: "use an inet table", origin: context.origin)
  }
}

/// The frame's Ethernet type.
///
/// In netdev tables nft puts `iiftype ether` before `ether type`, and on egress there is no input
/// device, so that the rule would never match; the raw form has no such companion.
private func frameCondition(_ isNegated: Bool, _ context: MatchContext)
  throws(UnsupportedByTarget) -> NftCondition
{
  switch context.family {
  case .netdev:
    return NftCondition(
      .linkLayer(bitOffset: 96, bitCount: 16), isNegated: isNegated,
      .set(ipFrameTypes.map { .bits($0.number, digits: 4) }))
  case .bridge:
    return NftCondition(
      .payload("ether", "type"), isNegated: isNegated,
      .set(
        ipFrameTypes.map { type in type.name.map { .name($0) } ?? .bits(type.number, digits: 4) }))
  case .inet, .ip, .ip6, .arp:
    throw UnsupportedByTarget(
      "a match on the frame type in a table of the family \(context.family.rawValue)",
      instead: "use a netdev or bridge table", origin: context.origin)
  }
}

/// nft reads and lists the number as a port only in a rule for packets of one protocol.
private func conntrackPortCondition(
  _ direction: ConntrackDirection, _ field: PortField, _ range: PortRange, _ context: MatchContext
) throws(UnsupportedByTarget) -> NftCondition {
  let key = conntrackPortKey(field)
  guard context.knowsProtocol else {
    throw UnsupportedByTarget(
      "ct \(direction.rawValue) \(key) without one protocol before it",
      instead: "use --target iptables", origin: context.origin)
  }
  return NftCondition(.conntrack(key, direction), portValue(range))
}

private func addressCondition(_ field: NftField, _ operand: AddressOperand, _ isNegated: Bool)
  -> NftCondition
{
  switch operand {
  case .prefix(let prefix):
    let isAddress = prefix.length == prefix.address.family.addressWidth
    return NftCondition(
      field, isNegated: isNegated, isAddress ? .address(prefix.address) : .prefix(prefix))
  case .list(let addresses):
    return NftCondition(field, isNegated: isNegated, oneOrSet(addresses.map { .address($0) }))
  case .set(let name, _, nil):
    return NftCondition(field, isNegated: isNegated, .namedSet(name))
  case .set(let name, let family, let length?):
    let mask = IPAddress(family: family, bits: Prefix.mask(family, length: length))
    return NftCondition(.masked(field, .address(mask)), isNegated: isNegated, .namedSet(name))
  }
}
