import PacketSpace
import RulesetIR

/// Values that no rule speaks of in particular: what passes with them passes at large.
///
/// A rule that names single addresses or ports is an exemption; one that lets pass what nobody names has
/// no such bound. Where rules name so many that hardly a value is left, all of them count.
struct GenericPackets {
  /// To a public address that nobody names.
  let toAnywhere: PacketExpression
  /// To an address that nobody names, public or not.
  let toAnyAddress: PacketExpression
  /// From an address that nobody names.
  let fromAnywhere: PacketExpression
  /// To a public address that a rule names alone, or among few.
  let toNamedHost: PacketExpression
  /// To a public network that a rule names.
  let toNamedNetwork: PacketExpression
  let toAnyPort: PacketExpression
  let fromAnyPort: PacketExpression
  /// Sent by a program of a user that nobody names, in no control group that a rule knows.
  let byAnybody: PacketExpression
  /// The fields that say who sent a packet.
  let ownerFields: [PacketField]
  /// The fields of what is not modelled.
  let unknownFields: [PacketField]
  /// The values of the mark that rules ask for, in which bits.
  let marks: [(value: UInt32, mask: UInt32)]
  private let patterns: [PacketField: [InterfacePattern]]

  /// - Parameter tests: all that rules and policy ask for.
  init(_ tests: [PacketTest]) {
    let tests = Array(Set(tests))
    let named = AddressFamily.allCases.reduce(AddressSet()) { $0.union(namedAddresses(tests, $1)) }
    let unnamed = AddressSet.all.unnamed(named)
    let namedPublic = named.intersection(.publicRange)
    toAnywhere = .anyAddress(AddressSet.publicRange.unnamed(named), PacketField.destination)
    toAnyAddress = .anyAddress(unnamed, PacketField.destination)
    fromAnywhere = .anyAddress(unnamed, PacketField.source)
    toNamedHost = .anyAddress(
      namedPublic.filteringRanges { $0 < 255 }, PacketField.destination)
    toNamedNetwork = .anyAddress(
      namedPublic.filteringRanges { $0 >= 255 }, PacketField.destination)
    toAnyPort = .unnamed(.destinationPort, in: 1...65535, width: 1024, tests)
    fromAnyPort = .unnamed(.sourcePort, in: 1...65535, width: 1024, tests)
    let fields = Set(tests.map(\.field)).sorted()
    let groups = fields.filter { if case .cgroup = $0 { true } else { false } }
    ownerFields = [.user, .group] + groups
    unknownFields = fields.filter { if case .opaque = $0 { true } else { false } }
    let flags = fields.filter(\.isFlagOfConnection)
    byAnybody = .and(
      [
        .origin(.local), .unnamed(.user, in: 1000...59999, width: 1000, tests),
        .unnamed(.group, in: 1000...59999, width: 1000, tests),
      ] + (groups + flags).map { .value($0, 0) })
    marks = tests.compactMap { test in
      if test.field == .mark, case .bits(let value, let mask) = test.values {
        (value, mask)
      } else {
        nil
      }
    }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    patterns = Dictionary(
      grouping: tests.compactMap { test -> (PacketField, InterfacePattern)? in
        if case .interface(let pattern) = test.values { (test.field, pattern) } else { nil }
      }, by: \.0
    ).mapValues { $0.map(\.1).sorted() }
  }

  /// Of a device that somebody names by the beginning of its name, and nobody in full.
  func namedByPattern(_ field: PacketField) -> PacketExpression {
    let names = (patterns[field] ?? []).filter { !$0.name.isEmpty }
    return .and(
      [.or(names.filter(\.isPrefix).map { .test(PacketTest(field, .interface($0))) })]
        + names.filter { !$0.isPrefix }.map { .not(.test(PacketTest(field, .interface($0)))) })
  }

  /// Of a device that nobody names.
  func unnamed(_ field: PacketField) -> PacketExpression {
    .and(
      [.not(.test(PacketTest(field, .noInterface)))]
        + (patterns[field] ?? []).filter { !$0.name.isEmpty }.map {
          .not(.test(PacketTest(field, .interface($0))))
        })
  }
}

/// What rules compare an address with: narrower than a 256th of the addresses that there are.
private func namedAddresses(_ tests: [PacketTest], _ family: AddressFamily) -> AddressSet {
  let limit = family.maximum >> 8
  var ranges: [ClosedRange<UInt128>] = []
  for test in tests where test.field.holdsAddress(family) {
    guard case .ranges(let list) = test.values else { continue }
    let size = list.reduce(UInt128(0)) { sum, range in
      let (size, overflows) = sum.addingReportingOverflow(range.upperBound - range.lowerBound)
      return overflows ? .max : size
    }
    if size < limit { ranges += list }
  }
  return AddressSet(family, ranges)
}

extension PacketExpression {
  /// A number in the range that no narrow test names; any, where none is left.
  fileprivate static func unnamed(
    _ field: PacketField, in range: ClosedRange<UInt128>, width: UInt128, _ tests: [PacketTest]
  ) -> PacketExpression {
    var rest = [range]
    for test in tests where test.field == field {
      guard case .ranges(let list) = test.values else { continue }
      let size = list.reduce(UInt128(0)) { $0 + ($1.upperBound - $1.lowerBound) }
      if size < width { rest = rest.subtracting(list) }
    }
    return .test(PacketTest(field, rest.isEmpty ? [range] : rest))
  }
}

