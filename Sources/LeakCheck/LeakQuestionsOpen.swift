import PacketSpace

extension LeakVocabulary {
  /// Traffic that nothing but a deny could stop.
  var openQuestions: [LeakQuestion] {
    [newInterface, widePattern] + otherServices(.otherProtocols, isOther)
      + otherServices(.icmpAnywhere, isPing)
  }

  var newInterface: LeakQuestion {
    LeakQuestion(
      id: .newInterface, message: "what leaves by an interface that no rule names is not stopped",
      fix: "end the chain with a deny that names no interface",
      packets: .and([open, generic.unnamed(.outputInterface)]),
      whereStopped: PacketTwin(
        fields: [.outputInterface, .outputType], packets: .and([open, outside])))
  }

  /// By an interface that rules know by the beginning of its name alone.
  private var widePattern: LeakQuestion {
    let sent = PacketExpression.and([newFlow, .origin(.local), generic.toAnywhere, anyService])
    return LeakQuestion(
      id: .interfaceWildcard, message: "every interface whose name begins so counts as the tunnel",
      fix: "name the interface in full",
      packets: .and([sent, generic.namedByPattern(.outputInterface)]),
      unless: [
        PacketTwin(
          fields: [.outputInterface, .outputType],
          packets: .and([sent, outside, generic.unnamed(.outputInterface)]))
      ])
  }

  private var isOther: PacketExpression {
    .and([6, 17, 1, 58].map { .not(.value(.transport, $0)) })
  }

  private func otherServices(_ id: LeakID, _ packets: PacketExpression) -> [LeakQuestion] {
    let to = PacketExpression.and([plain, generic.toAnywhere])
    return [
      LeakQuestion(
        id: id,
        message: id == .icmpAnywhere
          ? "echo requests leave to any address" : "protocols beside TCP and UDP are not stopped",
        fix: "end the chain with a deny that names no protocol",
        packets: .and([to, packets]),
        unless: [PacketTwin(fields: serviceFields, packets: .and([to, anyService]))])
    ]
  }

  /// What reaches any address in a way that no other entry names.
  var rest: LeakQuestion {
    LeakQuestion(
      id: .openEgress, message: "packets leave to any address outside the tunnel",
      fix: "name the addresses that are meant",
      packets: .and([newFlow, .origin(.local), generic.toAnywhere, anyService]))
  }

  // MARK: Re-routed packets

  /// Of packets that output let pass by another device than the one that they leave by.
  var rerouteQuestions: [LeakQuestion] {
    let sent = PacketExpression.and([.origin(.local), .value(.ctDirection, 0), tcpOrUDP])
    return [
      LeakQuestion(
        id: .reroute, message: "a packet that is routed anew leaves by another device",
        fix: "end a postrouting chain of priority 300 with a deny",
        packets: .and([sent, generic.toAnywhere])),
      LeakQuestion(
        id: .dnatOutput,
        message: "a packet whose destination is translated leaves by another device",
        fix: "end a postrouting chain of priority 300 with a deny",
        packets: .and([sent, .state(.new), .value(.laterFragment, 0)])),
    ]
  }

  // MARK: Fragments and owners

  var ownerQuestions: [LeakQuestion] {
    [
      LeakQuestion(
        id: .orphanedSocket, message: "what a closed socket still sends is not stopped",
        fix: "use owners in accepting rules only, over a default drop",
        packets: .and([
          .origin(.orphan), generic.toAnywhere, tcpOrUDP, .value(.laterFragment, 0),
          .or([.state(.new), .state(.established)]),
        ]),
        whereStopped: PacketTwin(
          fields: senderFields, packets: .and([.origin(.local), generic.toAnywhere]))),
      LeakQuestion(
        id: .fragmentDeny, message: "later fragments pass where whole packets are stopped",
        fix: "drop later fragments before any rule that looks at addresses alone",
        packets: .and([
          .value(.laterFragment, 1), .origin(.local), tcpOrUDP, noMark, .state(.new),
        ]),
        whereStopped: PacketTwin(
          fields: [.laterFragment, .tcpFlags] + destinationPortFields + sourcePortFields,
          packets: .and([newFlow, .origin(.local), noMark]))),
    ]
  }
}
