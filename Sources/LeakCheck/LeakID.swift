package import PolicyDiagnostics

/// The ways out that a policy or rules can leave open, by the ids of the leak catalogue.
///
/// Raw values are printed, stand in `accept-risk`, have a heading each in docs/leaks.md, and are never
/// reused.
package enum LeakID: String, CaseIterable, Sendable {
  // What a policy says; rules by others can say most of it too.
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

  // Traffic that no rule stops.
  case noPolicy = "no-policy"
  case finality = "nft-finality"
  case ipv6Unfiltered = "v6-unfiltered"
  case ipv4Unfiltered = "v4mapped"
  case newInterface = "new-iface"
  case otherProtocols = "l4-other"
  case subchainAccept = "subchain-accept"
  case conditionalDeny = "cond-deny"
  case natChain = "nat-chain"
  case dormant
  case forwardOpen = "forward-open"
  case iptablesOrder = "ipt-order"
  case unknownMatch = "unknown-match"
  case openEgress = "open-egress"

  // The way that a packet takes.
  case reroute = "reroute-stale-oif"
  case dnatOutput = "dnat-output"
  case indexMissing = "iif-missing"
  case indexStale = "iif-stale"
  case localType = "dsttype-local"
  case loopbackAddress = "loopback-addr"
  case fragmentDeny = "frag-deny"
  case extensionHeader = "v6-exthdr"

  // Endpoints, marks and owners.
  case endpointAnyAddress = "ep-nodst"
  case endpointAnyPort = "ep-noport"
  case endpointAnyInterface = "ep-noiface"
  case markAnywhere = "mark-anydst"
  case orphanedSocket = "skuid-orphan"
  case ownerInForward = "skuid-forward"
  case staleCgroup = "cgroup-stale"
  case connectionMark = "ctmark-reuse"
  case sourcePort = "sport-allow"

  // Local networks and single services.
  case innerByLAN = "tc-localnet-inner"
  case lanDNSOpen = "lan-dns"
  case lanDNSProxy = "lan-dns-proxy"
  case lanDoT = "lan-dot"
  case multicastScope = "mcast-scope"
  case icmpAnywhere = "icmp-any"
  case dnsAnywhere = "dns-any"
  case ntpAnywhere = "ntp-any"
  case captive
  case dhcpWide = "dhcp-wide"
  case tunnelSource = "outer-src"
  case innerSource = "inner-src"

  // Connections and answers.
  case oldFlows = "ct-preswitch"
  case revivedFlows = "ct-revived"
  case fallenFlows = "ct-fallback"
  case relatedFlows = "ct-related"
  case forwardIntoTunnel = "fwd-into-tunnel"
  case kernelReset = "kernel-rst"
  case kernelNDP = "kernel-ndp"
  case rejectEcho = "reject-echo"
  case packetTooBig = "mtu"

  // The rules as a file.
  case compileReject = "compile-reject"
  case applyWindow = "apply-window"
  case applyFamilies = "apply-v4-then-v6"
  case noCounters = "no-counters"

  // Against a policy.
  case notInPolicy = "not-in-policy"
  case lastHook = "last-hook"

  // What an open way out is also open to.
  case tunnelVision = "tunnelvision"
  case routerPrefix = "ra-pio"
  case routerRoute = "ra-rio"
  case boundSocket = "bindtodevice"
  case multipath = "mptcp"

  /// What it is worth before any acknowledgement; see the catalogue's scale.
  package var severity: Severity {
    switch self {
    case .interfaceWildcard, .interfacePhysical, .lanPublic, .noPolicy, .finality, .ipv6Unfiltered,
      .ipv4Unfiltered, .newInterface, .otherProtocols, .subchainAccept, .conditionalDeny,
      .natChain, .dormant, .forwardOpen, .iptablesOrder, .reroute, .dnatOutput, .indexMissing,
      .endpointAnyAddress, .endpointAnyPort, .markAnywhere, .orphanedSocket, .ownerInForward,
      .staleCgroup, .connectionMark, .sourcePort, .innerByLAN, .lanDNSOpen, .lanDNSProxy,
      .icmpAnywhere, .dnsAnywhere, .ntpAnywhere, .captive, .dhcpWide, .oldFlows, .revivedFlows,
      .fallenFlows,
      .compileReject, .applyWindow, .applyFamilies, .notInPolicy, .tunnelVision, .routerPrefix,
      .routerRoute, .boundSocket, .multipath:
      .error
    case .overlay, .endpointRange, .endpointAnyProcess, .markWellKnown, .cgroupSticky,
      .bypassAnywhere, .lanDNS, .lanAnyService, .lanLinkLocal, .lanCGNAT, .multicastNames,
      .inboundReply, .publishedPort, .tunnelInbound, .tunnelAddress, .loopbackProxy, .unknownMatch,
      .openEgress, .indexStale, .localType, .loopbackAddress, .fragmentDeny, .extensionHeader,
      .endpointAnyInterface, .lanDoT, .multicastScope, .tunnelSource, .innerSource, .relatedFlows,
      .forwardIntoTunnel, .kernelReset, .lastHook:
      .warning
    case .endpointRootUser, .endpointHostName, .lanLockout, .rawFrames, .noEndpoint, .kernelNDP,
      .rejectEcho, .packetTooBig, .noCounters:
      .note
    }
  }
}
