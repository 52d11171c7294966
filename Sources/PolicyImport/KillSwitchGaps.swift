import PacketSpace

extension KillSwitch {
  /// What it lets out, each kind once, in the order of the catalogue.
  func gaps(_ around: KillSwitchSurroundings) -> [KillSwitchGap] {
    var finder = GapFinder(killSwitch: self, around: around)
    finder.findMissing()
    finder.findInDenies()
    finder.findInAccepts()
    finder.findInExemptNetworks()
    finder.findOverTime()
    return finder.gaps
  }
}

private struct GapFinder {
  let killSwitch: KillSwitch
  let around: KillSwitchSurroundings
  private(set) var gaps: [KillSwitchGap] = []

  init(killSwitch: KillSwitch, around: KillSwitchSurroundings) {
    self.killSwitch = killSwitch
    self.around = around
  }

  private mutating func add(
    _ id: String, _ why: String, at match: FirewallMatch? = nil, _ label: String = "",
    packet: String? = nil
  ) {
    if gaps.contains(where: { $0.id == id }) { return }
    gaps.append(
      KillSwitchGap(
        id: id, why: why, place: match.map { ($0.range, "\(id): \(label)") },
        packet: packet ?? "tcp to \(around.outside.text) port 443 out uplink"))
  }

  // MARK: What is not there

  mutating func findMissing() {
    let out = killSwitch.denies.filter { $0.hook != .forward }
    if !out.contains(where: \.coversIPv6) {
      add(
        "v6-unfiltered", "only IPv4 is looked at, so IPv6 leaves by the network card",
        packet: "tcp to \(around.outside6.text) port 443 out uplink")
    }
    if !out.contains(where: \.coversIPv4) {
      add("v4mapped", "only IPv6 is looked at, so IPv4 leaves by the network card")
    }
    if !killSwitch.denies.contains(where: { $0.hook == .forward || $0.hook == .postrouting }) {
      add(
        "forward-open",
        "only what this machine sends itself is looked at: containers, virtual machines and whoever it routes for leave as they like",
        packet: "tcp to \(around.outside.text) port 443 in docker0 out uplink")
    }
  }

  // MARK: What the denying rules leave out

  mutating func findInDenies() {
    for rule in killSwitch.denies {
      for match in rule.matches { findInDeny(match, rule) }
      if rule.action == .add, rule.table == "filter", rule.coversIPv4 != rule.coversIPv6 {
        add("ipt-order", "the rule is appended: an ACCEPT of another tool before it wins")
      }
    }
  }

  private mutating func findInDeny(_ match: FirewallMatch, _ rule: FirewallRule) {
    switch (match.kind, match.isNegated) {
    case (.addressType, true): addLocalType(match)
    case (.mark, true): addMark(match)
    case (.outInterface, true):
      addWildcard(match)
      if rule.hook == .output {
        add(
          "reroute-stale-oif",
          "the interface is the one of the first look-up: a mark or NAT by another tool sends the packet elsewhere afterwards",
          at: match, "judged before the last routing")
      }
    case (.outInterface, false):
      add(
        "new-iface",
        "only one interface is closed: another card, a phone's hotspot or a bridge is open",
        at: match, "this interface alone", packet: "tcp to \(around.outside.text) port 443 out usb0"
      )
    case (.proto, false):
      add(
        "l4-other", "only one protocol is closed; all others leave", at: match,
        "this protocol alone",
        packet: "icmp to \(around.outside.text) out uplink")
    case (.owner, false):
      add(
        "skuid-orphan",
        "packets of a connection whose program has ended belong to nobody, and pass",
        at: match, "this owner alone")
    case (.owner, true):
      add(
        "bypass-any", "the owner may send anything anywhere in clear", at: match, "to any address")
    case (.rate, _):
      add("cond-deny", "what is above the limit is not denied", at: match, "up to this rate alone")
    default: break
    }
  }

  private mutating func addLocalType(_ match: FirewallMatch) {
    let to = around.tunnelAddress ?? around.outside
    add(
      "dsttype-local",
      "a program that binds its socket to the network card sends to the tunnel's own address, and the packet is on the wire",
      at: match, "local addresses by any device", packet: "udp to \(to.text) port 9 out uplink")
  }

  private mutating func addMark(_ match: FirewallMatch) {
    let mark = around.mark.map { " mark \(hexadecimal($0))" } ?? ""
    add(
      "mark-anydst",
      "whoever may set the mark, a container with CAP_NET_RAW too, reaches any address in clear",
      at: match, "the mark alone, to any address",
      packet: "udp to \(around.outside.text) port \(around.port)\(mark) out uplink")
    if match.value.contains("/") {
      add(
        "mark-mask", "some bits of the mark are enough, and other tools set them", at: match,
        "a mask")
    }
    if match.value.contains("fwmark"), around.mark == nil {
      add(
        "fail-open",
        "WireGuard has no mark with this configuration: the command fails, wg-quick takes the interface away, and no rule is left",
        at: match, "says `off`")
    }
  }

  private mutating func addWildcard(_ match: FirewallMatch) {
    guard match.value.hasSuffix("+") || match.value.hasSuffix("*") else { return }
    add(
      "if-wildcard", "every device that is named so counts as the tunnel", at: match,
      "any device of such a name")
  }

  // MARK: What the accepting rules open

  mutating func findInAccepts() {
    if killSwitch.denies.isEmpty { return }
    for rule in killSwitch.accepts { findInAccept(rule) }
  }

