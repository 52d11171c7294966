/// Which decision variables stand for which field.
struct VariableLayout: Sendable {
  let tests: TestTable
  /// Ascending, which is the order of their variables.
  private var fields: [FieldVariables] = []
  private var fieldNumbers: [PacketField: Int] = [:]
  /// For each variable the number of its field.
  private var fieldOfVariable: [Int32] = []
  /// For each test the number of its field, and its place among the tests of that field.
  private var places: [(field: Int32, place: Int32)]

  private struct FieldVariables {
    var field: PacketField
    var first: Int32
    var width: Int
    /// `nil` for a field that is kept bit by bit.
    var classes: FieldClasses?
  }

  init(_ tests: TestTable) {
    self.tests = tests
    var members: [PacketField: [Int]] = [:]
    for (number, test) in tests.tests.enumerated() {
      members[test.field, default: []].append(number)
    }
    places = Array(repeating: (0, 0), count: tests.tests.count)
    for (field, numbers) in members.sorted(by: { $0.key < $1.key }) {
      for (place, number) in numbers.enumerated() {
        places[number] = (Int32(fields.count), Int32(place))
      }
      let classes = field.isBitwise ? nil : FieldClasses(field, numbers.map { tests.tests[$0] })
      let width = classes?.bitCount ?? 32
      fieldNumbers[field] = fields.count
      fieldOfVariable += Array(repeating: Int32(fields.count), count: width)
      fields.append(
        FieldVariables(
          field: field, first: Int32(fieldOfVariable.count - width), width: width, classes: classes)
      )
    }
  }

  func knows(_ test: PacketTest) -> Bool {
    test.field.isBitwise ? fieldNumbers[test.field] != nil : tests.number(of: test) != nil
  }

  func variables(_ field: PacketField) -> Range<Int32> {
    guard let number = fieldNumbers[field] else { return 0..<0 }
    return fields[number].first..<fields[number].first + Int32(fields[number].width)
  }

  // MARK: Tests

  /// - Parameter number: of the test in the table.
  func node(ofTest number: Int, in diagrams: inout DecisionDiagrams) -> DecisionDiagrams.Node {
    let (field, place) = (fields[Int(places[number].field)], Int(places[number].place))
    guard let classes = field.classes else {
      return node(ofBits: tests.tests[number], in: &diagrams)
    }
    var codes = classes.codes[place]
    // Codes past the last class are other names for it, so that every code is a packet.
    if let last = codes.last, last.upperBound == classes.count - 1 {
      codes[codes.count - 1] = last.lowerBound...(1 << field.width) - 1
    }
    return rangesNode(field.first, bits: field.width, from: 0, codes[...], &diagrams)
  }

  /// A test of a field that is kept bit by bit; no need to have been made from it.
  func node(
    ofBits test: PacketTest, in diagrams: inout DecisionDiagrams
  ) -> DecisionDiagrams.Node {
    guard test.field.isBitwise, let number = fieldNumbers[test.field] else {
      preconditionFailure("a test that the universe was not made from")
    }
    let first = fields[number].first
    switch test.values {
    case .bits(let value, let mask):
      return bitsNode(first, value: value, mask: mask, &diagrams)
    case .ranges(let ranges):
      let numbers = ranges.map { Int(clamping: $0.lowerBound)...Int(clamping: $0.upperBound) }
      return rangesNode(first, bits: 32, from: 0, numbers[...], &diagrams)
    case .addresses, .interface, .noInterface:
      preconditionFailure("a bitwise field has neither addresses nor interfaces")
    }
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

  // MARK: Writes

  /// What a rule makes of the bits of a field that it writes.
  func assignment(_ field: PacketField, value: UInt32, mask: UInt32) -> [Literal] {
    variables(field).enumerated().compactMap { place, variable in
      let bit: UInt32 = 1 << UInt32(31 - place)
      return mask & bit == 0 ? nil : Literal(variable: variable, isSet: value & bit != 0)
    }
  }

  /// The code of the only class that the test holds for; nothing where the field has one class.
  func assignment(_ test: PacketTest) -> [Literal] {
    guard let number = tests.number(of: test) else { return [] }
    let field = fields[Int(places[number].field)]
    guard let code = field.classes?.codes[Int(places[number].place)].first?.lowerBound else {
      return []
    }
    return variables(test.field).enumerated().map { place, variable in
      Literal(variable: variable, isSet: code & (1 << (field.width - 1 - place)) != 0)
    }
  }

  // MARK: Packets

  /// The least vector of a set that is not empty.
  func vector(in node: DecisionDiagrams.Node, _ diagrams: DecisionDiagrams) -> [Bool] {
    var result = [Bool](repeating: false, count: fieldOfVariable.count)
    var rest = node
    while rest > DecisionDiagrams.all {
      let goesHigh = diagrams.low(rest) == DecisionDiagrams.empty
      if goesHigh { result[Int(diagrams.variable(rest))] = true }
      rest = goesHigh ? diagrams.high(rest) : diagrams.low(rest)
    }
    return result
  }

  func packet(_ vector: [Bool], preferring wishes: [PacketTest]) -> PacketWitness {
    var values: [PacketField: PacketWitness.Value] = [:]
    for field in fields {
      let bits = vector[Int(field.first)..<Int(field.first) + field.width]
      let code = bits.reduce(UInt64(0)) { $0 << 1 | ($1 ? 1 : 0) }
      guard let classes = field.classes else {
        values[field.field] = .number(UInt128(code))
        continue
      }
      values[field.field] = classes.example(
        min(Int(code), classes.count - 1), preferring: wishes.filter { $0.field == field.field })
    }
    return PacketWitness(values: values)
  }

  /// `nil` where no class has one of the packet's values.
  func contains(
    _ packet: PacketWitness, in node: DecisionDiagrams.Node, _ diagrams: DecisionDiagrams
  ) -> Bool? {
    var codes: [Int32: UInt64] = [:]
    var rest = node
    while rest > DecisionDiagrams.all {
      let variable = diagrams.variable(rest)
      let number = fieldOfVariable[Int(variable)]
      let field = fields[Int(number)]
      guard let code = codes[number] ?? code(of: packet.values[field.field], field) else {
        return nil
      }
      codes[number] = code
      let place = Int(variable - field.first)
      let isSet = code >> UInt64(field.width - 1 - place) & 1 == 1
      rest = isSet ? diagrams.high(rest) : diagrams.low(rest)
    }
    return rest == DecisionDiagrams.all
  }

  func node(
    sharing field: PacketField, of packet: PacketWitness, in diagrams: inout DecisionDiagrams
  ) -> DecisionDiagrams.Node {
    guard let number = fieldNumbers[field] else { return DecisionDiagrams.all }
    let variables = fields[number]
    guard let code = code(of: packet.values[field], variables) else { return DecisionDiagrams.all }
    // Codes past the last class are other names for it.
    let isLast = Int(code) + 1 == variables.classes?.count
    let upper = isLast ? (1 << variables.width) - 1 : Int(code)
    return rangesNode(
      variables.first, bits: variables.width, from: 0, [Int(code)...upper], &diagrams)
  }

  private func code(of value: PacketWitness.Value?, _ field: FieldVariables) -> UInt64? {
    if let classes = field.classes { return classes.code(of: value).map { UInt64($0) } }
    if case .number(let number) = value { return UInt64(truncatingIfNeeded: number) }
    return 0
  }
}
