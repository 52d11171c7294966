import PacketSpace

/// One kind of connection that a line permits.
///
/// It has requests, told by their header; answers, which are packets in the reply direction of that very
/// connection; and ICMP errors about either.
struct PermittedConnection {
  enum End {
    case machine
    case devices(Devices)
  }

  var client: End
  var server: End
  var service: Service
  /// `nil`: any.
  var clientAddresses: AddressSet?
  var serverAddresses: AddressSet?
  /// What a request must have besides.
  var condition: PacketExpression = .all
  /// The same of an answer, and of an error.
  var answerCondition: PacketExpression = .all
  var errorCondition: PacketExpression = .all
  /// The service does not include ports 53 and 853.
  var isWithoutDNS = false
  /// An `in` or `to host` line lets it in.
  var isDialIn = false
  /// Whether the client's end may send errors to the server's.
  var hasErrorsToServer = true
}

extension Denotation {
  func add(_ connection: PermittedConnection, to allowances: inout Allowances) {
    let request = request(connection)
    let answer = answer(connection)
    let errorToClient = error(connection, .isAnswer)
    let errorToServer = connection.hasErrorsToServer ? error(connection, .isRequest) : .none
    switch (connection.client, connection.server) {
    case (.machine, .machine): break
    case (.machine, .devices(let devices)):
      allowances.leaves.judged.append(.and([devices.output, request]))
      allowances.leaves.settled.append(.and([devices.output, errorToServer]))
      allowances.arrives.settled.append(.and([devices.input, .or([answer, errorToClient])]))
    case (.devices(let devices), .machine):
      allowances.arrives.judged.append(.and([devices.input, request]))
      allowances.arrives.settled.append(.and([devices.input, errorToServer]))
      allowances.leaves.settled.append(.and([devices.output, .or([answer, errorToClient])]))
      if connection.isDialIn {
        allowances.answersToDialIn.append(.and([devices.output, answer]))
      }
    case (.devices(let client), .devices(let server)):
      allowances.forwards.judged.append(
        .and([client.input, server.output, .isRequest, request]))
      allowances.forwards.settled.append(.and([client.input, server.output, errorToServer]))
      allowances.forwards.settled.append(
        .and([server.input, client.output, .or([answer, errorToClient])]))
    }
  }

  private func request(_ connection: PermittedConnection) -> PacketExpression {
    var parts = [
      connection.condition, connection.service.requests,
      .address(source(of: connection), in: connection.clientAddresses),
      .address(PacketField.destination, in: connection.serverAddresses),
    ]
    if connection.isWithoutDNS { parts.append(.not(.toDNSPort)) }
    return .and(parts)
  }

  /// A forwarded packet is judged by where its connection comes from: the last hook sees what was made of its source.
  private func source(of connection: PermittedConnection) -> (AddressFamily) -> PacketField {
    switch connection.server {
    case .machine: PacketField.source
    case .devices: PacketField.ctOriginalSource
    }
  }

  private func answer(_ connection: PermittedConnection) -> PacketExpression {
    .and(
      [.isAnswer, .state(.established), connection.service.answers, connection.answerCondition]
        + ends(connection))
  }

  private func error(
    _ connection: PermittedConnection, _ direction: PacketExpression
  ) -> PacketExpression {
    .and(
      [.isError, direction, connection.service.connections, connection.errorCondition]
        + ends(connection))
  }

  private func ends(_ connection: PermittedConnection) -> [PacketExpression] {
    [
      .address(PacketField.ctOriginalSource, in: connection.clientAddresses),
      .address(PacketField.ctReplySource, in: connection.serverAddresses),
    ]
  }
}

extension Service {
  /// By the packet's own header.
  var requests: PacketExpression { .or(parts.map(\.requests)) }
  /// Packets in the reply direction of connections with this service.
  var answers: PacketExpression { .or(parts.map(\.answers)) }
  /// Packets of connections with this service, errors about them included.
  var connections: PacketExpression { .or(parts.map(\.connections)) }
}

extension ServicePart {
  fileprivate var requests: PacketExpression {
    switch self {
    case .any: .all
    case .ports(let transport, let ports):
      .and([.transport(transport.number), .whole, .port(.destinationPort, ports)])
    case .icmp(let type): type.map { .icmp([$0]) } ?? .and([.family(.ipv4), .transport(1)])
    case .icmpv6(let type): type.map { .icmpv6([$0]) } ?? .and([.family(.ipv6), .transport(58)])
    case .proto(let number): .transport(number)
    }
  }

  fileprivate var answers: PacketExpression {
    switch self {
    case .any: return .all
    case .ports(let transport, let ports):
      return .and([.transport(transport.number), .whole, .port(.ctReplySourcePort, ports)])
    case .icmp(let type):
      let all = PacketExpression.and([.family(.ipv4), .transport(1)])
      guard let type else { return all }
      return ServicePart.answerTypes[type].map { .icmp([$0]) } ?? .none
    case .icmpv6(let type):
      let all = PacketExpression.and([.family(.ipv6), .transport(58)])
      guard let type else { return all }
      return ServicePart.answerTypes6[type].map { .icmpv6([$0]) } ?? .none
    case .proto(let number): return .transport(number)
    }
  }

  /// The answer to each ICMP request: echo, timestamp, information, address mask.
  private static let answerTypes: [UInt8: UInt8] = [8: 0, 13: 14, 15: 16, 17: 18]
  /// Echo and node information.
  private static let answerTypes6: [UInt8: UInt8] = [128: 129, 139: 140]

  fileprivate var connections: PacketExpression {
    switch self {
    case .any: .all
    case .ports(let transport, let ports):
      .and([.connectionProtocol(transport.number), .port(.ctReplySourcePort, ports)])
    case .icmp: .and([.family(.ipv4), .connectionProtocol(1)])
    case .icmpv6: .and([.family(.ipv6), .connectionProtocol(58)])
    case .proto(let number): .connectionProtocol(number)
    }
  }
}

extension PacketExpression {
  static let hasConnection = PacketExpression.not(.test(PacketTest(.ctDirection, 2)))

  static func connectionProtocol(_ number: UInt8) -> PacketExpression {
    .test(PacketTest(.ctProtocol, UInt128(number)))
  }

  private static let dnsPorts = PortSet([PortRange(53), PortRange(853)])
  private static let tcpOrUDP = PacketExpression.or([.transport(6), .transport(17)])

  static let toDNSPort = PacketExpression.and([
    tcpOrUDP, .whole, .port(.destinationPort, dnsPorts),
  ])
}

extension Service {
  /// What a `dns` line is for.
  static let dns = Service(
    [TransportProtocol.tcp, .udp].map {
      .ports($0, PortSet([PortRange(53), PortRange(853)]))
    })
}
