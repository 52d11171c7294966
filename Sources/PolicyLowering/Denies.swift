import PacketSpace
import Policy
import RulesetIR

/// A packet that no permit may let pass.
struct Deny {
  var matches: [Match]
  var origin: RuleOrigin?
  var note: String
}

/// Addresses that live inside tunnels, and the tunnels that may carry them.
struct TunnelAddresses {
  var addresses: AddressSet
  var owners: [InterfacePattern]
  var origin: RuleOrigin
  var note: String

  /// A rule for each prefix, never a set: a deny must not depend on one that is being built.
  private var prefixes: [Prefix] { AddressFamily.allCases.flatMap(addresses.prefixes) }

  /// Packets with these addresses in `field`.
  func denies(_ field: AddressField) -> [Deny] {
    prefixes.map {
      Deny(matches: [.address(field, .prefix($0))], origin: origin, note: note)
    }
  }

  /// Packets with these addresses in `field` that pass `side` by anything but an owner.
  func denies(_ field: AddressField, _ side: InterfaceSide, _ zones: Zones) -> [Deny] {
    let elsewhere = owners.map { Match.interface(side, $0, isNegated: true) }
    // An Ethernet device that was renamed to the tunnel's name is no tunnel either.
    let impostors: [[Match]] = owners.compactMap { owner in
      guard let type = zones.tunnel(owner).alternatives.first?.first?.deviceType else { return nil }
      return [.interface(side, owner), .deviceType(side, type, isNegated: true)]
    }
    return prefixes.flatMap { prefix in
      ([elsewhere] + impostors).map { interfaces in
        Deny(
          matches: interfaces + [.address(field, .prefix(prefix))], origin: origin, note: note)
      }
    }
  }
}

extension Policy {
  /// The tunnels' own addresses. One that several tunnels have may go by each of them.
  var tunnelAddresses: [TunnelAddresses] {
    let lines = tunnels.flatMap { tunnel in
      tunnel.addresses.map { ($0, tunnel.interfaces) }
    }
    return grouped(lines, note: "tunnel address")
  }

  /// `inner` prefixes and the resolvers in tunnels.
  var innerAddresses: [TunnelAddresses] {
    let lines = tunnels.flatMap { tunnel in
      (tunnel.inner + tunnel.dns).map { line in
        (
          AddressLine(addresses: line.addresses.subtractingLoopback, origin: line.origin),
          tunnel.interfaces
        )
      }
    }
    return grouped(lines.filter { !$0.0.addresses.isEmpty }, note: "inner")
  }

  /// Splits overlapping lines of different tunnels, so that what two name may go by both.
  private func grouped(
    _ lines: [(AddressLine, [InterfacePattern])], note: String
  ) -> [TunnelAddresses] {
    var result: [TunnelAddresses] = []
    for (line, owners) in lines {
      var rest = line.addresses
      for index in result.indices where result[index].owners != owners {
        let common = result[index].addresses.intersection(rest)
        if common.isEmpty { continue }
        result[index].addresses = result[index].addresses.subtracting(common)
        rest = rest.subtracting(common)
        let both = result[index].owners + owners.filter { !result[index].owners.contains($0) }
        result.append(
          TunnelAddresses(
            addresses: common, owners: both, origin: result[index].origin, note: note))
      }
      result.append(
        TunnelAddresses(
          addresses: rest, owners: owners, origin: RuleOrigin(line.origin), note: note))
    }
    return result.filter { !$0.addresses.isEmpty }
  }
}

/// The denies that stand in a policy's egress chains.
struct EgressDenies {
  /// Later fragments carry no ports: none may pass a rule that looks at addresses alone.
  let fragments: [Deny]
  /// From a tunnel's own address by another way.
  let sources: [Deny]
  /// To a tunnel's own address, by another way.
  let tunnelDestinations: [Deny]
  /// To what else lives inside a tunnel, by another way.
  let innerDestinations: [Deny]
  /// DNS that no `dns` line allows.
  let dns: [Deny]

  init(_ policy: Policy, _ zones: Zones) {
    fragments = AddressFamily.allCases.map {
      Deny(matches: [.laterFragment($0)], origin: nil, note: "later fragment")
    }
    sources = policy.tunnelAddresses.flatMap { $0.denies(.source, .output, zones) }
    tunnelDestinations = policy.tunnelAddresses.flatMap { $0.denies(.destination, .output, zones) }
    innerDestinations = policy.innerAddresses.flatMap { $0.denies(.destination, .output, zones) }
    // Without any `dns` line these ports may go anywhere inside a tunnel.
    let outside =
      policy.hasDNS
      ? [] : zones.tunnelNames.map { Match.interface(.output, $0, isNegated: true) }
    dns = dnsAlternatives.map { Deny(matches: outside + $0, origin: nil, note: "dns") }
  }
}

extension EgressDenies {
  /// Every deny that a chain of the policy may hold, those of prerouting included.
  func all(of policy: Policy, _ zones: Zones) -> [Deny] {
    let inbound = policy.tunnelAddresses.flatMap { $0.denies(.destination, .input, zones) }
    return inbound + fragments + sources + tunnelDestinations + innerDestinations + dns
  }
}

extension Match {
  static let notLoopback = Match.interface(.output, Zones.loopback, isNegated: true)
}
