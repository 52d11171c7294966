/// The life of a host under `homeHostPolicy`. The rules are loaded before the second phase.
let homeHostPhases: [Phase] = [
  Phase(name: "tunnel up", probes: homeHostUp),
  Phase(
    name: "neighbours forgotten",
    change: { network in try network.ip(.host, "neigh flush all") },
    probes: [
      Probe("ssh, IPv6", "tcp \(Address.router6) 22", .answered([.lan])),
      Probe("ssh", "tcp \(Address.router) 22", .answered([.lan])),
    ]),
  // Each needs port 68 for itself.
  Phase(
    name: "renewal of an address",
    probes: [Probe("DHCP", "udp \(Address.router) 67 sport=68 dev=eth0", .answered([.lan]))]),
  Phase(
    name: "renewal on the internet",
    probes: [Probe("DHCP", "udp \(Address.site) 67 sport=68 dev=eth0", .blocked)]),
  Phase(
    name: "renewal inside the tunnel",
    probes: [Probe("DHCP", "udp 10.64.0.77 67 sport=68 dev=eth0", .blocked)]),
  Phase(
    name: "another tool marks and re-routes",
    change: { network in
      try network.ip(
        .host,
        """
        rule add fwmark 0x80000 table 52
        route add default via \(Address.router) dev eth0 table 52
        """)
      try network.ip(.host, "route add default via 2001:db8:77::1 dev eth0 table 52")
      try network.at(.host, ["ip", "-6", "rule", "add", "fwmark", "0x80000", "table", "52"])
      try network.nft(
        .host,
        """
        table inet other {
          chain marks {
            type route hook output priority mangle
            ip daddr 203.0.113.0/24 meta mark set 0x80000
            ip6 daddr 2001:db8:80::/48 meta mark set 0x80000
          }
        }
        """)
    },
    probes: [
      Probe("site", "udp \(Address.site) 9000", .blocked),
      Probe("site, TCP", "tcp \(Address.site) 9000", .blocked),
      Probe("site, IPv6", "udp \(Address.site6) 9000", .blocked),
      Probe("site, ping", "icmp \(Address.site)", .blocked),
    ]),
  Phase(
    name: "another tool rewrites addresses",
    change: { network in
      try network.nft(
        .host,
        """
        delete table inet other
        table ip other {
          chain output {
            type nat hook output priority -100
            ip daddr \(Address.site) udp dport 9003 dnat to \(Address.neighbour):9000
            ip daddr \(Address.site) tcp dport 9003 dnat to \(Address.router):80
            ip daddr \(Address.site) udp dport 9004 dnat to \(Address.router):53
          }
        }
        """)
    },
    probes: [
      Probe("site that becomes a neighbour", "udp \(Address.site) 9003", .blocked),
      Probe("site that becomes the router", "tcp \(Address.site) 9003", .blocked),
      Probe("site that becomes a LAN resolver", "udp \(Address.site) 9004", .blocked),
      Probe("site", "udp \(Address.site) 9000", .answered([.tunnel])),
    ]),
  Phase(
    name: "a route around the tunnel",
    change: { network in
      try network.nft(.host, "delete table ip other")
      try network.ip(
        .host,
        """
        route add 203.0.113.0/24 via \(Address.router) dev eth0
        route add 2001:db8:80::/48 via 2001:db8:77::1 dev eth0
        """)
    },
    probes: [
      Probe("site", "udp \(Address.site) 9000", .rejected([])),
      Probe("site, IPv6", "tcp \(Address.site6) 9000", .rejected([])),
      Probe("container", from: .container, "udp \(Address.site) 9000", .rejected([.container])),
    ]),
  Phase(
    name: "before the tunnel goes down",
    change: { network in
      try network.ip(
        .host,
        """
        route del 203.0.113.0/24 via \(Address.router) dev eth0
        route del 2001:db8:80::/48 via 2001:db8:77::1 dev eth0
        """)
    },
    probes: [
      Probe("a connection", "tcp \(Address.site) 9000 keep=tcp", .answered([.tunnel])),
      Probe("a connection to close", "tcp \(Address.site) 9000 keep=orphan", .answered([.tunnel])),
      Probe("a flow", "udp \(Address.site) 9000 keep=udp", .answered([.tunnel])),
      Probe(
        "container's flow", from: .container, "udp \(Address.site) 9000 keep=udp",
        .answered([.tunnel, .container])),
      Probe(
        "container's connection", from: .container, "tcp \(Address.site) 9000 keep=tcp",
        .answered([.tunnel, .container])),
    ]),
  Phase(
    name: "tunnel down",
    change: { network in try network.ip(.host, "link set wg0 down") },
    probes: [
      Probe("a connection goes on", "push flow=tcp", .blocked),
      Probe("a closed connection's data", "push flow=orphan close=1", .blocked),
      Probe("a flow goes on", "push flow=udp", .blocked),
      Probe("container's flow goes on", from: .container, "push flow=udp", .rejected([.container])),
      Probe("container's connection goes on", from: .container, "push flow=tcp", .blocked),
    ] + homeHostDown),
  Phase(
    name: "tunnel up again",
    change: { network in try network.bringTunnelUp() },
    probes: [
      Probe("site", "udp \(Address.site) 9000", .answered([.tunnel])),
      Probe("site, IPv6", "tcp \(Address.site6) 9000", .answered([.tunnel])),
      Probe(
        "container", from: .container, "tcp \(Address.site) 9000", .answered([.tunnel, .container])),
    ]),
  Phase(
    name: "tunnel's program killed",
    change: { network in network.killTunnel() },
    probes: homeHostDown),
  Phase(
    name: "a second uplink",
    change: { network in try network.addSecondUplink() },
    probes: [
      Probe("site", "udp \(Address.site) 9000", .rejected([])),
      Probe("site, IPv6", "tcp \(Address.site6) 9000", .rejected([])),
      Probe("container", from: .container, "udp \(Address.site) 9000", .rejected([.container])),
      Probe(
        "container, IPv6", from: .container, "udp \(Address.site6) 9000", .rejected([.container])),
      Probe("LAN service by the other uplink", "tcp \(Address.router) 22 dev=usb0", .rejected([])),
      Probe(
        "endpoint with its mark", "udp \(Address.server) 51820 mark=27507 dev=usb0",
        .seen([.secondUplink])),
      Probe("endpoint without mark", "udp \(Address.server) 51820 dev=usb0", .rejected([])),
      Probe(
        "DHCP", "udp 255.255.255.255 67 sport=68 dev=usb0 unconnected=1", .answered([.secondUplink])
      ),
    ]),
]

