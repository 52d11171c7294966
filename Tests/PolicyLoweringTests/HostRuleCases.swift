/// What the lines of a policy become, as nft prints it.
///
/// A rule goes on in lines that begin with a space; comments of rules are left out.
let hostCases: [RuleCase] = [
  RuleCase(
    "a user skips the tunnel",
    """
    uplink eth0
    bypass games { user 1000; to 203.0.113.0/24 udp 27015; because "x" }
    """,
    """
    output_300: oifname "eth0" ip daddr 203.0.113.0/24 udp dport 27015 meta skuid 1000 counter
      accept
    postrouting_300: iif 0 oifname "eth0" ip daddr 203.0.113.0/24 udp dport 27015 meta skuid
      1000 counter accept
    input_300: iifname "eth0" ct reply ip saddr 203.0.113.0/24 ct state established ct
      direction reply meta l4proto 17 ct reply proto-src 27015 counter accept
    """),
  RuleCase(
    "a mark skips it",
    """
    uplink eth0
    bypass games { mark 0x77; to any tcp 443; because "x" }
    """,
    """
    postrouting_300: iif 0 oifname "eth0" tcp dport 443 meta mark 0x77 counter accept
    """),
  RuleCase(
    "a container network skips it",
    """
    uplink eth0, wlan0
    bypass games { from docker0; to any tcp 443; via wlan0; because "x" }
    """,
    """
    forward_300: iifname "docker0" oifname "wlan0" ct direction original tcp dport 443 counter
      accept
    forward_300: iifname "wlan0" oifname "docker0" ct state established ct direction reply
      meta l4proto 6 ct reply proto-src 443 counter accept
    """),
  RuleCase(
    "an address by DHCP",
    """
    uplink eth0
    host { dhcp }
    """,
    """
    output_300: oifname "eth0" ip daddr 255.255.255.255 udp sport 68 udp dport 67 counter
      accept
    output_300: oifname "eth0" ip daddr 10.0.0.0/8 udp sport 68 udp dport 67 counter accept
    output_300: oifname "eth0" ip daddr 100.64.0.0/10 udp sport 68 udp dport 67 counter accept
    output_300: oifname "eth0" ip daddr 169.254.0.0/16 udp sport 68 udp dport 67 counter
      accept
    output_300: oifname "eth0" ip daddr 172.16.0.0/12 udp sport 68 udp dport 67 counter accept
    output_300: oifname "eth0" ip daddr 192.168.0.0/16 udp sport 68 udp dport 67 counter
      accept
    input_300: iifname "eth0" meta nfproto ipv4 udp sport 67 udp dport 68 counter accept
    """),
  RuleCase(
    "an address by DHCPv6",
    """
    uplink eth0
    host { dhcp6 }
    """,
    """
    output_300: oifname "eth0" ip6 daddr ff02::1:2 udp sport 546 udp dport 547 counter accept
    input_300: iifname "eth0" ip6 saddr fe80::/10 udp sport 547 udp dport 546 counter accept
    """),
  RuleCase(
    "neighbours are found on all but tunnels",
    """
    tunnel wg0 { out any }
    host { ndp }
    """,
    """
    postrouting_300: oifname != "lo" oifname != "wg0" ip6 hoplimit 255 icmpv6 type {
      nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } counter accept
    input_300: iifname != "lo" iifname != "wg0" ip6 hoplimit 255 icmpv6 type {
      nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, nd-redirect } counter accept
    """),
  RuleCase(
    "groups are joined",
    """
    uplink eth0
    host { igmp }
    """,
    """
    postrouting_300: oifname "eth0" ip daddr 224.0.0.0/4 ip ttl 1 meta l4proto 2 counter
      accept
    postrouting_300: oifname "eth0" ip6 daddr ff00::/8 ip6 hoplimit 1 icmpv6 type {
      mld-listener-report, mld-listener-done, mld2-listener-report } counter accept
    input_300: iifname "eth0" ip6 daddr ff00::/8 ip6 hoplimit 1 icmpv6 type {
      mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report }
      counter accept
    """),
  RuleCase(
    "an echo is answered",
    """
    lan eth0 { network 192.168.1.0/24, fd00:1::/64 }
    host { ping }
    """,
    """
    input_300: iifname "eth0" ip saddr 192.168.1.0/24 icmp type echo-request counter accept
    input_300: iifname "eth0" ip6 saddr fd00:1::/64 icmpv6 type echo-request counter accept
    postrouting_300: iif 0 oifname "eth0" ct original ip saddr 192.168.1.0/24 ct state
      established ct direction reply icmp type echo-reply counter accept
    postrouting_300: iif 0 oifname "eth0" ct original ip6 saddr fd00:1::/64 ct state
      established ct direction reply icmpv6 type echo-reply counter accept
    """),
  RuleCase(
    "the time is asked for",
    """
    uplink eth0
    host { ntp 203.0.113.123 }
    """,
    """
    output_300: oifname "eth0" ip daddr 203.0.113.123 udp dport 123 counter accept
    input_300: iifname "eth0" ct reply ip saddr 203.0.113.123 ct state established ct
      direction reply meta l4proto 17 ct reply proto-src 123 counter accept
    """),
  RuleCase(
    "what is blocked is dropped",
    """
    blocked drop
    """,
    """
    output_300: counter drop
    postrouting_300: counter drop
    """),
  RuleCase(
    "what programs send in vain is refused, and logged at most so often",
    """
    blocked reject log "vpn: " rate 3/second
    """,
    """
    output_300: ip frag-off & 0x1fff != 0 limit rate 3/second burst 3 packets log prefix "vpn:
      "
    output_300: frag frag-off != 0 limit rate 3/second burst 3 packets log prefix "vpn: "
    output_300: limit rate 3/second burst 3 packets log prefix "vpn: "
    output_300: meta l4proto 6 counter reject with tcp reset
    output_300: counter reject with icmpx admin-prohibited
    postrouting_300: counter drop
    """),
  RuleCase(
    "what clients send in vain is refused",
    """
    forward docker0 { to host tcp 1 }
    """,
    """
    forward_300: meta l4proto 6 iifname "docker0" counter reject with tcp reset
    forward_300: iifname "docker0" counter reject with icmpx admin-prohibited
    forward_300: counter drop
    """),
  RuleCase(
    "frames are held to the rules at the device",
    """
    uplink eth0
    tunnel wg0 { endpoint 198.51.100.7 udp 51820 mark 1; address 10.64.0.2 }
    host { guard }
    """,
    """
    egress_0: @ll,96,16 != { 0x0800, 0x86dd, 0x8100, 0x88a8, 0x9100 } accept
    egress_0: oifname "eth0" ip saddr 10.64.0.2 counter drop
    egress_0: oifname "eth0" ip daddr 10.64.0.2 counter drop
    egress_0: oifname "eth0" ip daddr 198.51.100.7 udp dport 51820 meta mark 0x1 counter
      accept
    egress_0: oifname "eth0" ip daddr 198.51.100.7 ip frag-off & 0x1fff != 0 counter accept
    egress_0: counter drop
    """),
  RuleCase(
    "the tunnel address is not answered for by ARP",
    """
    uplink eth0
    tunnel wg0 { endpoint 198.51.100.7 udp 51820 mark 1; address 10.64.0.2 }
    host { guard }
    """,
    """
    output_0: oifname != "wg0" arp saddr ip 10.64.0.2 counter drop
    """),
  RuleCase(
    "a container told by its address alone skips the tunnel, and this machine does not",
    """
    uplink eth0
    bypass games { from 172.17.0.9; to any tcp 80; because "x" }
    """,
    """
    postrouting_300: iif != 0 oifname "eth0" ct original ip saddr 172.17.0.9 ct direction
      original tcp dport 80 counter accept
    """),
]
