import PacketSpace

extension LeakVocabulary {
  /// Packets of connections that no rule let begin.
  var flowQuestions: [LeakQuestion] {
    let established = PacketExpression.and([.state(.established), .value(.laterFragment, 0)])
    let original = PacketExpression.and([
      established, .value(.ctDirection, 0), byAnybody, noMark, tcpOrUDP, generic.toAnywhere,
    ])
    let begun = PacketTwin(
      fields: flowFields, packets: .and([newFlow, byAnybody, noMark, anyService]))
    let own =
      scope.tunnelAddresses.isEmpty ? generic.fromAnywhere : from(scope.tunnelAddresses)
    return [
      LeakQuestion(
        id: .oldFlows, message: "connections that are older than the rules go on",
        fix: "accept no established packets in output outside the tunnel",
        packets: .and([original, generic.fromAnywhere]), unless: [begun]),
      LeakQuestion(
        id: .fallenFlows, message: "connections of the tunnel go on outside it",
        fix: "accept no established packets in output outside the tunnel",
        packets: .and([original, own]), unless: [begun]),
      LeakQuestion(
        id: .inboundReply, message: "this machine answers anybody outside the tunnel",
        fix: "accept replies by their port, to the local network alone",
        packets: .and([
          established, .value(.ctDirection, 1), .origin(.local), tcpOrUDP, generic.toAnywhere,
        ]), unless: [begun]),
      LeakQuestion(
        id: .relatedFlows, message: "connections that a helper expects leave outside the tunnel",
        fix: "accept no related packets in output",
        packets: .and([
          .state(.related), .value(.ctDirection, 0), .value(.laterFragment, 0), .origin(.local),
          tcpOrUDP, generic.toAnywhere,
        ]), unless: [begun]),
    ]
  }

  /// What the kernel sends by itself.
  var kernelQuestions: [LeakQuestion] {
    let anybody = PacketTwin(
      fields: flowFields + senderFields + [.transport, .mark, .inputInterface],
      packets: .and([newFlow, byAnybody, noMark, anyService]))
    let groups = PacketExpression.or([
      .and([.value(.family, 0), .value(.transport, 2)]),
      .and([
        .value(.family, 1), .value(.transport, 58), .types([130, 131, 132, 133, 135, 136, 143]),
      ]),
    ])
    return [
      LeakQuestion(
        id: .kernelReset, message: "resets and errors of the kernel leave outside the tunnel",
        fix: "accept no established, related or ICMP packets in output at large",
        packets: .and([
          .origin(.kernel), .or([isReset, isError]), .not(.state(.new)),
          .or([generic.toAnywhere, to(.privateRange)]),
        ]), unless: [anybody]),
      LeakQuestion(
        id: .kernelNDP, message: "group membership and neighbour discovery leave",
        fix: "accept the few types that the network needs, or none",
        packets: .and([.origin(.kernel), groups]), unless: [anybody]),
    ]
  }

  /// Of what leaves by a tunnel.
  var insideQuestions: [LeakQuestion] {
    [
      LeakQuestion(
        id: .innerSource, message: "another source than the tunnel's address goes into the tunnel",
        fix: "accept the tunnel's own addresses alone, in postrouting",
        packets: .and([newFlow, .origin(.local), .not(from(scope.tunnelAddresses))]))
    ]
  }

  // MARK: Forwarded and received packets

  var forwardQuestions: [LeakQuestion] {
    [forwardOpen, published, intoTunnel]
  }

  var forwardOpen: LeakQuestion {
    LeakQuestion(
      id: .forwardOpen, message: "what this machine forwards leaves outside the tunnel",
      fix: "end the forward chain with a deny", packets: .and([openForwarded, notFromTunnel]))
  }

  var published: LeakQuestion {
    LeakQuestion(
      id: .publishedPort, message: "containers answer anybody outside the tunnel",
      fix: "accept replies by their port, to the local network alone",
      packets: .and([
        .state(.established), .value(.ctDirection, 1), tcpOrUDP, generic.toAnywhere, notFromTunnel,
      ]),
      unless: [PacketTwin(fields: flowFields, packets: openForwarded)])
  }

  var intoTunnel: LeakQuestion {
    LeakQuestion(
      id: .forwardIntoTunnel, message: "anybody's packets are forwarded into the tunnel",
      fix: "name the interfaces that may use the tunnel",
      packets: .and([openForwarded, notFromTunnel, generic.unnamed(.inputInterface)]))
  }

  var arrivalQuestions: [LeakQuestion] { [revived, tunnelAddressReply, inbound] }

  var revived: LeakQuestion {
    LeakQuestion(
      id: .revivedFlows, message: "anybody's packets are taken in outside the tunnel",
      fix: "end the input chain with a deny",
      packets: .and([newFlow, fromOutside, generic.fromAnywhere, anyService]))
  }

  var tunnelAddressReply: LeakQuestion {
    let own = scope.tunnelAddresses
    return LeakQuestion(
      id: .tunnelAddress, message: "packets to the tunnel's address are taken in outside it",
      fix: "drop packets to the tunnel's addresses that come in by another device",
      packets: .and([
        newFlow, fromOutside, own.isEmpty ? generic.toAnyAddress : to(own), tcpOrUDP,
      ]))
  }

  var tooBig: PacketExpression {
    .and([
      .state(.related), fromOutside,
      .or([
        .and([.value(.family, 0), .value(.transport, 1), .types([3])]),
        .and([.value(.family, 1), .value(.transport, 58), .types([2])]),
      ]),
    ])
  }

  var inbound: LeakQuestion {
    LeakQuestion(
      id: .tunnelInbound, message: "new connections come in from the tunnel",
      fix: "accept established packets alone from the tunnel",
      packets: .and([newFlow, fromTunnel, tcpOrUDP]))
  }
}
