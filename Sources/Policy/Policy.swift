package import PacketSpace
package import PolicyDiagnostics

/// What a policy means, its names, files and host names resolved.
///
/// Order carries no meaning; arrays keep the order of the file so that output is the same every time.
package struct Policy: Equatable, Sendable {
  /// `[a-z][a-z0-9_]{0,15}`
  package var name: String
  /// `nil`: the whole machine is confined. Never empty.
  package var confine: Confinement?
  package var tunnels: [Tunnel]
  /// `nil`: every interface that is no tunnel, not `lo`, and not named in `forward`. Never empty.
  package var uplinks: Uplinks?
  package var lans: [LAN]
  package var forwards: [Forward]
  package var bypasses: [Bypass]
  package var host: HostNeeds
  package var blocked: Blocked
  /// Where `guard` stands, if it does.
  package var guardFrames: Origin?
  package var expectations: [Expectation]
  package var acceptedRisks: [AcceptedRisk]

  package init(name: String) {
    self.name = name
    confine = nil
    tunnels = []
    uplinks = nil
    lans = []
    forwards = []
    bypasses = []
    host = HostNeeds()
    blocked = Blocked()
    guardFrames = nil
    expectations = []
    acceptedRisks = []
  }
}

/// The line of a policy that something comes from.
package struct Origin: Hashable, Sendable {
  /// As printed: the root policy's base name, or an included file relative to the root's folder.
  package var file: String
  /// Starts at 1.
  package var line: Int
  package var range: SourceRange

  package init(file: String, line: Int, range: SourceRange) {
    self.file = file
    self.line = line
    self.range = range
  }
}

package struct Confinement: Equatable, Sendable {
  package var subjects: [Subject]
  package var origin: Origin

  package init(subjects: [Subject], origin: Origin) {
    self.subjects = subjects
    self.origin = origin
  }
}

package struct Uplinks: Equatable, Sendable {
  package var interfaces: [InterfacePattern]
  package var origin: Origin

  package init(interfaces: [InterfacePattern], origin: Origin) {
    self.interfaces = interfaces
    self.origin = origin
  }
}

/// Addresses and the line that names them.
package struct AddressLine: Equatable, Sendable {
  package var addresses: AddressSet
  package var origin: Origin

  package init(addresses: AddressSet, origin: Origin) {
    self.addresses = addresses
    self.origin = origin
  }
}

/// The lines of all `host` blocks; each is `nil` where it does not stand.
package struct HostNeeds: Equatable, Sendable {
  package var dhcp: Origin?
  package var dhcp6: Origin?
  package var ndp: Origin?
  package var igmp: Origin?
  package var ping: Origin?
  package var ntp: [AddressLine]

  package init() {
    dhcp = nil
    dhcp6 = nil
    ndp = nil
    igmp = nil
    ping = nil
    ntp = []
  }
}

package struct Blocked: Equatable, Sendable {
  package var isReject: Bool
  package var log: BlockedLog?
  /// `nil`: no `blocked` statement, the default.
  package var origin: Origin?

  package init(isReject: Bool = true, log: BlockedLog? = nil, origin: Origin? = nil) {
    self.isReject = isReject
    self.log = log
    self.origin = origin
  }
}

package struct BlockedLog: Equatable, Sendable {
  /// At most 29 bytes (iptables' limit; nft has 127).
  package var prefix: String
  /// Packets; the default of a `log` without `rate` is 5.
  package var ratePerSecond: UInt32

  package init(prefix: String, ratePerSecond: UInt32 = 5) {
    self.prefix = prefix
    self.ratePerSecond = ratePerSecond
  }
}
