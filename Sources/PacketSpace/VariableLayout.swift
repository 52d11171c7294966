/// Which decision variables stand for which field.
struct VariableLayout: Sendable {
  private var fields: [PacketField] = []
  private var classes: [PacketField: FieldClasses] = [:]
  private var firstVariable: [PacketField: Int32] = [:]
  private var fieldOfVariable: [PacketField] = []

  init(_ tests: [PacketTest]) {
    var byField: [PacketField: [PacketTest]] = [:]
    var seen: Set<PacketTest> = []
    for test in tests where seen.insert(test).inserted {
      byField[test.field, default: []].append(test)
    }
    for field in byField.keys.sorted() {
      fields.append(field)
      firstVariable[field] = Int32(fieldOfVariable.count)
      let width: Int
      if field.isBitwise {
        width = 32
      } else {
        let divided = FieldClasses(field, byField[field] ?? [])
        classes[field] = divided
        width = divided.bitCount
      }
      fieldOfVariable += Array(repeating: field, count: width)
    }
  }

  func knows(_ test: PacketTest) -> Bool {
    if test.field.isBitwise { return firstVariable[test.field] != nil }
    return classes[test.field]?.classes[test] != nil
  }

  func variables(_ field: PacketField) -> [Int32] {
    guard let first = firstVariable[field] else { return [] }
    return (0..<Int32(width(field))).map { first + $0 }
  }

  private func width(_ field: PacketField) -> Int {
    field.isBitwise ? 32 : classes[field]?.bitCount ?? 0
  }

  // MARK: Tests

  func node(of test: PacketTest, in diagrams: inout DecisionDiagrams) -> DecisionDiagrams.Node {
    guard let first = firstVariable[test.field] else {
      preconditionFailure("a test that the universe was not made from")
    }
    if case .bits(let value, let mask) = test.values {
      return bitsNode(first, value: value, mask: mask, &diagrams)
    }
    if test.field.isBitwise {
      return wholeNode(first, test, &diagrams)
    }
    guard let divided = classes[test.field], let holds = divided.classes[test] else {
      preconditionFailure("a test that the universe was not made from")
    }
    let count = divided.members.count
    var codes = holds.joined
    // Codes past the last class are other names for it, so that every code is a packet.
    if let last = codes.last, last.upperBound == count - 1 {
      codes[codes.count - 1] = last.lowerBound...(1 << divided.bitCount) - 1
    }
    return rangesNode(first, bits: divided.bitCount, from: 0, codes[...], &diagrams)
  }

  /// A 32-bit value that is compared with ranges.
  private func wholeNode(
    _ first: Int32, _ test: PacketTest, _ diagrams: inout DecisionDiagrams
  ) -> DecisionDiagrams.Node {
    guard case .ranges(let ranges) = test.values else {
      preconditionFailure("a bitwise field has no interfaces")
    }
    let numbers = ranges.map { Int(clamping: $0.lowerBound)...Int(clamping: $0.upperBound) }
    return rangesNode(first, bits: 32, from: 0, numbers[...], &diagrams)
  }

  private func bitsNode(
    _ first: Int32, value: UInt32, mask: UInt32, _ diagrams: inout DecisionDiagrams
  ) -> DecisionDiagrams.Node {
    if value & ~mask != 0 { return DecisionDiagrams.empty }
    var node = DecisionDiagrams.all
    for bit in 0..<Int32(32) where mask & (1 << UInt32(bit)) != 0 {
      let variable = first + 31 - bit
      let isSet = value & (1 << UInt32(bit)) != 0
      node =
        isSet
        ? diagrams.make(variable, DecisionDiagrams.empty, node)
        : diagrams.make(variable, node, DecisionDiagrams.empty)
    }
    return node
  }

  /// The numbers of so many bits that are in one of the ranges; `start` is the first number below here.
  private func rangesNode(
    _ first: Int32, bits: Int, from start: Int, _ ranges: ArraySlice<ClosedRange<Int>>,
    _ diagrams: inout DecisionDiagrams
  ) -> DecisionDiagrams.Node {
    let end = start + (1 << bits) - 1
    guard let only = ranges.first else { return DecisionDiagrams.empty }
    if ranges.count == 1, only.lowerBound <= start, end <= only.upperBound {
      return DecisionDiagrams.all
    }
    let middle = start + (1 << (bits - 1))
    let below = ranges.prefix { $0.lowerBound < middle }
    let above = ranges.drop { $0.upperBound < middle }
    let low = rangesNode(first + 1, bits: bits - 1, from: start, below, &diagrams)
    let high = rangesNode(first + 1, bits: bits - 1, from: middle, above, &diagrams)
    return diagrams.make(first, low, high)
  }

