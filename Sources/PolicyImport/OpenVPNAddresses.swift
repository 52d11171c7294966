import PacketSpace
import PolicyDiagnostics

extension OpenVPNValues {
  mutating func readAddress(_ option: OpenVPNOption, _ index: Int) {
    guard let argument = option.arguments.first else { return }
    let text = SourceText(bytes: Array(argument.text.utf8), file: source.file)
    guard let (address, _) = text.addressWithLength(0..<text.bytes.count),
      unusableNoun(address) == nil
    else {
      fault(
        .invalidSetting, "expected an address, found \(source.quoted(argument.range))",
        argument.range)
      return
    }
    if seen.insert(address).inserted { result.addresses.append(address) }
  }

  mutating func readDHCPOption(_ option: OpenVPNOption) {
    switch option.text(0) {
    case "DNS", "DNS6": if option.arguments.count > 1 { addResolver(option.arguments[1]) }
    default: break
    }
  }

  /// `dns server N address ADDRESS[:PORT] …`
  mutating func readDNS(_ option: OpenVPNOption) {
    guard option.text(0) == "server", option.text(2) == "address" else { return }
    for argument in option.arguments.dropFirst(3) { addResolver(argument) }
  }

  mutating func addResolver(_ argument: OpenVPNOption.Argument) {
    let text = SourceText(bytes: Array(argument.text.utf8), file: source.file)
    guard let address = text.address(0..<text.bytes.count) else {
      fault(
        .invalidSetting,
        "expected the address of a resolver, found \(source.quoted(argument.range))",
        argument.range)
      return
    }
    if let noun = unusableNoun(address) {
      log.add(
        Diagnostic(
          .settingNotImported,
          "the resolver \(source.quoted(argument.range)) is \(noun), and none inside the tunnel",
          at: source.source(argument.range), severity: .warning))
    } else if seenResolvers.insert(address).inserted {
      result.resolvers.append((address, argument.range))
    }
  }

  /// `route NETWORK [NETMASK [GATEWAY [METRIC]]]`
  mutating func readRoute(_ option: OpenVPNOption) {
    if isOutside(option, gateway: 2) { return }
    guard let network = option.text(0) else {
      fault(.invalidSetting, "`route` has no network", option.range)
      return
    }
    guard let address = ipv4(network), let length = prefixLength(option.text(1)) else {
      log.add(
        Diagnostic(
          .settingNotImported,
          "the route is to no network that is written as an address and its mask",
          at: source.source(option.range), severity: .warning,
          notes: ["add it to `inner` by hand if it lives in the tunnel"]))
      return
    }
    result.routes.append(Prefix(address, length: length))
  }

  func ipv4(_ text: String) -> IPAddress? {
    let source = SourceText(bytes: Array(text.utf8), file: source.file)
    guard let address = source.address(0..<source.bytes.count), address.family == .ipv4 else {
      return nil
    }
    return address
  }

  /// Of a netmask such as `255.255.255.0`; without one it is a single host.
  func prefixLength(_ mask: String?) -> Int? {
    guard let mask, mask != "default" else { return 32 }
    guard let bits = ipv4(mask)?.bits else { return nil }
    let length = UInt32(bits).nonzeroBitCount
    return Prefix.mask(.ipv4, length: length) == bits ? length : nil
  }

  /// `route-ipv6 PREFIX [GATEWAY [METRIC]]`
  mutating func readRouteIPv6(_ option: OpenVPNOption) {
    if isOutside(option, gateway: 1) { return }
    let text = SourceText(bytes: Array((option.text(0) ?? "").utf8), file: source.file)
    guard let prefix = text.prefix(0..<text.bytes.count), prefix.address.family == .ipv6 else {
      let range = option.arguments.first?.range ?? option.nameRange
      fault(.invalidSetting, "expected an IPv6 prefix, found \(source.quoted(range))", range)
      return
    }
    result.routes.append(prefix)
  }

  /// A route by the network's own gateway leads past the tunnel.
  mutating func isOutside(_ option: OpenVPNOption, gateway: Int) -> Bool {
    guard let gateway = option.text(gateway), gateway.hasPrefix("net_gateway") else { return false }
    log.add(
      Diagnostic(
        .settingNotImported, "the route leads past the tunnel, and the policy blocks what takes it",
        at: source.source(option.range), severity: .warning,
        notes: ["a `bypass` or `lan` block with the programs or ports that need it opens it"]))
    return true
  }
}
