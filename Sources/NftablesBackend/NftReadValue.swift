import PacketSpace
import RulesetIR

extension JSONTree {
  /// A value of a numeric field; `nil` where it is none, or a name that only the host knows.
  func number(_ place: JSONPlace, of field: NftReadField) -> ClosedRange<UInt64>? {
    let range = numberOrRange(place, of: field)
    return range.map { $0.upperBound <= field.maximum } == true ? range : nil
  }

  private func numberOrRange(_ place: JSONPlace, of field: NftReadField) -> ClosedRange<UInt64>? {
    switch kind(place) {
    case .number:
      return integer(place).flatMap { UInt64(exactly: $0) }.map { $0...$0 }
    case .string, .escapedString:
      guard let text = string(place) else { return nil }
      if text == "*" { return 0...field.maximum }
      return (nftConstant(text, of: field) ?? plainNumber(text)).map { $0...$0 }
    case .array:
      return flags(children(place), of: field)
    case .object:
      guard let (tag, value) = tagged(place) else { return nil }
      switch tag {
      case "range":
        guard let ends = items(value), ends.count == 2, let low = single(ends[0], of: field),
          let high = single(ends[1], of: field), low <= high
        else { return nil }
        return low...high
      case "|": return items(value).flatMap { flags($0, of: field) }
      case "prefix": return numberPrefix(value, of: field)
      default: return nil
      }
    case .null, .boolean: return nil
    }
  }

  private func single(_ place: JSONPlace, of field: NftReadField) -> UInt64? {
    guard let range = number(place, of: field), range.lowerBound == range.upperBound
    else { return nil }
    return range.lowerBound
  }

  /// Bits of one value.
  private func flags(_ places: [JSONPlace], of field: NftReadField) -> ClosedRange<UInt64>? {
    var bits: UInt64 = 0
    for place in places {
      guard let next = single(place, of: field) else { return nil }
      bits |= next
    }
    return places.isEmpty ? nil : bits...bits
  }

  /// `{"prefix": {"addr": 256, "len": 24}}` of a field of 32 bits.
  private func numberPrefix(_ value: JSONPlace, of field: NftReadField) -> ClosedRange<UInt64>? {
    guard field.maximum == UInt64(UInt32.max), let start = member(value, "addr"),
      let low = single(start, of: field), let length = member(value, "len").flatMap(integer),
      (0...32).contains(length)
    else { return nil }
    let host = UInt64(UInt32.max) >> UInt64(length)
    return (low & ~host)...(low | host)
  }

  private func plainNumber(_ text: String) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }

  func address(_ place: JSONPlace, _ family: AddressFamily) -> UInt128? {
    guard kind(place) == .string, let address = try? parseAddress(bytes, range(place)),
      address.family == family
    else { return nil }
    return address.bits
  }

  /// An address, prefix or range; `nil` where it is none, or a name.
  func addresses(_ place: JSONPlace, _ family: AddressFamily) -> ClosedRange<UInt128>? {
    if kind(place) == .string {
      if let address = address(place, family) { return address...address }
      return isString(place, "*") ? 0...family.maximum : nil
    }
    if let value = member(place, "prefix") {
      guard let start = member(value, "addr"), let address = address(start, family),
        let length = member(value, "len").flatMap(integer), length >= 0,
        length <= Int64(family.addressWidth)
      else { return nil }
      let prefix = Prefix(IPAddress(family: family, bits: address), length: Int(length))
      return prefix.lower...prefix.upper
    }
    guard let ends = member(place, "range").flatMap(items), ends.count == 2,
      let low = address(ends[0], family), let high = address(ends[1], family), low <= high
    else { return nil }
    return low...high
  }

  /// An interface name, or the beginning of several; `nil` for what nft would not take.
  func interface(_ place: JSONPlace) -> InterfacePattern? {
    guard var name = string(place) else { return nil }
    var isPrefix = false
    if name.hasSuffix("\\*") {
      name.removeLast(2)
      name += "*"
    } else if name.hasSuffix("*") {
      name.removeLast()
      isPrefix = true
    }
    let isName = (1...15).contains(name.utf8.count) && name != "." && name != ".."
    return isName && !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 <= 0x20 })
      ? InterfacePattern(name, isPrefix: isPrefix) : nil
  }

  /// The place of what an element holds; `nil` where something else decides too whether it matches
  /// (`{"elem": {"val": …, "limit": …}}`), or how long it does.
  func plainElement(_ place: JSONPlace) -> JSONPlace? {
    guard let element = member(place, "elem") else { return place }
    guard let value = member(element, "val") else { return nil }
    let harmless = ["val", "counter", "comment"]
    var isPlain = true
    for (index, key) in children(element).enumerated() where index % 2 == 0 {
      if !harmless.contains(where: { isString(key, $0) }) { isPlain = false }
    }
    return isPlain ? value : nil
  }
}
