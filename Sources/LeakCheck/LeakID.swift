package import PolicyDiagnostics

/// The ways out that a policy can leave open, by the ids of the leak catalogue.
///
/// Raw values are printed, stand in `accept-risk`, have a heading each in docs/leaks.md, and are never
/// reused. What rules alone can do wrong is not here: every compile proves that they do not.
package enum LeakID: String, CaseIterable, Sendable {
  case interfaceWildcard = "if-wildcard"
  case interfacePhysical = "if-physical"
  case overlay
  case endpointRange = "ep-range"
  case endpointAnyProcess = "ep-anyproc"
  case endpointRootUser = "ep-rootuid"
  case endpointHostName = "endpoint-hostname"
  case markWellKnown = "mark-mask"
  case cgroupSticky = "cgroup-sticky"
  case bypassAnywhere = "bypass-any"
  case lanPublic = "tc-localnet"
  case lanDNS = "dns-explicit-lan"
  case lanAnyService = "lan-gateway"
  case lanLinkLocal = "linklocal4"
  case lanCGNAT = "lan-cgnat"
  case multicastNames = "mcast-names"
  case inboundReply = "inbound-reply"
  case publishedPort = "published-port"
  case tunnelInbound = "tunnel-inbound"
  case tunnelAddress = "tunaddr-reply"
  case loopbackProxy = "loopback-proxy"
  case lanLockout = "lan-lockout"
  case rawFrames = "afpacket"
  case noEndpoint = "no-endpoint"

  /// What it is worth before any acknowledgement; see the catalogue's scale.
  package var severity: Severity {
    switch self {
    case .interfaceWildcard, .interfacePhysical, .lanPublic: .error
    case .overlay, .endpointRange, .endpointAnyProcess, .markWellKnown, .cgroupSticky,
      .bypassAnywhere, .lanDNS, .lanAnyService, .lanLinkLocal, .lanCGNAT, .multicastNames,
      .inboundReply, .publishedPort, .tunnelInbound, .tunnelAddress, .loopbackProxy:
      .warning
    case .endpointRootUser, .endpointHostName, .lanLockout, .rawFrames, .noEndpoint: .note
    }
  }

  /// Why it matters: one or two sentences.
  package var reason: String {
    switch self {
    case .interfaceWildcard:
      "any device that somebody names so counts as the tunnel, encrypted or not"
    case .interfacePhysical:
      "a network card is not encrypted: all that leaves by it leaves in clear"
    case .overlay:
      "encapsulation is not encryption: who sees the outer packets reads the inner ones"
    case .endpointRange:
      "a server that listens on ports of web, DNS or time can be made to look like the endpoint, and programs talk to it in clear"
    case .endpointAnyProcess:
      "any program can send to the endpoint in clear, in bytes of its own, and be recognised by them"
    case .endpointRootUser:
      "every daemon that runs as root can send to the endpoint, not only the VPN client"
    case .endpointHostName:
      "the lock file says where the tunnel goes: who answered the query when it was written decided that"
    case .markWellKnown:
      "this mark is the default of wg-quick, and other programs use it too"
    case .cgroupSticky:
      "a socket stays in the control group it was opened in, and can be handed to another program"
    case .bypassAnywhere:
      "everything that the subject sends may leave under the real address"
    case .lanPublic:
      "whoever owns the local network can claim these addresses and receive what was meant for the real ones"
    case .lanDNS:
      "the resolver sees every name, and asks for it in clear under the real address"
    case .lanAnyService:
      "any service of any machine there can pass traffic on: a proxy, a port mapping, the router itself"
    case .lanLinkLocal:
      "169.254.0.0/16 holds cloud metadata services and whoever chose an address there"
    case .lanCGNAT:
      "100.64.0.0/10 is the provider's network, or another VPN's, not yours"
    case .multicastNames:
      "the names that are asked for, and this machine's own, are told to everyone on the network"
    case .inboundReply:
      "anyone who reaches the service gets answers from the real address"
    case .publishedPort:
      "anyone who reaches the container's port gets answers from the real address"
    case .tunnelInbound:
      "everyone behind the VPN can open connections to this service"
    case .tunnelAddress:
      "without `address` a neighbour on the LAN can ask for the tunnel's address and learn it (CVE-2019-14899), and this machine may send under a wrong source"
    case .loopbackProxy:
      "the resolver behind this address asks on its own behalf, and is not confined"
    case .lanLockout:
      "new connections to this machine are blocked: an ssh session that ends cannot be opened again"
    case .rawFrames:
      "programs with CAP_NET_RAW can write frames past the IP hooks"
    case .noEndpoint:
      "no encrypted packet leaves: the tunnel's socket must live in another network namespace"
    }
  }
}
