import PacketSpace
import Policy
import RulesetIR

/// On `lo` a confined socket asks for names only where a `dns` line says: a free local resolver
/// would ask in clear on its behalf.
struct ConfinedLoopback {
  private let lines: [AddressLine]

  init(_ policy: Policy) {
    lines = policy.tunnels.flatMap(\.dns) + policy.lans.flatMap(\.dns)
  }

  func rules(accepting verdict: Verdict, denying: (Deny) -> [Rule]) -> [Rule] {
    let loopback = Match.interface(.output, Zones.loopback)
    let allowed = lines.flatMap { line -> [Rule] in
      let local = line.addresses.intersection(.loopback)
      return AddressFamily.allCases.flatMap(local.prefixes).flatMap { prefix in
        dnsAlternatives.map { dns in
          Rule(
            [loopback, .address(.destination, .prefix(prefix))] + dns, [.counter], verdict,
            note: "dns", origin: RuleOrigin(line.origin))
        }
      }
    }
    let denied = dnsAlternatives.flatMap {
      denying(Deny(matches: [loopback] + $0, origin: nil, note: "dns on lo"))
    }
    return allowed + denied + [Rule([loopback], [], verdict, note: "lo")]
  }
}

extension Policy {
  /// What this machine sends into a tunnel without one of the tunnel's addresses, whoever sends it.
  var wrongSources: [Deny] {
    tunnels.flatMap { tunnel -> [Deny] in
      guard let own = tunnel.ownAddresses else { return [] }
      let scope = InterfaceScope(tunnel.interfaces, deviceType: tunnel.kind?.deviceType)
      return AddressFamily.allCases.flatMap { family in
        scope.matches(.output).map { out in
          let others = own.prefixes(family).map {
            Match.address(.source, .prefix($0), isNegated: true)
          }
          return Deny(
            matches: out + [.family(family)] + others,
            origin: tunnel.addresses.first.map { RuleOrigin($0.origin) }, note: "tunnel address")
        }
      }
    }
  }
}
