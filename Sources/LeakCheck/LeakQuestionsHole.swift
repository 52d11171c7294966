import PacketSpace
import PolicyDiagnostics

extension LeakVocabulary {
  /// Exemptions for endpoints, marks, owners and ports that are wider than an endpoint is.
  var holeQuestions: [LeakQuestion] {
    senderHoles + endpointHoles + [maskedMark, overlay]
  }

  private var sent: PacketExpression { .and([newFlow, .origin(.local)]) }

  private var senderHoles: [LeakQuestion] {
    let far = PacketExpression.and([newFlow, generic.toAnywhere, anyService])
    let common = PacketExpression.and([far, generic.fromAnywhere])
    let byPort = PacketExpression.and([far, byAnybody, noMark])
    return [
      LeakQuestion(
        id: .markAnywhere, message: "a mark alone lets a packet leave to any address",
        fix: "name the endpoint's address, protocol and port beside the mark",
        packets: .and([common, byAnybody, .not(noMark)]),
        unless: [PacketTwin(fields: [.mark], packets: .and([common, byAnybody, noMark]))]),
      LeakQuestion(
        id: .bypassAnywhere, message: "one account reaches any address",
        fix: "name the addresses and ports that it needs",
        packets: .and([common, .origin(.local), noMark]),
        unless: [PacketTwin(fields: senderFields, packets: .and([common, byAnybody, noMark]))]),
      LeakQuestion(
        id: .sourcePort, message: "packets from one port leave to any address",
        fix: "name the account and the destination",
        packets: byPort,
        unless: [
          PacketTwin(
            fields: sourcePortFields, packets: .and([byPort, generic.fromAnyPort]))
        ]),
    ]
  }

  private var endpointHoles: [LeakQuestion] {
    let process = PacketExpression.and([
      newFlow, byAnybody, noMark, toEndpoint, tcpOrUDP, .not(generic.toAnyPort),
    ])
    let anyPort = PacketTwin(
      fields: destinationPortFields,
      packets: .and([newFlow, byAnybody, noMark, generic.toAnyPort]))
    let others = anywhere(.and([newFlow, byAnybody, noMark]))
    let web = port(6, [80, 443])
    return [
      LeakQuestion(
        id: .endpointAnyPort, message: "every port of an address is open",
        fix: "name the endpoint's protocol and port",
        packets: .and([sent, toEndpoint, anyService]), unless: [anywhere(sent)]),
      LeakQuestion(
        id: .lanPublic, message: "every port of a public network is open",
        fix: "exempt private networks alone",
        packets: .and([sent, generic.toNamedNetwork, anyService]), unless: [anywhere(sent)]),
      LeakQuestion(
        id: .endpointAnyProcess, message: "any program can send to the endpoint in clear",
        fix: "add the mark or the account of the VPN client",
        packets: .and([process, .not(web)]), unless: [anyPort, others]),
      LeakQuestion(
        id: .endpointAnyProcess,
        message: "any program can send to the endpoint's web port in clear",
        fix: "add the mark or the account of the VPN client",
        packets: .and([process, web]), unless: [anyPort, others], severity: .error),
    ]
  }

  /// Single ports that are open towards everybody.
  var serviceQuestions: [LeakQuestion] {
    let known: [(LeakID, PacketExpression, String, String)] = [
      (.dnsAnywhere, port(nil, [53]), "DNS queries leave to any address", "name the resolver"),
      (.dhcpWide, port(17, [67]), "port 67 is open to any address", "name 255.255.255.255"),
      (.ntpAnywhere, port(17, [123]), "port 123 is open to any address", "name the time server"),
      (
        .captive, port(6, [80, 443]), "web pages are open to any address",
        "log in to a captive portal from a namespace of its own"
      ),
    ]
    let rest = PacketExpression.and([tcpOrUDP] + known.map { .not($0.1) })
    return
      (known + [
        (
          .endpointAnyAddress, rest, "one port is open to any address",
          "name the endpoint's address"
        )
      ]).map { id, service, message, fix in
        LeakQuestion(
          id: id, message: message, fix: fix,
          packets: .and([sent, generic.toAnywhere, generic.fromAnywhere, service]),
          unless: [
            PacketTwin(
              fields: [.transport, .ctProtocol] + destinationPortFields,
              packets: .and([sent, anyService]))
          ])
      }
  }

