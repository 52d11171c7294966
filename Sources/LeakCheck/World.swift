import PacketSpace
import RulesetIR

/// Which packets can exist: facts of the kernel, which no rule and no policy decides.
///
/// A list of conditions that all hold. A difference is narrowed by one after the other until it is empty, which
/// is far cheaper than all of them at once.
struct World {
  let traversal: Traversal
  /// The packets of tunnels in the kernel that are looked at.
  let encapsulated: PacketExpression
  /// All that rules and policy ask for.
  let asked: [PacketTest]

  var conditions: [PacketCondition] {
    (directions + [owner, devices] + fragments + messages).map { .holds($0) }
      + [connectionProtocol] + tuples
  }

  /// Fields that may have one value: a universe must divide those of a group alike.
  static var groups: [[PacketField]] {
    AddressFamily.allCases.map {
      [
        .source($0), .destination($0), .ctOriginalSource($0), .ctOriginalDestination($0),
        .ctReplySource($0),
      ]
    } + [
      [
        .sourcePort, .destinationPort, .ctOriginalSourcePort, .ctOriginalDestinationPort,
        .ctReplySourcePort,
      ],
      [.transport, .ctProtocol],
    ]
  }

  // MARK: Connections

  /// Without a connection exactly where the state says so; the reply direction is never new.
  private var directions: [PacketExpression] {
    [
      .same(.value(.ctDirection, 2), .or([.state(.invalid), .state(.untracked)])),
      .not(.and([.isReply, .state(.new)])),
    ]
  }

  /// What ICMP can be in each state, and what `related` in the reply direction can be: an error, or this
  /// machine's own refusal.
  ///
  /// Source: nf_conntrack_proto_icmp.c and nf_conntrack_proto_icmpv6.c (`valid_new`, `invmap`),
  /// `nf_ct_attach` in nf_conntrack_core.c.
  private var messages: [PacketExpression] {
    let requests = PacketExpression.or([.icmp([8, 13, 15, 17]), .icmpv6([128, 139])])
    let replies = PacketExpression.or([.icmp([0, 14, 16, 18]), .icmpv6([129, 140])])
    let isMessage = PacketExpression.and([
      .value(.laterFragment, 0),
      .or([
        .and([.value(.family, 0), .value(.transport, 1)]),
        .and([.value(.family, 1), .value(.transport, 58)]),
      ]),
    ])
    let begins = PacketExpression.or([
      .state(.new), .and([.state(.established), .isOriginal]),
    ])
    let refusal = PacketExpression.and([
      .value(.transport, 6), .origin(.kernel), .value(.laterFragment, 0),
      .test(PacketTest(.tcpFlags, .bits(value: 4, mask: 4))),
    ])
    return [
      .implies(.and([isMessage, begins]), requests),
      .implies(.and([isMessage, .state(.established), .isReply]), replies),
      .implies(.and([isMessage, .state(.related)]), .isError),
      .implies(
        .and([.state(.related), .isReply]),
        traversal.isSentHere ? .or([.isError, refusal]) : .isError),
    ]
  }

  /// The protocol of a connection is that of its packets, but for errors about them.
  private var connectionProtocol: PacketCondition {
    .agreement(
      .ctProtocol, .transport, of: .and([.not(.value(.ctDirection, 2)), .not(.isRelatedError)]))
  }

  /// A connection's addresses and ports are those of its packets' headers; an error comes from anywhere, but goes to
  /// the sender of the packet that it is about.
  ///
  /// Where our hooks are the only ones, `ct original daddr` and `ct reply saddr` are one address. The last hook alone sees
  /// what other tables made of the source.
  private var tuples: [PacketCondition] {
    var result: [PacketCondition] = []
    let original = PacketExpression.and([.isOriginal, .not(.isRelatedError)])
    let reply = PacketExpression.and([.isReply, .not(.isRelatedError)])
    for family in AddressFamily.allCases {
      result += [
        .agreement(.destination(family), .ctReplySource(family), of: .isOriginal),
        .agreement(.destination(family), .ctOriginalSource(family), of: .isReply),
      ]
      if traversal == .postrouting { continue }
      result += [
        .agreement(.ctOriginalDestination(family), .ctReplySource(family), of: .all),
        .agreement(.source(family), .ctOriginalSource(family), of: original),
        .agreement(.source(family), .ctReplySource(family), of: reply),
      ]
    }
    return result + ports
  }

