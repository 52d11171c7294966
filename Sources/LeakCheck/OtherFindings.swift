import PacketSpace
import Policy

/// What `forward`, `bypass` and the lack of a line leave open.
func otherFindings(_ policy: Policy) -> [Finding] {
  forwardFindings(policy) + policy.bypasses.flatMap(bypassFindings) + absenceFindings(policy)
}

private func forwardFindings(_ policy: Policy) -> [Finding] {
  policy.forwards.flatMap { forward in
    forward.lines.filter { $0.direction == .from && $0.party == .any }.map {
      Finding(
        .publishedPort, "anyone may open connections to a published port", at: $0.origin,
        block: forward.interfaces.first?.text, fix: "write `from lan` if neighbours are enough")
    }
  }
}

private func bypassFindings(_ bypass: Bypass) -> [Finding] {
  var result: [Finding] = []
  for destination in bypass.destinations where destination.to == nil {
    result.append(
      Finding(
        .bypassAnywhere, "`to any` lets the subject reach the whole world in clear",
        at: destination.origin, block: bypass.name, fix: "name the addresses that it needs",
        packet: "any packet of the subject to 1.1.1.1 out uplink"))
  }
  for line in bypass.subjects {
    if case .cgroup = line.subject { result.append(cgroupFinding(line.origin, bypass.name)) }
  }
  return result
}

private func absenceFindings(_ policy: Policy) -> [Finding] {
  guard let origin = policy.tunnels.first?.origin ?? policy.lans.first?.origin else { return [] }
  var result: [Finding] = []
  if policy.confine == nil, !policy.allowsSSH {
    result.append(
      Finding(
        .lanLockout, "no line lets ssh in", at: origin,
        fix: "add `in tcp 22` to a `lan` block if you reach this machine by ssh"))
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
