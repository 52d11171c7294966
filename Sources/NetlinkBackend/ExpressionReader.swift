import Netfilter
import RulesetIR

extension NftExpression {
  /// An expression as the kernel lists it; what has an attribute that rules of ours do not have is `other`.
  ///
  /// - Parameter sets: the anonymous sets of the table, by name.
  init(_ attributes: Attributes, sets: [String: NetlinkSet]) {
    var name = ""
    var data = ArraySlice<UInt8>()
    for attribute in attributes {
      switch ExpressionAttribute(rawValue: attribute.type) {
      case .name: name = attribute.string
      case .data: data = attribute.payload
      case nil: break
      }
    }
    let values = AttributeValues(Attributes(data))
    self = NftExpression.read(name, values, sets) ?? .other(name: name, data: Array(data))
  }

  private static func read(
    _ name: String, _ values: AttributeValues, _ sets: [String: NetlinkSet]
  ) -> NftExpression? {
    switch name {
    case "meta": readMeta(values)
    case "payload": readPayload(values)
    case "exthdr": readExtensionHeader(values)
    case "ct": readConntrack(values)
    case "socket": readSocket(values)
    case "bitwise": readBitwise(values)
    case "byteorder": readByteOrder(values)
    case "cmp": readCompare(values)
    case "range": readRange(values)
    case "lookup": readLookup(values, sets)
    case "dynset": readDynamicSet(values)
    case "immediate": readImmediate(values)
    case "counter": readCounter(values)
    case "limit": readLimit(values)
    case "log": readLog(values)
    case "reject": readReject(values)
    case "masq": values.types.isEmpty ? .masquerade : nil
    default: nil
    }
  }

  private static func readMeta(_ values: AttributeValues) -> NftExpression? {
    guard let key = values.number(MetaAttribute.key).flatMap({ MetaKey(rawValue: $0) }) else {
      return nil
    }
    if let register = values.number(MetaAttribute.destination) { return .meta(key, register) }
    return values.number(MetaAttribute.source).map { .setMeta(key, $0) }
  }

  private static func readPayload(_ values: AttributeValues) -> NftExpression? {
    guard let base = values.number(PayloadAttribute.base).flatMap({ PayloadBase(rawValue: $0) }),
      let offset = values.number(PayloadAttribute.offset),
      let count = values.number(PayloadAttribute.length),
      let register = values.number(PayloadAttribute.destination)
    else { return nil }
    return .payload(base, byteOffset: offset, byteCount: count, register)
  }

  private static func readExtensionHeader(_ values: AttributeValues) -> NftExpression? {
    guard let type = values.number(ExtensionHeaderAttribute.type),
      let offset = values.number(ExtensionHeaderAttribute.offset),
      let count = values.number(ExtensionHeaderAttribute.length),
      let register = values.number(ExtensionHeaderAttribute.destination),
      values.number(ExtensionHeaderAttribute.operation) ?? 0 == 0,
      values.number(ExtensionHeaderAttribute.flags) ?? 0 == 0
    else { return nil }
    return .extensionHeader(
      UInt8(truncatingIfNeeded: type), byteOffset: offset, byteCount: count, register)
  }

  private static func readConntrack(_ values: AttributeValues) -> NftExpression? {
    guard let key = values.number(ConntrackAttribute.key).flatMap({ ConntrackKey(rawValue: $0) })
    else { return nil }
    if let register = values.number(ConntrackAttribute.destination) {
      let direction: ConntrackDirection? =
        switch values.number(ConntrackAttribute.direction) {
        case nil: nil
        case 0: .original
        default: .reply
        }
      return .conntrack(key, direction, register)
    }
    return values.number(ConntrackAttribute.source).map { .setConntrack(key, $0) }
  }

  private static func readSocket(_ values: AttributeValues) -> NftExpression? {
    guard values.number(SocketAttribute.key) == controlGroupKey,
      let level = values.number(SocketAttribute.level),
      let register = values.number(SocketAttribute.destination)
    else { return nil }
    return .controlGroup(level: level, register)
  }

  private static func readBitwise(_ values: AttributeValues) -> NftExpression? {
    guard let source = values.number(BitwiseAttribute.source),
      source == values.number(BitwiseAttribute.destination),
      values.number(BitwiseAttribute.operation) ?? 0 == 0,
      let mask = values.data(BitwiseAttribute.mask), let xor = values.data(BitwiseAttribute.xor)
    else { return nil }
    return .bitwise(source, mask: mask, xor: xor)
  }

  private static func readByteOrder(_ values: AttributeValues) -> NftExpression? {
    guard let source = values.number(ByteOrderAttribute.source),
      source == values.number(ByteOrderAttribute.destination),
      values.number(ByteOrderAttribute.operation) == toNetworkOrder,
      let count = values.number(ByteOrderAttribute.length),
      count == values.number(ByteOrderAttribute.size)
    else { return nil }
    return .networkOrder(source, byteCount: count)
  }

  private static func readCompare(_ values: AttributeValues) -> NftExpression? {
    guard let source = values.number(CompareAttribute.source),
      let operation = values.number(CompareAttribute.operation),
      let comparison = Comparison(rawValue: operation),
      let data = values.data(CompareAttribute.data)
    else { return nil }
    return .compare(source, comparison, data)
  }

