extension LeakID {
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
    // Traffic that no rule stops.
    case .noPolicy:
      "what no rule accepts is accepted all the same, so that every program reaches the world by any route that wins"
    case .finality:
      "an accept ends its own chain and blocks nothing else: without a deny all passes"
    case .ipv6Unfiltered:
      "programs prefer IPv6, and so all that they send leaves past the tunnel where the network has it"
    case .ipv4Unfiltered:
      "an IPv6 socket sends IPv4 to ::ffff:a.b.c.d, whatever the rules for IPv6 say"
    case .newInterface:
      "a tethered phone, a second card or a container bridge is a new name that the deny does not know"
    case .otherProtocols:
      "ICMP, GRE, IPIP, ESP, SCTP and others carry data as well as TCP and UDP do"
    case .subchainAccept:
      "an accept in a chain that was jumped to ends the whole hook, and the denies behind the jump are never reached"
    case .conditionalDeny:
      "what the condition of the deny does not cover passes: the packets over a limit, or at another time"
    case .natChain:
      "chains of type nat see the first packet of a connection only, and open connections pass"
    case .dormant:
      "a dormant table is listed, but hooked nowhere"
    case .forwardOpen:
      "containers, virtual machines and the network behind this machine are forwarded, and output rules do not see them"
    case .iptablesOrder:
      "the first match in a table is final: an ACCEPT above a deny makes the deny dead"
    case .unknownMatch:
      "nobody can say from the rules alone when this condition holds"
    case .openEgress:
      "whoever fulfils the condition reaches any address outside the tunnel"
    // The way that a packet takes.
    case .reroute:
      "output judges the device of the first route; a mark or a translated address routes the packet anew, and it leaves by another"
    case .dnatOutput:
      "a translated destination routes the packet anew, after output has judged the old device"
    case .indexMissing:
      "an index is looked up when rules are loaded: without the device nothing is loaded, and nothing is blocked"
    case .indexStale:
      "the rule keeps the number of a device that is gone, and the next device with that number counts as the tunnel"
    case .localType:
      "an address of this machine is reached by any device, so that packets to it can be put on the wire"
    case .loopbackAddress:
      "a socket that is bound to a device sends 127.0.0.1 by that device"
    case .fragmentDeny:
      "a later fragment carries no ports, and so no rule about ports stops it"
    case .extensionHeader:
      "an extension header in front hides the protocol from `ip6 nexthdr`"
    // Endpoints, marks and owners.
    case .endpointAnyAddress:
      "a port without an address is open towards everybody"
    case .endpointAnyPort:
      "who makes a name resolve to that address receives what programs send to it in clear (TunnelCrack, ServerIP)"
    case .endpointAnyInterface:
      "the encrypted packets of the inner tunnel leave by another way than the outer one, and tell where it ends"
    case .markAnywhere:
      "whoever can set the mark reaches any address: CAP_NET_RAW is enough, and wg-quick's mark is known to all"
    case .orphanedSocket:
      "what a closed socket still sends has no owner, and no deny by owner stops it"
    case .ownerInForward:
      "forwarded packets have no socket: a match of the owner never holds for them"
    case .staleCgroup:
      "a control group that is made anew is another one to the rule, and its deny no longer holds"
    case .connectionMark:
      "another program can use the port of the marked connection while it lives"
    case .sourcePort:
      "any program can bind the port"
    // Local networks and single services.
    case .innerByLAN:
      "who owns the local network can claim the addresses that live in the tunnel"
    case .lanDNSOpen:
      "the router answers, and asks for every name in clear under the real address"
    case .lanDNSProxy:
      "a resolver of the host or of another container answers, and asks under the real address"
    case .lanDoT:
      "the router's resolver can be reached by DNS over TLS as well"
    case .multicastScope:
      "these groups are routed: what is sent to them leaves the local network"
    case .icmpAnywhere:
      "echo requests carry data to any address"
    case .dnsAnywhere:
      "every name can be asked for in clear, of any server"
    case .ntpAnywhere:
      "port 123 is open towards everybody, not only towards a time server"
    case .captive:
      "ports 80 and 443 are all that most programs need"
    case .dhcpWide:
      "port 67 is open towards everybody, not only towards the network's server"
    case .tunnelSource:
      "the tunnel's own address is shown to the local network"
    case .innerSource:
      "the real address is shown inside the tunnel"
    // Connections and answers.
    case .oldFlows:
      "connections that are older than the rules go on outside the tunnel"
    case .revivedFlows:
      "the other side sends one packet, and the connection counts as established again"
    case .fallenFlows:
      "a connection of the tunnel goes on in clear once its route is gone"
    case .relatedFlows:
      "a connection helper opens a connection in clear"
    case .forwardIntoTunnel:
      "a neighbour can send through the tunnel of this machine"
    case .kernelReset:
      "the kernel itself answers under the real address"
    case .kernelNDP:
      "the kernel tells its groups and link-local addresses to the network"
    case .rejectEcho:
      "a refusal is an answer: who asks learns that the machine is there"
    case .packetTooBig:
      "without these errors large packets of the tunnel are lost"
    // The rules as a file.
    case .compileReject:
      "the file is refused as a whole, and nothing is blocked"
    case .applyWindow:
      "between two steps of loading traffic passes, and for ever if the second fails"
    case .applyFamilies:
      "one family is open while the other is loaded, and for ever if that fails"
    case .noCounters:
      "nobody sees what is blocked"
    // Against a policy.
    case .notInPolicy:
      "no line of the policy speaks of it"
    case .lastHook:
      "the hooks before stop it, and they see a packet before other tables re-route, mark or queue it"
    // What an open way out is also open to.
    case .tunnelVision:
      "a route of the DHCP server (option 121) wins over the tunnel's"
    case .routerPrefix:
      "a prefix in a router advertisement wins over the tunnel's route"
    case .routerRoute:
      "a route in a router advertisement wins over the tunnel's"
    case .boundSocket:
      "any program may bind its socket to a device, whatever the routes say"
    case .multipath:
      "Multipath TCP opens a second way by another device"
    }
  }
}
