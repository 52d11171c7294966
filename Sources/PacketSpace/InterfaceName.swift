/// The interface of a packet, or that it has none.
enum InterfaceName: Hashable {
  case none
  case named(String)

  func has(_ values: PacketTest.Values) -> Bool {
    switch (self, values) {
    case (.none, .noInterface): true
    case (.named(let name), .interface(let pattern)): pattern.matches(name)
    case (.none, _), (.named, _): false
    }
  }

  var value: PacketWitness.Value {
    switch self {
    case .none: .noInterface
    case .named(let name): .interface(name)
    }
  }
}

/// Finds the tests that a name passes: thousands of literal names cost one look-up each, not each one all tests.
struct InterfaceNamers {
  private var exact: [String: [Int]] = [:]
  private var prefixes: [(name: String, place: Int)] = []
  private var absent: [Int] = []

  init(_ values: [PacketTest.Values]) {
    for (place, values) in values.enumerated() {
      switch values {
      case .interface(let pattern):
        if pattern.isPrefix {
          prefixes.append((pattern.name, place))
        } else {
          exact[pattern.name, default: []].append(place)
        }
      case .noInterface: absent.append(place)
      case .ranges, .addresses, .bits: break
      }
    }
  }

  /// Places in the list of tests.
  func tests(of name: InterfaceName) -> [Int] {
    switch name {
    case .none: absent
    case .named(let name):
      exact[name, default: []] + prefixes.filter { name.hasPrefix($0.name) }.map(\.place)
    }
  }
}

/// A name that begins so, that no test names in full, and that no longer prefix begins.
///
/// `nil`: the other tests leave none of at most 15 bytes.
func freshName(_ prefix: String, _ patterns: [InterfacePattern]) -> String? {
  let own = InterfacePattern(prefix, isPrefix: true)
  let rivals = patterns.filter { $0 != own && $0.name.hasPrefix(prefix) }
  let digits = (0..<10).lazy.map { String($0) }
  let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.#%&,;=?@^~!$()<>[]{}|"
    .lazy.map { String($0) }
  func fits(_ ending: String) -> Bool {
    let name = prefix + ending
    return name.utf8.count <= 15 && name != "." && !rivals.contains { $0.matches(name) }
  }
  // Readable ones first; the prefix itself is a name too.
  let ending =
    prefix.isEmpty
    ? ["other"].first(where: fits) : digits.first(where: fits) ?? [""].first(where: fits)
  let found =
    ending ?? letters.first(where: fits)
    ?? letters.lazy.flatMap { letter in digits.map { letter + $0 } }.first(where: fits)
  return found.map { prefix + $0 }
}
