import PacketSpace
import RulesetIR

/// Turns the matches of one rule into options.
struct MatchOptions {
  let family: AddressFamily
  let origin: RuleOrigin?
  let sets: IpsetBook

  /// Rules that together match what the conjunction matches; none where no packet can.
  func alternatives(_ matches: [Match]) throws(UnsupportedByTarget) -> [RuleOptions] {
    var result = [RuleOptions(family: family)]
    for match in matches {
      var next: [RuleOptions] = []
      for options in result { next += try add(match, to: options) }
      result = next
    }
    return result
  }

  private func add(
    _ match: Match, to options: RuleOptions
  ) throws(UnsupportedByTarget) -> [RuleOptions] {
    switch match {
    case .interface(let side, let pattern, let isNegated):
      try check(pattern)
      return options.adding { $0.add(side, pattern, isNegated: isNegated) }
    case .family(let family):
      try check(family)
      return [options]
    case .address(let field, let operand, let isNegated):
      return try address(field, operand, isNegated, options)
    case .transport(let numbers):
      return try transports(numbers, options)
    case .port(let field, let ranges, let isNegated):
      return portOptions(field, ranges, isNegated, options)
    case .icmpType(let types):
      return try icmp(types, options)
    case .icmpv6Type(let types):
      return try icmpv6(types, options)
    case .ctState(let states, let isNegated):
      return options.with(stateModule(states, isNegated: isNegated))
    case .ctDirection(let direction):
      return options.with(conntrack: "ctdir", direction.rawValue.uppercased())
    case .ctProtocol(let number):
      if number == 0 { throw unsupported("connections of protocol 0", "leave it out") }
      return options.with(conntrack: "ctproto", String(number))
    case .ctAddress(let direction, let field, let operand):
      return try connectionAddress(direction, field, operand, options)
    case .ctPort(let direction, let field, let range):
      return options.with(
        conntrack: "ct\(direction.optionPart)\(field.optionPart)port", range.optionText)
    case .ctLabel(let bit):
      return options.with("-m connlabel --label \(bit)")
    case .asked(let set, let family, let address, let port):
      try check(family)
      let name = sets.name(set, maskLength: nil)
      return options.with("-m set --match-set \(name) \(address.setFlag),\(port.setFlag)")
    case .mark(let value, let mask, let isNegated):
      var copy = options
      copy.add(markModule: "-m mark \(isNegated ? "! " : "")--mark \(hex(value))/\(hex(mask))")
      return [copy]
    case .socketUser(let ids):
      return options.with("-m owner --uid-owner \(try owner(ids))")
    case .socketGroup(let ids):
      return options.with("-m owner --gid-owner \(try owner(ids))")
    case .cgroup(let path, _):
      return options.with("-m cgroup --path \(try controlGroup(path))")
    case .hopLimit(let family, let value):
      try check(family)
      return options.with(family == .ipv4 ? "-m ttl --ttl-eq \(value)" : "-m hl --hl-eq \(value)")
    case .laterFragment(let family):
      try check(family)
      return options.adding {
        $0.addLaterFragment(); return true
      }
    case .tcpFlags(let mask, let value):
      let flags = "--tcp-flags \(try tcpFlagNames(mask)) \(try tcpFlagNames(value))"
      return options.adding { $0.add(transport: 6) }.flatMap { $0.with("-m tcp \(flags)") }
    case .notReceived:
      throw unsupported("a packet that no device received", "use --target nft")
    case .deviceType:
      throw unsupported("the type of a device", "remove `kind`, or use --target nft")
    case .isIP:
      throw unsupported(
        "frames of a bridge or a network device", "remove `guard`, or use --target nft")
    case .arpAddress:
      throw unsupported("ARP addresses", "remove `guard`, or use --target nft")
    case .opaque(let text):
      throw unsupported(
        "`\(text)`, a match that is not modelled", "leave the rule to those who wrote it")
    case .not:
      throw unsupported("the negation of any match", "leave the rule to those who wrote it")
    }
  }

  private func address(
    _ field: AddressField, _ operand: AddressOperand, _ isNegated: Bool, _ options: RuleOptions
  ) throws(UnsupportedByTarget) -> [RuleOptions] {
    try check(operand.family)
    switch operand {
    case .prefix(let prefix):
      return options.adding { $0.add(field, prefix, isNegated: isNegated) }
    case .list(let addresses):
      let prefixes = addresses.map { Prefix($0, length: family.addressWidth) }
      if isNegated {
        return options.adding { options in
          prefixes.allSatisfy { options.add(field, $0, isNegated: true) }
        }
      }
      return prefixes.flatMap { prefix in
        options.adding { $0.add(field, prefix, isNegated: false) }
      }
    case .set(let name, _, let maskLength):
      let set = sets.name(name, maskLength: maskLength)
      return options.with(
        "-m set \(isNegated ? "! " : "")--match-set \(set) \(field.setFlag)")
    }
  }

  private func transports(
    _ numbers: [UInt8], _ options: RuleOptions
  ) throws(UnsupportedByTarget) -> [RuleOptions] {
    if numbers.contains(0) {
      throw unsupported("protocol 0 (iptables reads it as any)", "leave it out")
    }
    return numbers.flatMap { number in options.adding { $0.add(transport: number) } }
  }

  private func icmp(
    _ types: [UInt8], _ options: RuleOptions
  ) throws(UnsupportedByTarget) -> [RuleOptions] {
    try check(.ipv4)
    // 255 is iptables' own number for "any" (`icmp_type_code_match`, net/netfilter/xt_tcpudp.c).
    if types.contains(255) { throw unsupported("ICMP type 255", "leave the type out") }
    return options.adding { $0.add(transport: 1) }.flatMap { options in
      types.flatMap { options.with("-m icmp --icmp-type \($0)") }
    }
  }

  private func icmpv6(
    _ types: [UInt8], _ options: RuleOptions
  ) throws(UnsupportedByTarget) -> [RuleOptions] {
    try check(.ipv6)
    return options.adding { $0.add(transport: 58) }.flatMap { options in
      types.flatMap { options.with("-m icmp6 --icmpv6-type \($0)") }
    }
  }

  /// 512 bytes with the NUL (`XT_CGROUP_PATH_LEN`, linux/netfilter/xt_cgroup.h).
  private func controlGroup(_ path: String) throws(UnsupportedByTarget) -> String {
    if path.hasControlCharacter || path.utf8.count > 511 {
      throw unsupported("this path of a control group", "use one of at most 511 bytes on one line")
    }
    return restoreQuoted(path)
  }
}
