/// The values of one field, divided so that no test tells two of a class apart.
struct FieldClasses {
  /// What each class holds; never empty.
  private(set) var members: [ClassMembers] = []
  /// For each test of the field, the classes that it holds for, ascending.
  private(set) var classes: [PacketTest: [Int]] = [:]

  /// Decision variables that a class number takes.
  var bitCount: Int {
    members.count <= 1 ? 0 : Int.bitWidth - (members.count - 1).leadingZeroBitCount
  }

  init(_ field: PacketField, _ tests: [PacketTest]) {
    if field.isInterface {
      divideInterfaces(tests)
    } else {
      divideRanges(field, tests)
    }
  }

  /// The class that a value is in; without a value 0, or no interface.
  func code(of value: PacketWitness.Value?) -> Int? {
    let name: InterfaceName
    switch value {
    case .number(let number): return code(of: number)
    case .interface(let text): name = .named(text)
    case .noInterface: name = .none
    case nil:
      if case .ranges = members[0] { return code(of: 0) }
      name = .none
    }
    return members.indices.first { index in
      classes.allSatisfy { test, holding in holding.contains(index) == name.has(test) }
    }
  }

  private func code(of number: UInt128) -> Int? {
    members.firstIndex { member in
      if case .ranges(let ranges) = member {
        ranges.contains { $0.contains(number) }
      } else {
        false
      }
    }
  }

  /// Sweeps once over all end points; two stretches with the same tests active are one class.
  private mutating func divideRanges(_ field: PacketField, _ tests: [PacketTest]) {
    var events: [(at: UInt128, test: Int)] = []
    for (index, test) in tests.enumerated() {
      guard case .ranges(let ranges) = test.values else { continue }
      for range in ranges {
        events.append((range.lowerBound, index))
        if range.upperBound < field.maximum { events.append((range.upperBound + 1, index)) }
      }
    }
    events.sort { $0.at < $1.at }
    var signature = Signature()
    var known: [Signature: Int] = [:]
    var active: [Set<Int>] = []
    var nowActive: Set<Int> = []
    var stretches: [[ClosedRange<UInt128>]] = []
    var low: UInt128 = 0
    func close(_ upper: UInt128) {
      if let index = known[signature] {
        stretches[index].append(low...upper)
      } else {
        known[signature] = stretches.count
        active.append(nowActive)
        stretches.append([low...upper])
      }
    }
    var next = 0
    while next < events.count {
      let at = events[next].at
      if at > low {
        close(at - 1)
        low = at
      }
      while next < events.count, events[next].at == at {
        signature.toggle(events[next].test)
        // A test whose ranges touch ends and starts at one place, in whichever order they come.
        nowActive.formSymmetricDifference([events[next].test])
        next += 1
      }
    }
    close(field.maximum)
    members = stretches.map { .ranges($0) }
    for test in tests { classes[test] = [] }
    for index in members.indices {
      for test in active[index] { classes[tests[test], default: []].append(index) }
    }
  }

  /// Each literal name, a fresh name for each prefix, any other name, and none at all.
  private mutating func divideInterfaces(_ tests: [PacketTest]) {
    let patterns = tests.compactMap { test -> InterfacePattern? in
      if case .interface(let pattern) = test.values { pattern } else { nil }
    }
    var names: [InterfaceName] = [.none, .named("lo")]
    if let other = FieldClasses.freshName("", patterns) { names.append(.named(other)) }
    for pattern in patterns {
      let name = pattern.isPrefix ? FieldClasses.freshName(pattern.name, patterns) : pattern.name
      if let name, !names.contains(.named(name)) { names.append(.named(name)) }
    }
    var known: [[Bool]: Int] = [:]
    for test in tests { classes[test] = [] }
    for name in names {
      let holds = tests.map { name.has($0) }
      if known[holds] != nil { continue }
      known[holds] = members.count
      for (test, isHeld) in zip(tests, holds) where isHeld {
        classes[test, default: []].append(members.count)
      }
      members.append(.interface(name))
    }
  }

  /// A name that begins so, that no test names in full, and that no longer prefix begins.
  ///
  /// `nil`: the other tests leave none of at most 15 bytes.
  private static func freshName(_ prefix: String, _ patterns: [InterfacePattern]) -> String? {
    let own = InterfacePattern(prefix, isPrefix: true)
    let rivals = patterns.filter { $0 != own && $0.name.hasPrefix(prefix) }
    let digits = (0..<10).map { String($0) }
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.#%&,;=?@^~!$()<>[]{}|"
    let longer = letters.flatMap { letter in digits.map { "\(letter)\($0)" } }
    // Readable ones first; the prefix itself is a name too.
    let endings = (prefix.isEmpty ? ["other"] : digits + [""]) + letters.map { String($0) } + longer
    return endings.lazy.map { prefix + $0 }.first { name in
      name.utf8.count <= 15 && name != "." && !rivals.contains { $0.matches(name) }
    }
  }
}

enum InterfaceName: Hashable {
  case none
  case named(String)

  func has(_ test: PacketTest) -> Bool {
    switch (self, test.values) {
    case (.none, .noInterface): true
    case (.named(let name), .interface(let pattern)): pattern.matches(name)
    case (.none, _), (.named, _): false
    }
  }
}

enum ClassMembers {
  case ranges([ClosedRange<UInt128>])
  case interface(InterfaceName)
}

/// Which tests are active, as a number that is almost surely its own.
///
/// 128 random-looking bits for each test, combined by exclusive or: two different sets of tests of a
/// million atoms share one with a probability below 2^-88.
private struct Signature: Hashable {
  var bits: UInt128 = 0

  mutating func toggle(_ test: Int) {
    var x = UInt64(truncatingIfNeeded: test) &+ 0x9e37_79b9_7f4a_7c15
    func next() -> UInt64 {
      x = x &+ 0x9e37_79b9_7f4a_7c15
      var z = x
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
    bits ^= UInt128(next()) << 64 | UInt128(next())
  }
}