  /// A mark that is compared in few bits, or is the default of a program that many have.
  private var maskedMark: LeakQuestion {
    let masked = generic.marks.filter {
      $0.mask != .max && (scope.policy != nil || $0.mask.nonzeroBitCount < 16)
    }.map { mark -> PacketExpression in
      .and([
        .test(PacketTest(.mark, .bits(value: mark.value, mask: mark.mask))),
        .not(.test(PacketTest(.mark, .bits(value: mark.value, mask: .max)))),
      ])
    }
    let wellKnown = PacketExpression.test(PacketTest(.mark, .bits(value: 0xca6c, mask: .max)))
    let packets = PacketExpression.and([sent, byAnybody, toEndpoint, tcpOrUDP])
    return LeakQuestion(
      id: .markWellKnown, message: "other programs' marks open the way to the endpoint",
      fix: "compare all 32 bits with a number of your own",
      packets: .and([packets, .not(noMark), .or(masked + [wellKnown])]),
      unless: [
        PacketTwin(fields: [.mark], packets: .and([packets, noMark])),
        anywhere(.and([sent, byAnybody, .not(noMark)])),
      ])
  }

  private var overlay: LeakQuestion {
    let protocols = [4, 41, 47].map { PacketExpression.value(.transport, $0) }
    let packets = PacketExpression.and([sent, .or([toEndpoint, generic.toAnywhere])])
    return LeakQuestion(
      id: .overlay, message: "encapsulated packets leave that nothing encrypts",
      fix: "run the overlay inside an encrypted tunnel",
      packets: .and([packets, .or(protocols + [port(17, [4789, 1701])])]),
      unless: [PacketTwin(fields: serviceFields, packets: .and([packets, anyService]))])
  }

  // MARK: Local networks

  var localQuestions: [LeakQuestion] {
    let resolvers = AddressSet.privateRange.subtracting(.dockerPool)
    let names: [UInt16] = [5353, 5355, 137, 1900, 3702]
    let rows: [(LeakID, PacketExpression, String, String)] = [
      (
        .lanDNSOpen, .and([to(resolvers), port(nil, [53])]), "names are asked of the local network",
        "deny ports 53 and 853 before the local network is accepted"
      ),
      (
        .lanDNSProxy, .and([to(.dockerPool), port(nil, [53])]),
        "names are asked of a container network",
        "deny ports 53 and 853 before the container network is accepted"
      ),
      (
        .lanAnyService, .and([plain, to(.privateRange), anyService]),
        "every service of a local network may be used", "name the ports that you need"
      ),
      (
        .lanLinkLocal, .and([to(.linkLocal4), tcpOrUDP]), "169.254.0.0/16 may be used",
        "leave the range out"
      ),
      (
        .lanCGNAT, .and([to(.cgnat), tcpOrUDP]), "100.64.0.0/10 may be used", "leave the range out"
      ),
      (
        .multicastNames, .and([to(.nameGroups), port(17, names)]),
        "names are told to the local network", "leave out what you do not need"
      ),
      (
        .multicastScope, .and([to(.routedGroups), .value(.transport, 17)]),
        "multicast leaves that routers hand on",
        "exempt 224.0.0.0/24, 239.0.0.0/8 and ff02::/16 alone"
      ),
      (
        .loopbackAddress, to(.loopbackRange), "packets to 127.0.0.0/8 leave by a real device",
        "accept by `oifname lo` alone"
      ),
      (
        .innerByLAN, to(scope.innerAddresses.union(scope.tunnelAddresses)),
        "what lives in the tunnel is looked for outside it",
        "deny these addresses before the local network is accepted"
      ),
    ]
    return rows.map { id, packets, message, fix in
      LeakQuestion(
        id: id, message: message, fix: fix, packets: .and([sent, packets]),
        unless: [anywhere(sent)])
    } + [resolverOverTLS, tunnelSource]
  }

  private var resolverOverTLS: LeakQuestion {
    let there = PacketExpression.and([sent, to(.privateRange)])
    return LeakQuestion(
      id: .lanDoT, message: "DNS over TLS to the local network is not stopped",
      fix: "deny port 853 beside 53",
      packets: .and([there, port(6, [853])]),
      unless: [
        PacketTwin(fields: serviceFields, packets: .and([there, port(nil, [53])])), anywhere(sent),
      ])
  }

  private var tunnelSource: LeakQuestion {
    LeakQuestion(
      id: .tunnelSource, message: "the tunnel's address leaves by another device",
      fix: "deny the tunnel's addresses as source outside it",
      packets: .and([sent, from(scope.tunnelAddresses)]),
      unless: [PacketTwin(fields: sourceFields, packets: .and([sent, generic.fromAnywhere]))])
  }
}
