/// What the lines of a policy become, as nft prints it.
///
/// A rule goes on in lines that begin with a space; comments of rules are left out.
let forwardCases: [RuleCase] = [
  RuleCase(
    "clients go into a tunnel",
    """
    tunnel wg0 { kind wireguard; out any }
    forward docker0 { to wg0 }
    """,
    """
    forward_300: iifname "docker0" oifname "wg0" ct direction original meta oiftype 65534
      counter accept
    postrouting_300: iifname "docker0" oifname "wg0" ct direction original meta oiftype 65534
      counter accept
    """),
  RuleCase(
    "and are answered by direction; postrouting does not see the device that a packet came in by",
    """
    tunnel wg0 { kind wireguard; out any }
    forward docker0 { to wg0 }
    """,
    """
    forward_300: iifname "wg0" oifname "docker0" ct state established ct direction reply meta
      iiftype 65534 counter accept
    postrouting_300: iifname "wg0" oifname "docker0" ct state established ct direction reply
      counter accept
    """),
  RuleCase(
    "this machine's own answers reach its clients",
    """
    tunnel wg0 { kind wireguard; out any }
    forward docker0 { to wg0 }
    """,
    """
    postrouting_300: iif 0 oifname "docker0" ct state related icmp type {
      destination-unreachable, time-exceeded, parameter-problem } counter accept
    postrouting_300: iif 0 oifname "docker0" ct state related icmpv6 type {
      destination-unreachable, packet-too-big, time-exceeded, parameter-problem } counter
      accept
    postrouting_300: iif 0 oifname "docker0" ct state related ct direction reply meta l4proto
      6 tcp flags & 0x04 == 0x04 counter accept
    """),
  RuleCase(
    "a connection from a tunnel to a client",
    """
    tunnel wg0 { out any }
    forward docker0 { from wg0 tcp 6881 }
    """,
    """
    forward_300: iifname "wg0" oifname "docker0" ct direction original tcp dport 6881 counter
      accept
    forward_300: iifname "docker0" oifname "wg0" ct state established ct direction reply meta
      l4proto 6 ct reply proto-src 6881 counter accept
    """),
  RuleCase(
    "clients use the LAN",
    """
    lan eth0 { network 192.168.1.0/24 }
    forward docker0 { to lan tcp 445 }
    """,
    """
    forward_300: iifname "docker0" oifname "eth0" ip daddr 192.168.1.0/24 ct direction
      original tcp dport 445 counter accept
    forward_300: iifname "eth0" oifname "docker0" ct reply ip saddr 192.168.1.0/24 ct state
      established ct direction reply meta l4proto 6 ct reply proto-src 445 counter accept
    """),
  RuleCase(
    "the LAN uses what a client serves",
    """
    lan eth0 { network 192.168.1.0/24 }
    forward docker0 { from lan tcp 8080 }
    """,
    """
    forward_300: iifname "eth0" oifname "docker0" ct original ip saddr 192.168.1.0/24 ct
      direction original tcp dport 8080 counter accept
    postrouting_300: iifname "docker0" oifname "eth0" ct original ip saddr 192.168.1.0/24 ct
      state established ct direction reply meta l4proto 6 ct reply proto-src 8080 counter
      accept
    """),
  RuleCase(
    "a published port",
    """
    uplink eth0
    forward docker0 { from any tcp 8080 }
    """,
    """
    forward_300: iifname "eth0" oifname "docker0" ct direction original tcp dport 8080 counter
      accept
    postrouting_300: iifname "docker0" oifname "eth0" ct state established ct direction reply
      meta l4proto 6 ct reply proto-src 8080 counter accept
    """),
  RuleCase(
    "clients use a service of this machine",
    """
    forward docker0 { to host udp 53 }
    """,
    """
    input_300: iifname "docker0" udp dport 53 counter accept
    output_300: oifname "docker0" ct state established ct direction reply meta l4proto 17 ct
      reply proto-src 53 counter accept
    """),
  RuleCase(
    "this machine uses a service of a client",
    """
    forward docker0 { from host tcp 80 }
    """,
    """
    output_300: oifname "docker0" tcp dport 80 counter accept
    input_300: iifname "docker0" ct state established ct direction reply meta l4proto 6 ct
      reply proto-src 80 counter accept
    """),
  RuleCase(
    "clients reach each other, within one bridge too",
    """
    forward docker0 { among }
    """,
    """
    forward_300: iifname "docker0" oifname "docker0" meta mark set meta mark | 0x8000000
      counter accept
    forward_300: iifname "docker0" oifname "docker0" counter accept
    postrouting_300: iif 0 meta mark & 0x8000000 == 0x8000000 oifname "docker0" counter accept
    postrouting_300: iifname "docker0" oifname "docker0" counter accept
    """),
  RuleCase(
    "this machine serves addresses",
    """
    forward br-lan { dhcp-server }
    """,
    """
    input_300: iifname "br-lan" meta nfproto ipv4 udp sport 68 udp dport 67 counter accept
    input_300: iifname "br-lan" meta nfproto ipv6 udp sport 546 udp dport 547 counter accept
    input_300: iifname "br-lan" ip6 hoplimit 255 icmpv6 type nd-router-solicit counter accept
    postrouting_300: iif 0 oifname "br-lan" meta nfproto ipv4 udp sport 67 udp dport 68
      counter accept
    postrouting_300: iif 0 oifname "br-lan" meta nfproto ipv6 udp sport 547 udp dport 546
      counter accept
    postrouting_300: oifname "br-lan" ip6 hoplimit 255 icmpv6 type nd-router-advert counter
      accept
    """),
  RuleCase(
    "clients take the address of the tunnel",
    """
    tunnel wg0 { kind wireguard; out any }
    forward br-lan { to wg0; masquerade }
    """,
    """
    nat_postrouting_100: iifname "br-lan" oifname "wg0" meta oiftype 65534 masquerade
    """),
  RuleCase(
    "a resolver in a tunnel that lets little in answers its clients",
    """
    tunnel wg0 { dns 10.64.0.1; out tcp 443 }
    forward docker0 { to wg0 }
    """,
    """
    forward_300: iifname "docker0" oifname "wg0" ip daddr 10.64.0.1 ct direction original meta
      l4proto { 6, 17 } th dport { 53, 853 } counter accept
    forward_300: iifname "wg0" oifname "docker0" ct reply ip saddr 10.64.0.1 ct state
      established ct direction reply meta l4proto 17 ct reply proto-src 53 counter accept
    """),
]