extension PacketField {
  /// Whether something is remembered of the connection or of an earlier packet.
  fileprivate var isFlagOfConnection: Bool {
    switch self {
    case .asked, .ctLabel: true
    case .family, .laterFragment, .opaque, .origin, .inputInterface, .outputInterface, .inputType,
      .outputType, .source, .destination, .ctState, .ctDirection, .transport, .destinationPort,
      .sourcePort, .icmpType, .tcpFlags, .hopLimit, .mark, .ctMark, .ctProtocol,
      .ctOriginalSource, .ctOriginalDestination, .ctReplySource, .ctReplyDestination,
      .ctOriginalSourcePort, .ctOriginalDestinationPort, .ctReplySourcePort,
      .ctReplyDestinationPort, .user, .group, .cgroup:
      false
    }
  }

  fileprivate func holdsAddress(_ family: AddressFamily) -> Bool {
    switch self {
    case .source(let own), .destination(let own), .ctOriginalSource(let own),
      .ctOriginalDestination(let own), .ctReplySource(let own), .ctReplyDestination(let own):
      own == family
    case .family, .laterFragment, .opaque, .origin, .inputInterface, .outputInterface, .inputType,
      .outputType, .ctState, .ctDirection, .transport, .destinationPort, .sourcePort, .icmpType,
      .tcpFlags, .hopLimit, .mark, .ctMark, .ctLabel, .ctProtocol, .ctOriginalSourcePort,
      .ctOriginalDestinationPort, .ctReplySourcePort, .ctReplyDestinationPort, .user, .group,
      .cgroup, .asked:
      false
    }
  }
}

extension [ClosedRange<UInt128>] {
  /// - Parameter others: ascending and disjoint.
  fileprivate func subtracting(_ others: [ClosedRange<UInt128>]) -> [ClosedRange<UInt128>] {
    others.reduce(self) { rest, other in
      rest.flatMap { range -> [ClosedRange<UInt128>] in
        if !range.overlaps(other) { return [range] }
        var parts: [ClosedRange<UInt128>] = []
        if range.lowerBound < other.lowerBound {
          parts.append(range.lowerBound...other.lowerBound - 1)
        }
        if other.upperBound < range.upperBound {
          parts.append(other.upperBound + 1...range.upperBound)
        }
        return parts
      }
    }
  }
}

extension AddressSet {
  init(_ family: AddressFamily, _ ranges: [ClosedRange<UInt128>]) {
    switch family {
    case .ipv4:
      self.init(
        ipv4: ranges.map {
          IPv4Range(UInt32(clamping: $0.lowerBound), UInt32(clamping: $0.upperBound))
        })
    case .ipv6: self.init(ipv6: ranges.map { IPv6Range($0.lowerBound, $0.upperBound) })
    }
  }

  static func every(_ family: AddressFamily) -> AddressSet {
    AddressSet(family, [0...family.maximum])
  }

  /// What is not named; all of a family where nothing of it is left.
  fileprivate func unnamed(_ named: AddressSet) -> AddressSet {
    let rest = subtracting(named)
    return AddressFamily.allCases.filter(rest.isEmpty).reduce(rest) {
      $0.union(intersection(.every($1)))
    }
  }

  /// The ranges whose size, less 1, is so.
  fileprivate func filteringRanges(_ isWanted: (UInt128) -> Bool) -> AddressSet {
    AddressSet(
      ipv4: ipv4.filter { isWanted(UInt128($0.upper - $0.lower)) },
      ipv6: ipv6.filter { isWanted($0.upper - $0.lower) })
  }

  /// Addresses of the internet: neither private nor local nor multicast.
  ///
  /// Source: the IANA special-purpose address registries. Documentation prefixes count as public, so
  /// that examples mean what they show.
  static let publicRange = AddressSet([
    Prefix(IPAddress(v4: 0), length: 8), Prefix(IPAddress(v4: 0x7f00_0000), length: 8),
    Prefix(IPAddress(v4: 0xe000_0000), length: 3),
  ]).union(localRanges).complement.intersection(
    AddressSet(ipv4: [IPv4Range(0, .max)]).union(
      AddressSet([Prefix(IPAddress(family: .ipv6, bits: 0x2 << 124), length: 3)])))

  /// RFC 1918 and RFC 4193, link-local IPv6.
  static let privateRange = localRanges.subtracting(linkLocal4).subtracting(cgnat)

  /// The pool that Docker takes its networks from first.
  static let dockerPool = AddressSet(
    ipv4: [IPv4Range(0xac11_0000, 0xac1f_ffff)])

  /// Groups that routers hand on: all of 224.0.0.0/4 but 224.0.0.0/24 and 239.0.0.0/8; IPv6 with
  /// organisation or global scope.
  ///
  /// Source: RFC 5771, RFC 2365, RFC 4291 section 2.7.
  static let routedGroups = AddressSet(
    ipv4: [IPv4Range(0xe000_0100, 0xeeff_ffff)],
    ipv6: (0..<16).flatMap { flags in
      [0x8, 0xe].map { scope in
        let start = UInt128(0xff) << 120 | UInt128(flags) << 116 | UInt128(scope) << 112
        return IPv6Range(start, start | (1 << 112 - 1))
      }
    })

  /// Where names are asked for: 224.0.0.0/24, 239.255.255.250 and link-local groups; broadcast.
  static let nameGroups = AddressSet(
    ipv4: [
      IPv4Range(0xe000_0000, 0xe000_00ff), IPv4Range(0xefff_0000, 0xefff_ffff),
      IPv4Range(.max, .max),
    ],
    ipv6: [IPv6Range(0xff02 << 112, 0xff02 << 112 | (1 << 112 - 1))])
}