  private mutating func findInAccept(_ rule: FirewallRule) {
    let ports = rule.all(.destinationPort)
    let hasDestination = rule.all(.destination).contains { !$0.isNegated }
    for match in rule.matches where !match.isNegated {
      switch match.kind {
      case .addressType: addLocalType(match)
      case .mark where !hasDestination: addMark(match)
      case .state: findState(match)
      case .destinationPort where !hasDestination: findPort(match)
      case .outInterface: findOpenInterface(match, rule, hasDestination)
      case .proto where match.value.hasPrefix("icmp") && !hasDestination:
        add(
          "icmp-any", "pings of any address leave in clear", at: match, "to any address",
          packet: "icmp to \(around.outside.text) out uplink")
      case .destination where ports.isEmpty: findOpenDestination(match)
      default: break
      }
    }
  }

  private mutating func findState(_ match: FirewallMatch) {
    let states = match.value.uppercased()
    if states.contains("ESTABLISHED") {
      add(
        "ct-preswitch",
        "connections from before the rules, or from a tunnel that is gone, go on in clear",
        at: match, "whoever opened them",
        packet: "tcp to \(around.outside.text) port 443 out uplink state established")
    }
    if states.contains("RELATED") {
      add(
        "ct-related", "what a helper of another tool expects passes, too", at: match,
        "helpers decide",
        packet: "tcp to \(around.outside.text) port 443 out uplink state related")
    }
  }

  private mutating func findPort(_ match: FirewallMatch) {
    let ports = match.value.split { $0 == "," || $0 == ":" || $0 == "-" }.map(String.init)
    if ports.contains("53") || ports.contains("853") {
      add(
        "endpoint-hostname", "every program may ask any resolver in clear", at: match,
        "to any address",
        packet: "udp to \(around.outside.text) port 53 out uplink")
    } else if ports.contains("67") || ports.contains("68") {
      add(
        "dhcp-wide", "any program reaches any address at this port", at: match, "to any address",
        packet: "udp to \(around.outside.text) port 67 out uplink")
    } else if ports.contains("123") {
      add(
        "ntp-any", "any program reaches any address at this port", at: match, "to any address",
        packet: "udp to \(around.outside.text) port 123 out uplink")
    } else {
      add(
        "ep-nodst", "any program reaches any address at this port", at: match, "to any address",
        packet: "udp to \(around.outside.text) port \(ports.first ?? "51820") out uplink")
    }
  }

  private mutating func findOpenInterface(
    _ match: FirewallMatch, _ rule: FirewallRule, _ hasDestination: Bool
  ) {
    addWildcard(match)
    let isTunnel = [around.tunnel, "%i", "lo"].contains(match.value)
    let isWhole = rule.matches.allSatisfy { $0.kind == .outInterface }
    if isWhole, !isTunnel, !match.value.hasSuffix("+"), !match.value.hasSuffix("*") {
      add("if-physical", "everything may leave by this device", at: match, "not the tunnel")
    }
  }

  private mutating func findOpenDestination(_ match: FirewallMatch) {
    guard !match.value.contains("/") || match.value.hasSuffix("/32") else { return }
    add(
      "ep-noport", "any program reaches the server at every port, in clear", at: match,
      "at every port",
      packet: "tcp to \(around.outside.text) port 80 out uplink")
  }

  // MARK: Networks that may be reached beside the tunnel

  mutating func findInExemptNetworks() {
    for (prefix, range) in killSwitch.exemptNetworks
    where prefix.length < prefix.address.family.addressWidth {
      let match = FirewallMatch(kind: .destination, isNegated: false, value: "", range: range)
      let host = IPAddress(family: prefix.address.family, bits: prefix.lower + 1).text
      if prefix.lower >> 24 == 127, prefix.address.family == .ipv4 {
        add(
          "loopback-addr", "the address does not say that a packet stays inside", at: match,
          "by any device", packet: "udp to 127.0.0.2 port 9 out uplink")
      } else if !isLocal(prefix) {
        add(
          "tc-localnet",
          "whoever owns the network that this machine is in can claim these addresses",
          at: match, "public addresses", packet: "tcp to \(host) port 443 out uplink")
      } else {
        add(
          "lan-dns", "a resolver there is asked for names, and asks on in clear", at: match,
          "port 53 as well", packet: "udp to \(host) port 53 out uplink")
      }
    }
  }

  // MARK: When the rules are there

  mutating func findOverTime() {
    if around.hasHostName {
      add(
        "endpoint-hostname",
        "the server's name is looked up before there is a rule: in clear, and who answers says where the tunnel goes",
        packet: "udp to \(around.outside.text) port 53 out uplink")
    }
    if let removal = killSwitch.removals.first {
      let match = FirewallMatch(kind: .other, isNegated: false, value: "", range: removal.range)
      add(
        "down-opens", "`wg-quick down` takes the rule away while programs go on sending", at: match,
        "opens the machine")
    }
    add(
      "fail-open",
      "the rules come last: when wg-quick fails before (no resolvconf for `DNS`, no answer for a host name), there is no rule"
    )
    add("boot-window", "until wg-quick is started after the network, nothing is blocked")
    add(
      "foreign-flush",
      "`iptables-restore`, `nft flush ruleset` and other firewalls take rules in shared tables away"
    )
  }
}

/// What the language takes for local without `public`.
func isLocal(_ prefix: Prefix) -> Bool {
  let local: [Prefix] =
    switch prefix.address.family {
    case .ipv4:
      [
        (0x0a00_0000, 8), (0xac10_0000, 12), (0xc0a8_0000, 16), (0xa9fe_0000, 16),
        (0x6440_0000, 10),
      ]
      .map { Prefix(IPAddress(v4: $0.0), length: $0.1) }
    case .ipv6:
      [(UInt128(0xfc00), 7), (0xfe80, 10)]
        .map { Prefix(IPAddress(family: .ipv6, bits: $0.0 << 112), length: $0.1) }
    }
  return local.contains { $0.lower <= prefix.lower && prefix.upper <= $0.upper }
}