  private var ports: [PacketCondition] {
    let original = PacketExpression.and([.isOriginal, .not(.isRelatedError), .hasPorts])
    let reply = PacketExpression.and([.isReply, .not(.isRelatedError), .hasPorts])
    let result: [PacketCondition] = [
      .agreement(.destinationPort, .ctReplySourcePort, of: original),
      .agreement(.destinationPort, .ctOriginalSourcePort, of: reply),
    ]
    if traversal == .postrouting { return result }
    return result + [
      .agreement(.ctOriginalDestinationPort, .ctReplySourcePort, of: .all),
      .agreement(.sourcePort, .ctOriginalSourcePort, of: original),
      .agreement(.sourcePort, .ctReplySourcePort, of: reply),
    ]
  }

  // MARK: Origin

  /// Who has a socket, with an owner and a cgroup.
  ///
  /// The packets that a tunnel in the kernel makes keep the socket of the packet inside them; they alone of the
  /// kernel's own have a device that they came from.
  private var owner: PacketExpression {
    let isOwned = PacketExpression.and([.number(.user), .number(.group)])
    let isEncrypted = PacketExpression.and([.origin(.kernel), .not(.noInput)])
    let isOwnerKnown = PacketExpression.or([
      .and([.origin(.local), isOwned]),
      .and([.not(.origin(.local)), isOwnerless]),
    ])
    return .or([.and([isEncrypted, .or([isOwned, isOwnerless])]), isOwnerKnown])
  }

  private var isOwnerless: PacketExpression {
    .and(
      [.value(.user, PacketField.noOwner), .value(.group, PacketField.noOwner)]
        + fields { if case .cgroup = $0 { true } else { false } }.map { .value($0, 0) })
  }

  /// Those of the fields that are asked for.
  private func fields(where isWanted: (PacketField) -> Bool) -> [PacketField] {
    var result: [PacketField] = []
    for test in asked where isWanted(test.field) && !result.contains(test.field) {
      result.append(test.field)
    }
    return result
  }

  /// By which devices a packet can have come.
  ///
  /// The kernel's own packets have none, but for two kinds: the last hook sees on neighbour discovery and group
  /// membership the device that they leave by, and on the packets that a tunnel made that tunnel (`skb->dev` in `ip_output`).
  private var devices: PacketExpression {
    let isForwarded = PacketExpression.and([.origin(.forwarded), .not(.noInput), unlabelled])
    let isSent = PacketExpression.and([
      .not(.origin(.forwarded)),
      .or([.noInput, .and([.origin(.kernel), .or([isOfLink, isEncrypted])])]),
    ])
    switch traversal {
    case .arrives: return .and([.not(.noInput), .noOutput, .origin(.forwarded)])
    case .leaves: return .and([isSent, .not(.noOutput)])
    case .forwards: return .and([isForwarded, isWorn, .not(.noOutput)])
    case .postrouting:
      return .and([.or([.and([isForwarded, isWorn]), isSent]), .not(.noOutput)])
    }
  }

  /// Only connections of this machine's sockets are labelled.
  private var unlabelled: PacketExpression {
    .and(fields { if case .ctLabel = $0 { true } else { false } }.map { .value($0, 0) })
  }

  private var isOfLink: PacketExpression {
    .and([
      isOwnerless, .value(.laterFragment, 0), staysOnDevice, unlabelled,
      .or([
        .and([.value(.family, 0), .value(.transport, 2), multicast]),
        .and([.icmpv6([130, 131, 132, 143]), multicast]), .icmpv6([133, 134, 135, 136, 137]),
      ]),
    ])
  }

