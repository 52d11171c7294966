import Foundation
import Glibc
import Testing

/// Where packets of a probe can be seen: always on the wire or at a program, never in a counter.
enum Sight: String, Sendable, Comparable {
  /// The router, on the host's first uplink: outside the tunnel.
  case lan
  /// The router, on an uplink that came later.
  case secondUplink
  /// The far end, out of the tunnel.
  case tunnel
  /// The container, coming in.
  case container
  /// An echo service on the host.
  case service

  static func < (one: Sight, other: Sight) -> Bool { one.rawValue < other.rawValue }
}

/// What must become of a probe.
enum Expectation: Sendable, CustomStringConvertible {
  /// Answered; its packets and their answers are seen exactly there.
  case answered(Set<Sight>)
  /// Seen exactly there; an answer is neither needed nor wrong.
  case seen(Set<Sight>)
  /// Seen exactly there, and not answered.
  case unanswered(Set<Sight>)
  /// Seen nowhere and not answered.
  case blocked
  /// As blocked, and the container may hear of it.
  case rejectedOrSilent
  /// As blocked, and the sender hears of it at once; the refusal itself may be seen there.
  case rejected(Set<Sight>)

  var sights: Set<Sight> {
    switch self {
    case .answered(let sights), .seen(let sights), .unanswered(let sights), .rejected(let sights):
      sights
    case .blocked, .rejectedOrSilent: []
    }
  }

  var mustFail: Bool {
    switch self {
    case .answered, .seen, .unanswered: false
    case .blocked, .rejected, .rejectedOrSilent: true
    }
  }

  func mayAlsoBe(_ sights: Set<Sight>) -> Bool {
    if case .rejectedOrSilent = self { sights == [.container] } else { false }
  }

  var waitMilliseconds: Int {
    switch self {
    case .answered: 4000
    case .rejected: 2000
    case .seen, .unanswered, .blocked, .rejectedOrSilent: 60
    }
  }

  /// Only sockets with ports hear of a refusal.
  func accepts(_ result: String, hasPorts: Bool) -> Bool {
    switch self {
    case .answered: result == "answered"
    case .seen: true
    case .unanswered, .blocked, .rejectedOrSilent: result != "answered"
    case .rejected:
      result == "refused" || result.hasPrefix("failed") || (!hasPorts && result == "unanswered")
    }
  }

  var description: String {
    switch self {
    case .answered(let sights): "answered, seen at \(names(sights))"
    case .seen(let sights): "seen at \(names(sights))"
    case .unanswered(let sights): "not answered, seen at \(names(sights))"
    case .blocked, .rejectedOrSilent: "blocked"
    case .rejected: "rejected"
    }
  }
}

private func names(_ sights: Set<Sight>) -> String {
  "{" + sights.sorted().map { $0.rawValue }.joined(separator: ", ") + "}"
}

/// One packet, who sends it, and what must become of it.
struct Probe: Sendable {
  let name: String
  let from: Place
  let words: [String]
  var expected: Expectation
  /// Nothing but a rule set that denies it could tell: it comes through nowhere in an open network either.
  let isBlockedByItself: Bool

  /// `packet` is `udp|tcp ADDRESS PORT`, `icmp ADDRESS`, `proto NUMBER ADDRESS`, or `packet` or `frame`
  /// and its words, or `push flow=NAME`; words for the agent may follow.
  init(
    _ name: String, from: Place = .host, _ packet: String, _ expected: Expectation,
    isBlockedByItself: Bool = false
  ) {
    self.name = name
    self.isBlockedByItself = isBlockedByItself
    self.from = from
    words = packet.split(separator: " ").map { String($0) }
    self.expected = expected
  }

  /// Its socket stays open for later probes.
  var opensFlow: Bool { words.contains { $0.hasPrefix("keep=") } }

