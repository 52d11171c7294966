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
    // The kernel's messages about a subject's interface look to the last hook like what comes from there.
    let astray = PacketExpression.or([
      isMisdirectedAddress, .and([isForwarded(forOneOf: confine.subjects), isMisdirected]),
    ])
    let all = PacketExpression.or([
      loopback.output,
      .and([.not(astray), .not(lacksTunnelAddress), .not(isOfNobody(confine.subjects))]),
    ])
    return .or([
      .and([.not(isSubject), all]), .and([isSubject, permitted, .not(asksLocalResolver)]),
    ])
  }

  func confinedArrives(
    _ permitted: PacketExpression, _ confine: Confinement
  ) -> PacketExpression {
    let isConcerned = PacketExpression.or([
      everyTunnel.input, isForwarded(forOneOf: confine.subjects),
    ])
    return .or([.not(isConcerned), permitted])
  }

  func confinedForwards(
    _ permitted: PacketExpression, _ confine: Confinement
  ) -> PacketExpression {
    let isSubject = isForwarded(forOneOf: confine.subjects)
    return .or([
      .and([isSubject, permitted]),
      .and([.not(isSubject), .or([loopback.output, .not(isMisdirectedAddress)])]),
    ])
  }

  // MARK: Subjects

  /// By the socket's owner, or by a connection that such an owner opened.
  private func isSent(byOneOf subjects: [Subject]) -> PacketExpression {
    let owners = subjects.compactMap { owner($0) }
    if owners.isEmpty { return .none }
    let isLabelled = PacketExpression.and([
      .hasConnection, .test(PacketTest(.ctLabel(tags.confinedLabel), 1)),
    ])
    return .or(owners + [isLabelled])
  }

  /// From a subject's interface, or from its address behind a `forward` interface if there are any.
  private func isForwarded(forOneOf subjects: [Subject]) -> PacketExpression {
    .or(
      subjects.compactMap { subject in
        switch subject {
        case .fromInterface(let pattern): Devices([pattern]).input
        case .fromAddresses(let set):
          .and([behindForwards.input, .address(PacketField.source, set)])
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
