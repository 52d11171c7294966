/// A host at home with a tunnel, a LAN and a container: most of what the language can say, once.
let homeHostPolicy = """
  policy homehost

  tunnel wg0 {
      kind     wireguard
      endpoint \(Address.server), \(Address.server6) udp 51820 mark 0x6b73
      address  \(Address.tunnel), \(Address.tunnel6)
      inner    10.64.0.0/24, fc00:bbbb::/64
      dns      \(Address.resolver), \(Address.resolver6)
      in       tcp 6881
  }

  lan eth0 {
      network 192.168.1.0/24, fd12:3456:789a::/64
      out     tcp 22, 445, udp 123
      in      tcp 22
      multicast mdns, ssdp
  }

  forward docker0 {
      to   wg0
      from lan tcp 8080
      from host tcp 80
      to   host udp 9000
  }

  host { dhcp; ndp; ping; igmp }
  """

/// What holds while the tunnel is up.
let homeHostUp: [Probe] =
  homeHostTunnel + homeHostOutside + homeHostEndpoint + homeHostDNS + homeHostLAN
  + homeHostIncoming + homeHostContainer

private let homeHostTunnel = [
  Probe("site", "udp \(Address.site) 9000", .answered([.tunnel])),
  Probe("site, TCP", "tcp \(Address.site) 9000", .answered([.tunnel])),
  Probe("site, UDP 443", "udp \(Address.site) 443", .answered([.tunnel])),
  Probe("site, IPv6", "udp \(Address.site6) 9000", .answered([.tunnel])),
  Probe("site, IPv6, TCP", "tcp \(Address.site6) 9000", .answered([.tunnel])),
  Probe("site, mapped", "tcp ::ffff:\(Address.site) 9000", .answered([.tunnel])),
  Probe("ping", "icmp \(Address.site)", .answered([.tunnel])),
  Probe("ping, IPv6", "icmp \(Address.site6)", .answered([.tunnel])),
  Probe("another protocol", "proto 47 \(Address.site)", .seen([.tunnel])),
  Probe("a user's traffic", "tcp \(Address.site) 9000 uid=65534 gid=65534", .answered([.tunnel])),
  Probe("large datagram", "udp \(Address.site) 9000 size=4000", .answered([.tunnel])),
  Probe("large datagram, IPv6", "udp \(Address.site6) 9000 size=4000", .answered([.tunnel])),
  Probe("refused by the site", "tcp \(Address.site) 81", .rejected([.tunnel])),
  Probe(
    "the LAN's address in the tunnel", "udp \(Address.site) 9000 src=\(Address.host) dev=wg0",
    .blocked),
  Probe(
    "the public address in the tunnel",
    "udp \(Address.site6) 9000 src=\(Address.hostPublic6) dev=wg0", .blocked),
]

