/// A set of numbers of one field: sorted, disjoint, merged ranges.
struct NumberRanges: Equatable {
  private(set) var ranges: [ClosedRange<UInt64>]

  init(_ ranges: [ClosedRange<UInt64>]) {
    var merged: [ClosedRange<UInt64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last,
        last.upperBound == .max || range.lowerBound <= last.upperBound + 1
      {
        merged[merged.count - 1] =
          last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  /// Everything up to `maximum` that is not in the set.
  func complement(upTo maximum: UInt64) -> NumberRanges {
    var gaps: [ClosedRange<UInt64>] = []
    var next: UInt64 = 0
    for range in ranges {
      if next > maximum { break }
      if next < range.lowerBound { gaps.append(next...min(range.lowerBound - 1, maximum)) }
      if range.upperBound >= maximum { return NumberRanges(gaps) }
      next = range.upperBound + 1
    }
    if next <= maximum { gaps.append(next...maximum) }
    return NumberRanges(gaps)
  }

  func contains(_ number: UInt64) -> Bool { ranges.contains { $0.contains(number) } }

  /// Every number of the set; `nil` where there are more than `limit`.
  func numbers(limit: Int) -> [UInt64]? {
    var result: [UInt64] = []
    for range in ranges {
      guard range.upperBound - range.lowerBound < UInt64(limit - result.count) else { return nil }
      result += Array(range)
    }
    return result
  }

  /// Numbers of 32 bits as `number & mask == value`, the fewest that cover the set; `nil` where there
  /// are more than `limit`.
  func blocks(limit: Int) -> [(value: UInt32, mask: UInt32)]? {
    var result: [(value: UInt32, mask: UInt32)] = []
    for range in ranges {
      var low = range.lowerBound
      while low <= min(range.upperBound, UInt64(UInt32.max)) {
        var size = low == 0 ? 32 : min(low.trailingZeroBitCount, 32)
        while size > 0, low + (1 << UInt64(size)) - 1 > range.upperBound { size -= 1 }
        if result.count == limit { return nil }
        let mask = UInt32.max << UInt32(size)
        result.append((UInt32(low), size == 32 ? 0 : mask))
        low += 1 << UInt64(size)
      }
    }
    return result
  }
}
