import PacketSpace

extension Denotation {
  func addTunnels(to allowances: inout Allowances) {
    for tunnel in policy.tunnels {
      let devices = devices(tunnel)
      for endpoint in tunnel.endpoints { add(endpoint, to: &allowances) }
      allowances.leaves.judged.append(.and([devices.output, enters(tunnel)]))
      allowances.arrives.settled.append(
        .and([devices.input, .or([.state(.established), .isError])]))
      addErrorsInto(tunnel, to: &allowances)
      for line in tunnel.inbound {
        add(
          PermittedConnection(
            client: .devices(devices), server: .machine, service: line.service, isDialIn: true),
          to: &allowances)
      }
    }
  }

  /// The encrypted packets, which only this machine sends; answers, established only; and errors about them.
  private func add(_ endpoint: Endpoint, to allowances: inout Allowances) {
    let ways = waysOut(endpoint.via.map { [$0] } ?? [])
    let service = Service([endpoint.service])
    allowances.leaves.settled.append(encrypted(endpoint))
    let answer = PacketExpression.and([
      .state(.established), .address(PacketField.source, endpoint.addresses),
      endpoint.service.answeredFrom,
    ])
    let error = PacketExpression.and([
      .isError, .isAnswer, service.connections,
      .address(PacketField.ctOriginalDestination, endpoint.addresses),
    ])
    allowances.arrives.settled.append(.and([ways.input, .or([answer, error])]))
  }

  private func encrypted(_ endpoint: Endpoint) -> PacketExpression {
    .and([
      waysOut(endpoint.via.map { [$0] } ?? []).output,
      .address(PacketField.destination, endpoint.addresses), Service([endpoint.service]).requests,
      selected(endpoint.selectors),
    ])
  }

  /// What a tunnel of this machine's kernel may have made: its own encrypted packets, and a server's answers to who
  /// dials in.
  var encapsulated: PacketExpression { encapsulated(answering: .transport(17)) }

  private func encapsulated(answering transports: PacketExpression) -> PacketExpression {
    let endpoints = policy.tunnels.map { tunnel in
      PacketExpression.and([
        Devices(tunnel.interfaces).input, .or(tunnel.endpoints.map { encrypted($0) }),
      ])
    }
    let servers = Devices(
      policy.tunnels.flatMap(\.interfaces) + policy.forwards.flatMap(\.interfaces)
        + subjectInterfaces)
    return .or(
      endpoints + [.and([servers.input, transports, .or(allowances.answersToDialIn)])])
  }

  /// What the last hook cannot tell from such packets.
  var perhapsEncapsulated: PacketExpression {
    let endpoints = PacketExpression.and([
      Devices(policy.tunnels.flatMap(\.interfaces)).input,
      .or(policy.tunnels.flatMap(\.endpoints).map { encrypted($0) }),
    ])
    let others = [1, 2, 6, 58, 132].map { PacketExpression.transport($0) }
    return .and([.whole, .or([endpoints, encapsulated(answering: .not(.or(others)))])])
  }

  /// What the tunnel's `out` lines, or their default, and its `dns` lines let into it.
  func enters(_ tunnel: Tunnel) -> PacketExpression {
    var ways = tunnel.outbound.map { line in
      PacketExpression.and([line.service.requests, .address(PacketField.destination, in: line.to)])
    }
    if tunnel.outbound.isEmpty, !isCarrier(tunnel) { ways.append(.all) }
    ways.append(
      .and([.toDNSPort, .address(PacketField.destination, resolvers(tunnel))]))
    return .or(ways)
  }

  /// Errors about answers to what this machine opened in the tunnel.
  private func addErrorsInto(_ tunnel: Tunnel, to allowances: inout Allowances) {
    allowances.leaves.settled.append(
      .and([devices(tunnel).output, .isError, .isRequest, entered(tunnel) { $0.connections }]))
  }

  /// Answers or errors of the connections that the tunnel's lines let into it.
  func entered(
    _ tunnel: Tunnel, _ packets: (Service) -> PacketExpression
  ) -> PacketExpression {
    var connections = tunnel.outbound.map { line in
      PacketExpression.and([
        packets(line.service), .address(PacketField.ctReplySource, in: line.to),
      ])
    }
    if tunnel.outbound.isEmpty, !isCarrier(tunnel) { connections.append(.all) }
    connections.append(
      .and([packets(.dns), .address(PacketField.ctReplySource, resolvers(tunnel))]))
    return .or(connections)
  }

  /// Another tunnel's encrypted packets go by this one.
  private func isCarrier(_ tunnel: Tunnel) -> Bool {
    policy.tunnels.flatMap(\.endpoints).contains { endpoint in
      endpoint.via.map(tunnel.interfaces.contains) ?? false
    }
  }

  func selected(_ selectors: Selectors) -> PacketExpression {
    var parts: [PacketExpression] = []
    if let mark = selectors.mark { parts.append(marked(mark)) }
    if let user = selectors.user { parts.append(.owner(.user, user)) }
    if let group = selectors.group { parts.append(.owner(.group, group)) }
    if let cgroup = selectors.cgroup { parts.append(inCgroup(cgroup)) }
    return .and(parts)
  }

  /// The bits that the policy takes for itself do not count.
  func marked(_ mark: UInt32) -> PacketExpression {
    .test(PacketTest(.mark, .bits(value: mark, mask: ~tags.markBits)))
  }

  func inCgroup(_ path: String) -> PacketExpression {
    if isLastHook, let bit = tags.cgroupBits[path] {
      return .test(PacketTest(.mark, .bits(value: bit, mask: bit)))
    }
    return .test(PacketTest(.cgroup(path), 1))
  }
}

extension PacketExpression {
  static func owner(_ field: PacketField, _ numbers: IDSet) -> PacketExpression {
    .test(
      PacketTest(field, numbers.ranges.map { UInt128($0.lowerBound)...UInt128($0.upperBound) }))
  }
}

extension ServicePart {
  /// By the packet's own header: what comes from an endpoint's port.
  fileprivate var answeredFrom: PacketExpression {
    switch self {
    case .ports(let transport, let ports):
      .and([.transport(transport.number), .whole, .port(.sourcePort, ports)])
    case .proto(let number): .transport(number)
    // No endpoint has these.
    case .any, .icmp, .icmpv6: .none
    }
  }
}
