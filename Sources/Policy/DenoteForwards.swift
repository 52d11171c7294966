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
      let condition = PacketExpression.or(
        policy.tunnels.filter { $0.interfaces.contains(pattern) }.map { enters($0) })
      addBetween(
        here, .devices(self.devices(named: pattern)), line,
        condition: line.direction == .to ? condition : .all, to: &allowances)
    }
  }

  /// - Parameter addresses: of the party; `nil`: any.
  private func addBetween(
    _ here: PermittedConnection.End, _ party: PermittedConnection.End, _ line: ForwardRule,
    addresses: AddressSet? = nil, condition: PacketExpression = .all, hasErrorsToLAN: Bool = true,
    to allowances: inout Allowances
  ) {
    switch line.direction {
    case .to:
      add(
        PermittedConnection(
          client: here, server: party, service: line.service, serverAddresses: addresses,
          condition: condition, hasErrorsToServer: hasErrorsToLAN), to: &allowances)
    case .from:
      add(
        PermittedConnection(
          client: party, server: here, service: line.service, clientAddresses: addresses,
          condition: condition), to: &allowances)
    }
  }

  /// What this machine itself answers to a packet from there that it does not hand on: resets, unreachable, too big.
  private var refusal: PacketExpression {
    .and([
      .test(PacketTest(.inputInterface, .noInterface)), .state(.related), .isAnswer,
      .or([.isError, .transport(6)]),
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
      .and([.icmpv6([134]), .hops(255)]),
    ])
    allowances.arrives.settled.append(.and([devices.input, requests]))
    allowances.leaves.settled.append(.and([devices.output, answers]))
  }
}
