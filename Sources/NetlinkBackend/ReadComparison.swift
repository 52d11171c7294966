import Netfilter
import PacketSpace
import RulesetIR

extension RuleReader {
  mutating func matchesOfComparison(
    _ register: Register, _ comparison: Comparison, _ value: [UInt8]
  ) -> [Match] {
    let isNegated = comparison == .notEqual
    guard comparison == .equal || isNegated, let loaded = loaded(register) else {
      return [opaque("cmp \(comparison.word)")]
    }
    let found: [Match]? =
      switch loaded.field {
      case .meta(let key): metaMatch(key, loaded, value, isNegated).map { [$0] }
      case .payload(let base, let offset, let count):
        payloadMatches(base, offset, count, loaded, value, isNegated)
      case .extensionHeader(44, 2, 2):
        isNegated && value == [0, 0] && loaded.plainMask == [0xff, 0xf8] && knownFamily == .ipv6
          ? [.laterFragment(.ipv6)] : nil
      case .extensionHeader, .data: nil
      case .conntrack(let key, let direction):
        conntrackMatch(key, direction, loaded, value, isNegated).map { [$0] }
      case .controlGroup(let level):
        paths[hostNumber(value)].flatMap { path in
          isNegated || loaded.mask != nil ? nil : [.cgroup(path: path, level: level)]
        }
      }
    return found ?? [opaque("\(loaded.words) \(comparison.word) \(words(value))")]
  }

  private func metaMatch(
    _ key: MetaKey, _ loaded: Loaded, _ value: [UInt8], _ isNegated: Bool
  ) -> Match? {
    if key == .mark, value.count == 4 {
      if loaded.mask == nil { return .mark(value: hostNumber(value), isNegated: isNegated) }
      return loaded.plainMask.map {
        .mark(value: hostNumber(value), mask: hostNumber($0), isNegated: isNegated)
      }
    }
    if loaded.mask != nil { return nil }
    switch key {
    case .iifname, .oifname:
      let name = String(decoding: value.prefix { $0 != 0 }, as: UTF8.self)
      if name.isEmpty { return nil }
      let pattern = InterfacePattern(name, isPrefix: value.count < 16)
      return .interface(key == .iifname ? .input : .output, pattern, isNegated: isNegated)
    case .iif:
      return value == [0, 0, 0, 0] ? (isNegated ? .not(.notReceived) : .notReceived) : nil
    case .iiftype, .oiftype:
      if value.count != 2 { return nil }
      return .deviceType(
        key == .iiftype ? .input : .output, hostNumber(value), isNegated: isNegated)
    case .nfproto:
      return isNegated ? nil : addressFamily(number: value).map { .family($0) }
    case .protocol:
      guard !isNegated, family == .netdev || family == .bridge else { return nil }
      return value == [0x08, 0x00] ? .family(.ipv4) : value == [0x86, 0xdd] ? .family(.ipv6) : nil
    case .l4proto:
      return isNegated || value.count != 1 ? nil : .transport(value)
    case .skuid, .skgid:
      if isNegated || value.count != 4 || loaded.isInNetworkOrder { return nil }
      let id: UInt32 = hostNumber(value)
      return key == .skuid ? .socketUser(id...id) : .socketGroup(id...id)
    case .length, .priority, .mark, .oif, .nftrace, .rtclassid, .secmark, .bridgeInputName,
      .bridgeOutputName, .packetType, .cpu, .iifgroup, .oifgroup, .cgroup, .random, .secpath,
      .iifkind, .oifkind:
      return nil
    }
  }

  private func addressFamily(number: [UInt8]) -> AddressFamily? {
    switch number {
    case [TableFamily.ip.number]: .ipv4
    case [TableFamily.ip6.number]: .ipv6
    default: nil
    }
  }

  private func conntrackMatch(
    _ key: ConntrackKey, _ direction: ConntrackDirection?, _ loaded: Loaded, _ value: [UInt8],
    _ isNegated: Bool
  ) -> Match? {
    switch key {
    case .state:
      // "One of these bits" is "not none of them".
      guard value == [0, 0, 0, 0], let mask = loaded.plainMask else { return nil }
      let bits: UInt32 = hostNumber(mask)
      let states = StateBit.allCases.filter { bits & $0.number != 0 }
      if states.isEmpty || states.reduce(0, { $0 | $1.number }) != bits { return nil }
      return .ctState(states, isNegated: !isNegated)
    case .direction:
      if isNegated || loaded.mask != nil { return nil }
      return value == [0] ? .ctDirection(.original) : value == [1] ? .ctDirection(.reply) : nil
    case .protocol:
      return isNegated || loaded.mask != nil || value.count != 1 ? nil : .ctProtocol(value[0])
    case .sourceIPv4, .destinationIPv4, .sourceIPv6, .destinationIPv6:
      guard !isNegated, let direction, let (field, family) = key.addressField,
        let prefix = prefix(family, value, loaded)
      else { return nil }
      return .ctAddress(direction, field, .prefix(prefix))
    case .sourcePort, .destinationPort:
      guard !isNegated, loaded.mask == nil, let direction, value.count == 2 else { return nil }
      let port: UInt16 = networkNumber(value)
      return .ctPort(direction, key == .sourcePort ? .source : .destination, PortRange(port, port))
    case .labels:
      guard isNegated, value.allSatisfy({ $0 == 0 }), let mask = loaded.plainMask,
        let bit = (UInt8.min...127).first(where: { labelBytes($0) == mask })
      else { return nil }
      return .ctLabel(bit: bit)
    case .mark: return nil
    }
  }

