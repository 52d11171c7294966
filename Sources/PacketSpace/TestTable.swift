/// Tests with a number each, in the order in which they come; equal tests have one number.
///
/// Proofs look up the same few hundred tests many thousand times, so that it has a table of its own: what it mixes of a
/// test is enough to tell most apart, and a long list of addresses is not read through for it.
package struct TestTable: Sendable {
  package private(set) var tests: [PacketTest] = []
  /// For each test the number of its values, which tests of other fields may have as well.
  private(set) var valueNumbers: [Int] = []
  private var numbers = NumberTable()
  /// Numbers of values; the entries are numbers of tests that have them first.
  private var values = NumberTable()
  private var firstTests: [Int] = []

  package init() {}

  package init(_ tests: [PacketTest]) {
    for test in tests { insert(test) }
  }

  /// Adds a test, if it is not there.
  package mutating func insert(_ test: PacketTest) {
    let hash = test.mixed
    if numbers.number(hash, where: { tests[$0] == test }) != nil { return }
    numbers.append(hash)
    tests.append(test)
    let valueHash = test.values.mixed
    if let number = values.number(
      valueHash, where: { tests[firstTests[$0]].values == test.values })
    {
      valueNumbers.append(number)
    } else {
      values.append(valueHash)
      valueNumbers.append(firstTests.count)
      firstTests.append(tests.count - 1)
    }
  }

  /// `nil`: it is not there.
  func number(of test: PacketTest) -> Int? {
    numbers.number(test.mixed) { tests[$0] == test }
  }

  /// What is asked of one of the fields is asked of all, so that they are divided alike.
  ///
  /// Nothing is added where only one of them is asked for anything.
  package mutating func align(_ fields: [PacketField]) {
    let asked = tests.filter { fields.contains($0.field) }
    if Set(asked.map(\.field)).count < 2 { return }
    for field in fields {
      for test in asked { insert(PacketTest(field, test.values)) }
    }
  }
}

/// Finds the number that something was given, by a hash: open addressing.
private struct NumberTable: Sendable {
  /// In the order of the numbers.
  private var hashes: [Int] = []
  /// A number plus 1; 0 is free.
  private var slots: [Int32] = Array(repeating: 0, count: 1 << 8)

  func number(_ hash: Int, where isIt: (Int) -> Bool) -> Int? {
    let mask = slots.count - 1
    var slot = hash & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot] - 1)
      if hashes[number] == hash, isIt(number) { return number }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Gives the next number to what is not there.
  mutating func append(_ hash: Int) {
    hashes.append(hash)
    if hashes.count * 2 > slots.count {
      slots = Array(repeating: 0, count: slots.count * 2)
      for number in hashes.indices { place(number) }
    } else {
      place(hashes.count - 1)
    }
  }

  private mutating func place(_ number: Int) {
    let mask = slots.count - 1
    var slot = hashes[number] & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = Int32(number + 1)
  }
}