  func line(number: Int, waitMilliseconds: Int) -> String {
    var line: [String]
    switch words[0] {
    case "udp", "tcp":
      line = ["ask", "proto=\(words[0])", "dst=\(words[1])", "dport=\(words[2])"] + words[3...]
    case "icmp": line = ["ask", "proto=icmp", "dst=\(words[1])"] + words[2...]
    case "proto": line = ["ask", "proto=\(words[1])", "dst=\(words[2])"] + words[3...]
    default: line = words
    }
    line.insert("n=\(number)", at: 1)
    if !line.contains(where: { $0.hasPrefix("wait=") }) {
      line.append("wait=\(min(waitMilliseconds, expected.waitMilliseconds))")
    }
    return line.joined(separator: " ")
  }
}

/// A packet that a capture reported.
struct SeenPacket: CustomStringConvertible {
  let place: Place
  let line: String
  private let fields: [String: String]

  init(place: Place, line: String) {
    self.place = place
    self.line = line
    var fields: [String: String] = [:]
    for word in line.split(separator: " ").dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
    }
    self.fields = fields
  }

  subscript(key: String) -> String { fields[key] ?? "" }

  var description: String { "\(place): \(line)" }

  /// Nil for a packet that the place of the capture sent itself, and on other interfaces.
  var sight: Sight? {
    if self["way"] != "in" { return nil }
    switch (place, self["iface"]) {
    case (.router, "lan0"): return .lan
    case (.router, "lan1"): return .secondUplink
    case (.internet, "wg0"), (.internet, "tun1"): return .tunnel
    case (.container, "eth0"): return .container
    default: return nil
    }
  }

  /// The number of the probe that the packet belongs to, by its payload or else by its port.
  var probe: Int? {
    if let number = Int(self["n"]) { return number }
    for key in ["sport", "dport", "id", "quoted", "quoted-dport"] {
      if let port = Int(self[key]), (20001..<30000).contains(port) { return port - 20000 }
    }
    return nil
  }

  /// What a host sends on its own account; none of it carries anything of a program.
  var isHousekeeping: Bool {
    let isNeighbourDiscovery = self["proto"] == "58" && (133...137).contains(Int(self["type"]) ?? 0)
    let isMembership =
      self["proto"] == "2"
      || (self["proto"] == "58" && ["131", "132", "143"].contains(self["type"]))
    return (isNeighbourDiscovery && self["ttl"] == "255") || isMembership
  }

  /// What WireGuard and OpenVPN send by themselves.
  var isEncrypted: Bool {
    self["proto"] == "17" && ["51820", "1194"].contains(self["dport"])
      && [Address.server, Address.server6].contains(self["dst"])
  }
}

/// What became of a probe.
struct Fate: CustomStringConvertible {
  let probe: Probe
  /// What the sender heard: `answered`, `refused`, `unanswered` or `failed errno=...`.
  let result: String
  let sights: Set<Sight>
  let packets: [SeenPacket]

  /// The packet was never made: a mistake of the test, and no proof of anything.
  private var isUnsent: Bool {
    [EBADF, ENODEV, EINVAL, EADDRINUSE, EADDRNOTAVAIL].contains {
      result.hasSuffix("errno=\($0)")
    }
  }

  var isAsExpected: Bool {
    !isUnsent
      && probe.expected.accepts(result, hasPorts: ["udp", "tcp", "push"].contains(probe.words[0]))
      && (sights == probe.expected.sights || probe.expected.mayAlsoBe(sights))
  }

  var description: String {
    """
    \(probe.name) [\(probe.from): \(probe.words.joined(separator: " "))]
    expected \(probe.expected)
    but \(result), seen at \(names(sights))\(packets.map { "\n  \($0)" }.joined())
    """
  }
}

/// A network together with the probes that went through it.
final class Lab {
  let network: Network
  var sent: [Int: Probe] = [:]
  private var results: [Int: String] = [:]
  private var seen: [SeenPacket] = []
  private var served: [Int: Int] = [:]

  init() throws { network = try Network() }

