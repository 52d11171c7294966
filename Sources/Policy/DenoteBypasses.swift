import PacketSpace

extension Denotation {
  func addBypasses(to allowances: inout Allowances) {
    for bypass in policy.bypasses {
      let ways = PermittedConnection.End.devices(waysOut(bypass.via))
      let marks = bypass.marks.map { marked($0.mark) }
      let owners = bypass.subjects.compactMap { owner($0.subject) }
      for destination in bypass.destinations {
        var connection = PermittedConnection(
          client: .machine, server: ways, service: destination.service,
          serverAddresses: destination.to, isWithoutDNS: true, hasErrorsToServer: false)
        if speaksOfOwnPackets, !owners.isEmpty || !marks.isEmpty {
          connection.condition = .or(owners + marks)
          add(connection, to: &allowances)
        }
        connection.condition = .all
        for line in bypass.subjects {
          switch line.subject {
          case .fromInterface(let pattern):
            connection.client = .devices(Devices([pattern]))
            connection.clientAddresses = nil
          case .fromAddresses(let set):
            connection.client = .devices(behindForwards)
            connection.clientAddresses = set
          case .user, .group, .cgroup: continue
          }
          add(connection, to: &allowances)
        }
      }
    }
  }

  /// Where an address is looked for: behind the `forward` interfaces, or where there are none anywhere.
  var behindForwards: Devices {
    if !policy.forwards.isEmpty { return everyForward }
    return Devices(
      input: .not(.test(PacketTest(.inputInterface, .noInterface))),
      output: .not(.test(PacketTest(.outputInterface, .noInterface))))
  }

  /// `nil` for what is forwarded.
  func owner(_ subject: Subject) -> PacketExpression? {
    switch subject {
    case .user(let numbers): .owner(.user, numbers)
    case .group(let numbers): .owner(.group, numbers)
    case .cgroup(let path): inCgroup(path)
    case .fromInterface, .fromAddresses: nil
    }
  }
}