  private var multicast: PacketExpression {
    let v4: ClosedRange<UInt128> = 0xe000_0000...0xefff_ffff
    let v6: ClosedRange<UInt128> = (0xff << 120)...UInt128.max
    return .or([
      .and([.value(.family, 0), .test(PacketTest(.destination(.ipv4), [v4]))]),
      .and([.value(.family, 1), .test(PacketTest(.destination(.ipv6), [v6]))]),
    ])
  }

  private var isEncrypted: PacketExpression {
    .and([
      encapsulated, .value(.laterFragment, 0), .not(staysOnDevice),
      .not(.test(PacketTest(.inputInterface, .interface(InterfacePattern("lo"))))),
    ])
  }

  /// A router takes 1 of the hop limit before the forward hook; within a bridge nothing is taken.
  private var isWorn: PacketExpression { .or([.not(.value(.hopLimit, 255)), staysOnDevice]) }

  private var staysOnDevice: PacketExpression {
    let tests = asked.filter { $0.field == .inputInterface || $0.field == .outputInterface }
    return .and(
      TestTable(tests.map { PacketTest(.inputInterface, $0.values) }).tests.map {
        .same(.test($0), .test(PacketTest(.outputInterface, $0.values)))
      })
  }

  /// What is received is put together before the first hook.
  private var fragments: [PacketExpression] {
    switch traversal {
    case .arrives, .forwards: [.value(.laterFragment, 0)]
    case .leaves: []
    case .postrouting: [.implies(.origin(.forwarded), .value(.laterFragment, 0))]
    }
  }
}

extension Traversal {
  fileprivate var isSentHere: Bool {
    switch self {
    case .leaves, .postrouting: true
    case .arrives, .forwards: false
    }
  }
}

extension PacketExpression {
  static func value(_ field: PacketField, _ value: UInt128) -> PacketExpression {
    .test(PacketTest(field, value))
  }

  static func implies(_ a: PacketExpression, _ b: PacketExpression) -> PacketExpression {
    .or([.not(a), b])
  }

  static func same(_ a: PacketExpression, _ b: PacketExpression) -> PacketExpression {
    .or([.and([a, b]), .and([.not(a), .not(b)])])
  }

  static func state(_ state: PacketCTState) -> PacketExpression {
    .value(.ctState, UInt128(state.rawValue))
  }

  static func origin(_ origin: PacketOrigin) -> PacketExpression {
    .value(.origin, UInt128(origin.rawValue))
  }

  fileprivate static func icmp(_ types: [UInt8]) -> PacketExpression {
    .and([
      .value(.family, 0), .value(.transport, 1), .test(PacketTest(.icmpType, numbers(types))),
    ])
  }

  fileprivate static func icmpv6(_ types: [UInt8]) -> PacketExpression {
    .and([
      .value(.family, 1), .value(.transport, 58), .test(PacketTest(.icmpType, numbers(types))),
    ])
  }

  private static func numbers(_ types: [UInt8]) -> [ClosedRange<UInt128>] {
    types.map { UInt128($0)...UInt128($0) }
  }

  /// A user or group; 4294967295 is none (`INVALID_UID`).
  fileprivate static func number(_ field: PacketField) -> PacketExpression {
    .test(PacketTest(field, [0...UInt128(UInt32.max - 1)]))
  }

  fileprivate static let isOriginal = value(.ctDirection, 0)
  fileprivate static let isReply = value(.ctDirection, 1)
  fileprivate static let isError = PacketExpression.or([
    .icmp([3, 4, 5, 11, 12]), .icmpv6([1, 2, 3, 4]),
  ])
  fileprivate static let isRelatedError = PacketExpression.and([.state(.related), isError])
  fileprivate static let hasPorts = PacketExpression.and([
    .value(.laterFragment, 0),
    .or([.value(.transport, 6), .value(.transport, 17), .value(.transport, 132)]),
  ])
  fileprivate static let noInput = PacketExpression.test(PacketTest(.inputInterface, .noInterface))
  fileprivate static let noOutput = PacketExpression.test(
    PacketTest(.outputInterface, .noInterface))
}
