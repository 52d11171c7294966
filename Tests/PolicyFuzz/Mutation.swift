/// SplitMix64: the same inputs for the same seed, on every machine.
struct Generator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}

/// Makes inputs out of good policies: what a hostile or a tired author could write.
struct Mutator {
  private let corpus: [[UInt8]]
  private let words: [[UInt8]]
  var generator: Generator

  /// - Parameter corpus: never empty, nor is any of its texts.
  init(corpus: [[UInt8]], seed: UInt64) {
    self.corpus = corpus
    generator = Generator(seed: seed)
    words = (Mutator.interesting + Mutator.keywords).map { Array($0.utf8) }
  }

  mutating func next() -> [UInt8] {
    var text = corpus[generator.below(corpus.count)]
    for _ in 0...generator.below(6) { mutate(&text) }
    return text
  }

  private mutating func mutate(_ text: inout [UInt8]) {
    let (from, to) = range(in: text)
    switch generator.below(9) {
    case 0: text.removeSubrange(from..<to)
    case 1: text.insert(contentsOf: text[from..<to], at: generator.below(text.count + 1))
    case 2: text.insert(contentsOf: words[generator.below(words.count)], at: from)
    case 3: text.replaceSubrange(from..<to, with: words[generator.below(words.count)])
    case 4:
      if !text.isEmpty {
        text[generator.below(text.count)] = UInt8(truncatingIfNeeded: generator.next())
      }
    case 5: text.insert(UInt8(truncatingIfNeeded: generator.next()), at: from)
    case 6: splice(into: &text, at: from)
    case 7: repeatWord(into: &text, at: from)
    default: text.removeSubrange(to..<text.count)
    }
  }

  private mutating func splice(into text: inout [UInt8], at place: Int) {
    let other = corpus[generator.below(corpus.count)]
    let (from, to) = range(in: other)
    text.insert(contentsOf: other[from..<to], at: place)
  }

  private mutating func repeatWord(into text: inout [UInt8], at place: Int) {
    let word = words[generator.below(words.count)]
    for _ in 0..<generator.below(200) { text.insert(contentsOf: word, at: place) }
  }

  /// A short stretch, more often than a long one.
  private mutating func range(in text: [UInt8]) -> (Int, Int) {
    if text.isEmpty { return (0, 0) }
    let from = generator.below(text.count)
    let length = generator.below(generator.below(64) + 1)
    return (from, min(text.count, from + length))
  }

  private static let interesting = [
    "{", "}", "{ ", " }", ",", ";", "\n", "\r\n", "\t", "\"", "\\", "#", "*", "-", "/", ":", "::",
    "=", "\u{0}", "\u{feff}", "é", "0", "1", "53", "65535", "65536", "4294967295", "4294967296",
    "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "0x",
    "0xffffffff",
    "10.0.0.0/8", "10.0.0.1/8", "0.0.0.0/0", "::/0", "255.255.255.255", "1.2.3", "1.2.3.4.5",
    "fd00::1", "fe80::1%eth0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "192.0.2.1-192.0.2.9",
    "192.0.2.9-192.0.2.1", "wg*", "lo", "\"a b\"", "\"\\n\"", "eth0.100", "0eth", "list.txt",
    "\"list.txt\"", "\"loop.ksp\"", "\"../x\"",
  ]

  private static let keywords = [
    "language 1", "policy p", "include", "define x =", "file", "confine", "tunnel wg0", "uplink",
    "lan eth0", "forward docker0", "bypass b", "host", "blocked", "guard", "expect pass",
    "expect block", "accept-risk", "because", "kind wireguard", "endpoint", "address", "inner",
    "dns", "in", "out", "network", "multicast mdns", "broadcast", "to", "from", "among",
    "dhcp-server", "masquerade", "mark", "user", "group", "cgroup", "any-process", "via", "public",
    "any", "tcp", "udp", "sctp", "icmp", "icmpv6", "proto", "private", "link-local", "cgnat",
  ]
}