private let homeHostOutside = [
  Probe("bound to eth0", "udp \(Address.site) 9000 dev=eth0", .rejected([])),
  Probe("bound to eth0, TCP", "tcp \(Address.site) 9000 dev=eth0", .rejected([])),
  Probe("bound to eth0, TCP 443", "tcp \(Address.site) 443 dev=eth0 uid=65534", .rejected([])),
  Probe("bound to eth0, IPv6", "udp \(Address.site6) 9000 dev=eth0", .rejected([])),
  Probe("bound to eth0, IPv6, TCP", "tcp \(Address.site6) 9000 dev=eth0", .rejected([])),
  Probe("bound to eth0, mapped", "udp ::ffff:\(Address.site) 9000 dev=eth0", .rejected([])),
  Probe("bound to eth0, ping", "icmp \(Address.site) dev=eth0", .blocked),
  Probe("bound to eth0, ping, IPv6", "icmp \(Address.site6) dev=eth0", .blocked),
  Probe("bound to eth0, GRE", "proto 47 \(Address.site) dev=eth0", .blocked),
  Probe("bound to eth0, ESP", "proto 50 \(Address.site) dev=eth0", .blocked),
  Probe("bound to eth0, 6in4", "proto 41 \(Address.site) dev=eth0", .blocked),
  Probe("bound to eth0, SCTP", "proto 132 \(Address.site) dev=eth0", .blocked),
  Probe("bound to eth0, UDP-Lite, IPv6", "proto 136 \(Address.site6) dev=eth0", .blocked),
  Probe(
    "the tunnel's address to the LAN", "tcp \(Address.router) 22 src=\(Address.tunnel) dev=eth0",
    .blocked),
  Probe(
    "the tunnel's address to the LAN, IPv6",
    "tcp \(Address.router6) 22 src=\(Address.tunnel6) dev=eth0", .blocked),
  Probe("inside address outside", "udp 10.64.0.77 9000 dev=eth0", .blocked),
  Probe("to the tunnel's own address", "udp \(Address.tunnel) 9000 dev=eth0", .blocked),
  Probe(
    "loopback address outside", "udp 127.0.0.1 9001 dev=eth0", .blocked, isBlockedByItself: true),
  Probe(
    "reset by hand",
    "packet src=\(Address.host) dst=\(Address.site) proto=tcp flags=RA dport=9000 dev=eth0",
    .blocked),
  Probe(
    "answer by hand",
    "packet src=\(Address.host) dst=\(Address.site) proto=tcp flags=SA dport=9000 dev=eth0",
    .blocked),
  Probe(
    "another's source",
    "packet src=\(Address.neighbour) dst=\(Address.site) proto=udp dport=9000 dev=eth0",
    .blocked),
]

