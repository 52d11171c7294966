import PacketSpace
import RulesetIR

extension NftTableReader {
  /// `limit`: a statement of ours where only a log depends on it, else a match that may hold or not.
  mutating func readLimit(
    _ item: JSONPlace, _ value: JSONPlace, followedBy rest: ArraySlice<JSONPlace>
  ) {
    let isForLogs = rest.allSatisfy {
      guard let tag = tree.tagged($0)?.tag else { return false }
      return tag == "log" || tag == "counter"
    }
    let hasOthers = ["inv", "rate_unit", "burst_unit"].contains { tree.member(value, $0) != nil }
    guard isForLogs, !hasOthers, tree.has(value, "per", "second"),
      let rate = tree.member(value, "rate").flatMap({ tree.integer($0) }),
      tree.member(value, "burst").flatMap({ tree.integer($0) }) == rate,
      let rate = UInt32(exactly: rate)
    else { return constrain(stateful(item)) }
    draft.statements.append(.limit(packetsPerSecond: rate))
  }

  /// `{"mangle": {"key": …, "value": …}}`
  mutating func readMangle(_ item: JSONPlace, _ value: JSONPlace) throws(RulesetReadError) {
    guard let key = tree.member(value, "key"), let new = tree.member(value, "value"),
      let (tag, field) = tree.tagged(key)
    else { throw tree.fault("expected `mangle` with `key` and `value`", at: value) }
    if tag == "meta", tree.has(field, "key", "mark") { return readMark(item, new) }
    if tag == "ct", tree.has(field, "key", "label") { return readLabel(item, new) }
    if tag == "meta" || tag == "ct" {
      // A look-up that finds nothing ends the rule.
      if tree.tagged(new) != nil { constrain(stateful(item)) }
      draft.statements.append(unmodelled(item))
      return
    }
    constrain(stateful(item))
    if tag == "tcp option" || tree.isHarmless(field) {
      draft.statements.append(unmodelled(item))
    } else {
      mayAccept(item)
    }
  }

  private mutating func readMark(_ item: JSONPlace, _ new: JSONPlace) {
    let change = tree.markChange(new)
    if change.mayFail { constrain(stateful(item)) }
    let constant = ~change.kept & ~change.unknown
    if constant != 0 {
      draft.statements.append(.setMark(clear: constant, set: change.ones & constant))
    }
    if change.unknown != 0 {
      draft.statements.append(unmodelled(item, markBits: change.unknown))
    }
  }

  /// Labels by number; the names of others stand in a file of the host, and are not modelled.
  private mutating func readLabel(_ item: JSONPlace, _ new: JSONPlace) {
    for place in tree.items(new) ?? [new] {
      guard let bit = tree.number(place, of: .ctLabel), bit.lowerBound == bit.upperBound else {
        draft.statements.append(unmodelled(item))
        continue
      }
      draft.statements.append(.setConntrackLabel(bit: UInt8(bit.lowerBound)))
    }
  }

  /// `{"set": {"op": "update", "elem": …, "set": "@NAME"}}`
  mutating func readSetUpdate(_ item: JSONPlace, _ value: JSONPlace) throws(RulesetReadError) {
    guard let place = tree.member(value, "set"), let name = tree.setReference(place),
      let element = tree.member(value, "elem")
    else { throw tree.fault("expected `set` with `elem` and `set`", at: value) }
    guard let contents = contents[name] else {
      throw tree.fault("there is no set `\(brief(name))` in the table", at: place)
    }
    let isPlain = tree.has(value, "op", "update") && tree.member(value, "stmt") == nil
    guard isPlain, let key = tree.askedKey(element, in: source.family),
      case .asked(key.family, _)? = contents.set?.elements
      // A full set, like one that has the element, ends the rule.
    else { return constrain(stateful(item)) }
    if !draft.knows(only: [17]) { constrain(certain(.transport([17]))) }
    constrain(certain(.family(key.family)))
    draft.statements.append(.updateSet(name: name, address: key.address, port: key.port))
  }

  private func certain(_ match: Match) -> NftReadCondition {
    NftReadCondition(alternatives: [[match]], text: "")
  }
}

