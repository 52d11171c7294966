import PacketSpace
import RulesetIR

/// A set or map as the file declares it.
struct NftReadSet {
  var name: String
  /// nft's types of the parts of its key; empty where they are not simply named.
  var types: [String]
  var flags: [String] = []
  var timeoutSeconds: UInt32?
  var size: UInt32?
  /// Arrays of elements.
  var elements: [JSONPlace] = []
  /// Elements were deleted, or each carries a statement that decides too.
  var isUncertain = false
  var isDeleted = false
}

/// What is known of a set when rules are read.
struct NftSetContents {
  var name: String
  /// `nil` where elements come and go while the rules run.
  var places: [JSONPlace]?
  /// For a set of addresses, or of addresses and ports that rules fill.
  var set: NftAddressSet?
}

/// A set that the rule set's own kinds can say.
struct NftAddressSet {
  var name: String
  var elements: SetElements
  var size: UInt32?

  var named: NamedSet { NamedSet(name: name, elements: elements, size: size) }
}

extension JSONTree {
  /// - Parameter isWritten: rules add elements.
  func contents(_ set: NftReadSet, isWritten: Bool) -> NftSetContents {
    var result = NftSetContents(name: set.name)
    if let family = askedFamily(set), let seconds = set.timeoutSeconds {
      result.set = NftAddressSet(
        name: set.name, elements: .asked(family, timeoutSeconds: seconds), size: set.size)
      return result
    }
    let isStatic =
      !isWritten && !set.isUncertain && set.timeoutSeconds == nil
      && !set.flags.contains { $0 == "dynamic" || $0 == "timeout" }
    guard isStatic else { return result }
    let places = set.elements.flatMap { items($0) ?? [$0] }
    result.places = places
    if let family = addressFamily(set), let elements = addressElements(places, family, set) {
      result.set = NftAddressSet(name: set.name, elements: elements, size: set.size)
    }
    return result
  }

  private func askedFamily(_ set: NftReadSet) -> AddressFamily? {
    guard set.types.count == 2, set.types[1] == "inet_service", (set.timeoutSeconds ?? 0) > 0
    else { return nil }
    return family(set.types[0])
  }

  private func addressFamily(_ set: NftReadSet) -> AddressFamily? {
    set.types.count == 1 ? family(set.types[0]) : nil
  }

  private func family(_ type: String) -> AddressFamily? {
    switch type {
    case "ipv4_addr": .ipv4
    case "ipv6_addr": .ipv6
    default: nil
    }
  }

  /// `nil` where an element is a name, or not certain to stay.
  private func addressElements(
    _ places: [JSONPlace], _ family: AddressFamily, _ set: NftReadSet
  ) -> SetElements? {
    var ranges: [ClosedRange<UInt128>] = []
    ranges.reserveCapacity(places.count)
    var isHash = !set.flags.contains("interval")
    for place in places {
      guard let place = plainElement(place), let range = addresses(place, family)
      else { return nil }
      if range.lowerBound != range.upperBound { isHash = false }
      ranges.append(range)
    }
    if !isHash { return intervals(family, ranges) }
    switch family {
    case .ipv4: return .ipv4(ascending(ranges.map { UInt32(truncatingIfNeeded: $0.lowerBound) }))
    case .ipv6: return .ipv6(ascending(ranges.map(\.lowerBound)))
    }
  }
}

/// Sorted, each once.
private func ascending<Address: Comparable>(_ addresses: [Address]) -> [Address] {
  if zip(addresses, addresses.dropFirst()).allSatisfy({ $0 < $1 }) { return addresses }
  var result: [Address] = []
  result.reserveCapacity(addresses.count)
  for address in addresses.sorted() where result.last != address { result.append(address) }
  return result
}
