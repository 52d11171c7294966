import PacketSpace
import PolicyDiagnostics
import PolicySyntax

/// What addresses are named for.
enum AddressRole {
  case endpoint, tunnelAddress, inner, tunnelDNS, network, lanDNS, ntp, destination, subject

  var noun: String {
    switch self {
    case .endpoint: "an endpoint"
    case .tunnelAddress: "a tunnel's address"
    case .inner: "inside a tunnel"
    case .tunnelDNS, .lanDNS: "a resolver"
    case .network: "a LAN's network"
    case .ntp: "a time server"
    case .destination: "a destination"
    case .subject: "a subject"
    }
  }

  /// Single hosts: not one unusable address may be among them. Of networks, some may.
  var namesHosts: Bool {
    switch self {
    case .endpoint, .tunnelAddress, .tunnelDNS, .lanDNS, .ntp: true
    case .inner, .network, .destination, .subject: false
    }
  }

  func allows(_ range: UnusableRange, isConfined: Bool) -> Bool {
    switch self {
    case .tunnelDNS: isConfined && range == .loopback
    case .destination: range == .multicast || range == .broadcast
    case .endpoint, .tunnelAddress, .inner, .network, .lanDNS, .ntp, .subject: false
    }
  }
}

extension Resolver {
  /// Reports addresses that no host can have, where a host is meant.
  mutating func checkUsable(_ pieces: [AddressPiece], as role: AddressRole) {
    for range in UnusableRange.allCases where !role.allows(range, isConfined: isConfined) {
      let unusable = range.addresses
      for piece in pieces {
        let common = piece.addresses.intersection(unusable)
        guard let address = common.first, role.namesHosts || common == piece.addresses else {
          continue
        }
        let place = piece.list.flatMap { self.place(of: address, in: $0) } ?? piece.range
        report(
          .unusableAddress, "`\(address.text)` is \(range.noun) and cannot be \(role.noun)",
          at: place, related: place == piece.site ? [] : [Label(piece.site, "used here")])
      }
    }
  }
}