private let homeHostEndpoint = [
  Probe("endpoint with its mark", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
  Probe("endpoint with its mark, IPv6", "udp \(Address.server6) 51820 mark=27507", .seen([.lan])),
  Probe("endpoint without mark", "udp \(Address.server) 51820", .rejected([])),
  Probe("endpoint without mark, IPv6", "udp \(Address.server6) 51820", .rejected([])),
  Probe("endpoint, another mark", "udp \(Address.server) 51820 mark=27506", .rejected([])),
  Probe("endpoint, more bits of mark", "udp \(Address.server) 51820 mark=93043", .rejected([])),
  Probe("endpoint, another port", "udp \(Address.server) 9000 mark=27507", .rejected([])),
  Probe("endpoint, TCP", "tcp \(Address.server) 9000 mark=27507", .rejected([])),
  Probe("endpoint, ping", "icmp \(Address.server) mark=27507", .blocked),
  Probe(
    "endpoint's mark elsewhere", "udp \(Address.site) 51820 mark=27507 dev=eth0", .rejected([])),
  Probe(
    "endpoint with the tunnel's address",
    "udp \(Address.server) 51820 mark=27507 src=\(Address.tunnel) dev=eth0", .blocked),
]

private let homeHostDNS = [
  Probe("the tunnel's resolver", "udp \(Address.resolver) 53", .answered([.tunnel])),
  Probe("the tunnel's resolver, TCP", "tcp \(Address.resolver) 53", .answered([.tunnel])),
  Probe("the tunnel's resolver, IPv6", "udp \(Address.resolver6) 53", .answered([.tunnel])),
  Probe("another resolver in the tunnel", "udp \(Address.site) 53", .rejected([])),
  Probe("another resolver in the tunnel, DoT", "tcp \(Address.site) 853", .rejected([])),
  Probe("LAN resolver", "udp \(Address.router) 53", .rejected([])),
  Probe("LAN resolver, TCP", "tcp \(Address.router) 53", .rejected([])),
  Probe("LAN resolver, DoT", "tcp \(Address.router) 853", .rejected([])),
  Probe("LAN resolver, DoQ", "udp \(Address.router) 853", .rejected([])),
  Probe("LAN resolver, IPv6", "udp \(Address.router6) 53", .rejected([])),
  Probe("LAN resolver, root", "udp \(Address.router) 53 uid=0", .rejected([])),
  Probe("the tunnel's resolver on eth0", "udp \(Address.resolver) 53 dev=eth0", .blocked),
  Probe(
    "LAN resolver by fragments",
    "packet src=\(Address.host) dst=\(Address.router) proto=udp dport=53 fragment=split", .blocked),
  Probe(
    "LAN resolver by fragments, kept apart",
    "packet src=\(Address.host) dst=\(Address.router) proto=udp dport=53 fragment=split nodefrag=1",
    .blocked),
  Probe(
    "a later fragment",
    "packet src=\(Address.host) dst=\(Address.router) proto=tcp dport=22 fragment=later nodefrag=1 size=64",
    .blocked),
  Probe("LAN resolver behind options, IPv6", "udp \(Address.router6) 53 options=1", .blocked),
]

private let homeHostLAN = [
  Probe("ssh", "tcp \(Address.router) 22", .answered([.lan])),
  Probe("ssh, IPv6", "tcp \(Address.router6) 22", .answered([.lan])),
  Probe("ssh, mapped", "tcp ::ffff:\(Address.router) 22", .answered([.lan])),
  Probe("files", "tcp \(Address.router) 445", .answered([.lan])),
  Probe("time", "udp \(Address.router) 123", .answered([.lan])),
  Probe("time, IPv6", "udp \(Address.router6) 123", .answered([.lan])),
  Probe("a large datagram", "udp \(Address.router) 123 size=4000", .answered([.lan])),
  Probe("a large datagram, IPv6", "udp \(Address.router6) 123 size=4000", .answered([.lan])),
  Probe(
    "files of a neighbour", "tcp \(Address.neighbour) 445",
    .answered([.lan])),
  Probe("web page", "tcp \(Address.router) 80", .rejected([])),
  Probe("ping", "icmp \(Address.router)", .blocked),
  Probe("ssh to the router's public address", "tcp 2001:db8:77::1 22", .rejected([])),
  Probe("mDNS", "udp 224.0.0.251 5353 dev=eth0 ttl=255 unconnected=1", .answered([.lan])),
  Probe(
    "mDNS, IPv6", "udp ff02::fb 5353 dev=eth0 ttl=255 unconnected=1 src=\(Address.host6)",
    .answered([.lan])),
  Probe("mDNS, TTL 1", "udp 224.0.0.251 5353 dev=eth0 ttl=1 unconnected=1", .blocked),
  Probe("SSDP", "udp 239.255.255.250 1900 dev=eth0 ttl=2 unconnected=1", .answered([.lan])),
  Probe("LLMNR", "udp 224.0.0.252 5355 dev=eth0 ttl=255 unconnected=1", .blocked),
  Probe("a group of nobody's", "udp 239.1.1.1 1900 dev=eth0 ttl=2 unconnected=1", .blocked),
  Probe(
    "mDNS's group, another port", "udp 224.0.0.251 9000 dev=eth0 ttl=255 unconnected=1", .blocked),
  Probe(
    "a group of global scope, IPv6", "udp ff0e::1234 5353 dev=eth0 ttl=255 unconnected=1", .blocked),
  Probe("broadcast", "udp 255.255.255.255 9000 dev=eth0 unconnected=1", .blocked),
  Probe("DHCP", "udp 255.255.255.255 67 sport=68 dev=eth0 unconnected=1", .answered([.lan])),
  Probe(
    "DHCP before there is an address",
    "packet src=0.0.0.0 dst=255.255.255.255 proto=udp sport=68 dport=67 dev=eth0", .seen([.lan])),
  Probe("DHCP's port from another port", "udp 255.255.255.255 67 dev=eth0 unconnected=1", .blocked),
]

private let homeHostIncoming = [
  Probe("ssh from the LAN", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
  Probe(
    "ssh from the LAN, IPv6", from: .router, "tcp \(Address.host6) 22 src=\(Address.router6)",
    .answered([.lan, .service])),
  Probe(
    "ssh from outside the LAN", from: .router, "tcp \(Address.host) 22 src=192.0.2.1", .blocked),
  Probe(
    "ssh from outside the LAN, IPv6", from: .router,
    "tcp \(Address.hostPublic6) 22 src=2001:db8:77::1", .blocked),
  Probe("another service from the LAN", from: .router, "tcp \(Address.host) 9000", .blocked),
  Probe("a closed port from the LAN", from: .router, "tcp \(Address.host) 9001", .blocked),
  Probe("UDP from the LAN", from: .router, "udp \(Address.host) 9000", .blocked),
  Probe("UDP to a closed port", from: .router, "udp \(Address.host) 9001", .blocked),
  Probe("ping from the LAN", from: .router, "icmp \(Address.host)", .answered([.lan])),
  Probe(
    "ping from the LAN, IPv6", from: .router, "icmp \(Address.host6) src=\(Address.router6)",
    .answered([.lan])),
  Probe(
    "mDNS from the LAN", from: .router, "udp 224.0.0.251 5353 dev=lan0 ttl=255 unconnected=1",
    .answered([.lan, .service])),
  Probe("the tunnel's address from the LAN", from: .router, "tcp \(Address.tunnel) 22", .blocked),
  Probe("the tunnel's address, closed port", from: .router, "tcp \(Address.tunnel) 23", .blocked),
  Probe("the tunnel's address, UDP", from: .router, "udp \(Address.tunnel) 9000", .blocked),
  Probe("the tunnel's address, ping", from: .router, "icmp \(Address.tunnel)", .blocked),
  Probe("the tunnel's address, IPv6", from: .router, "tcp \(Address.tunnel6) 22", .blocked),
  Probe("the tunnel's address, ping, IPv6", from: .router, "icmp \(Address.tunnel6)", .blocked),
  Probe(
    "the tunnel's address, from a site", from: .router,
    "packet src=\(Address.site) dst=\(Address.tunnel) proto=tcp flags=SA dport=22 dev=lan0",
    .blocked),
  Probe("through us into the tunnel", from: .router, "udp \(Address.viaHost) 9000", .blocked),
  Probe("through us into the tunnel, TCP", from: .router, "tcp \(Address.viaHost) 9000", .blocked),
  Probe(
    "through us into the tunnel, IPv6", from: .router, "tcp \(Address.viaHost6) 9000", .blocked),
  Probe("the VPN side's ssh", from: .internet, "tcp \(Address.tunnel) 22", .blocked),
  Probe("the VPN side's ssh, IPv6", from: .internet, "tcp \(Address.tunnel6) 22", .blocked),
  Probe("the VPN side's UDP", from: .internet, "udp \(Address.tunnel) 9000", .blocked),
  Probe("the VPN side's ping", from: .internet, "icmp \(Address.tunnel)", .blocked),
  Probe(
    "the provider's forwarded port", from: .internet, "tcp \(Address.tunnel) 6881",
    .answered([.tunnel, .service])),
  Probe(
    "the VPN side to the LAN address", from: .internet, "tcp \(Address.host) 22 dev=wg0", .blocked),
  Probe(
    "the VPN side through us to the LAN", from: .internet, "tcp \(Address.neighbour) 22 dev=wg0",
    .blocked),
  Probe(
    "the VPN side to the container", from: .internet, "tcp \(Address.container) 80 dev=wg0",
    .blocked),
]

private let homeHostContainer = [
  Probe(
    "container", from: .container, "udp \(Address.site) 9000", .answered([.tunnel, .container])),
  Probe(
    "container, TCP", from: .container, "tcp \(Address.site) 9000",
    .answered([.tunnel, .container])),
  Probe(
    "container, IPv6", from: .container, "tcp \(Address.site6) 9000",
    .answered([.tunnel, .container])),
  Probe(
    "container, ping", from: .container, "icmp \(Address.site)", .answered([.tunnel, .container])),
  Probe(
    "container, the tunnel's resolver", from: .container, "udp \(Address.resolver) 53",
    .answered([.tunnel, .container])),
  Probe(
    "container, another resolver", from: .container, "udp \(Address.site) 53",
    .rejected([.container])),
  Probe(
    "container, refused by the site", from: .container, "tcp \(Address.site) 81",
    .rejected([.tunnel, .container])),
  Probe(
    "container to the LAN", from: .container, "tcp \(Address.router) 22", .rejected([.container])),
  Probe(
    "container to the LAN, UDP", from: .container, "udp \(Address.router) 123",
    .rejected([.container])),
  Probe(
    "container to the LAN, IPv6", from: .container, "tcp \(Address.router6) 22",
    .rejected([.container])),
  Probe(
    "container to the LAN's resolver", from: .container, "udp \(Address.router) 53",
    .rejected([.container])),
  Probe(
    "container to the endpoint", from: .container, "udp \(Address.server) 51820 mark=27507",
    .rejected([.container])),
  Probe(
    "container to the host", from: .container, "udp \(Address.bridge) 9000",
    .answered([.container, .service])),
  Probe(
    "container to the host's ssh", from: .container, "tcp \(Address.bridge) 22",
    .rejected([.container])),
  Probe(
    "container to the host's LAN address", from: .container, "tcp \(Address.host) 22",
    .rejected([.container])),
  Probe(
    "published port", from: .router, "tcp \(Address.host) 8080", .answered([.container, .lan])),
  Probe("host to container", "tcp \(Address.container) 80", .answered([.container])),
  Probe("host to container, another port", "udp \(Address.container) 9000", .rejected([])),
  Probe(
    "large datagram from container", from: .container,
    "udp \(Address.site) 9000 size=4000 pmtu=off", .answered([.tunnel, .container])),
]

/// What holds while there is no way through the tunnel: host and container alike stay silent outside.
let homeHostDown: [Probe] = [
  Probe("site", "udp \(Address.site) 9000", .rejected([])),
  Probe("site, TCP", "tcp \(Address.site) 9000", .rejected([])),
  Probe("site, ping", "icmp \(Address.site)", .blocked),
  Probe("site, IPv6", "udp \(Address.site6) 9000", .rejected([])),
  Probe("site, IPv6, TCP", "tcp \(Address.site6) 9000", .rejected([])),
  Probe("site, mapped", "udp ::ffff:\(Address.site) 9000", .rejected([])),
  Probe("the tunnel's resolver", "udp \(Address.resolver) 53", .blocked),
  Probe("the tunnel's resolver, IPv6", "udp \(Address.resolver6) 53", .blocked),
  Probe("LAN resolver", "udp \(Address.router) 53", .rejected([])),
  Probe("container", from: .container, "udp \(Address.site) 9000", .rejected([.container])),
  Probe("container, TCP", from: .container, "tcp \(Address.site) 9000", .rejected([.container])),
  Probe("container, IPv6", from: .container, "tcp \(Address.site6) 9000", .rejected([.container])),
  Probe("container, ping", from: .container, "icmp \(Address.site)", .rejected([.container])),
  Probe("endpoint with its mark", "udp \(Address.server) 51820 mark=27507", .seen([.lan])),
  Probe("endpoint without mark", "udp \(Address.server) 51820", .rejected([])),
  Probe("ssh to the LAN", "tcp \(Address.router) 22", .answered([.lan])),
  Probe("ssh from the LAN", from: .router, "tcp \(Address.host) 22", .answered([.lan, .service])),
  Probe(
    "published port", from: .router, "tcp \(Address.host) 8080", .answered([.container, .lan])),
]
