/// The values of one field, divided so that no test tells two of a class apart.
///
/// Classes are numbered in the order in which their first values come.
struct FieldClasses: Sendable {
  /// How many classes there are; at least one.
  var count: Int { examples.count }
  /// For each test, in the order given, the classes that it holds for: ascending ranges of class numbers.
  private(set) var codes: [[ClosedRange<Int>]]
  /// One value of each class.
  private(set) var examples: [PacketWitness.Value] = []
  private let values: [PacketTest.Values]
  private var signatures = SignatureTable()

  /// Decision variables that a class number takes.
  var bitCount: Int {
    count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
  }

  /// - Parameter values: of the tests of the field, each once.
  init(_ field: PacketField, _ values: [PacketTest.Values]) {
    self.values = values
    codes = Array(repeating: [], count: values.count)
    if field.isInterface {
      divideInterfaces()
    } else {
      divideRanges(upTo: field.maximum)
    }
  }

  /// Whether the test at a place holds for a class.
  func holds(_ place: Int, for code: Int) -> Bool {
    codes[place].contains { $0.contains(code) }
  }

  /// The class that a value is in; without a value 0, or no interface.
  ///
  /// - Returns: `nil` for an interface whose name passes tests that no name of the universe passes together.
  func code(of value: PacketWitness.Value?) -> Int? {
    switch value {
    case .number(let number): return code(of: number)
    case .interface(let name): return code(named: .named(name))
    case .noInterface: return code(named: .none)
    case nil:
      if case .number = examples[0] { return code(of: 0) }
      return code(named: .none)
    }
  }

  private func code(of number: UInt128) -> Int? {
    code { $0.contains(number) }
  }

  private func code(named name: InterfaceName) -> Int? {
    code { name.has($0) }
  }

  private func code(where holds: (PacketTest.Values) -> Bool) -> Int? {
    var signature = Signature()
    for (place, values) in values.enumerated() where holds(values) {
      signature.toggle(Signature(of: place))
    }
    return signatures.code(of: signature)
  }

  /// The first wish for a value of the class, else the example.
  func example(_ code: Int, preferring wishes: [PacketTest]) -> PacketWitness.Value {
    if case .number = examples[code] {
      for wish in wishes {
        if let first = wish.values.first, self.code(of: first) == code { return .number(first) }
      }
    }
    return examples[code]
  }

  // MARK: Numbers

  /// Sweeps once over all end points; two stretches with the same tests active are one class.
  private mutating func divideRanges(upTo maximum: UInt128) {
    var sweep = Sweep(testCount: values.count)
    if maximum < 1 << 33 {
      // Place and test in one word: a list of a million addresses has two million end points.
      var events: [UInt64] = []
      forEachEvent(upTo: maximum) { at, test in events.append(UInt64(at) << 31 | UInt64(test)) }
      events.sort()
      for event in events {
        sweep.pass(UInt128(event >> 31), Int(event & 0x7fff_ffff), &signatures)
      }
    } else {
      var events: [(at: UInt128, test: Int)] = []
      forEachEvent(upTo: maximum) { at, test in events.append((at, test)) }
      events.sort { $0.at < $1.at }
      for event in events { sweep.pass(event.at, event.test, &signatures) }
    }
    sweep.finish(&signatures)
    examples = sweep.firstValues.map { .number($0) }
    codes = sweep.codes
  }

  /// Where tests begin to hold and where they cease, test by test.
  private func forEachEvent(upTo maximum: UInt128, _ visit: (UInt128, Int) -> Void) {
    for (place, values) in values.enumerated() {
      values.forEachRange { lower, upper in
        visit(lower, place)
        if upper < maximum { visit(upper + 1, place) }
      }
    }
  }

  // MARK: Interfaces

  /// Each literal name, a fresh name for each prefix, any other name, and none at all.
  private mutating func divideInterfaces() {
    let patterns = values.compactMap { values -> InterfacePattern? in
      if case .interface(let pattern) = values { pattern } else { nil }
    }
    let namers = InterfaceNamers(values)
    var seen: Set<InterfaceName> = []
    func add(_ name: InterfaceName) {
      if !seen.insert(name).inserted { return }
      let holding = namers.tests(of: name)
      var signature = Signature()
      for place in holding { signature.toggle(Signature(of: place)) }
      if signatures.code(of: signature) != nil { return }
      let code = signatures.insert(signature)
      examples.append(name.value)
      for place in holding {
        if let last = codes[place].last, last.upperBound == code - 1 {
          codes[place][codes[place].count - 1] = last.lowerBound...code
        } else {
          codes[place].append(code...code)
        }
      }
    }
    add(.none)
    add(.named("lo"))
    if let other = freshName("", patterns) { add(.named(other)) }
    for pattern in patterns {
      let name = pattern.isPrefix ? freshName(pattern.name, patterns) : pattern.name
      if let name { add(.named(name)) }
    }
  }
}

/// One pass over a field's numbers from 0 to its largest.
private struct Sweep {
  private(set) var firstValues: [UInt128] = []
  private(set) var codes: [[ClosedRange<Int>]]
  private let marks: [Signature]
  private var signature = Signature()
  private var low: UInt128 = 0
  /// For each test that holds here, how many classes there were when it began to; else -1.
  private var begins: [Int]

  init(testCount: Int) {
    codes = Array(repeating: [], count: testCount)
    begins = Array(repeating: -1, count: testCount)
    marks = (0..<testCount).map { Signature(of: $0) }
  }

  /// A test begins or ceases to hold; the places ascend.
  mutating func pass(_ at: UInt128, _ test: Int, _ signatures: inout SignatureTable) {
    if at > low {
      close(&signatures)
      low = at
    }
    signature.toggle(marks[test])
    if begins[test] < 0 { begins[test] = firstValues.count } else { cease(test) }
  }

  mutating func finish(_ signatures: inout SignatureTable) {
    close(&signatures)
    for test in begins.indices where begins[test] >= 0 { cease(test) }
  }

  private mutating func close(_ signatures: inout SignatureTable) {
    if signatures.code(of: signature) != nil { return }
    _ = signatures.insert(signature)
    firstValues.append(low)
  }

  /// A test that holds is part of the signature, so that it holds for exactly the classes that are new while it does, and
  /// for those that were new while it did before.
  private mutating func cease(_ test: Int) {
    let (first, end) = (begins[test], firstValues.count)
    begins[test] = -1
    if first == end { return }
    if let last = codes[test].last, last.upperBound == first - 1 {
      codes[test][codes[test].count - 1] = last.lowerBound...(end - 1)
    } else {
      codes[test].append(first...(end - 1))
    }
  }
}
