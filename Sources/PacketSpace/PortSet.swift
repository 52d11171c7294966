/// A closed range of transport ports.
package struct PortRange: Hashable, Comparable, Sendable {
  package var lower: UInt16
  package var upper: UInt16

  package init(_ lower: UInt16, _ upper: UInt16) {
    precondition(lower <= upper, "a port range ends before it starts")
    self.lower = lower
    self.upper = upper
  }

  package init(_ port: UInt16) { self.init(port, port) }

  package static func < (a: PortRange, b: PortRange) -> Bool {
    (a.lower, a.upper) < (b.lower, b.upper)
  }
}

/// A set of ports: sorted, disjoint, merged ranges.
package struct PortSet: Hashable, Sendable {
  package private(set) var ranges: [PortRange]

  package init(_ ranges: [PortRange]) {
    var merged: [PortRange] = []
    for range in ranges.sorted() {
      if let last = merged.last, Int(range.lower) <= Int(last.upper) + 1 {
        merged[merged.count - 1].upper = max(last.upper, range.upper)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  package var isEmpty: Bool { ranges.isEmpty }

  package func contains(_ port: UInt16) -> Bool {
    ranges.contains { $0.lower <= port && port <= $0.upper }
  }

  package func subtracting(_ other: PortSet) -> PortSet {
    var rest = ranges
    for cut in other.ranges {
      rest = rest.flatMap { range -> [PortRange] in
        if cut.upper < range.lower || cut.lower > range.upper { return [range] }
        var parts: [PortRange] = []
        if cut.lower > range.lower { parts.append(PortRange(range.lower, cut.lower - 1)) }
        if cut.upper < range.upper { parts.append(PortRange(cut.upper + 1, range.upper)) }
        return parts
      }
    }
    return PortSet(rest)
  }
}
