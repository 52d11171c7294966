import PacketSpace

/// What no line can open.
extension Denotation {
  /// From or to what belongs inside a tunnel, by another way than a tunnel that names it.
  var isMisdirected: PacketExpression {
    let inside = policy.tunnels.map {
      PacketExpression.address(
        PacketField.destination, .union($0.addresses + $0.inner).union(resolvers($0)))
    }
    return .or([leavesAstray(inside), leavesAstray(fromOwnAddress)])
  }

  /// The kernel's messages about a device that no line about such messages lets out. With `confine` these are nobody's;
  /// but not what goes to the inside of a tunnel and looks like a confined container's, and not the errors that a router
  /// behind such a container sends.
  var undecided: PacketExpression {
    guard let confine = policy.confine else {
      let lines = PacketExpression.or(allowances.leaves.ofLink)
      return .and([.not(.notOfLink), .not(lines), .not(.origin(.forwarded))])
    }
    let subject = isForwarded(forOneOf: confine.subjects)
    return .or([
      .and([subject, isMisdirected]),
      .and([.not(.notOfLink), leavesWithoutTunnelAddress]),
      .and([
        .origin(.forwarded), .state(.related), belongs(toOneOf: confine.subjects),
        .not(subject),
      ]),
    ])
  }

  /// From or to a tunnel's own address, by another way than such a tunnel.
  var isMisdirectedAddress: PacketExpression {
    let toOwn = policy.tunnels.map {
      PacketExpression.address(PacketField.destination, .union($0.addresses))
    }
    return .or([leavesAstray(toOwn), leavesAstray(fromOwnAddress)])
  }

  private var fromOwnAddress: [PacketExpression] {
    policy.tunnels.map { PacketExpression.address(PacketField.source, .union($0.addresses)) }
  }

  /// - Parameter packets: those that belong to each tunnel.
  private func leavesAstray(_ packets: [PacketExpression]) -> PacketExpression {
    let rightly = zip(policy.tunnels, packets).map {
      PacketExpression.and([devices($0).output, $1])
    }
    return .and([.not(loopback.output), .or(packets), .not(.or(rightly))])
  }

  /// What this machine itself sends into a tunnel carries one of the tunnel's addresses, where these are named.
  var lacksTunnelAddress: PacketExpression { .and([.notOfLink, leavesWithoutTunnelAddress]) }

  private var leavesWithoutTunnelAddress: PacketExpression {
    let named = policy.tunnels.filter { !$0.addresses.isEmpty }
    let carrying = named.map {
      PacketExpression.and([
        devices($0).output, .address(PacketField.source, .union($0.addresses)),
      ])
    }
    return .and([.or(named.map { devices($0).output }), .not(.or(carrying))])
  }

  /// To a tunnel's address, and in by anything but such a tunnel or `lo`.
  var arrivesForTunnelAddress: PacketExpression {
    let own = policy.tunnels.map {
      PacketExpression.address(PacketField.destination, .union($0.addresses))
    }
    let rightly = zip(policy.tunnels, own).map { PacketExpression.and([devices($0).input, $1]) }
    return .and([.or(own), .not(.or(rightly)), .not(loopback.input)])
  }

  /// To port 53 or 853 by a way on which no `dns` line names the address.
  var isRefusedDNS: PacketExpression {
    .and([.toDNSPort, .not(.or(resolvers + [inward]))])
  }

  private var resolvers: [PacketExpression] {
    let tunnels = policy.tunnels.map { (devices($0), resolvers($0)) }
    let lines = tunnels + policy.lans.map { (devices($0), AddressSet.union($0.dns)) }
    if (policy.tunnels.map(\.dns) + policy.lans.map(\.dns)).allSatisfy(\.isEmpty) {
      return [everyTunnel.output]
    }
    return lines.map { devices, dns in
      .and([devices.output, .address(PacketField.destination, dns)])
    }
  }

  /// Without those on this machine's own loopback device, which nothing reaches by a tunnel.
  func resolvers(_ tunnel: Tunnel) -> AddressSet {
    AddressSet.union(tunnel.dns).subtracting(.loopback)
  }

  /// By a `forward` interface, where DNS is like anything else.
  private var inward: PacketExpression {
    guard let uplinks = policy.uplinks else { return everyForward.output }
    return .and([everyForward.output, .not(Devices(uplinks.interfaces).output)])
  }
}