  // MARK: Headers

  /// One match for each field that the bytes cover; nft compares neighbours at once.
  private func payloadMatches(
    _ base: PayloadBase, _ offset: Int, _ count: Int, _ loaded: Loaded, _ value: [UInt8],
    _ isNegated: Bool
  ) -> [Match]? {
    if let single = headerMatch(base, offset, count, loaded, value, isNegated) { return [single] }
    guard !isNegated, loaded.mask == nil, value.count == count else { return nil }
    var result: [Match] = []
    var start = 0
    while start < count {
      let end = (start + 1...count).last { end in
        // A prefix that is cut short only stands at the end.
        let isWhole = end == count || isField(base, offset + start, end - start)
        return isWhole
          && headerMatch(
            base, offset + start, end - start, Loaded(.payload(base, offset + start, end - start)),
            Array(value[start..<end]), false) != nil
      }
      guard let end,
        let match = headerMatch(
          base, offset + start, end - start, Loaded(.payload(base, offset + start, end - start)),
          Array(value[start..<end]), false)
      else { return nil }
      result.append(match)
      start = end
    }
    return result
  }

  private func isField(_ base: PayloadBase, _ offset: Int, _ count: Int) -> Bool {
    switch base {
    case .network:
      knownFamily.map { family in
        AddressField(byteOffset: offset, family) != nil && count == family.addressWidth / 8
      } ?? false
    case .transport: PortField(byteOffset: offset) != nil && count == 2
    case .link: false
    }
  }

  private func headerMatch(
    _ base: PayloadBase, _ offset: Int, _ count: Int, _ loaded: Loaded, _ value: [UInt8],
    _ isNegated: Bool
  ) -> Match? {
    switch base {
    case .link: return nil
    case .network:
      if family == .arp { return arpMatch(offset, count, loaded, value, isNegated) }
      guard let known = knownFamily else { return nil }
      if let field = AddressField(byteOffset: offset, known), value.count == count {
        return prefix(known, value, loaded).map {
          .address(field, .prefix($0), isNegated: isNegated)
        }
      }
      switch (known, offset, count, loaded.plainMask) {
      case (.ipv4, 8, 1, nil) where !isNegated && loaded.mask == nil,
        (.ipv6, 7, 1, nil) where !isNegated && loaded.mask == nil:
        return .hopLimit(known, value[0])
      case (.ipv4, 6, 2, [0x1f, 0xff]?) where isNegated && value == [0, 0]:
        return .laterFragment(.ipv4)
      default: return nil
      }
    case .transport: return transportMatch(offset, count, loaded, value, isNegated)
    }
  }

  private func arpMatch(
    _ offset: Int, _ count: Int, _ loaded: Loaded, _ value: [UInt8], _ isNegated: Bool
  ) -> Match? {
    guard count == 4, value.count == 4, !isNegated, loaded.mask == nil, offset == 14 || offset == 24
    else { return nil }
    return .arpAddress(offset == 14 ? .source : .destination, IPAddress(v4: networkNumber(value)))
  }

  private func transportMatch(
    _ offset: Int, _ count: Int, _ loaded: Loaded, _ value: [UInt8], _ isNegated: Bool
  ) -> Match? {
    if hasPorts, count == 2, value.count == 2, loaded.mask == nil {
      let port: UInt16 = networkNumber(value)
      return PortField(byteOffset: offset).map {
        .port($0, [PortRange(port, port)], isNegated: isNegated)
      }
    }
    guard count == 1, value.count == 1, !isNegated else { return nil }
    if knownProtocol == 6, offset == 13, let mask = loaded.plainMask, mask.count == 1 {
      return .tcpFlags(mask: mask[0], value: value[0])
    }
    return offset == 0 && loaded.mask == nil ? icmpMatch(value) : nil
  }

  func icmpMatch(_ types: [UInt8]) -> Match? {
    switch (knownFamily, knownProtocol) {
    case (.ipv4, 1): .icmpType(types)
    case (.ipv6, 58): .icmpv6Type(types)
    default: nil
    }
  }

  /// Whole bytes, or bits under a mask.
  private func prefix(_ family: AddressFamily, _ value: [UInt8], _ loaded: Loaded) -> Prefix? {
    let width = family.addressWidth / 8
    guard !value.isEmpty, value.count <= width else { return nil }
    let bytes = value + Array(repeating: 0, count: width - value.count)
    let address = IPAddress(family: family, bits: networkNumber(bytes))
    if loaded.mask == nil { return Prefix(address, length: value.count * 8) }
    guard let mask = loaded.plainMask, mask.count == width, value.count == width,
      let length = prefixLength(mask)
    else { return nil }
    return Prefix(address, length: length)
  }
}

/// Ones, then zeros; `nil` for other masks.
func prefixLength(_ mask: [UInt8]) -> Int? {
  let number: UInt128 = networkNumber(mask)
  let length = number.nonzeroBitCount
  let width = mask.count * 8
  let expected = length == 0 ? 0 : (UInt128.max >> (128 - length)) << (width - length)
  return number == expected ? length : nil
}

extension ConntrackKey {
  /// `nil` where it is no address.
  var addressField: (AddressField, AddressFamily)? {
    switch self {
    case .sourceIPv4: (.source, .ipv4)
    case .destinationIPv4: (.destination, .ipv4)
    case .sourceIPv6: (.source, .ipv6)
    case .destinationIPv6: (.destination, .ipv6)
    case .state, .direction, .mark, .protocol, .sourcePort, .destinationPort, .labels: nil
    }
  }
}