  private static func readRange(_ values: AttributeValues) -> NftExpression? {
    guard let source = values.number(RangeAttribute.source),
      let operation = values.number(RangeAttribute.operation), operation < 2,
      let from = values.data(RangeAttribute.from), let to = values.data(RangeAttribute.to)
    else { return nil }
    return .range(source, isNegated: operation == 1, from, to)
  }

  private static func readLookup(
    _ values: AttributeValues, _ sets: [String: NetlinkSet]
  ) -> NftExpression? {
    guard let name = values.string(LookupAttribute.set),
      let source = values.number(LookupAttribute.source),
      values.number(LookupAttribute.destination) == nil
    else { return nil }
    let isNegated = values.number(LookupAttribute.flags) ?? 0 == invertedLookup
    let unique = uniqueSetName(name, id: values.number(LookupAttribute.setID))
    let set = sets[unique].map { SetReference.anonymous($0) } ?? .named(name)
    return .lookup(source, set, isNegated: isNegated)
  }

  private static func readDynamicSet(_ values: AttributeValues) -> NftExpression? {
    let known: [DynamicSetAttribute] = [.set, .setID, .operation, .key, .timeout, .padding, .flags]
    guard values.types.isSubset(of: known.map(\.rawValue)),
      values.number(DynamicSetAttribute.operation) == updateOperation,
      values.number(DynamicSetAttribute.flags) ?? 0 == 0,
      values[DynamicSetAttribute.timeout]?.number ?? 0 == 0,  // that of the set
      let name = values.string(DynamicSetAttribute.set),
      let key = values.number(DynamicSetAttribute.key)
    else { return nil }
    return .updateSet(name, key: key)
  }

  private static func readImmediate(_ values: AttributeValues) -> NftExpression? {
    guard let register = values.number(ImmediateAttribute.destination) else { return nil }
    if let data = values.data(ImmediateAttribute.data) { return .immediate(data, register) }
    guard register == verdictRegister, let data = values[ImmediateAttribute.data]?.nested else {
      return nil
    }
    guard let attributes = AttributeValues(data)[DataAttribute.verdict]?.nested else { return nil }
    let verdict = AttributeValues(attributes)
    let chain = verdict.string(VerdictAttribute.chain)
    switch (verdict.number(VerdictAttribute.code).map { Int32(bitPattern: $0) }, chain) {
    case (VerdictCode.accept?, nil): return .verdict(.accept)
    case (VerdictCode.drop?, nil): return .verdict(.drop)
    case (VerdictCode.return?, nil): return .verdict(.return)
    case (VerdictCode.continue?, nil): return .verdict(.continue)
    case (VerdictCode.jump?, let chain?): return .verdict(.jump(chain))
    case (VerdictCode.goto?, let chain?): return .verdict(.goto(chain))
    default: return nil
    }
  }

  private static func readCounter(_ values: AttributeValues) -> NftExpression? {
    .counter(
      packets: values[CounterAttribute.packets]?.number ?? 0,
      bytes: values[CounterAttribute.bytes]?.number ?? 0)
  }

  private static func readLimit(_ values: AttributeValues) -> NftExpression? {
    guard let rate = values[LimitAttribute.rate]?.number,
      let unit = values[LimitAttribute.unit]?.number,
      values.number(LimitAttribute.type) ?? 0 == 0, values.number(LimitAttribute.flags) ?? 0 == 0
    else { return nil }
    return .limit(rate: rate, unitSeconds: unit, burst: values.number(LimitAttribute.burst) ?? 0)
  }

  private static func readLog(_ values: AttributeValues) -> NftExpression? {
    guard values.number(LogAttribute.level) ?? defaultLogLevel == defaultLogLevel,
      values.number(LogAttribute.flags) ?? 0 == 0, values[LogAttribute.group] == nil
    else { return nil }
    return .log(prefix: values.string(LogAttribute.prefix) ?? "")
  }

  private static func readReject(_ values: AttributeValues) -> NftExpression? {
    guard let type = values.number(RejectAttribute.type) else { return nil }
    let code = values.number(RejectAttribute.code) ?? 0
    return .reject(type: type, code: UInt8(truncatingIfNeeded: code))
  }
}

/// The attributes of one level, by type; the last of a type counts.
struct AttributeValues {
  private var attributes: [UInt16: Attribute] = [:]

  init(_ level: Attributes) {
    for attribute in level { attributes[attribute.type] = attribute }
  }

  var types: Set<UInt16> { Set(attributes.keys) }

  subscript<Type: RawRepresentable<UInt16>>(_ type: Type) -> Attribute? {
    attributes[type.rawValue]
  }

  func number<Type: RawRepresentable<UInt16>>(_ type: Type) -> UInt32? { self[type]?.number32 }

  func string<Type: RawRepresentable<UInt16>>(_ type: Type) -> String? { self[type]?.string }

  /// The value inside, as registers are compared with.
  func data<Type: RawRepresentable<UInt16>>(_ type: Type) -> [UInt8]? {
    self[type]?.nested.first { $0.type == DataAttribute.value.rawValue }?.data
  }
}
