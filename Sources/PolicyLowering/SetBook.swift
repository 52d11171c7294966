import PacketSpace
import RulesetIR

/// The named sets of a rule set: one for each distinct list of addresses.
struct SetBook {
  /// `nil`: names inside a table of our own. Else what every name begins with, since ipset has one
  /// list of names for the machine; at most 21 bytes of its 31.
  private let prefix: String?
  private(set) var sets: [NamedSet] = []
  private var askedNames: [String: String] = [:]
  private var operands: [Question: [AddressOperand]] = [:]

  private struct Question: Hashable {
    var addresses: AddressSet
    var family: AddressFamily
    var avoidsIntervals: Bool
  }

  /// A list of this many prefixes, or fewer, stands in the rules themselves.
  private static let inlinePrefixLimit = 6
  /// A list of this many single addresses, or fewer, is an anonymous hash set.
  private static let inlineAddressLimit = 16
  /// With more distinct prefix lengths an interval set takes the place of one hash set for each.
  private static let maskedSetLimit = 3

  init(prefix: String? = nil) {
    self.prefix = prefix
  }

  /// What to compare an address with so that one of the operands matches it exactly when it is in the set.
  ///
  /// - Parameter avoidsIntervals: for packets that would pass if they were not found. A new interval
  ///   set matches nothing until the end of the transaction that makes it; a hash set has no such gap.
  mutating func operands(
    _ addresses: AddressSet, _ family: AddressFamily, avoidsIntervals: Bool = false
  ) -> [AddressOperand] {
    let question = Question(
      addresses: addresses, family: family, avoidsIntervals: avoidsIntervals)
    if let known = operands[question] { return known }
    let made = make(question)
    operands[question] = made
    return made
  }

  /// A dynamic set of address and port; the same name for the same question.
  mutating func asked(_ name: String, _ family: AddressFamily) -> String {
    let question = "asked_\(name)\(family == .ipv4 ? "4" : "6")"
    if let known = askedNames[question] { return known }
    let full = prefix.map { $0 + question.dropFirst("asked_".utf8.count) } ?? question
    let elements = SetElements.asked(family, timeoutSeconds: 5)
    sets.append(NamedSet(name: full, elements: elements, size: 65536))
    askedNames[question] = full
    return full
  }

  private mutating func make(_ question: Question) -> [AddressOperand] {
    let (addresses, family) = (question.addresses, question.family)
    if addresses.isEmpty(family) { return [] }
    if let singles = addresses.singles(family) {
      if singles.count == 1 {
        return [.prefix(Prefix(singles.address(0), length: family.addressWidth))]
      }
      if singles.count <= SetBook.inlineAddressLimit {
        return [.list((0..<singles.count).map(singles.address))]
      }
      return [named(singles, maskLength: nil)]
    }
    let prefixes = addresses.prefixes(family)
    if prefixes.count <= SetBook.inlinePrefixLimit { return prefixes.map { .prefix($0) } }
    let lengths = Set(prefixes.map(\.length)).sorted()
    if lengths.count <= SetBook.maskedSetLimit || question.avoidsIntervals {
      return lengths.flatMap { length in
        masked(prefixes.filter { $0.length == length }, family, length: length)
      }
    }
    let elements: SetElements =
      switch family {
      case .ipv4: .ipv4Ranges(addresses.ipv4)
      case .ipv6: .ipv6Ranges(addresses.ipv6)
      }
    return [named(elements, maskLength: nil)]
  }

  private mutating func masked(
    _ prefixes: [Prefix], _ family: AddressFamily, length: Int
  ) -> [AddressOperand] {
    if prefixes.count <= SetBook.inlinePrefixLimit { return prefixes.map { .prefix($0) } }
    let elements: SetElements =
      switch family {
      case .ipv4: .ipv4(prefixes.map { UInt32($0.lower) })
      case .ipv6: .ipv6(prefixes.map(\.lower))
      }
    return [named(elements, maskLength: length == family.addressWidth ? nil : length)]
  }

  private mutating func named(_ elements: SetElements, maskLength: Int?) -> AddressOperand {
    let (kind, isInterval) = elements.kind
    // Twice the next power of two: an administrator's `nft add element` still fits, and a reload
    // with some more elements keeps the set.
    let size = isInterval ? nil : UInt32(elements.count).nextPowerOfTwo &* 2
    var hash = FNV1a()
    hash.feed(elements.family.rawValue)
    hash.feed(isInterval ? "interval" : "hash")
    hash.feed(String(size ?? 0))
    let number = sets.count + 1
    let name = prefix.map { "\($0)\(number)" } ?? "\(kind)_\(hash.shortText)_\(number)"
    sets.append(NamedSet(name: name, elements: elements, size: size))
    return .set(name: name, family: elements.family, maskLength: maskLength)
  }
}

extension UInt32 {
  fileprivate var nextPowerOfTwo: UInt32 {
    self <= 1 ? 1 : 1 << (UInt32.bitWidth - (self - 1).leadingZeroBitCount)
  }
}

extension SetElements {
  /// The word in a set's name, and whether the set holds intervals.
  fileprivate var kind: (String, isInterval: Bool) {
    switch self {
    case .ipv4: ("hash4", false)
    case .ipv6: ("hash6", false)
    case .ipv4Ranges: ("interval4", true)
    case .ipv6Ranges: ("interval6", true)
    case .asked(let family, _): (family == .ipv4 ? "asked4" : "asked6", false)
    }
  }

  fileprivate func address(_ index: Int) -> IPAddress {
    switch self {
    case .ipv4(let elements): IPAddress(v4: elements[index])
    case .ipv6(let elements): IPAddress(family: .ipv6, bits: elements[index])
    case .ipv4Ranges(let ranges): IPAddress(v4: ranges[index].lower)
    case .ipv6Ranges(let ranges): IPAddress(family: .ipv6, bits: ranges[index].lower)
    case .asked: preconditionFailure("a dynamic set has no elements")
    }
  }
}

extension AddressSet {
  /// The addresses one by one, where there are about as many as ranges; else `nil`.
  ///
  /// Neighbours in a list of relays make a range; as single addresses they keep the hash set, which
  /// is ten times faster to look up than intervals.
  fileprivate func singles(_ family: AddressFamily) -> SetElements? {
    switch family {
    case .ipv4:
      let total = ipv4.reduce(into: 0) { $0 += Int($1.upper - $1.lower) + 1 }
      if total > AddressSet.mostSingles(ranges: ipv4.count) { return nil }
      var elements: [UInt32] = []
      elements.reserveCapacity(total)
      for range in ipv4 { elements.append(contentsOf: range.lower...range.upper) }
      return .ipv4(elements)
    case .ipv6:
      let limit = UInt128(AddressSet.mostSingles(ranges: ipv6.count))
      var total: UInt128 = 0
      for range in ipv6 {
        let size = range.upper - range.lower
        if size >= limit { return nil }
        total += size + 1
      }
      if total > limit { return nil }
      var elements: [UInt128] = []
      elements.reserveCapacity(Int(total))
      for range in ipv6 { elements.append(contentsOf: range.lower...range.upper) }
      return .ipv6(elements)
    }
  }

  private static func mostSingles(ranges: Int) -> Int { ranges * 2 + ranges / 2 }
}
