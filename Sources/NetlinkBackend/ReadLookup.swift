import Netfilter
import PacketSpace
import RulesetIR

extension RuleReader {
  mutating func matchesOfRange(
    _ register: Register, _ lower: [UInt8], _ upper: [UInt8], isNegated: Bool
  ) -> [Match] {
    guard let loaded = loaded(register), loaded.mask == nil, lower.count == upper.count,
      let match = rangeMatch(loaded, lower, upper, isNegated)
    else { return [opaque("\(loaded(register)?.words ?? "") range")] }
    return [match]
  }

  private func rangeMatch(
    _ loaded: Loaded, _ lower: [UInt8], _ upper: [UInt8], _ isNegated: Bool
  ) -> Match? {
    if lower.lexicographicallyPrecedes(upper) == false, lower != upper { return nil }
    switch loaded.field {
    case .payload(.transport, let offset, 2) where hasPorts && lower.count == 2:
      let ports = PortRange(networkNumber(lower), networkNumber(upper))
      return PortField(byteOffset: offset).map { .port($0, [ports], isNegated: isNegated) }
    case .meta(.skuid) where loaded.isInNetworkOrder && lower.count == 4 && !isNegated:
      return .socketUser(networkNumber(lower)...networkNumber(upper))
    case .meta(.skgid) where loaded.isInNetworkOrder && lower.count == 4 && !isNegated:
      return .socketGroup(networkNumber(lower)...networkNumber(upper))
    case .conntrack(.sourcePort, let direction?) where lower.count == 2 && !isNegated:
      return .ctPort(direction, .source, PortRange(networkNumber(lower), networkNumber(upper)))
    case .conntrack(.destinationPort, let direction?) where lower.count == 2 && !isNegated:
      return .ctPort(direction, .destination, PortRange(networkNumber(lower), networkNumber(upper)))
    case .meta, .payload, .extensionHeader, .conntrack, .controlGroup, .data: return nil
    }
  }

  mutating func matchesOfLookup(
    _ register: Register, _ set: SetReference, _ isNegated: Bool
  ) -> [Match] {
    let match: Match? =
      switch set {
      case .named(let name): namedMatch(register, name, isNegated)
      case .anonymous(let set): anonymousMatch(register, set, isNegated)
      }
    return [match ?? opaque("\(loaded(register)?.words ?? "") in \(set.name)")]
  }

  private func namedMatch(_ register: Register, _ name: String, _ isNegated: Bool) -> Match? {
    guard let loaded = loaded(register), let set = sets[name] else { return nil }
    let setFamily = set.elements.family
    switch set.elements {
    case .asked:
      guard !isNegated, let (family, address, port) = pair(at: register), family == setFamily else {
        return nil
      }
      return .asked(set: name, family: family, address, port)
    case .ipv4, .ipv6, .ipv4Ranges, .ipv6Ranges:
      var maskLength: Int?
      if loaded.mask != nil {
        guard let mask = loaded.plainMask, let length = prefixLength(mask) else { return nil }
        maskLength = length
      }
      let operand = AddressOperand.set(name: name, family: setFamily, maskLength: maskLength)
      return addressMatch(loaded.field, setFamily, operand, isNegated)
    }
  }

  /// A whole address of the packet or of its connection.
  private func addressMatch(
    _ field: Loaded.Field, _ family: AddressFamily, _ operand: AddressOperand, _ isNegated: Bool
  ) -> Match? {
    switch field {
    case .payload(.network, let offset, family.addressWidth / 8) where knownFamily == family:
      return AddressField(byteOffset: offset, family).map {
        .address($0, operand, isNegated: isNegated)
      }
    case .conntrack(let key, let direction?) where !isNegated:
      guard let (field, keyFamily) = key.addressField, keyFamily == family else { return nil }
      return .ctAddress(direction, field, operand)
    case .meta, .payload, .extensionHeader, .conntrack, .controlGroup, .data: return nil
    }
  }

  private func anonymousMatch(_ register: Register, _ set: NetlinkSet, _ isNegated: Bool) -> Match?
  {
    guard let loaded = loaded(register), loaded.mask == nil, !set.isOpaque, set.elements.count > 0
    else { return nil }
    let isInterval = set.flags.contains(.interval)
    switch loaded.field {
    case .meta(.l4proto) where !isInterval && !isNegated && set.keyByteCount == 1:
      return .transport(set.elements.numbers())
    case .payload(.transport, 0, 1) where !isInterval && !isNegated && set.keyByteCount == 1:
      return icmpMatch(set.elements.numbers())
    case .payload(.transport, let offset, 2) where hasPorts && set.keyByteCount == 2:
      let ranges: [PortRange] =
        isInterval
        ? set.elements.intervals().map { PortRange($0.lowerBound, $0.upperBound) }
        : set.elements.numbers().map { PortRange($0, $0) }
      return PortField(byteOffset: offset).map { .port($0, ranges, isNegated: isNegated) }
    case .payload(.link, 12, 2) where !isInterval && set.keyByteCount == 2:
      let types: [UInt16] = set.elements.numbers()
      return Set(types) == Set(frameTypes) ? .isIP(isNegated: isNegated) : nil
    case .payload, .conntrack:
      guard !isInterval, let family = AddressFamily(byteCount: set.keyByteCount) else { return nil }
      let numbers: [UInt128] = set.elements.numbers()
      let addresses = numbers.map { IPAddress(family: family, bits: $0) }
      return addressMatch(loaded.field, family, .list(addresses), isNegated)
    case .meta, .extensionHeader, .controlGroup, .data: return nil
    }
  }
}

extension AddressFamily {
  fileprivate init?(byteCount: Int) {
    guard let family = AddressFamily.allCases.first(where: { $0.addressWidth == byteCount * 8 })
    else { return nil }
    self = family
  }
}

extension Loaded {
  /// For those who read of it in a match that is not modelled.
  var words: String {
    switch field {
    case .meta(let key): "meta \(key.word)"
    case .payload(let base, let offset, let count): "\(base.word) \(offset) \(count)"
    case .extensionHeader(let type, let offset, let count): "exthdr \(type) \(offset) \(count)"
    case .conntrack(let key, let direction):
      "ct \(direction.map { "\($0.rawValue) " } ?? "")\(key.word)"
    case .controlGroup(let level): "socket cgroupv2 level \(level)"
    case .data: "data"
    }
  }
}
