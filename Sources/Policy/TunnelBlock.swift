import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  mutating func resolveTunnel(at index: Int, _ list: ValueList, _ lines: [TunnelLine]) {
    let head = interfaces.heads[index] ?? BlockHead()
    let statement = statements[index]
    var tunnel = Tunnel(
      interfaces: head.interfaces, origin: origin(statement.keyword.joined(with: list.range)))
    var kindLine: SourceRange?
    for line in lines {
      let origin = origin(line.range)
      switch line.kind {
      case .kind(let name):
        if let first = kindLine { reportTwice("kind", line.keyword, first) }
        kindLine = kindLine ?? line.keyword
        tunnel.kind = tunnel.kind ?? TunnelKind(rawValue: name.text)
      case .endpoint(let node): tunnel.endpoints += endpoints(node, head, origin)
      case .address(let list):
        tunnel.addresses.append(innerLine(list, .tunnelAddress, head, origin))
      case .inner(let list): tunnel.inner.append(innerLine(list, .inner, head, origin))
      case .dns(let list): tunnel.dns.append(innerLine(list, .tunnelDNS, head, origin))
      case .in(let node):
        if let service = service(node) {
          tunnel.inbound.append(InboundLine(service: service, origin: origin))
        }
      case .out(let node, let list):
        let to = list.map { destination($0) }
        if let service = service(node) {
          tunnel.outbound.append(OutboundLine(service: service, to: to, origin: origin))
        }
      }
    }
    if !tunnel.interfaces.isEmpty { policy.tunnels.append(tunnel) }
  }

  mutating func reportTwice(_ word: String, _ second: SourceRange, _ first: SourceRange) {
    report(
      .duplicateLine, "`\(word)` stands twice in this block", at: second,
      related: [Label(first, "first here")])
  }

  /// Where packets may go to.
  mutating func destination(_ list: ValueList) -> AddressSet {
    let pieces = addressPieces(list)
    checkUsable(pieces, as: .destination)
    return pieces.addresses
  }

  private mutating func innerLine(
    _ list: ValueList, _ role: AddressRole, _ head: BlockHead, _ origin: Origin
  ) -> AddressLine {
    let pieces = addressPieces(list)
    checkUsable(pieces, as: role)
    sites.inner.append(
      InnerSite(addresses: pieces.addresses, tunnel: head.interfaces, range: list.range))
    return AddressLine(addresses: pieces.addresses, origin: origin)
  }

  // MARK: Endpoints

  /// One endpoint for each protocol and each `via` interface of the line; mostly one.
  private mutating func endpoints(
    _ node: EndpointNode, _ head: BlockHead, _ origin: Origin
  ) -> [Endpoint] {
    let pieces = addressPieces(node.addresses, allowsHostNames: true)
    checkUsable(pieces, as: .endpoint)
    let selectors = self.selectors(node.selectors)
    let via = node.via.map { self.via($0, allowsTunnel: true) } ?? []
    if let value = node.via { checkCarrier(via, at: value.range, of: head) }
    sites.endpoints.append(
      EndpointSite(pieces: pieces, tunnel: head.interfaces, via: via, range: node.addresses.range))
    if pieces.isEmpty { return [] }
    var endpoint = Endpoint(
      addresses: pieces.addresses, hostNames: pieces.compactMap(\.hostName), service: .any,
      selectors: selectors, allowsAnyProcess: node.anyProcess != nil, origin: origin)
    var result: [Endpoint] = []
    for part in endpointParts(node) {
      endpoint.service = part
      for interface in via.isEmpty ? [nil] : via.map(Optional.init) {
        endpoint.via = interface
        result.append(endpoint)
      }
    }
    return result
  }

  private mutating func endpointParts(_ node: EndpointNode) -> [ServicePart] {
    switch node.service {
    case .ports, .proto: return node.service.map { serviceParts($0) } ?? []
    case nil, .any, .icmp, .icmpv6:
      report(
        .missingPort, "an endpoint needs a protocol and ports, as in `udp 51820`",
        at: node.addresses.range, label: "any packet to it would leave in clear")
      return []
    }
  }

  private mutating func checkCarrier(
    _ via: [InterfacePattern], at range: SourceRange, of head: BlockHead
  ) {
    for interface in via where head.interfaces.contains(interface) {
      report(
        .conflictingInterface,
        "\(quoted(interface.text)) cannot carry its own encrypted packets", at: range)
    }
  }

  // MARK: Several blocks for one interface

  /// Joins what several blocks say of one interface, so that each interface has one block.
  mutating func joinTunnels() {
    let tunnels = policy.tunnels
    var blocksOfInterface: [InterfacePattern: [Int]] = [:]
    for (index, tunnel) in tunnels.enumerated() {
      for interface in tunnel.interfaces { blocksOfInterface[interface, default: []].append(index) }
    }
    if blocksOfInterface.values.allSatisfy({ $0.count == 1 }) { return }
    var joined: [Tunnel] = []
    var placeOfBlocks: [[Int]: Int] = [:]
    for tunnel in tunnels {
      for interface in tunnel.interfaces {
        guard let blocks = blocksOfInterface.removeValue(forKey: interface) else { continue }
        if let place = placeOfBlocks[blocks] {
          joined[place].interfaces.append(interface)
        } else {
          placeOfBlocks[blocks] = joined.count
          joined.append(join(blocks.map { tunnels[$0] }, as: interface))
        }
      }
    }
    policy.tunnels = joined
  }

  private mutating func join(_ blocks: [Tunnel], as interface: InterfacePattern) -> Tunnel {
    var result = blocks[0]
    result.interfaces = [interface]
    for block in blocks.dropFirst() {
      if let kind = result.kind, let other = block.kind, kind != other {
        report(
          .conflictingInterface,
          "\(quoted(interface.text)) is of kind `\(other.rawValue)` here and of kind `\(kind.rawValue)` elsewhere",
          at: block.origin.range, related: [Label(result.origin.range, "the other kind here")])
      }
      result.kind = result.kind ?? block.kind
      result.endpoints += block.endpoints
      result.addresses += block.addresses
      result.inner += block.inner
      result.dns += block.dns
      result.inbound += block.inbound
      result.outbound += block.outbound
    }
    return result
  }
}
