import Netfilter
import RulesetIR

extension NftExpression {
  /// Its name in the kernel.
  package var name: String {
    switch self {
    case .meta, .setMeta: "meta"
    case .payload: "payload"
    case .extensionHeader: "exthdr"
    case .conntrack, .setConntrack: "ct"
    case .controlGroup: "socket"
    case .bitwise: "bitwise"
    case .networkOrder: "byteorder"
    case .compare, .compareControlGroup: "cmp"
    case .range: "range"
    case .lookup: "lookup"
    case .updateSet: "dynset"
    case .immediate, .verdict: "immediate"
    case .counter: "counter"
    case .limit: "limit"
    case .log: "log"
    case .reject: "reject"
    case .masquerade: "masq"
    case .other(let name, _): name
    }
  }

  /// - Parameter setID: of the anonymous set that a look-up refers to, within the batch.
  func write(
    to list: inout MessageBuffer, setID: UInt32?
  ) {
    list.nest(ListAttribute.element) { element in
      element.put(ExpressionAttribute.name, name)
      element.nest(ExpressionAttribute.data) { writeData(to: &$0, setID) }
    }
  }

  private func writeData(
    to data: inout MessageBuffer, _ setID: UInt32?
  ) {
    switch self {
    case .meta(let key, let register):
      data.put(MetaAttribute.key, key.rawValue)
      data.put(MetaAttribute.destination, register)
    case .setMeta(let key, let register):
      data.put(MetaAttribute.key, key.rawValue)
      data.put(MetaAttribute.source, register)
    case .payload(let base, let offset, let count, let register):
      data.put(PayloadAttribute.destination, register)
      data.put(PayloadAttribute.base, base.rawValue)
      data.put(PayloadAttribute.offset, offset)
      data.put(PayloadAttribute.length, count)
    case .extensionHeader(let type, let offset, let count, let register):
      data.put(ExtensionHeaderAttribute.destination, register)
      data.put(ExtensionHeaderAttribute.type, type)
      data.put(ExtensionHeaderAttribute.offset, offset)
      data.put(ExtensionHeaderAttribute.length, count)
    case .conntrack(let key, let direction, let register):
      data.put(ConntrackAttribute.key, key.rawValue)
      data.put(ConntrackAttribute.destination, register)
      if let direction { data.put(ConntrackAttribute.direction, direction.number) }
    case .setConntrack(let key, let register):
      data.put(ConntrackAttribute.key, key.rawValue)
      data.put(ConntrackAttribute.source, register)
    case .controlGroup(let level, let register):
      data.put(SocketAttribute.key, controlGroupKey)
      data.put(SocketAttribute.destination, register)
      data.put(SocketAttribute.level, level)
    case .bitwise, .networkOrder, .compare, .compareControlGroup, .range, .lookup, .updateSet:
      writeComparison(to: &data, setID)
    case .immediate, .verdict, .counter, .limit, .log, .reject, .masquerade, .other:
      writeStatement(to: &data)
    }
  }

  private func writeComparison(
    to data: inout MessageBuffer, _ setID: UInt32?
  ) {
    switch self {
    case .bitwise(let register, let mask, let xor):
      data.put(BitwiseAttribute.source, register)
      data.put(BitwiseAttribute.destination, register)
      data.put(BitwiseAttribute.length, UInt32(mask.count))
      data.putData(BitwiseAttribute.mask, mask)
      data.putData(BitwiseAttribute.xor, xor)
    case .networkOrder(let register, let count):
      data.put(ByteOrderAttribute.source, register)
      data.put(ByteOrderAttribute.destination, register)
      data.put(ByteOrderAttribute.operation, toNetworkOrder)
      data.put(ByteOrderAttribute.length, count)
      data.put(ByteOrderAttribute.size, count)
    case .compare(let register, let comparison, let value):
      data.put(CompareAttribute.source, register)
      data.put(CompareAttribute.operation, comparison.rawValue)
      data.putData(CompareAttribute.data, value)
    case .compareControlGroup:
      preconditionFailure("a control group has its number before its rule is written")
    case .range(let register, let isNegated, let lower, let upper):
      data.put(RangeAttribute.source, register)
      data.put(RangeAttribute.operation, UInt32(isNegated ? 1 : 0))
      data.putData(RangeAttribute.from, lower)
      data.putData(RangeAttribute.to, upper)
    case .lookup(let register, let set, let isNegated):
      data.put(LookupAttribute.set, set.name)
      data.put(LookupAttribute.source, register)
      if let setID { data.put(LookupAttribute.setID, setID) }
      if isNegated { data.put(LookupAttribute.flags, invertedLookup) }
    case .updateSet(let name, let key):
      data.put(DynamicSetAttribute.set, name)
      data.put(DynamicSetAttribute.operation, updateOperation)
      data.put(DynamicSetAttribute.key, key)
    case .meta, .setMeta, .payload, .extensionHeader, .conntrack, .setConntrack, .controlGroup,
      .immediate, .verdict, .counter, .limit, .log, .reject, .masquerade, .other:
      break
    }
  }