  /// Sends all probes, and holds what became of each against its expectation.
  ///
  /// Every other packet that left outside the tunnel since the last call is a failure too.
  func check(
    _ phase: String, _ probes: [Probe], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let first = sent.count + 1
    for fate in try send(probes) where !fate.isAsExpected {
      Issue.record("\(phase): \(fate)", sourceLocation: sourceLocation)
    }
    reportStrays(after: first, phase, sourceLocation)
  }

  /// Sends all probes and tells what became of each.
  ///
  /// What passes is given `settleSeconds` to arrive; the rest, 50 ms beyond the time that it took.
  func send(_ probes: [Probe], settleSeconds: Double = 2, waitMilliseconds: Int = 10_000) throws
    -> [Fate]
  {
    let first = sent.count + 1
    for (offset, probe) in probes.enumerated() { sent[first + offset] = probe }
    let numbers = Array(first..<first + probes.count)
    for place in Place.allCases {
      let lines = numbers.compactMap { number in
        sent[number].flatMap {
          $0.from == place
            ? $0.line(number: number, waitMilliseconds: waitMilliseconds) : nil
        }
      }
      if lines.isEmpty { continue }
      for answer in try network.batch(place, lines) {
        let words = answer.split(separator: " ", maxSplits: 1)
        if let number = Int(words[0].dropFirst(2)) { results[number] = String(words[1]) }
      }
    }
    let deadline = Date.now.addingTimeInterval(settleSeconds)
    repeat {
      usleep(50_000)
      try collect()
    } while Date.now < deadline
      && numbers.contains { !(sent[$0]?.expected.sights ?? []).isSubset(of: sights(of: $0)) }
    return zip(numbers, probes).map { number, probe in
      Fate(
        probe: probe, result: results[number] ?? "no result", sights: sights(of: number),
        packets: seen.filter { $0.probe == number })
    }
  }

  /// Forgets what was seen so far: what a network does before it has rules.
  func forget() throws {
    usleep(50_000)
    try collect()
    seen = []
  }

  /// Packets of floods by `INTERFACE/WAY` since the last mark; fails when a capture missed any.
  func floods(at place: Place) throws -> [String: Int] {
    usleep(100_000)
    return try mark(place)
  }

  private func collect() throws {
    for place in network.captures.keys { _ = try mark(place) }
    for child in network.services[.host] ?? [] {
      for line in child.lines() {
        if let number = Int(line.dropFirst("got n=".count)) { served[number, default: 0] += 1 }
      }
    }
  }

  /// Takes what a capture has seen; the packets of floods are only counted.
  private func mark(_ place: Place) throws -> [String: Int] {
    guard let capture = network.captures[place] else { return [:] }
    try capture.write("mark\n")
    while let line = capture.line(seconds: 30) {
      if !line.hasPrefix("mark") {
        seen.append(SeenPacket(place: place, line: line))
        continue
      }
      if !line.hasPrefix("mark missed=0 ") { throw HarnessError("capture at \(place): \(line)") }
      var counts: [String: Int] = [:]
      for item in line.split(separator: "=").dropFirst(2).joined().split(separator: ",") {
        let parts = item.split(separator: ":")
        counts[String(parts[0])] = Int(parts[1])
      }
      return counts
    }
    throw HarnessError("the capture at \(place) does not answer")
  }

  private func sights(of number: Int) -> Set<Sight> {
    var sights = Set(seen.filter { $0.probe == number }.compactMap { $0.sight })
    if served[number] != nil { sights.insert(.service) }
    return sights
  }

  /// What left outside the tunnel and belongs to no probe that may; late packets of older probes count.
  private func reportStrays(after first: Int, _ phase: String, _ sourceLocation: SourceLocation) {
    for packet in seen {
      guard let sight = packet.sight, sight == .lan || sight == .secondUplink else { continue }
      if packet.isHousekeeping { continue }
      if let number = packet.probe, let probe = sent[number] {
        // This call's own probes have been judged.
        if number >= first || probe.expected.sights.contains(sight) { continue }
      } else if packet.isEncrypted {
        continue
      }
      Issue.record("\(phase): left outside the tunnel: \(packet)", sourceLocation: sourceLocation)
    }
    seen = []
  }
}
