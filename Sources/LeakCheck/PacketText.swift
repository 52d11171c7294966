package import PacketSpace

/// One thing that a line about a packet says.
package struct PacketPart: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case transport, source, destination, sourcePort, destinationPort, input, output, fragment, state
    case direction, origin, mark, user, group, hopLimit, tcpFlags, connection
    /// Something that holds: a cgroup, a label, a match that is not modelled.
    case flag(PacketField)
  }

  package var kind: Kind
  /// `out eth0`
  package var text: String
}

extension PacketWitness {
  /// One line: `udp 192.168.1.2:40000 > 192.168.1.1:53 in lo out eth0 state new mark 0x0 user 1000`.
  package var text: String {
    let family = addressFamily
    let hasPorts = hasPorts
    let ends =
      "\(end(.source(family), .sourcePort, hasPort: hasPorts)) > "
      + end(.destination(family), .destinationPort, hasPort: hasPorts)
    let shown = details.filter { $0.kind != .tcpFlags || !isFirstSegment }
    return ([kind, ends] + shown.map(\.text)).joined(separator: " ")
  }

  /// The same in parts, each with its name.
  package var parts: [PacketPart] {
    let family = addressFamily
    var parts = [
      PacketPart(kind: .transport, text: kind),
      PacketPart(kind: .source, text: "from \(end(.source(family), .sourcePort, hasPort: false))"),
      PacketPart(
        kind: .destination,
        text: "to \(end(.destination(family), .destinationPort, hasPort: false))"),
    ]
    if hasPorts {
      if let port = number(.sourcePort) {
        parts.append(PacketPart(kind: .sourcePort, text: "sport \(port)"))
      }
      if let port = number(.destinationPort) {
        parts.append(PacketPart(kind: .destinationPort, text: "port \(port)"))
      }
    }
    return parts + details
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

  private func end(_ address: PacketField, _ port: PacketField, hasPort: Bool) -> String {
    let name = number(address).map { IPAddress(family: addressFamily, bits: $0).text } ?? "any"
    guard hasPort else { return name }
    let brackets = addressFamily == .ipv6 ? ("[", "]") : ("", "")
    return "\(brackets.0)\(name)\(brackets.1):\(number(port).map { "\($0)" } ?? "any")"
  }

  private var details: [PacketPart] {
    var parts: [PacketPart] = []
    func add(_ kind: PacketPart.Kind, _ text: String?) {
      if let text { parts.append(PacketPart(kind: kind, text: text)) }
    }
    add(.input, device(.inputInterface, .inputType).map { "in \($0)" })
    add(.output, device(.outputInterface, .outputType).map { "out \($0)" })
    add(.fragment, number(.laterFragment) == 1 ? "later fragment" : nil)
    add(
      .state,
      number(.ctState).flatMap { PacketCTState(rawValue: UInt8($0)) }.map { "state \($0)" })
    add(.direction, number(.ctDirection) == 1 ? "reply" : nil)
    if interface(.outputInterface) != nil {
      add(
        .origin,
        number(.origin).flatMap { PacketOrigin(rawValue: UInt8($0)) }.map { "origin \($0)" })
    }
    add(.mark, number(.mark).map { "mark 0x\(String($0, radix: 16))" })
    add(.user, owner(.user).map { "user \($0)" })
    add(.group, owner(.group).map { "group \($0)" })
    add(.hopLimit, number(.hopLimit).map { "ttl \($0)" })
    add(.tcpFlags, tcpFlags)
    return parts + flags + (connection.map { [PacketPart(kind: .connection, text: $0)] } ?? [])
  }

  private func owner(_ field: PacketField) -> UInt128? {
    number(field).flatMap { $0 == PacketField.noOwner ? nil : $0 }
  }

  private func device(_ interface: PacketField, _ type: PacketField) -> String? {
    guard let name = self.interface(interface) else { return nil }
    return number(type).map { "\(name) (\(deviceTypeName($0)))" } ?? name
  }

  /// As TCP begins a connection: new, or not known to conntrack.
  private var isFirstSegment: Bool {
    number(.tcpFlags) == 2 && [0, 3, 4, nil].contains(number(.ctState))
  }

  private var tcpFlags: String? {
    guard hasPorts, number(.transport) == 6, let bits = number(.tcpFlags) else { return nil }
    let names = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"]
    let set = names.enumerated().filter { bits >> UInt128($0.offset) & 1 == 1 }.map(\.element)
    return "flags \(set.isEmpty ? "none" : set.joined(separator: ","))"
  }

  /// Memberships, labels and unknown matches that hold.
  private var flags: [PacketPart] {
    values.keys.sorted().compactMap { field in
      guard number(field) == 1 else { return nil }
      let text: String
      switch field {
      case .cgroup(let path): text = "cgroup \"\(path)\""
      case .asked(let name): text = "asked \(name)"
      case .opaque(let match): text = "where `\(match)`"
      case .ctLabel(let bit): text = "label \(bit)"
      case .family, .laterFragment, .origin, .inputInterface, .outputInterface, .inputType,
        .outputType, .source, .destination, .ctState, .ctDirection, .transport, .destinationPort,
        .sourcePort, .icmpType, .tcpFlags, .hopLimit, .mark, .ctMark, .ctProtocol,
        .ctOriginalSource, .ctOriginalDestination, .ctReplySource, .ctReplyDestination,
        .ctOriginalSourcePort, .ctOriginalDestinationPort, .ctReplySourcePort,
        .ctReplyDestinationPort, .user, .group:
        return nil
      }
      return PacketPart(kind: .flag(field), text: text)
    }
  }

  /// The connection that the packet belongs to, where the packet's own header does not say it.
  private var connection: String? {
    guard let direction = number(.ctDirection), direction != 2 else { return nil }
    let family = addressFamily
    let hasPort = [6, 17, 132].contains(number(.ctProtocol))
    if isConnectionInHeader { return nil }
    var parts: [String] = []
    if let number = number(.ctProtocol) { parts.append("ct protocol \(number)") }
    parts.append(
      "from \(end(.ctOriginalSource(family), .ctOriginalSourcePort, hasPort: hasPort))")
    parts.append(
      "to \(end(.ctOriginalDestination(family), .ctOriginalDestinationPort, hasPort: hasPort))")
    parts.append("served by \(end(.ctReplySource(family), .ctReplySourcePort, hasPort: hasPort))")
    return "(\(parts.joined(separator: " ")))"
  }

  /// Whether all that is known of the connection is what the header of a packet of it says.
  private var isConnectionInHeader: Bool {
    let family = addressFamily
    let isReply = number(.ctDirection) == 1
    let (client, server) = isReply ? (destinationEnd, sourceEnd) : (sourceEnd, destinationEnd)
    func agrees(_ field: PacketField, _ header: PacketField) -> Bool {
      number(field).map { $0 == number(header) } ?? true
    }
    let addresses =
      agrees(.ctOriginalSource(family), client.address)
      && agrees(.ctOriginalDestination(family), server.address)
      && agrees(.ctReplySource(family), server.address)
    let ports =
      !hasPorts
      || agrees(.ctOriginalSourcePort, client.port)
        && agrees(.ctOriginalDestinationPort, server.port)
        && agrees(.ctReplySourcePort, server.port)
    return addresses && ports && agrees(.ctProtocol, .transport)
  }

  private var sourceEnd: (address: PacketField, port: PacketField) {
    (.source(addressFamily), .sourcePort)
  }

  private var destinationEnd: (address: PacketField, port: PacketField) {
    (.destination(addressFamily), .destinationPort)
  }
}

/// As nft names it. Source: linux/if_arp.h, `meta iiftype` in nft(8).
private func deviceTypeName(_ number: UInt128) -> String {
  switch number {
  case 1: "ether"
  case 512: "ppp"
  case 772: "loopback"
  case 65534: "none"
  default: "type \(number)"
  }
}