  private func writeStatement(to data: inout MessageBuffer) {
    switch self {
    case .immediate(let value, let register):
      data.put(ImmediateAttribute.destination, register)
      data.putData(ImmediateAttribute.data, value)
    case .verdict(let verdict):
      data.put(ImmediateAttribute.destination, verdictRegister)
      data.nest(ImmediateAttribute.data) { value in
        value.nest(DataAttribute.verdict) { verdict.write(to: &$0) }
      }
    case .counter(let packets, let bytes):
      data.put(CounterAttribute.bytes, bytes)
      data.put(CounterAttribute.packets, packets)
    case .limit(let rate, let unit, let burst):
      data.put(LimitAttribute.rate, rate)
      data.put(LimitAttribute.unit, unit)
      data.put(LimitAttribute.burst, burst)
      data.put(LimitAttribute.type, UInt32(0))
      data.put(LimitAttribute.flags, UInt32(0))
    case .log(let prefix):
      if !prefix.isEmpty { data.put(LogAttribute.prefix, prefix) }
    case .reject(let type, let code):
      data.put(RejectAttribute.type, type)
      data.put(RejectAttribute.code, code)
    case .masquerade:
      break
    case .other(_, let attributes):
      data.appendAttributes(attributes)
    case .meta, .setMeta, .payload, .extensionHeader, .conntrack, .setConntrack, .controlGroup,
      .bitwise, .networkOrder, .compare, .compareControlGroup, .range, .lookup, .updateSet:
      break
    }
  }
}

/// `NFTA_LIST_*`
enum ListAttribute: UInt16 {
  case element = 1
}

extension NftVerdict {
  fileprivate func write(to verdict: inout MessageBuffer) {
    let (code, chain): (Int32, String?) =
      switch self {
      case .accept: (VerdictCode.accept, nil)
      case .drop: (VerdictCode.drop, nil)
      case .return: (VerdictCode.return, nil)
      case .continue: (VerdictCode.continue, nil)
      case .jump(let chain): (VerdictCode.jump, chain)
      case .goto(let chain): (VerdictCode.goto, chain)
      }
    verdict.put(VerdictAttribute.code, UInt32(bitPattern: code))
    if let chain { verdict.put(VerdictAttribute.chain, chain) }
  }
}

extension ConntrackDirection {
  /// `IP_CT_DIR_*`, linux/netfilter/nf_conntrack_tuple_common.h.
  var number: UInt8 {
    switch self {
    case .original: 0
    case .reply: 1
    }
  }
}

extension SetReference {
  var name: String {
    switch self {
    case .named(let name): name
    case .anonymous: anonymousSetName
    }
  }
}

extension MessageBuffer {
  /// A value in the shape in which registers are compared.
  fileprivate mutating func putData<Type: RawRepresentable<UInt16>>(_ type: Type, _ value: [UInt8])
  {
    nest(type) { $0.put(DataAttribute.value, value) }
  }
}

/// As the number lies in this machine's memory.
func hostBytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  let bytes = networkBytes(number)
  return Number(1).littleEndian == 1 ? bytes.reversed() : bytes
}

func networkBytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  (0..<(Number.bitWidth / 8)).map { index in
    UInt8(truncatingIfNeeded: number >> (Number.bitWidth - 8 * (index + 1)))
  }
}
