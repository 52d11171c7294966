import PacketSpace
import RulesetIR

/// One condition of a rule that is being read.
struct NftReadCondition {
  var alternatives: Alternatives
  /// What it says, should there be too many alternatives.
  var text: String
}

/// A rule as far as it has been read.
struct NftRuleDraft {
  private(set) var conditions: [NftReadCondition] = []
  var statements: [RuleStatement] = []
  /// A verdict has been read.
  var isFinished = false
  var note = ""
  var origin: RuleOrigin?
  /// The transport protocols that the conditions leave; `nil` for all.
  private var protocols: Set<UInt8>?

  /// Whether packets of other protocols do not get here.
  func knows(only numbers: [UInt8]) -> Bool {
    protocols.map { $0.isSubset(of: numbers) } ?? false
  }

  /// The transport protocols that packets which get here may have.
  var allowed: Set<UInt8> { protocols ?? Set(UInt8.min...UInt8.max) }

  mutating func add(_ condition: NftReadCondition) {
    conditions.append(condition)
    var allowed: Set<UInt8> = []
    for matches in condition.alternatives {
      guard let here = matches.protocols else { return }
      allowed.formUnion(here)
    }
    protocols = protocols.map { $0.intersection(allowed) } ?? allowed
  }

  mutating func add(_ match: Match) {
    add(NftReadCondition(alternatives: [[match]], text: ""))
  }

  /// Replaces conditions by one that may hold or not: what they look at has changed since.
  mutating func replaceConditions(by match: Match, where isChanged: (Match) -> Bool) {
    let rest = conditions.filter { !$0.alternatives.contains { $0.contains(where: isChanged) } }
    if rest.count < conditions.count {
      conditions = rest + [NftReadCondition(alternatives: [[match]], text: "")]
    }
  }

  /// Every way to fulfil all conditions, at most `limit` of them: where there are more, the
  /// conditions with the most alternatives become matches that may hold or not.
  func ways(limit: Int, opaque: (String) -> Match) -> Alternatives {
    var parts = conditions
    while count(parts) > limit {
      guard let largest = parts.indices.max(by: { parts[$0].isSmaller(than: parts[$1]) })
      else { break }
      parts[largest].alternatives = [[opaque(parts[largest].text)]]
    }
    var result: Alternatives = [[]]
    for part in parts {
      if part.alternatives.count == 1 {
        for index in result.indices { result[index] += part.alternatives[0] }
      } else {
        result = result.flatMap { way in part.alternatives.map { way + $0 } }
      }
    }
    return result
  }

  /// Saturates.
  private func count(_ parts: [NftReadCondition]) -> Int {
    parts.reduce(1) { count, part in
      let (product, overflow) = count.multipliedReportingOverflow(by: part.alternatives.count)
      return overflow ? .max : product
    }
  }
}

extension NftReadCondition {
  fileprivate func isSmaller(than other: NftReadCondition) -> Bool {
    alternatives.count < other.alternatives.count
  }
}

extension [Match] {
  /// The transport protocols that the matches leave; `nil` for all.
  fileprivate var protocols: Set<UInt8>? {
    var result: Set<UInt8>?
    for match in self {
      if let here = match.protocols { result = result.map { $0.intersection(here) } ?? here }
    }
    return result
  }
}

extension Match {
  fileprivate var protocols: Set<UInt8>? {
    switch self {
    case .transport(let numbers): Set(numbers)
    case .icmpType: [1]
    case .icmpv6Type: [58]
    case .tcpFlags: [6]
    case .asked: [17]
    case .interface, .notReceived, .deviceType, .family, .address, .port, .ctState, .ctDirection,
      .ctProtocol, .ctAddress, .ctPort, .mark, .socketUser, .socketGroup, .cgroup, .hopLimit,
      .laterFragment, .ctLabel, .isIP, .arpAddress, .opaque, .not:
      nil
    }
  }

  var readsMark: Bool {
    switch self {
    case .mark: true
    case .not(let inner): inner.readsMark
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .socketUser,
      .socketGroup, .cgroup, .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .arpAddress,
      .asked, .opaque:
      false
    }
  }

  /// A label of the connection, or a set that rules fill.
  var readsLabelOrSet: Bool {
    switch self {
    case .ctLabel, .asked: true
    case .not(let inner): inner.readsLabelOrSet
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser,
      .socketGroup, .cgroup, .hopLimit, .laterFragment, .tcpFlags, .isIP, .arpAddress, .opaque:
      false
    }
  }
}
