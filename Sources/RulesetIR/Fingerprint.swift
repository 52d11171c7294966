import PacketSpace

extension Ruleset {
  /// A number for what the rules do: the same for equal rules, whatever their comments say.
  package var fingerprint: String {
    var hash = FNV1a()
    for table in tables {
      hash.feed(table.family.rawValue)
      hash.feed(table.name)
      hash.feed(table.isDormant ? 1 : 0)
      for set in table.sets { set.feed(&hash) }
      for chain in table.chains { chain.feed(&hash) }
    }
    return hash.text
  }
}

extension NamedSet {
  package func feed(_ hash: inout FNV1a) {
    hash.feed(name)
    hash.feed(size ?? 0)
    switch elements {
    case .ipv4(let addresses): for address in addresses { hash.feed(address) }
    case .ipv6(let addresses): for address in addresses { hash.feed(address) }
    case .ipv4Ranges(let ranges):
      for range in ranges {
        hash.feed(range.lower)
        hash.feed(range.upper)
      }
    case .ipv6Ranges(let ranges):
      for range in ranges {
        hash.feed(range.lower)
        hash.feed(range.upper)
      }
    case .asked(let family, let timeoutSeconds):
      hash.feed(family.rawValue)
      hash.feed(timeoutSeconds)
    }
  }
}

extension Chain {
  fileprivate func feed(_ hash: inout FNV1a) {
    hash.feed(name)
    if let base {
      hash.feed(base.type.rawValue)
      hash.feed(base.hook.rawValue)
      hash.feed(base.priority)
      hash.feed(base.policy.rawValue)
      for device in base.devices { hash.feed(device) }
    }
    for rule in rules {
      for match in rule.matches { match.feed(&hash) }
      for statement in rule.statements { statement.feed(&hash) }
      rule.verdict?.feed(&hash)
      hash.feed("rule")
    }
  }
}

extension Verdict {
  fileprivate func feed(_ hash: inout FNV1a) {
    switch self {
    case .accept: hash.feed("accept")
    case .drop: hash.feed("drop")
    case .reject(.tcpReset): hash.feed("reject tcp reset")
    case .reject(.administrativelyProhibited): hash.feed("reject")
    case .jump(let chain): hash.feed("jump \(chain)")
    case .goto(let chain): hash.feed("goto \(chain)")
    case .return: hash.feed("return")
    }
  }
}

extension RuleStatement {
  fileprivate func feed(_ hash: inout FNV1a) {
    switch self {
    case .counter: hash.feed("counter")
    case .log(let prefix):
      hash.feed("log")
      hash.feed(prefix)
    case .limit(let packetsPerSecond):
      hash.feed("limit")
      hash.feed(packetsPerSecond)
    case .setMark(let clear, let set):
      hash.feed("set mark")
      hash.feed(clear)
      hash.feed(set)
    case .setConntrackLabel(let bit):
      hash.feed("set label")
      hash.feed(bit)
    case .updateSet(let name, let address, let port):
      hash.feed("update")
      hash.feed(name)
      hash.feed(address.rawValue)
      hash.feed(port.rawValue)
    case .masquerade: hash.feed("masquerade")
    case .opaque(let text, let markBits):
      hash.feed("opaque")
      hash.feed(text)
      hash.feed(markBits)
    }
  }
}

extension AddressOperand {
  fileprivate func feed(_ hash: inout FNV1a) {
    switch self {
    case .prefix(let prefix):
      hash.feed(prefix.address.family.rawValue)
      hash.feed(prefix.address.bits)
      hash.feed(prefix.length)
    case .list(let addresses):
      hash.feed("list")
      for address in addresses { hash.feed(address.bits) }
    case .set(let name, _, let maskLength):
      hash.feed("set")
      hash.feed(name)
      hash.feed(maskLength ?? -1)
    }
  }
}

extension Match {
  fileprivate func feed(_ hash: inout FNV1a) {
    switch self {
    case .interface(let side, let pattern, let isNegated):
      hash.feed("\(side.rawValue)name \(isNegated) \(pattern.name) \(pattern.isPrefix)")
    case .notReceived: hash.feed("not received")
    case .deviceType(let side, let type, let isNegated):
      hash.feed("\(side.rawValue)type \(isNegated) \(type)")
    case .family(let family): hash.feed(family.rawValue)
    case .address(let field, let operand, let isNegated):
      hash.feed("\(field.rawValue) address \(isNegated)")
      operand.feed(&hash)
    case .asked(let set, _, let address, let port):
      hash.feed("asked \(set) \(address.rawValue) \(port.rawValue)")
    case .transport(let numbers):
      hash.feed("transport")
      for number in numbers { hash.feed(number) }
    case .port(let field, let ranges, let isNegated):
      hash.feed("\(field.rawValue) port \(isNegated)")
      for range in ranges { range.feed(&hash) }
    case .ctState(let states, let isNegated):
      hash.feed("ct state \(isNegated)")
      for state in states { hash.feed(state.rawValue) }
    case .ctDirection(let direction): hash.feed("ct direction \(direction.rawValue)")
    case .ctProtocol(let number): hash.feed("ct protocol \(number)")
    case .ctAddress(let direction, let field, let operand):
      hash.feed("ct \(direction.rawValue) \(field.rawValue)")
      operand.feed(&hash)
    case .ctPort(let direction, let field, let range):
      hash.feed("ct port \(direction.rawValue) \(field.rawValue)")
      range.feed(&hash)
    case .icmpType(let types):
      hash.feed("icmp")
      for type in types { hash.feed(type) }
    case .icmpv6Type(let types):
      hash.feed("icmpv6")
      for type in types { hash.feed(type) }
    case .mark(let value, let mask, let isNegated):
      hash.feed("mark \(value) \(mask) \(isNegated)")
    case .socketUser(let range): hash.feed("skuid \(range.lowerBound) \(range.upperBound)")
    case .socketGroup(let range): hash.feed("skgid \(range.lowerBound) \(range.upperBound)")
    case .cgroup(let path, let level): hash.feed("cgroup \(level) \(path)")
    case .hopLimit(let family, let hops): hash.feed("hops \(family.rawValue) \(hops)")
    case .laterFragment(let family): hash.feed("later fragment \(family.rawValue)")
    case .tcpFlags(let mask, let value): hash.feed("tcp flags \(mask) \(value)")
    case .ctLabel(let bit): hash.feed("ct label \(bit)")
    case .isIP(let isNegated): hash.feed("is ip \(isNegated)")
    case .arpAddress(let field, let address):
      hash.feed("arp \(field.rawValue)")
      hash.feed(address.bits)
    case .opaque(let text):
      hash.feed("opaque")
      hash.feed(text)
    case .not(let inner):
      hash.feed("not")
      inner.feed(&hash)
    }
  }
}

extension PortRange {
  fileprivate func feed(_ hash: inout FNV1a) {
    hash.feed(lower)
    hash.feed(upper)
  }
}
