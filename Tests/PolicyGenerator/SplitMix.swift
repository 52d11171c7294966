/// The same numbers on every run (SplitMix64, Steele and others 2014).
package struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  package mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self)
  }

  /// True once in so many times.
  package mutating func once(in times: Int) -> Bool { number(1...times) == 1 }

  package mutating func pick<Value>(_ values: [Value]) -> Value {
    values[number(0...values.count - 1)]
  }

  /// Some of the values, at least one, in their own order.
  package mutating func some<Value>(_ values: [Value], atMost limit: Int = 3) -> [Value] {
    let places = Array(values.indices).shuffled(using: &self).prefix(number(1...limit)).sorted()
    return places.map { values[$0] }
  }
}
