import PacketSpace

extension Denotation {
  func addForwards(to allowances: inout Allowances) {
    for forward in policy.forwards {
      let devices = Devices(forward.interfaces)
      for line in forward.lines { add(line, devices, to: &allowances) }
      if forward.among != nil {
        allowances.forwards.settled.append(.and([devices.input, devices.output]))
      }
      if forward.dhcpServer != nil { addDHCPServer(devices, to: &allowances) }
      allowances.leaves.settled.append(.and([devices.output, refusal]))
    }
  }

  private func add(_ line: ForwardRule, _ devices: Devices, to allowances: inout Allowances) {
    let here = PermittedConnection.End.devices(devices)
    switch line.party {
    case .host: addBetween(here, .machine, line, to: &allowances)
    case .any: addBetween(here, .devices(uplinks), line, to: &allowances)
    case .forward(let pattern):
      addBetween(here, .devices(Devices([pattern])), line, to: &allowances)
    case .lan:
      for lan in policy.lans {
        addBetween(
          here, .devices(self.devices(lan)), line, addresses: .union(lan.networks),
          hasErrorsToLAN: line.direction == .from, to: &allowances)
      }
    case .tunnel(let pattern):
      let tunnels = policy.tunnels.filter { $0.interfaces.contains(pattern) }
      addBetween(
        here, .devices(self.devices(named: pattern)), line, into: tunnels, to: &allowances)
    }
  }

  /// - Parameters:
  ///   - addresses: of the party; `nil`: any.
  ///   - tunnels: that the party is, whose lines narrow what enters them.
  private func addBetween(
    _ here: PermittedConnection.End, _ party: PermittedConnection.End, _ line: ForwardRule,
    addresses: AddressSet? = nil, into tunnels: [Tunnel] = [], hasErrorsToLAN: Bool = true,
    to allowances: inout Allowances
  ) {
    switch line.direction {
    case .to:
      var connection = PermittedConnection(
        client: here, server: party, service: line.service, serverAddresses: addresses,
        isDialIn: true, hasErrorsToServer: hasErrorsToLAN)
      if !tunnels.isEmpty {
        connection.condition = .or(tunnels.map { enters($0) })
        connection.answerCondition = .or(tunnels.map { entered($0) { $0.answers } })
        connection.errorCondition = .or(tunnels.map { entered($0) { $0.connections } })
      }
      add(connection, to: &allowances)
    case .from:
      add(
        PermittedConnection(
          client: party, server: here, service: line.service, clientAddresses: addresses),
        to: &allowances)
    }
  }

  /// What this machine itself answers to a packet from there that it does not hand on: resets, unreachable, too big.
  private var refusal: PacketExpression {
    .and([
      .test(PacketTest(.inputInterface, .noInterface)),
      .or([.isError, .and([.state(.related), .isAnswer, .transport(6)])]),
    ])
  }

  /// What crosses one bridge has no device any more that it came by when the last hook sees it.
  var bridged: PacketExpression {
    if tags.bridgedBit == 0 { return .none }
    let bridges = Devices(policy.forwards.filter { $0.among != nil }.flatMap(\.interfaces))
    return .and([
      .whole, bridges.output, .test(PacketTest(.inputInterface, .noInterface)),
      .test(PacketTest(.mark, .bits(value: tags.bridgedBit, mask: tags.bridgedBit))),
    ])
  }

  private func addDHCPServer(_ devices: Devices, to allowances: inout Allowances) {
    let requests = PacketExpression.or([
      .and([.family(.ipv4), .udp(from: 68, to: 67)]),
      .and([.family(.ipv6), .udp(from: 546, to: 547)]),
      .and([.icmpv6([133]), .hops(255)]),
    ])
    let answers = PacketExpression.or([
      .and([.family(.ipv4), .udp(from: 67, to: 68)]),
      .and([.family(.ipv6), .udp(from: 547, to: 546)]),
    ])
    allowances.arrives.settled.append(.and([devices.input, requests]))
    allowances.leaves.settled.append(.and([devices.output, answers]))
    allowances.leaves.ofLink.append(advertisement(devices))
  }

  func advertisement(_ devices: Devices) -> PacketExpression {
    .and([devices.output, .icmpv6([134]), .hops(255)])
  }
}
