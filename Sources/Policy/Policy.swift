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

// MARK: Services and subjects

package enum TransportProtocol: String, CaseIterable, Sendable {
  case tcp, udp, sctp

  /// Source: IANA protocol numbers, `IPPROTO_*` in linux/in.h.
  package var number: UInt8 {
    switch self {
    case .tcp: 6
    case .udp: 17
    case .sctp: 132
    }
  }
}

/// A packet has a service when one of the parts matches it. Never empty.
package struct Service: Equatable, Sendable {
  package var parts: [ServicePart]

  package init(_ parts: [ServicePart]) {
    self.parts = parts
  }

  package static let any = Service([.any])
}

package enum ServicePart: Hashable, Sendable {
  case any
  /// Destination ports; never empty, never port 0.
  case ports(TransportProtocol, PortSet)
  /// `nil`: every type.
  case icmp(type: UInt8?)
  case icmpv6(type: UInt8?)
  /// An IP protocol number (the IPv6 next header behind all extension headers).
  case proto(UInt8)
}

/// User or group numbers: sorted, disjoint.
package struct IDSet: Hashable, Sendable {
  package var ranges: [ClosedRange<UInt32>]

  package init(_ ranges: [ClosedRange<UInt32>]) {
    self.ranges = ranges.sorted { $0.lowerBound < $1.lowerBound }
  }
}

/// What a packet must carry besides its header; all that are not `nil` must hold.
package struct Selectors: Hashable, Sendable {
  /// The full 32 bits.
  package var mark: UInt32?
  package var user: IDSet?
  package var group: IDSet?
  /// A path below the cgroup2 root, without a leading or trailing `/`; the groups below it are included.
  package var cgroup: String?

  package init(
    mark: UInt32? = nil, user: IDSet? = nil, group: IDSet? = nil, cgroup: String? = nil
  ) {
    self.mark = mark
    self.user = user
    self.group = group
    self.cgroup = cgroup
  }

  package var isEmpty: Bool { self == Selectors() }
}

package enum Subject: Hashable, Sendable {
  case user(IDSet)
  case group(IDSet)
  case cgroup(String)
  /// What is forwarded from that interface.
  case fromInterface(InterfacePattern)
  /// What is forwarded from those addresses.
  case fromAddresses(AddressSet)
}

// MARK: Blocks

package enum TunnelKind: String, CaseIterable, Sendable {
  case wireguard, openvpn, tun, tap, ppp, xfrm

  /// The device type, `ARPHRD_*` in linux/if_arp.h.
  ///
  /// WireGuard, tun and xfrm devices have `ARPHRD_NONE`, PPP has `ARPHRD_PPP`, a tap is an Ethernet device.
  package var deviceType: UInt16 {
    switch self {
    case .wireguard, .openvpn, .tun, .xfrm: 65534
    case .ppp: 512
    case .tap: 1
    }
  }
}

package struct Tunnel: Equatable, Sendable {
  /// Never empty.
  package var interfaces: [InterfacePattern]
  package var kind: TunnelKind?
  package var endpoints: [Endpoint]
  package var addresses: [AddressLine]
  package var inner: [AddressLine]
  package var dns: [AddressLine]
  package var inbound: [InboundLine]
  /// Empty: the default, `any` (nothing, for a tunnel that carries another's endpoints).
  package var outbound: [OutboundLine]
  package var origin: Origin

  package init(interfaces: [InterfacePattern], origin: Origin) {
    self.interfaces = interfaces
    self.origin = origin
    kind = nil
    endpoints = []
    addresses = []
    inner = []
    dns = []
    inbound = []
    outbound = []
  }
}

package struct Endpoint: Equatable, Sendable {
  package var addresses: AddressSet
  /// Host names that the addresses come from, as in the lock file.
  package var hostNames: [String]
  /// `.ports` or `.proto` only.
  package var service: ServicePart
  package var selectors: Selectors
  /// `any-process` was written.
  package var allowsAnyProcess: Bool
  package var via: InterfacePattern?
  package var origin: Origin

  package init(
    addresses: AddressSet, hostNames: [String] = [], service: ServicePart,
    selectors: Selectors = Selectors(), allowsAnyProcess: Bool = false,
    via: InterfacePattern? = nil, origin: Origin
  ) {
    self.addresses = addresses
    self.hostNames = hostNames
    self.service = service
    self.selectors = selectors
    self.allowsAnyProcess = allowsAnyProcess
    self.via = via
    self.origin = origin
  }
}

/// `in SERVICE`
package struct InboundLine: Equatable, Sendable {
  package var service: Service
  /// `from any` (only in a `lan` block).
  package var isFromAny: Bool
  package var origin: Origin

  package init(service: Service, isFromAny: Bool = false, origin: Origin) {
    self.service = service
    self.isFromAny = isFromAny
    self.origin = origin
  }
}

