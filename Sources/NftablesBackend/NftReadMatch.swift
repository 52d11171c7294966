import PacketSpace
import RulesetIR

/// What a condition asks for: one of these lists of matches must hold.
///
/// `[]` never holds, `[[]]` always.
typealias Alternatives = [[Match]]

/// How a condition compares.
enum NftComparison {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  /// `in`: of flags one is set; of other fields `equal`.
  case any
  /// `!`: no flag is set.
  case none

  init?(_ text: String) {
    switch text {
    case "==": self = .equal
    case "!=": self = .notEqual
    case "<": self = .less
    case "<=": self = .lessOrEqual
    case ">": self = .greater
    case ">=": self = .greaterOrEqual
    case "in": self = .any
    case "!": self = .none
    default: return nil
    }
  }
}

/// The numbers that a field is compared with.
struct NftNumbers {
  var values: NumberRanges
  var isNegated: Bool

  func positive(upTo maximum: UInt64) -> NumberRanges {
    isNegated ? values.complement(upTo: maximum) : values
  }
}

extension NftTableReader {
  /// `nil` for a condition that is not modelled.
  mutating func meaning(
    _ field: NftReadField, _ comparison: NftComparison, _ right: NftOperand
  ) -> Alternatives? {
    // A set of flags is one of values, whatever the operator.
    if right.set != nil, !field.isAddress { return nil }
    let comparison = comparison == .any && (right.isSet || !field.isFlags) ? .equal : comparison
    switch field {
    case .address, .ctAddress, .arpAddress:
      return addressMeaning(field, comparison, right)
    case .interface, .interfaceIndex, .cgroup:
      return nameMeaning(field, comparison, right)
    case .ctState, .ctLabel, .tcpFlags:
      return flagMeaning(field, comparison, right)
    case .deviceType, .networkProtocol, .etherType, .transport, .ipProtocol, .nextHeader, .port,
      .ctDirection, .ctProtocol, .ctPort, .icmpType, .icmpv6Type, .mark, .user, .group, .hopLimit,
      .fragmentOffset:
      return numbers(field, comparison, right).flatMap { numberMeaning(field, $0) }
    }
  }

  func numbers(_ field: NftReadField, _ comparison: NftComparison, _ right: NftOperand)
    -> NftNumbers?
  {
    var ranges: [ClosedRange<UInt64>] = []
    for place in right.places {
      guard let place = tree.plainElement(place), let range = tree.number(place, of: field)
      else { return nil }
      ranges.append(range)
    }
    let values = NumberRanges(ranges)
    switch comparison {
    case .equal: return NftNumbers(values: values, isNegated: false)
    case .notEqual: return NftNumbers(values: values, isNegated: true)
    case .any, .none: return nil
    case .less, .lessOrEqual, .greater, .greaterOrEqual: break
    }
    guard let bound = values.numbers(limit: 1)?.first else { return nil }
    let upTo = NumberRanges([0...bound])
    let below = bound == 0 ? NumberRanges([]) : NumberRanges([0...(bound - 1)])
    switch comparison {
    case .less: return NftNumbers(values: below, isNegated: false)
    case .lessOrEqual: return NftNumbers(values: upTo, isNegated: false)
    case .greater:
      return NftNumbers(values: upTo.complement(upTo: field.maximum), isNegated: false)
    case .greaterOrEqual:
      return NftNumbers(values: below.complement(upTo: field.maximum), isNegated: false)
    case .equal, .notEqual, .any, .none: return nil
    }
  }
}
