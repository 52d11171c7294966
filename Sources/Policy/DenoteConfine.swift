import PacketSpace

/// With `confine` a policy speaks of its subjects' packets; all others are left alone.
///
/// Two things hold for the whole machine all the same: the rules about a tunnel's `address`, and that what comes in from a
/// tunnel needs an `in` line.
extension Denotation {
  func confinedLeaves(
    _ permitted: PacketExpression, _ confine: Confinement
  ) -> PacketExpression {
    let isSubject = isSent(byOneOf: confine.subjects)
    let all = PacketExpression.or([
      loopback.output,
      .and([
        .not(isMisdirectedAddress), .not(lacksTunnelAddress), .not(isOfNobody(confine.subjects)),
      ]),
    ])
    return .or([
      .and([.not(isSubject), all]), .and([isSubject, permitted, .not(asksLocalResolver)]),
    ])
  }

  func confinedArrives(
    _ permitted: PacketExpression, _ confine: Confinement
  ) -> PacketExpression {
    let isSubject = isForwarded(forOneOf: confine.subjects)
    var lines = Allowances()
    addForwards(to: &lines)
    addHost(to: &lines)
    return .or([
      .and([everyTunnel.input, permitted]),
      .and([.not(everyTunnel.input), .not(isSubject)]),
      .and([.not(everyTunnel.input), .or(lines.arrives.settled + lines.arrives.judged)]),
    ])
  }

  func confinedForwards(
    _ permitted: PacketExpression, _ confine: Confinement
  ) -> PacketExpression {
    let isSubject = isForwarded(forOneOf: confine.subjects)
    return .or([
      .and([isSubject, permitted]), .and([.not(isSubject), .not(isMisdirectedAddress)]),
    ])
  }

  // MARK: Subjects

  /// Without a subject on this machine no line is about what this machine sends.
  var speaksOfOwnPackets: Bool {
    policy.confine?.subjects.contains { owner($0) != nil } ?? true
  }

  /// By the socket's owner, or by a connection that such an owner opened.
  private func isSent(byOneOf subjects: [Subject]) -> PacketExpression {
    let owners = subjects.compactMap { owner($0) }
    if owners.isEmpty { return .none }
    let isLabelled = PacketExpression.and([
      .hasConnection, .test(PacketTest(.ctLabel(tags.confinedLabel), 1)),
    ])
    return .or(owners + [isLabelled])
  }

  /// By the packet's own source; at the last hook, which sees what was made of it, also by what the connection says of who
  /// sent it.
  func isForwarded(forOneOf subjects: [Subject]) -> PacketExpression {
    let byHeader = isReceived(fromOneOf: subjects) { .address(PacketField.source, $0) }
    return isLastHook ? .or([byHeader, belongs(toOneOf: subjects)]) : byHeader
  }

  /// An error about a subject's connection may come from a router behind it.
  func belongs(toOneOf subjects: [Subject]) -> PacketExpression {
    isReceived(fromOneOf: subjects) { set in
      .or([
        .and([.isRequest, .address(PacketField.ctOriginalSource, set)]),
        .and([.isAnswer, .address(PacketField.ctReplySource, set)]),
      ])
    }
  }

  /// From a subject's interface, or from its address behind a `forward` interface if there are any.
  private func isReceived(
    fromOneOf subjects: [Subject], _ isFrom: (AddressSet) -> PacketExpression
  ) -> PacketExpression {
    .or(
      subjects.compactMap { subject in
        switch subject {
        case .fromInterface(let pattern): Devices([pattern]).input
        case .fromAddresses(let set): .and([behindForwards.input, isFrom(set)])
        case .user, .group, .cgroup: nil
        }
      })
  }

  /// A TCP packet without a socket that begins no connection: a confined program may have left it behind.
  private func isOfNobody(_ subjects: [Subject]) -> PacketExpression {
    if subjects.allSatisfy({ owner($0) == nil }) { return .none }
    return .and([
      .transport(6), .whole, .state(.new), .test(PacketTest(.user, PacketField.noOwner)),
      .not(.test(PacketTest(.tcpFlags, .bits(value: 2, mask: 2)))),
    ])
  }

  /// A resolver on this machine would ask in clear, unless a `dns` line names it.
  private var asksLocalResolver: PacketExpression {
    let named = AddressSet.union(policy.tunnels.flatMap(\.dns)).intersection(.loopback)
    return .and([
      loopback.output, .toDNSPort, .not(.address(PacketField.destination, named)),
    ])
  }
}
