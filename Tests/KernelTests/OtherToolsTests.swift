import Testing

extension KernelTests {
  /// What other tools do on the same machine: accept, translate, mark, switch tracking off.
  @Suite struct OtherToolsTests {
    @Test(arguments: Target.allCases)
    func `other tools open nothing`(target: Target) throws {
      let lab = try Lab.standard()
      try lab.network.host.load(lab.network.compile(text: homeHostPolicy, to: target))
      try lab.forget()
      try lab.walk(lateMarks)
      if !target.isScript { try lab.walk(highMarks) }
      try lab.walk(otherToolsPhases)
    }

    @Test func `without rules every probe that must be blocked comes through`() throws {
      try Lab.standard().walkOpen(lateMarks + highMarks + otherToolsPhases)
    }
  }
}

private let otherToolsPhases = [
  Phase(
    name: "everything accepted first",
    change: { network in
      try network.nft(.host, "delete table inet other")
      for kind in ["iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"] {
        for chain in ["INPUT", "FORWARD", "OUTPUT"] {
          try network.at(.host, [kind, "-I", chain, "-j", "ACCEPT"])
        }
      }
      try network.nft(.host, "table inet other {\n\(acceptChains)\n}")
    },
    probes: outside + [
      Probe("ssh", "tcp \(Address.router) 22", .answered([.lan])),
      Probe("site", "udp \(Address.site) 9000", .answered([.tunnel])),
      Probe(
        "container", from: .container, "udp \(Address.site) 9000", .answered([.tunnel, .container])),
    ]),
  Phase(
    name: "source addresses rewritten",
    change: { network in
      try network.nft(
        .host,
        """
        delete table inet other
        table inet other {
          chain translate {
            type nat hook postrouting priority srcnat
            oifname "eth0" masquerade
          }
        }
        """)
    },
    probes: outside + [
      Probe(
        "the tunnel's address to the LAN",
        "tcp \(Address.router) 22 src=\(Address.tunnel) dev=eth0", .blocked),
      Probe(
        "the tunnel's address to the LAN, IPv6",
        "tcp \(Address.router6) 22 src=\(Address.tunnel6) dev=eth0", .blocked),
      Probe(
        "the tunnel's address to the endpoint",
        "udp \(Address.server) 51820 mark=27507 src=\(Address.tunnel) dev=eth0", .blocked),
      Probe("ssh", "tcp \(Address.router) 22", .answered([.lan])),
      Probe(
        "published port", from: .router, "tcp \(Address.host) 8080", .answered([.container, .lan])),
      Probe(
        "ssh from the LAN", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
    ]),
  Phase(
    name: "destinations rewritten",
    change: { network in
      try network.nft(
        .host,
        """
        delete table inet other
        table ip other {
          chain translate {
            type nat hook output priority -100
            ip daddr \(Address.router) tcp dport 22 dnat to \(Address.server):443
            ip daddr \(Address.router) udp dport 123 dnat to \(Address.router):53
            ip daddr \(Address.server) udp dport 51820 dnat to \(Address.router):9000
          }
          chain containers {
            type nat hook prerouting priority -100
            iifname "docker0" ip daddr \(Address.site) dnat to \(Address.router)
          }
        }
        """)
    },
    probes: [
      Probe("ssh that becomes the server's web", "tcp \(Address.router) 22", .blocked),
      Probe("time that becomes a resolver", "udp \(Address.router) 123", .blocked),
      Probe(
        "endpoint that becomes a neighbour", "udp \(Address.server) 51820 mark=27507", .blocked),
      Probe(
        "container's site that becomes the router", from: .container, "udp \(Address.site) 9000",
        .rejectedOrSilent),
      Probe(
        "container's site that becomes a resolver", from: .container, "udp \(Address.site) 53",
        .rejectedOrSilent),
    ]),
  Phase(
    name: "every single bit marked, early",
    change: { network in
      try network.nft(
        .host,
        """
        delete table ip other
        table inet other {
          chain output { type filter hook output priority -310; \(markByPort); }
          chain prerouting { type filter hook prerouting priority -310; \(markByPort); }
        }
        """)
    },
    probes: markedByOthers),
  Phase(
    name: "every single bit marked by the sender",
    change: { network in try network.nft(.host, "delete table inet other") },
    probes: (0..<32).map {
      Probe("bit \($0)", "udp \(Address.site) 9000 dev=eth0 mark=\(1 << $0)", .blocked)
    }),
  Phase(
    name: "tracking switched off",
    change: { network in
      try network.nft(
        .host,
        """
        table inet other {
          chain output { type filter hook output priority raw; notrack; }
          chain prerouting { type filter hook prerouting priority raw; notrack; }
        }
        """)
    },
    probes: outside + [
      Probe(
        "resolver by fragments",
        "packet src=\(Address.host) dst=\(Address.router) proto=udp dport=53 fragment=split",
        .blocked),
      Probe(
        "a later fragment",
        "packet src=\(Address.host) dst=\(Address.router) proto=tcp dport=22 fragment=later nodefrag=1 size=64",
        .blocked),
      Probe(
        "answer by hand",
        "packet src=\(Address.host) dst=\(Address.router) proto=tcp flags=SA sport=9000 dport=40000 dev=eth0",
        .blocked),
      Probe(
        "the tunnel's address from the LAN", from: .router, "tcp \(Address.tunnel) 22", .blocked),
      Probe("another service from the LAN", from: .router, "tcp \(Address.host) 9000", .blocked),
      Probe("the VPN side's ssh", from: .internet, "tcp \(Address.tunnel) 22", .blocked),
    ]),
  Phase(
    name: "tracking by a helper",
    change: { network in
      try network.nft(
        .host,
        """
        delete table inet other
        table inet other {
          ct helper ftp { type "ftp" protocol tcp; }
          chain output { type filter hook output priority 0; tcp dport 21 ct helper set "ftp"; }
        }
        """)
    },
    probes: outside),
]

/// Marks that are set behind our own output and forward chains.
private let lateMarks = [
  Phase(
    name: "every single bit marked, late",
    change: { network in
      try network.nft(
        .host,
        """
        table inet other {
          chain output { type filter hook output priority 10; \(markByPort); }
          chain forward { type filter hook forward priority 10; \(markByPort); }
          chain postrouting { type filter hook postrouting priority -170; \(markByPort); }
        }
        """)
    },
    probes: markedByOthers),
  Phase(
    name: "everything marked, late",
    change: { network in
      try network.nft(
        .host,
        """
        delete table inet other
        table inet other {
          chain output { type filter hook output priority 10; meta mark set 0x1; }
          chain forward { type filter hook forward priority 10; meta mark set 0x1; }
        }
        """)
    },
    probes: outside + [
      Probe(
        "container to what the host may reach", from: .container, "tcp \(Address.router) 22",
        .rejectedOrSilent),
      Probe(
        "container to what the host may reach, UDP", from: .container, "udp \(Address.router) 123",
        .rejectedOrSilent),
      Probe("ssh", "tcp \(Address.router) 22", .answered([.lan])),
    ]),
]

/// The endpoint's mark with one bit more. iptables needs bits of the mark for itself: it clears them in what
/// programs send, and cannot compare them.
private let highMarks = [
  Phase(
    name: "marks that hold the endpoint's",
    probes: [
      Probe("a high bit", "udp \(Address.server) 51820 mark=\(0x0100_6b73)", .rejected([])),
      Probe("the highest bit", "udp \(Address.server) 51820 mark=\(0x8000_6b73)", .rejected([])),
    ])
]

private let acceptChains = ["prerouting", "input", "forward", "output", "postrouting"].map {
  "chain \($0)_all { type filter hook \($0) priority -300; accept; }"
}.joined(separator: "\n")

private let outside = [
  Probe("site by eth0", "udp \(Address.site) 9000 dev=eth0", .blocked),
  Probe("site by eth0, TCP", "tcp \(Address.site) 443 dev=eth0", .blocked),
  Probe("site by eth0, IPv6", "udp \(Address.site6) 9000 dev=eth0", .blocked),
  Probe("site by eth0, ping", "icmp \(Address.site) dev=eth0", .blocked),
  Probe("resolver on the LAN", "udp \(Address.router) 53", .blocked),
  Probe("resolver on the LAN, IPv6", "udp \(Address.router6) 53", .blocked),
  Probe("endpoint without mark", "udp \(Address.server) 51820", .blocked),
  Probe("inner address by eth0", "udp 10.64.0.77 9000 dev=eth0", .blocked),
  Probe("web page on the LAN", "tcp \(Address.router) 80", .blocked),
  Probe("container to the LAN", from: .container, "udp \(Address.router) 9000", .rejectedOrSilent),
  Probe(
    "container to the endpoint", from: .container, "udp \(Address.server) 9000", .rejectedOrSilent),
  Probe("through us into the tunnel", from: .router, "udp \(Address.viaHost) 9000", .blocked),
  Probe("another service from the LAN", from: .router, "udp \(Address.host) 9000", .blocked),
]

/// UDP port 9100 + k gets a mark of bit k alone.
private let markByPort =
  "meta mark set udp dport map { "
  + (0..<32).map { "\(9100 + $0) : \(1 << $0)" }.joined(separator: ", ") + " }"

private let markedByOthers = (0..<32).flatMap { bit in
  [
    Probe("bit \(bit)", "udp \(Address.site) \(9100 + bit) dev=eth0", .blocked),
    Probe(
      "container, bit \(bit)", from: .container, "udp \(Address.router) \(9100 + bit)",
      .rejectedOrSilent),
    Probe(
      "through us, bit \(bit)", from: .router, "udp \(Address.viaHost) \(9100 + bit)", .blocked),
  ]
}
