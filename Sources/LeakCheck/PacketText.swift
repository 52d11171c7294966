package import PacketSpace

extension PacketWitness {
  /// One line: `udp 192.168.1.2:40000 > 192.168.1.1:53 in lo out eth0 state new mark 0x0 user 1000`.
  package var text: String {
    ([kind, "\(source) > \(destination)"] + details).joined(separator: " ")
  }

  private var addressFamily: AddressFamily { number(.family) == 1 ? .ipv6 : .ipv4 }

  private var hasPorts: Bool {
    [6, 17, 132].contains(number(.transport)) && number(.laterFragment) != 1
  }

  private var kind: String {
    switch (number(.transport), addressFamily) {
    case (6, _): "tcp"
    case (17, _): "udp"
    case (132, _): "sctp"
    case (1, .ipv4): "icmp type \(number(.icmpType) ?? 0)"
    case (58, .ipv6): "icmpv6 type \(number(.icmpType) ?? 0)"
    case (let other, let family): "\(family.rawValue) proto \(other ?? 0)"
    }
  }

  private var source: String {
    end(.source(addressFamily), .sourcePort, hasPort: hasPorts)
  }

  private var destination: String {
    end(.destination(addressFamily), .destinationPort, hasPort: hasPorts)
  }

  private func end(_ address: PacketField, _ port: PacketField, hasPort: Bool) -> String {
    let name = number(address).map { IPAddress(family: addressFamily, bits: $0).text } ?? "any"
    guard hasPort else { return name }
    let brackets = addressFamily == .ipv6 ? ("[", "]") : ("", "")
    return "\(brackets.0)\(name)\(brackets.1):\(number(port).map { "\($0)" } ?? "any")"
  }

  private var details: [String] {
    var parts: [String] = []
    if let name = device(.inputInterface, .inputType) { parts.append("in \(name)") }
    if let name = device(.outputInterface, .outputType) { parts.append("out \(name)") }
    if number(.laterFragment) == 1 { parts.append("later fragment") }
    if let state = number(.ctState).flatMap({ PacketCTState(rawValue: UInt8($0)) }) {
      parts.append("state \(state)")
    }
    if number(.ctDirection) == 1 { parts.append("reply") }
    if interface(.outputInterface) != nil,
      let origin = number(.origin).flatMap({ PacketOrigin(rawValue: UInt8($0)) })
    {
      parts.append("origin \(origin)")
    }
    if let mark = number(.mark) { parts.append("mark 0x\(String(mark, radix: 16))") }
    if let user = number(.user), user != PacketField.noOwner { parts.append("user \(user)") }
    if let group = number(.group), group != PacketField.noOwner { parts.append("group \(group)") }
    if let hops = number(.hopLimit) { parts.append("ttl \(hops)") }
    return parts + flags + connection
  }

  private func device(_ interface: PacketField, _ type: PacketField) -> String? {
    guard let name = self.interface(interface) else { return nil }
    return number(type).map { "\(name) (type \($0))" } ?? name
  }

  /// Memberships, labels and unknown matches that hold.
  private var flags: [String] {
    values.keys.sorted().compactMap { field in
      guard number(field) == 1 else { return nil }
      switch field {
      case .cgroup(let path): return "cgroup \"\(path)\""
      case .asked(let name): return "asked \(name)"
      case .opaque(let text): return "where `\(text)`"
      case .ctLabel(let bit): return "label \(bit)"
      case .family, .laterFragment, .origin, .inputInterface, .outputInterface, .inputType,
        .outputType, .source, .destination, .ctState, .ctDirection, .transport, .destinationPort,
        .sourcePort, .icmpType, .tcpFlags, .hopLimit, .mark, .ctMark, .ctProtocol,
        .ctOriginalSource, .ctOriginalDestination, .ctReplySource, .ctReplyDestination,
        .ctOriginalSourcePort, .ctOriginalDestinationPort, .ctReplySourcePort,
        .ctReplyDestinationPort, .user, .group:
        return nil
      }
    }
  }

  /// The connection that the packet belongs to.
  private var connection: [String] {
    guard let direction = number(.ctDirection), direction != 2 else { return [] }
    let family = addressFamily
    let hasPort = [6, 17, 132].contains(number(.ctProtocol))
    var parts: [String] = []
    if let number = number(.ctProtocol) { parts.append("ct protocol \(number)") }
    parts.append(
      "from \(end(.ctOriginalSource(family), .ctOriginalSourcePort, hasPort: hasPort))")
    parts.append(
      "to \(end(.ctOriginalDestination(family), .ctOriginalDestinationPort, hasPort: hasPort))")
    parts.append("served by \(end(.ctReplySource(family), .ctReplySourcePort, hasPort: hasPort))")
    return ["(\(parts.joined(separator: " ")))"]
  }
}