/// What an expression makes of the mark, bit by bit; the bits in none of these become 0.
struct NftMarkChange {
  var kept: UInt32 = 0
  var ones: UInt32 = 0
  var unknown: UInt32 = 0
  /// The expression may have no value, which ends the rule.
  var mayFail = false
}

/// The key of a set that `updateSet` fills.
struct NftAskedKey {
  var family: AddressFamily
  var address: AddressField
  var port: PortField
}

extension JSONTree {
  func markChange(_ place: JSONPlace) -> NftMarkChange {
    if let number = number(place, of: .mark(mask: .max)), number.lowerBound == number.upperBound {
      return NftMarkChange(ones: UInt32(truncatingIfNeeded: number.lowerBound))
    }
    guard let (tag, value) = tagged(place) else {
      return NftMarkChange(unknown: .max, mayFail: true)
    }
    if tag == "meta", has(value, "key", "mark") { return NftMarkChange(kept: .max) }
    guard ["&", "|", "^"].contains(tag), let parts = items(value), let first = parts.first else {
      return NftMarkChange(unknown: .max, mayFail: true)
    }
    var change = markChange(first)
    for part in parts.dropFirst() {
      let next = markChange(part)
      guard next.kept == 0, next.unknown == 0, !next.mayFail else {
        return NftMarkChange(unknown: .max, mayFail: true)
      }
      change.apply(tag, next.ones)
    }
    return change
  }

  /// An address and a UDP port of one packet.
  func askedKey(_ place: JSONPlace, in family: TableFamily) -> NftAskedKey? {
    guard let parts = member(place, "concat").flatMap(items), parts.count == 2,
      case .address(let address, let addressFamily, maskLength: nil)? = field(parts[0], in: family),
      case .port(17, let port)? = field(parts[1], in: family)
    else { return nil }
    return NftAskedKey(family: addressFamily, address: address, port: port)
  }

  /// Parts of the packet that no modelled match compares.
  func isHarmless(_ payload: JSONPlace) -> Bool {
    let fields = ["dscp", "ecn", "flowlabel", "id", "checksum", "pcp"]
    return fields.contains { has(payload, "field", $0) }
  }

  /// The matches that nft adds for the headers that an expression reads.
  func implied(_ place: JSONPlace) -> [Match] {
    var result: [Match] = []
    collectImplied(place, &result)
    return result
  }

  private func collectImplied(_ place: JSONPlace, _ matches: inout [Match]) {
    if let (tag, value) = tagged(place) {
      switch tag {
      case "payload":
        let header = member(value, "protocol").flatMap(string) ?? ""
        let found = headerMatches(header)
        for match in found where !matches.contains(match) { matches.append(match) }
        return
      case "exthdr", "tcp option", "ip option":
        let match: Match =
          tag == "exthdr" ? .family(.ipv6) : tag == "ip option" ? .family(.ipv4) : .transport([6])
        if !matches.contains(match) { matches.append(match) }
        return
      // Constants, but for the statement `set`.
      case "set" where kind(value) == .array, "range", "prefix": return
      default: break
      }
    }
    guard kind(place) == .array || kind(place) == .object else { return }
    for child in children(place) { collectImplied(child, &matches) }
  }

  private func headerMatches(_ header: String) -> [Match] {
    switch header {
    case "ip": [.family(.ipv4)]
    case "ip6": [.family(.ipv6)]
    case "icmp", "igmp": [.family(.ipv4), .transport([header == "icmp" ? 1 : 2])]
    case "icmpv6": [.family(.ipv6), .transport([58])]
    case "tcp", "udp", "udplite", "sctp", "dccp", "esp", "ah", "comp":
      protocolNumbers[header].map { [.transport([UInt8($0)])] } ?? []
    default: []
    }
  }
}

extension NftMarkChange {
  mutating func apply(_ operation: String, _ number: UInt32) {
    switch operation {
    case "&":
      kept &= number
      ones &= number
      unknown &= number
    case "|":
      kept &= ~number
      unknown &= ~number
      ones |= number
    default:
      unknown |= kept & number
      kept &= ~number
      ones ^= number
    }
  }
}
