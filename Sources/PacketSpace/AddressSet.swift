/// A closed interval of IPv4 addresses, in host byte order.
package struct IPv4Range: Hashable, Comparable, Sendable {
  package var lower: UInt32
  package var upper: UInt32

  package init(_ lower: UInt32, _ upper: UInt32) {
    precondition(lower <= upper, "an address range ends before it starts")
    self.lower = lower
    self.upper = upper
  }

  package static func < (a: IPv4Range, b: IPv4Range) -> Bool { a.lower < b.lower }
}

/// A closed interval of IPv6 addresses.
package struct IPv6Range: Hashable, Comparable, Sendable {
  package var lower: UInt128
  package var upper: UInt128

  package init(_ lower: UInt128, _ upper: UInt128) {
    precondition(lower <= upper, "an address range ends before it starts")
    self.lower = lower
    self.upper = upper
  }

  package static func < (a: IPv6Range, b: IPv6Range) -> Bool { a.lower < b.lower }
}

/// A set of addresses of both families: sorted, disjoint, merged intervals.
///
/// IPv4 has an array of its own because a list of 1,000,000 relays takes 8 bytes an address there.
package struct AddressSet: Hashable, Sendable {
  package private(set) var ipv4: [IPv4Range]
  package private(set) var ipv6: [IPv6Range]

  /// Sorts and merges what it is given; the ranges may overlap.
  package init(ipv4: [IPv4Range] = [], ipv6: [IPv6Range] = []) {
    self.ipv4 = AddressSet.merge(ipv4)
    self.ipv6 = AddressSet.merge(ipv6)
  }

  package init(_ prefixes: [Prefix]) {
    self.init(
      ipv4: prefixes.filter { $0.address.family == .ipv4 }.map {
        IPv4Range(UInt32($0.lower), UInt32($0.upper))
      },
      ipv6: prefixes.filter { $0.address.family == .ipv6 }.map { IPv6Range($0.lower, $0.upper) })
  }

  package init(_ address: IPAddress) {
    self.init([Prefix(address, length: address.family.addressWidth)])
  }

  package static let all = AddressSet(
    ipv4: [IPv4Range(0, .max)], ipv6: [IPv6Range(0, .max)])

  package var isEmpty: Bool { ipv4.isEmpty && ipv6.isEmpty }

  package func isEmpty(_ family: AddressFamily) -> Bool {
    switch family {
    case .ipv4: ipv4.isEmpty
    case .ipv6: ipv6.isEmpty
    }
  }

  /// Ranges, not addresses.
  func count(_ family: AddressFamily) -> Int {
    switch family {
    case .ipv4: ipv4.count
    case .ipv6: ipv6.count
    }
  }

  /// The addresses of one family.
  func only(_ family: AddressFamily) -> AddressSet {
    var result = self
    switch family {
    case .ipv4: result.ipv6 = []
    case .ipv6: result.ipv4 = []
    }
    return result
  }

  /// Addresses of one family, as ranges of their numbers.
  init(_ ranges: [ClosedRange<UInt128>], _ family: AddressFamily) {
    switch family {
    case .ipv4:
      self.init(ipv4: ranges.map { IPv4Range(UInt32($0.lowerBound), UInt32($0.upperBound)) })
    case .ipv6: self.init(ipv6: ranges.map { IPv6Range($0.lowerBound, $0.upperBound) })
    }
  }

  /// Whether an address is in a set of one family, by its number.
  func contains(_ number: UInt128) -> Bool {
    let family: AddressFamily = ipv6.isEmpty ? .ipv4 : .ipv6
    return number <= family.maximum && contains(IPAddress(family: family, bits: number))
  }

  package func contains(_ address: IPAddress) -> Bool {
    switch address.family {
    case .ipv4:
      let bits = UInt32(address.bits)
      let index = AddressSet.firstIndex(in: ipv4) { $0.upper >= bits }
      return index < ipv4.count && ipv4[index].lower <= bits
    case .ipv6:
      let index = AddressSet.firstIndex(in: ipv6) { $0.upper >= address.bits }
      return index < ipv6.count && ipv6[index].lower <= address.bits
    }
  }

  package func union(_ other: AddressSet) -> AddressSet {
    AddressSet(ipv4: ipv4 + other.ipv4, ipv6: ipv6 + other.ipv6)
  }

  package func intersection(_ other: AddressSet) -> AddressSet {
    var v4: [IPv4Range] = []
    var v6: [IPv6Range] = []
    AddressSet.sweep(ipv4, other.ipv4, upper: { $0.upper }) { a, b in
      let (low, high) = (max(a.lower, b.lower), min(a.upper, b.upper))
      if low <= high { v4.append(IPv4Range(low, high)) }
    }
    AddressSet.sweep(ipv6, other.ipv6, upper: { $0.upper }) { a, b in
      let (low, high) = (max(a.lower, b.lower), min(a.upper, b.upper))
      if low <= high { v6.append(IPv6Range(low, high)) }
    }
    return AddressSet(ipv4: v4, ipv6: v6)
  }

  package func subtracting(_ other: AddressSet) -> AddressSet {
    intersection(other.complement)
  }

  /// Every address of both families that is not in the set.
  package var complement: AddressSet {
    var v4: [IPv4Range] = []
    var v6: [IPv6Range] = []
    AddressSet.gaps(ipv4.map { ($0.lower, $0.upper) }) { v4.append(IPv4Range($0, $1)) }
    AddressSet.gaps(ipv6.map { ($0.lower, $0.upper) }) { v6.append(IPv6Range($0, $1)) }
    return AddressSet(ipv4: v4, ipv6: v6)
  }

  package func isSubset(of other: AddressSet) -> Bool { intersection(other) == self }

  package func overlaps(_ other: AddressSet) -> Bool { !intersection(other).isEmpty }

  /// Any address of the set, the lowest, for messages.
  package var first: IPAddress? {
    if let range = ipv4.first { return IPAddress(v4: range.lower) }
    if let range = ipv6.first { return IPAddress(family: .ipv6, bits: range.lower) }
    return nil
  }

  /// The least list of prefixes that covers exactly this set, in ascending order.
  package func prefixes(_ family: AddressFamily) -> [Prefix] {
    var result: [Prefix] = []
    switch family {
    case .ipv4:
      for range in ipv4 {
        AddressSet.split(.ipv4, UInt128(range.lower), UInt128(range.upper), into: &result)
      }
    case .ipv6:
      for range in ipv6 { AddressSet.split(.ipv6, range.lower, range.upper, into: &result) }
    }
    return result
  }

  private static func split(
    _ family: AddressFamily, _ lower: UInt128, _ upper: UInt128, into result: inout [Prefix]
  ) {
    var low = lower
    while true {
      let aligned =
        low == 0 ? family.addressWidth : min(low.trailingZeroBitCount, family.addressWidth)
      var size = aligned
      while size > 0, size == 128 || low + ((1 << UInt128(size)) - 1) > upper {
        if size == 128, low == 0, upper == .max { break }
        size -= 1
      }
      result.append(
        Prefix(IPAddress(family: family, bits: low), length: family.addressWidth - size))
      if size == 128 { return }
      let (next, overflow) = low.addingReportingOverflow(1 << UInt128(size))
      if overflow || next > upper || next > family.maximum { return }
      low = next
    }
  }

  private static func merge(_ ranges: [IPv4Range]) -> [IPv4Range] {
    if zip(ranges, ranges.dropFirst()).allSatisfy({ $0.upper < $1.lower && $1.lower - $0.upper > 1 }
    ) {
      return ranges
    }
    var result: [IPv4Range] = []
    result.reserveCapacity(ranges.count)
    for range in ranges.sorted() {
      if let last = result.last, range.lower <= last.upper || range.lower - 1 == last.upper {
        result[result.count - 1].upper = max(last.upper, range.upper)
      } else {
        result.append(range)
      }
    }
    return result
  }

  private static func merge(_ ranges: [IPv6Range]) -> [IPv6Range] {
    if zip(ranges, ranges.dropFirst()).allSatisfy({ $0.upper < $1.lower && $1.lower - $0.upper > 1 }
    ) {
      return ranges
    }
    var result: [IPv6Range] = []
    result.reserveCapacity(ranges.count)
    for range in ranges.sorted() {
      if let last = result.last, range.lower <= last.upper || range.lower - 1 == last.upper {
        result[result.count - 1].upper = max(last.upper, range.upper)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// Calls `visit` for each pair that may overlap, in one pass over both sorted lists.
  private static func sweep<Range, Bound: Comparable>(
    _ a: [Range], _ b: [Range], upper: (Range) -> Bound, visit: (Range, Range) -> Void
  ) {
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
      visit(a[i], b[j])
      if upper(a[i]) < upper(b[j]) { i += 1 } else { j += 1 }
    }
  }

  /// Visits what lies before, between and behind sorted, disjoint ranges.
  private static func gaps<Bound: FixedWidthInteger>(
    _ ranges: [(lower: Bound, upper: Bound)], visit: (Bound, Bound) -> Void
  ) {
    var next: Bound? = .min
    for range in ranges {
      if let low = next, low < range.lower { visit(low, range.lower - 1) }
      next = range.upper == .max ? nil : range.upper + 1
    }
    if let low = next { visit(low, .max) }
  }

  private static func firstIndex<Element>(
    in array: [Element], where holds: (Element) -> Bool
  ) -> Int {
    var (low, high) = (0, array.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(array[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