/// `out SERVICE …`
package struct OutboundLine: Equatable, Sendable {
  package var service: Service
  /// `to ADDRS`, only in a `tunnel` block; `nil`: anywhere.
  package var to: AddressSet?
  /// Only in a `lan` block; no mark.
  package var selectors: Selectors
  package var origin: Origin

  package init(
    service: Service, to: AddressSet? = nil, selectors: Selectors = Selectors(), origin: Origin
  ) {
    self.service = service
    self.to = to
    self.selectors = selectors
    self.origin = origin
  }
}

package struct LAN: Equatable, Sendable {
  /// `uplink` in their place has been replaced by the declared uplinks; empty only with `isEveryUplink`.
  package var interfaces: [InterfacePattern]
  /// `lan uplink { … }` where the policy has no `uplink` statement: every uplink.
  package var isEveryUplink: Bool
  package var networks: [AddressLine]
  package var outbound: [OutboundLine]
  package var dns: [AddressLine]
  package var inbound: [InboundLine]
  package var multicast: [MulticastLine]
  package var broadcast: [BroadcastLine]
  package var origin: Origin

  package init(interfaces: [InterfacePattern], isEveryUplink: Bool = false, origin: Origin) {
    self.interfaces = interfaces
    self.isEveryUplink = isEveryUplink
    self.origin = origin
    networks = []
    outbound = []
    dns = []
    inbound = []
    multicast = []
    broadcast = []
  }
}

package enum MulticastProtocol: String, CaseIterable, Sendable {
  case mdns, ssdp, llmnr, wsd
}

package struct MulticastLine: Equatable, Sendable {
  package var protocols: [MulticastProtocol]
  package var origin: Origin

  package init(protocols: [MulticastProtocol], origin: Origin) {
    self.protocols = protocols
    self.origin = origin
  }
}

package struct BroadcastLine: Equatable, Sendable {
  package var service: Service
  package var origin: Origin

  package init(service: Service, origin: Origin) {
    self.service = service
    self.origin = origin
  }
}

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

package struct Bypass: Equatable, Sendable {
  package var name: String
  /// Alternatives: one of the subjects, or one of the marks.
  package var subjects: [SubjectLine]
  package var marks: [MarkLine]
  package var destinations: [BypassDestination]
  /// Empty: any uplink.
  package var via: [InterfacePattern]
  package var because: String
  package var origin: Origin

  package init(name: String, because: String, origin: Origin) {
    self.name = name
    self.because = because
    self.origin = origin
    subjects = []
    marks = []
    destinations = []
    via = []
  }
}

package struct SubjectLine: Equatable, Sendable {
  package var subject: Subject
  package var origin: Origin

  package init(subject: Subject, origin: Origin) {
    self.subject = subject
    self.origin = origin
  }
}

package struct MarkLine: Equatable, Sendable {
  package var mark: UInt32
  package var origin: Origin

  package init(mark: UInt32, origin: Origin) {
    self.mark = mark
    self.origin = origin
  }
}

package struct BypassDestination: Equatable, Sendable {
  /// `nil`: `to any`.
  package var to: AddressSet?
  package var service: Service
  package var origin: Origin

  package init(to: AddressSet?, service: Service, origin: Origin) {
    self.to = to
    self.service = service
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

// MARK: What travels with a policy

package enum ExpectedProtocol: Equatable, Sendable {
  case transport(TransportProtocol)
  case icmp
  case icmpv6
  case proto(UInt8)
}

package enum ExpectedInterface: Equatable, Sendable {
  case interface(InterfacePattern)
  case everyUplink
}

package enum ConntrackState: String, CaseIterable, Sendable {
  case new, established, related, invalid
}

package struct Expectation: Equatable, Sendable {
  package var isPass: Bool
  package var protocolName: ExpectedProtocol?
  package var from: AddressSet?
  package var to: AddressSet?
  package var port: PortSet?
  package var sourcePort: PortSet?
  package var selectors: Selectors
  package var inInterface: ExpectedInterface?
  package var outInterface: ExpectedInterface?
  package var state: ConntrackState?
  package var isReply: Bool
  package var origin: Origin

  package init(isPass: Bool, origin: Origin) {
    self.isPass = isPass
    self.origin = origin
    protocolName = nil
    from = nil
    to = nil
    port = nil
    sourcePort = nil
    selectors = Selectors()
    inInterface = nil
    outInterface = nil
    state = nil
    isReply = false
  }
}

package struct AcceptedRisk: Equatable, Sendable {
  package var id: String
  /// The first interface or the name of the block; `nil`: all.
  package var block: String?
  package var because: String
  package var origin: Origin

  package init(id: String, block: String?, because: String, origin: Origin) {
    self.id = id
    self.block = block
    self.because = because
    self.origin = origin
  }
}
