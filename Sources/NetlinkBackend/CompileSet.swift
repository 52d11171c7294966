import Netfilter
import PacketSpace
import RulesetIR

extension NetlinkSet {
  /// A set that belongs to one rule.
  init(anonymous elements: ElementList, _ flags: SetFlags, _ keyType: UInt32) {
    self.init(
      name: anonymousSetName, flags: [.anonymous, .constant, flags], keyType: keyType,
      keyByteCount: elements.keyByteCount, size: UInt32(elements.count),
      userdata: keyOrder(isHost: keyType == KeyType.internetProtocol), elements: elements)
  }

  /// Ranges that do not touch, ascending.
  init(ports ranges: [PortRange]) {
    if ranges.allSatisfy({ $0.lower == $0.upper }) {
      var elements = ElementList(keyByteCount: 2)
      for range in ranges.sorted(by: { $0.lower < $1.lower }) {
        elements.append(networkBytes(range.lower))
      }
      self.init(anonymous: elements, [], KeyType.port)
      return
    }
    var points = IntervalPoints<UInt16>()
    for range in ranges.sorted(by: { $0.lower < $1.lower }) {
      points.append(range.lower, range.upper)
    }
    self.init(anonymous: points.elements, .interval, KeyType.port)
  }

  /// A set of a table, with its elements.
  init(_ set: NamedSet) {
    let (flags, elements, timeout): (SetFlags, ElementList, UInt64?) =
      switch set.elements {
      case .ipv4(let addresses): ([], ElementList(addresses), nil)
      case .ipv6(let addresses): ([], ElementList(addresses), nil)
      case .ipv4Ranges(let ranges):
        (.interval, ElementList(intervals: ranges.map { ($0.lower, $0.upper) }), nil)
      case .ipv6Ranges(let ranges):
        (.interval, ElementList(intervals: ranges.map { ($0.lower, $0.upper) }), nil)
      case .asked(let family, let seconds):
        (
          [.evaluated, .timeout], ElementList(keyByteCount: family.addressWidth / 8 + 4),
          UInt64(seconds) * 1000
        )
      }
    let address = set.elements.family == .ipv4 ? KeyType.ipv4Address : KeyType.ipv6Address
    let isPair = timeout != nil
    self.init(
      name: set.name, flags: flags,
      keyType: isPair ? KeyType.concatenation(address, KeyType.port) : address,
      keyByteCount: elements.keyByteCount, size: set.size, timeoutMilliseconds: timeout,
      userdata: isPair ? keyOrder(0) : keyOrder(isHost: false), elements: elements)
  }
}

/// `NFTNL_UDATA_SET_KEYBYTEORDER` with nft's number for it, without which nft lists elements wrongly.
private func keyOrder(isHost: Bool) -> [UInt8] { keyOrder(isHost ? 1 : 2) }

private func keyOrder(_ number: UInt32) -> [UInt8] { [0, 4] + hostBytes(number) }

/// Where intervals begin and end, ascending.
struct IntervalPoints<Number: FixedWidthInteger & UnsignedInteger & BitwiseCopyable> {
  private var numbers: [Number] = []
  private var flags: [UInt8] = []

  /// - Parameter lower: above all that came before.
  mutating func append(_ lower: Number, _ upper: Number) {
    // nft marks that nothing from 0 on is in the set, and reads a set without the mark alike.
    if numbers.isEmpty, lower > 0 { appendPoint(0, intervalEndFlag) }
    if numbers.last == lower, flags.last == intervalEndFlag {
      numbers.removeLast()
      flags.removeLast()
    } else {
      appendPoint(lower, 0)
    }
    // The kernel has no end behind the last number.
    if upper < .max { appendPoint(upper + 1, intervalEndFlag) }
  }

  var elements: ElementList { ElementList(numbers, flags: flags) }

  private mutating func appendPoint(_ number: Number, _ flag: UInt8) {
    numbers.append(number)
    flags.append(flag)
  }
}

extension ElementList {
  fileprivate init<Number: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    intervals: [(lower: Number, upper: Number)]
  ) {
    var points = IntervalPoints<Number>()
    for interval in intervals { points.append(interval.lower, interval.upper) }
    self = points.elements
  }
}
