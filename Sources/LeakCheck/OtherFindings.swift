import PacketSpace
import Policy

/// What `forward`, `bypass` and the lack of a line leave open.
func otherFindings(_ policy: Policy) -> [Finding] {
  forwardFindings(policy) + policy.bypasses.flatMap { bypassFindings($0, policy) }
    + absenceFindings(policy)
}

private func forwardFindings(_ policy: Policy) -> [Finding] {
  policy.forwards.flatMap { forward in
    forward.lines.filter { $0.direction == .from && $0.party == .any }.map {
      Finding(
        .publishedPort, "anyone may open connections to a published port", at: $0.origin,
        block: forward.interfaces.first?.text, fix: "write `from lan` if neighbours are enough",
        showing: .answering(
          $0.origin, $0.service.parts.first, in: forward.interfaces.first.map { .interface($0) },
          out: .everyUplink))
    }
  }
}

private func bypassFindings(_ bypass: Bypass, _ policy: Policy) -> [Finding] {
  var result: [Finding] = []
  for destination in bypass.destinations where destination.to == nil {
    result.append(
      Finding(
        .bypassAnywhere, "`to any` lets the subject reach the whole world in clear",
        at: destination.origin, block: bypass.name, fix: "name the addresses that it needs",
        showing: bypass.packets(of: destination, bypass.subjects.first?.subject, policy)))
  }
  for line in bypass.subjects {
    if case .cgroup = line.subject, let destination = bypass.destinations.first {
      let packets = bypass.packets(of: destination, line.subject, policy)
      result.append(cgroupFinding(line.origin, bypass.name, packets))
    }
  }
  return result
}

extension Bypass {
  /// What one of the subjects may send, or who sets one of the marks.
  fileprivate func packets(
    of destination: BypassDestination, _ subject: Subject?, _ policy: Policy
  ) -> Expectation {
    var result = Expectation.passing(
      destination.origin, destination.service.parts.first, to: destination.to?.host,
      out: via.first.map { .interface($0) } ?? .everyUplink)
    if let subject {
      result.isSent(by: subject, policy)
    } else {
      result.selectors.mark = marks.first?.mark
    }
    return result
  }
}

private func absenceFindings(_ policy: Policy) -> [Finding] {
  guard let origin = policy.tunnels.first?.origin ?? policy.lans.first?.origin else { return [] }
  var result: [Finding] = []
  if policy.confine == nil, !policy.allowsSSH {
    result.append(
      Finding(
        .lanLockout, "no line lets ssh in", at: origin,
        fix: "add `in tcp 22` to a `lan` block if you reach this machine by ssh",
        showing: .blocked(
          origin, .ports(.tcp, PortSet([PortRange(22)])),
          in: policy.lans.first.map(\.way) ?? .everyUplink)))
  }
  if policy.guardFrames == nil, policy.confine == nil {
    result.append(
      Finding(
        .rawFrames, "raw frames are not looked at", at: origin,
        fix: "add `guard` and name the uplinks"))
  }
  return result
}

extension Policy {
  fileprivate var allowsSSH: Bool {
    let services =
      lans.flatMap(\.inbound).map(\.service) + tunnels.flatMap(\.inbound).map(\.service)
    return services.flatMap(\.parts).contains { part in
      switch part {
      case .any: true
      case .ports(.tcp, let ports): ports.contains(22)
      case .ports, .icmp, .icmpv6, .proto: false
      }
    }
  }
}