extension Network {
  /// A phone is plugged in, and takes the default route.
  func addSecondUplink() throws {
    try ip(.host, "link add usb0 type veth peer name lan1 netns \(netns(.router))")
    try ip(
      .router,
      """
      addr add 192.168.42.1/24 dev lan1
      addr add 2001:db8:42::1/64 dev lan1 nodad
      link set lan1 up
      """)
    try ip(
      .host,
      """
      addr add 192.168.42.2/24 dev usb0
      addr add 2001:db8:42::2/64 dev usb0 nodad
      link set usb0 up
      route replace default via 192.168.42.1 dev usb0
      route add default via 2001:db8:42::1 dev usb0 metric 10
      """)
  }
}

/// Opened while there are no rules, outside the tunnel.
let homeHostOldFlows = [
  Probe("UDP", "udp \(Address.site) 9000 dev=eth0 keep=old-udp", .answered([.lan])),
  Probe("UDP, IPv6", "udp \(Address.site6) 9000 dev=eth0 keep=old-udp6", .answered([.lan])),
  Probe("TCP", "tcp \(Address.site) 9000 dev=eth0 keep=old-tcp", .answered([.lan])),
  Probe("TCP, IPv6", "tcp \(Address.site6) 9000 dev=eth0 keep=old-tcp6", .answered([.lan])),
]

let homeHostOldFlowsGoOn = [
  Probe("UDP", "push flow=old-udp", .blocked),
  Probe("UDP, IPv6", "push flow=old-udp6", .blocked),
  Probe("TCP", "push flow=old-tcp", .blocked),
  Probe("TCP, IPv6", "push flow=old-tcp6 close=1", .blocked),
]
