import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  /// Compares statements with each other.
  mutating func checkWhole() {
    checkEndpointsInLAN()
    checkEndpointsInInner()
    checkCarriers()
    checkGuard()
    checkConfinedForwards()
  }

  /// Where a LAN exemption covers an endpoint, its protocol, port and selectors protect nothing.
  private mutating func checkEndpointsInLAN() {
    // What lives inside a tunnel never leaves by a LAN, so that the exemption does not cover it.
    let all = union(sites.networks.map(\.addresses))
      .subtracting(union(sites.inner.map(\.addresses)))
    for endpoint in sites.endpoints {
      for piece in endpoint.pieces {
        guard let address = piece.addresses.intersection(all).first else { continue }
        let network = sites.networks.first { $0.addresses.contains(address) }
        report(
          .endpointInLAN, "endpoint `\(address.text)` lies in a LAN's network", at: piece.site,
          related: network.map { [Label($0.range, "this network")] } ?? [],
          notes: [
            "narrow the network: what a `lan` block lets out could reach the endpoint in clear"
          ])
      }
    }
  }

  private func union(_ sets: [AddressSet]) -> AddressSet {
    AddressSet(ipv4: sets.flatMap(\.ipv4), ipv6: sets.flatMap(\.ipv6))
  }

  /// What lives inside a tunnel never leaves outside it, encrypted packets included.
  private mutating func checkEndpointsInInner() {
    let all = union(sites.inner.map(\.addresses))
    for endpoint in sites.endpoints
    where endpoint.pieces.contains(where: { $0.addresses.overlaps(all) }) {
      for inner in sites.inner {
        // Carried by that very tunnel, the endpoint may live inside it.
        if !endpoint.via.isEmpty, endpoint.via.allSatisfy(inner.tunnel.contains) { continue }
        for piece in endpoint.pieces {
          guard let address = piece.addresses.intersection(inner.addresses).first else { continue }
          report(
            .endpointInInner, "endpoint `\(address.text)` lies inside a tunnel", at: piece.site,
            related: [Label(inner.range, "inside it: addresses here never leave by another way")])
        }
      }
    }
  }

  /// A tunnel that, hop by hop, carries itself carries nothing.
  private mutating func checkCarriers() {
    var looping: Set<InterfacePattern> = []
    for site in sites.endpoints where !site.via.isEmpty {
      if !looping.isDisjoint(with: site.tunnel) { continue }
      var reached = Set(site.via)
      var pending = site.via
      while let carrier = pending.popLast() {
        for other in sites.endpoints where other.tunnel.contains(carrier) {
          for next in other.via where reached.insert(next).inserted { pending.append(next) }
        }
      }
      // A tunnel that names itself was reported with its line.
      let isDirect = site.tunnel.contains(where: site.via.contains)
      guard !isDirect, let loop = site.tunnel.first(where: reached.contains) else { continue }
      looping.formUnion(reached)
      report(
        .conflictingInterface,
        "\(quoted(loop.text)) would carry its own encrypted packets, by way of \(quoted(site.via[0].text))",
        at: site.range)
    }
  }

  private mutating func checkGuard() {
    guard let origin = policy.guardFrames else { return }
    if let confine = policy.confine {
      report(
        .guardWithConfine, "`guard` covers the whole machine and cannot stand beside `confine`",
        at: origin.range, related: [Label(confine.origin.range, "confined here")])
      return
    }
    guard let uplinks = policy.uplinks else {
      if hasSyntaxErrors { return }
      report(
        .guardNeedsUplink, "`guard` needs an `uplink` statement: its chains belong to devices",
        at: origin.range)
      return
    }
    for uplink in uplinks.interfaces where uplink.isPrefix {
      report(
        .guardNeedsUplink, "`guard` needs uplinks by their full names, not \(quoted(uplink.text))",
        at: origin.range, related: [Label(uplinks.origin.range, "named here")])
    }
  }

  /// With `confine`, packets of an interface without a subject are left alone: its block says nothing.
  private mutating func checkConfinedForwards() {
    guard let confine = policy.confine else { return }
    for interface in interfaces.forwards {
      let hasSubject = confine.subjects.contains { subject in
        switch subject {
        case .fromInterface(let source): source.overlaps(interface.pattern)
        case .fromAddresses: true
        case .user, .group, .cgroup: false
        }
      }
      if hasSubject { continue }
      report(
        .unconfinedForward,
        "no subject of `confine` can come from \(quoted(interface.pattern.text))",
        at: interface.range, related: [Label(confine.origin.range, "the subjects")],
        notes: ["add `from \(interface.pattern.text)` to `confine`, or take the block away"])
    }
  }
}