  func assignment(_ field: PacketField, value: UInt32, mask: UInt32) -> [Int32: Bool] {
    guard let first = firstVariable[field] else { return [:] }
    var result: [Int32: Bool] = [:]
    for bit in 0..<Int32(32) where mask & (1 << UInt32(bit)) != 0 {
      result[first + 31 - bit] = value & (1 << UInt32(bit)) != 0
    }
    return result
  }

  /// The code of the only class that the test holds for; nothing where the field has one class.
  func assignment(_ test: PacketTest) -> [Int32: Bool] {
    guard let code = classes[test.field]?.classes[test]?.first else { return [:] }
    let variables = variables(test.field)
    var result: [Int32: Bool] = [:]
    for (place, variable) in variables.enumerated() {
      result[variable] = code & (1 << (variables.count - 1 - place)) != 0
    }
    return result
  }

  // MARK: Packets

  func witness(
    _ node: DecisionDiagrams.Node, _ diagrams: DecisionDiagrams, preferring: [PacketTest]
  ) -> PacketWitness {
    var choices: [Int32: Bool] = [:]
    var rest = node
    while rest > DecisionDiagrams.all {
      let goesHigh = diagrams.low(rest) == DecisionDiagrams.empty
      choices[diagrams.variable(rest)] = goesHigh
      rest = goesHigh ? diagrams.high(rest) : diagrams.low(rest)
    }
    var values: [PacketField: PacketWitness.Value] = [:]
    for field in fields { values[field] = value(field, choices, preferring) }
    return PacketWitness(values: values)
  }

  /// `nil` where no class has one of the packet's values.
  func contains(
    _ packet: PacketWitness, in node: DecisionDiagrams.Node, _ diagrams: DecisionDiagrams
  ) -> Bool? {
    var codes: [PacketField: UInt64] = [:]
    var rest = node
    while rest > DecisionDiagrams.all {
      let variable = diagrams.variable(rest)
      let field = fieldOfVariable[Int(variable)]
      guard let code = codes[field] ?? code(of: packet.values[field], field) else { return nil }
      codes[field] = code
      let place = Int(variable - (firstVariable[field] ?? 0))
      let isSet = code >> UInt64(width(field) - 1 - place) & 1 == 1
      rest = isSet ? diagrams.high(rest) : diagrams.low(rest)
    }
    return rest == DecisionDiagrams.all
  }

  func node(
    sharing field: PacketField, of packet: PacketWitness, in diagrams: inout DecisionDiagrams
  ) -> DecisionDiagrams.Node {
    guard let first = firstVariable[field], let code = code(of: packet.values[field], field) else {
      return DecisionDiagrams.all
    }
    let last = (classes[field]?.members.count ?? 0) - 1
    // Codes past the last class are other names for it.
    let upper = Int(code) == last ? (1 << width(field)) - 1 : Int(code)
    return rangesNode(first, bits: width(field), from: 0, [Int(code)...upper], &diagrams)
  }

  private func code(of value: PacketWitness.Value?, _ field: PacketField) -> UInt64? {
    if let divided = classes[field] { return divided.code(of: value).map { UInt64($0) } }
    if case .number(let number) = value { return UInt64(truncatingIfNeeded: number) }
    return 0
  }

  private func value(
    _ field: PacketField, _ choices: [Int32: Bool], _ preferring: [PacketTest]
  ) -> PacketWitness.Value {
    let code = variables(field).reduce(UInt64(0)) { $0 << 1 | (choices[$1] == true ? 1 : 0) }
    guard let divided = classes[field] else { return .number(UInt128(code)) }
    let index = min(Int(code), divided.members.count - 1)
    switch divided.members[index] {
    case .interface(.none): return .noInterface
    case .interface(.named(let name)): return .interface(name)
    case .ranges(let ranges):
      for wish in preferring where wish.field == field {
        if case .ranges(let wished) = wish.values, let first = wished.first?.lowerBound,
          ranges.contains(where: { $0.contains(first) })
        {
          return .number(first)
        }
      }
      return .number(ranges[0].lowerBound)
    }
  }
}

extension [Int] {
  /// Ascending numbers as ranges.
  fileprivate var joined: [ClosedRange<Int>] {
    reduce(into: []) { ranges, number in
      if let last = ranges.last, last.upperBound == number - 1 {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
  }
}
