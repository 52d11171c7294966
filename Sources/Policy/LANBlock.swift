import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  mutating func resolveLAN(at index: Int, _ list: ValueList, _ lines: [LANLine]) {
    let head = interfaces.heads[index] ?? BlockHead()
    let statement = statements[index]
    var lan = LAN(
      interfaces: head.interfaces, isEveryUplink: head.isEveryUplink,
      origin: origin(statement.keyword.joined(with: list.range)))
    var servers: [AddressPiece] = []
    for line in lines {
      let origin = origin(line.range)
      switch line.kind {
      case .network(let list, let isPublic):
        lan.networks.append(networkLine(list, isPublic: isPublic != nil, origin))
      case .out(let node, let selectors):
        if let outbound = lanOut(node, selectors, line, origin) { lan.outbound.append(outbound) }
      case .dns(let list):
        let pieces = addressPieces(list)
        checkUsable(pieces, as: .lanDNS)
        servers += pieces
        lan.dns.append(AddressLine(addresses: pieces.addresses, origin: origin))
      case .in(let node, let fromAny):
        if let service = service(node) {
          lan.inbound.append(
            InboundLine(service: service, isFromAny: fromAny != nil, origin: origin))
        }
      case .multicast(let names):
        lan.multicast.append(
          MulticastLine(
            protocols: names.compactMap { MulticastProtocol(rawValue: $0.text) }, origin: origin))
      case .broadcast(let node):
        checkDNSPorts(node, in: "`broadcast`")
        if let service = service(node) {
          lan.broadcast.append(BroadcastLine(service: service, origin: origin))
        }
      }
    }
    checkNetworks(lines, at: statement.keyword.joined(with: list.range))
    checkServers(servers, in: lan)
    if !lan.interfaces.isEmpty || lan.isEveryUplink { policy.lans.append(lan) }
  }

  private mutating func networkLine(
    _ list: ValueList, isPublic: Bool, _ origin: Origin
  ) -> AddressLine {
    let pieces = addressPieces(list)
    checkUsable(pieces, as: .network)
    if !isPublic { checkLocal(pieces, list) }
    sites.networks.append(NetworkSite(addresses: pieces.addresses, range: list.range))
    return AddressLine(addresses: pieces.addresses, origin: origin)
  }

  /// A public address as a LAN would let a foreign network take over what it claims.
  private mutating func checkLocal(_ pieces: [AddressPiece], _ list: ValueList) {
    let local = BuiltInRange.local
    for piece in pieces {
      guard let address = piece.addresses.subtracting(local).first else { continue }
      report(
        .publicLAN,
        "a LAN with public addresses: `\(address.text)` is not private, link-local or cgnat",
        at: piece.site,
        fixIts: [
          FixIt(
            "write `public` if it is meant",
            replace: SourceRange(file: list.range.file, start: list.range.end, end: list.range.end),
            with: " public")
        ])
    }
  }

  private mutating func lanOut(
    _ node: ServiceNode, _ selectors: SelectorNodes, _ line: LANLine, _ origin: Origin
  ) -> OutboundLine? {
    checkDNSPorts(node, in: "this line")
    var selectors = selectors
    if let mark = selectors.mark {
      report(
        .unexpectedToken, "a `lan` line cannot have a mark", at: mark.range,
        notes: ["a `bypass` block exempts packets with a mark"])
      selectors.mark = nil
    }
    let resolved = self.selectors(selectors)
    guard let service = service(node) else { return nil }
    return OutboundLine(service: service, selectors: resolved, origin: origin)
  }

  private mutating func checkNetworks(_ lines: [LANLine], at range: SourceRange) {
    var needsNetwork = lines.isEmpty
    for line in lines {
      switch line.kind {
      case .network: return
      case .in(_, let fromAny): needsNetwork = needsNetwork || fromAny == nil
      case .out, .dns, .multicast, .broadcast: needsNetwork = true
      }
    }
    if needsNetwork, !hasSyntaxErrors {
      report(
        .missingLine, "this `lan` block has no `network` line", at: range,
        notes: ["only a block whose lines are all `in … from any` can do without one"])
    }
  }

  private mutating func checkServers(_ servers: [AddressPiece], in lan: LAN) {
    // A network that was reported or left out may be the one that holds the resolver.
    if hasSyntaxErrors || lan.networks.isEmpty { return }
    if lan.networks.contains(where: \.addresses.isEmpty) { return }
    let networks = AddressSet(
      ipv4: lan.networks.flatMap(\.addresses.ipv4), ipv6: lan.networks.flatMap(\.addresses.ipv6))
    for piece in servers {
      guard let address = piece.addresses.subtracting(networks).first else { continue }
      report(
        .dnsOutsideLAN, "resolver `\(address.text)` is in no `network` of this block",
        at: piece.site, related: [Label(lan.networks[0].origin.range, "the network")])
    }
  }
}
