import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  /// Ports 1 to 65535; `nil` only where something was reported.
  mutating func ports(_ values: [Value]) -> PortSet? {
    var ranges: [PortRange] = []
    for leaf in leaves(of: values, as: .port) {
      guard let range = numbers(leaf, as: .port, 1...65535, .invalidPort) else { continue }
      ranges.append(PortRange(UInt16(range.lowerBound), UInt16(range.upperBound)))
    }
    return ranges.isEmpty ? nil : PortSet(ranges)
  }

  /// A mark of 32 bits; 0, which every unmarked packet has, only where `allowingNone` says so.
  mutating func mark(_ value: Value, allowingNone: Bool = false) -> UInt32? {
    let marks = marks(value, allowingNone: allowingNone)
    if marks.count > 1 {
      report(.invalidMark, "expected one mark, found \(marks.count)", at: value.range)
    }
    return marks.first
  }

  /// Marks of 32 bits, none of them 0 unless `allowingNone`.
  mutating func marks(_ value: Value, allowingNone: Bool = false) -> [UInt32] {
    leaves(of: [value], as: .mark).compactMap { leaf in
      guard case .value(.number(let number)) = leaf.content else {
        reportWrongKind(leaf, as: .mark)
        return nil
      }
      if number == 0, !allowingNone {
        report(
          .invalidMark, "mark 0 is what every packet without a mark has", at: leaf.range)
        return nil
      }
      guard let mark = UInt32(exactly: number) else {
        report(.invalidMark, "a mark has 32 bits; `\(number)` needs more", at: leaf.range)
        return nil
      }
      return mark
    }
  }

  /// IP protocol numbers 1 to 255.
  mutating func protocolNumbers(_ value: Value) -> [UInt8] {
    var result: [UInt8] = []
    for leaf in leaves(of: [value], as: .protocolNumber) {
      guard let range = numbers(leaf, as: .protocolNumber, 1...255, .invalidNumber) else {
        continue
      }
      for number in range {
        let number = UInt8(number)
        if let transport = TransportProtocol.allCases.first(where: { $0.number == number }) {
          report(
            .missingPort, "protocol \(number) is \(transport), which has ports", at: leaf.range,
            notes: ["write `\(transport)` and the ports"])
        } else {
          result.append(number)
        }
      }
    }
    return result
  }

  /// The numbers of a leaf, if it is a number or a range within the limits.
  mutating func numbers(
    _ leaf: Leaf, as use: ValueUse, _ limits: ClosedRange<UInt64>, _ code: DiagnosticCode
  ) -> ClosedRange<UInt64>? {
    let (low, high): (UInt64, UInt64)
    switch leaf.content {
    case .value(.number(let number)): (low, high) = (number, number)
    case .value(.numberRange(let first, let last)): (low, high) = (first, last)
    case .value, .list:
      reportWrongKind(leaf, as: use)
      return nil
    }
    for number in [low, high] where !limits.contains(number) {
      report(
        code,
        "expected \(use.noun) from \(limits.lowerBound) to \(limits.upperBound), found `\(number)`",
        at: leaf.range)
      return nil
    }
    if low > high {
      report(
        .invalidRange, "range `\(low)-\(high)` ends before it starts", at: leaf.range,
        fixIts: [
          FixIt("write `\(high)-\(low)`", replace: leaf.range, with: "\(high)-\(low)")
        ])
      return nil
    }
    return low...high
  }
}
