package import PacketSpace

package struct Forward: Equatable, Sendable {
  /// Never empty.
  package var interfaces: [InterfacePattern]
  package var lines: [ForwardRule]
  package var among: Origin?
  package var dhcpServer: Origin?
  package var masquerade: Origin?
  package var origin: Origin

  package init(interfaces: [InterfacePattern], origin: Origin) {
    self.interfaces = interfaces
    self.origin = origin
    lines = []
    among = nil
    dhcpServer = nil
    masquerade = nil
  }
}

package enum ForwardDirection: Sendable {
  case to, from
}

package enum ForwardParty: Hashable, Sendable {
  /// All `lan` blocks, each network by its own interface.
  case lan
  /// Whatever comes in by an uplink; only with `from`.
  case any
  /// This machine.
  case host
  case tunnel(InterfacePattern)
  /// Another `forward` interface.
  case forward(InterfacePattern)
}

/// `to PARTY SERVICE` or `from PARTY SERVICE`
package struct ForwardRule: Equatable, Sendable {
  package var direction: ForwardDirection
  package var party: ForwardParty
  package var service: Service
  package var origin: Origin

  package init(
    direction: ForwardDirection, party: ForwardParty, service: Service, origin: Origin
  ) {
    self.direction = direction
    self.party = party
    self.service = service
    self.origin = origin
  }
}
