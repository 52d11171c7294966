import PacketSpace
import Policy
import RulesetIR

extension PermitBuilder {
  mutating func addBypasses(_ policy: Policy) {
    for bypass in policy.bypasses {
      let scope = bypass.via.isEmpty ? zones.uplinks : InterfaceScope(bypass.via)
      for destination in bypass.destinations {
        for part in destination.service.parts {
          for line in bypass.subjects { add(line.subject, destination, part, scope) }
          for line in bypass.marks {
            addOwn(Selectors(mark: line.mark), destination, part, scope)
          }
          let isOwn = bypass.subjects.contains { $0.subject.selectors != nil }
          if isOwn || !bypass.marks.isEmpty {
            addAnswers(
              to: part, by: scope, zone: .outside, servers: destination.to,
              from: destination.origin, note: "bypass \(bypass.name)")
          }
        }
      }
    }
  }

  private mutating func add(
    _ subject: Subject, _ destination: BypassDestination, _ part: ServicePart,
    _ scope: InterfaceScope
  ) {
    if let selectors = subject.selectors {
      addOwn(selectors, destination, part, scope)
      return
    }
    let (inScope, clients) = zones.senders(subject)
    addForwarded(
      ForwardedFlow(
        inScope: inScope, clientZone: .inside, clients: clients, outScope: scope,
        serverZone: .outside, servers: destination.to, note: "bypass"), part,
      from: destination.origin)
  }

  private mutating func addOwn(
    _ selectors: Selectors, _ destination: BypassDestination, _ part: ServicePart,
    _ scope: InterfaceScope
  ) {
    let test = AddressTest(place: .packet(.destination), addresses: destination.to)
    add(
      .leaves(LeavingPath(out: scope)), .line, [test], part.alternatives(.original),
      selectors: selectors, from: destination.origin, note: "bypass")
  }
}

extension Subject {
  /// What tells the subject's own packets; `nil` for one whose packets are forwarded.
  var selectors: Selectors? {
    switch self {
    case .user(let ids): Selectors(user: ids)
    case .group(let ids): Selectors(group: ids)
    case .cgroup(let path): Selectors(cgroup: path)
    case .fromInterface, .fromAddresses: nil
    }
  }
}

extension Zones {
  /// Where a forwarded subject's packets come in, and their source addresses.
  ///
  /// An address alone is looked for behind the `forward` interfaces where the policy has any, so
  /// that a neighbour on the uplink cannot borrow it.
  func senders(_ subject: Subject) -> (InterfaceScope, AddressSet?) {
    switch subject {
    case .fromInterface(let pattern): (InterfaceScope([pattern]), nil)
    case .fromAddresses(let addresses):
      (forwards.isEmpty ? .any : InterfaceScope(forwards), addresses)
    case .user, .group, .cgroup: preconditionFailure("a socket's packets are not forwarded")
    }
  }
}
