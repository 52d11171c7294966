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
    /// The field before it that has the same classes; else its own number.
    var division: Int
  }

  init(_ tests: TestTable) {
    self.tests = tests
    places = Array(repeating: (0, 0), count: tests.tests.count)
    var members: [PacketField: [Int]] = [:]
    for (number, test) in tests.tests.enumerated() {
      members[test.field, default: []].append(number)
    }
    var divisions: [Division: Int] = [:]
    for (field, numbers) in members.sorted(by: { $0.key < $1.key }) {
      let number = fields.count
      let ordered = numbers.sorted { tests.valueNumbers[$0] < tests.valueNumbers[$1] }
      for (place, test) in ordered.enumerated() { places[test] = (Int32(number), Int32(place)) }
      fieldNumbers[field] = number
      let division = Division(
        maximum: field.maximum, isInterface: field.isInterface,
        values: ordered.map { tests.valueNumbers[$0] })
      let known = divisions[division]
      divisions[division] = known ?? number
      add(
        field, division: known ?? number,
        classes: known.map { fields[$0].classes }
          ?? field.classes(ordered.map { tests.tests[$0].values }))
    }
  }

  private mutating func add(_ field: PacketField, division: Int, classes: FieldClasses?) {
    let width = classes?.bitCount ?? 32
    fields.append(
      FieldVariables(
        field: field, first: Int32(fieldOfVariable.count), width: width, classes: classes,
        division: division))
    fieldOfVariable += Array(repeating: Int32(fields.count - 1), count: width)
  }

  /// What the classes of a field depend on.
  private struct Division: Hashable {
    var maximum: UInt128
    var isInterface: Bool
    var values: [Int]
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
  func vector(in node: DecisionDiagrams.Node, _ diagrams: DecisionDiagrams) -> PacketVector {
    var bits = [Bool](repeating: false, count: fieldOfVariable.count)
    var rest = node
    while rest > DecisionDiagrams.all {
      let goesHigh = diagrams.low(rest) == DecisionDiagrams.empty
      if goesHigh { bits[Int(diagrams.variable(rest))] = true }
      rest = goesHigh ? diagrams.high(rest) : diagrams.low(rest)
    }
    return PacketVector(bits: bits)
  }

  /// `nil` where no class has one of the packet's values.
  func vector(of packet: PacketWitness) -> PacketVector? {
    var bits: [Bool] = []
    for field in fields {
      guard let code = code(of: packet.values[field.field], field) else { return nil }
      for place in (0..<field.width).reversed() { bits.append(code >> UInt64(place) & 1 == 1) }
    }
    return PacketVector(bits: bits)
  }

  func packet(_ vector: PacketVector, preferring wishes: [PacketTest]) -> PacketWitness {
    var values: [PacketField: PacketWitness.Value] = [:]
    for field in fields {
      let code = code(field, in: vector)
      values[field.field] =
        field.classes?.example(
          code, preferring: wishes.filter { $0.field == field.field }) ?? .number(UInt128(code))
    }
    return PacketWitness(values: values)
  }

  private func code(_ field: FieldVariables, in vector: PacketVector) -> Int {
    var code = 0
    for place in Int(field.first)..<Int(field.first) + field.width {
      code = code << 1 | (vector.bits[place] ? 1 : 0)
    }
    // Codes past the last class are other names for it.
    return field.classes.map { min(code, $0.count - 1) } ?? code
  }

  /// Values that are asked of both fields and that one of them has in a packet and the other has not.
  func disagreements(
    _ a: PacketField, _ b: PacketField, in vector: PacketVector
  ) -> [PacketTest.Values] {
    guard let first = fieldNumbers[a], let second = fieldNumbers[b] else { return [] }
    let (one, other) = (fields[first], fields[second])
    let (code, otherCode) = (code(one, in: vector), code(other, in: vector))
    if one.division == other.division, code == otherCode { return [] }
    guard let classes = one.classes, let otherClasses = other.classes else { return [] }
    return tests.tests.indices.compactMap { number in
      if Int(places[number].field) != first { return nil }
      let values = tests.tests[number].values
      guard let twin = tests.number(of: PacketTest(b, values)) else { return nil }
      let holds = classes.holds(Int(places[number].place), for: code)
      return holds == otherClasses.holds(Int(places[twin].place), for: otherCode) ? nil : values
    }
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

extension PacketField {
  /// - Returns: `nil` for a field that is kept bit by bit.
  fileprivate func classes(_ values: [PacketTest.Values]) -> FieldClasses? {
    isBitwise ? nil : FieldClasses(self, values)
  }
}
