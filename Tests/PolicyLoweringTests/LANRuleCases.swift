/// What the lines of a policy become, as nft prints it.
///
/// A rule goes on in lines that begin with a space; comments of rules are left out.
let lanCases: [RuleCase] = [
  RuleCase(
    "a service of the LAN is used",
    """
    lan eth0 { network 192.168.1.0/24; out tcp 22 }
    """,
    """
    output_300: oifname "eth0" ip daddr 192.168.1.0/24 tcp dport 22 counter accept
    postrouting_300: iif 0 oifname "eth0" ip daddr 192.168.1.0/24 tcp dport 22 counter accept
    """),
  RuleCase(
    "its answers come back by direction",
    """
    lan eth0 { network 192.168.1.0/24; out tcp 22 }
    """,
    """
    input_300: iifname "eth0" ct reply ip saddr 192.168.1.0/24 ct state established ct
      direction reply meta l4proto 6 ct reply proto-src 22 counter accept
    input_300: iifname "eth0" ct reply ip saddr 192.168.1.0/24 ct state related icmp type {
      destination-unreachable, time-exceeded, parameter-problem } ct direction reply ct
      protocol 6 ct reply proto-src 22 counter accept
    """),
  RuleCase(
    "a range of users is one match",
    """
    lan eth0 { network 192.168.1.0/24; out any user 1000-1009 }
    """,
    """
    postrouting_300: iif 0 oifname "eth0" ip daddr 192.168.1.0/24 meta skuid 1000-1009 counter
      accept
    """),
  RuleCase(
    "any service is no DNS",
    """
    lan eth0 { network 192.168.1.0/24; out any user 1000-1009 }
    """,
    """
    postrouting_300: meta l4proto { 6, 17 } th dport { 53, 853 } counter drop
    output_300: tcp dport { 53, 853 } counter reject with tcp reset
    output_300: meta l4proto { 6, 17 } th dport { 53, 853 } counter reject with icmpx
      admin-prohibited
    """),
  RuleCase(
    "a resolver on the LAN is asked before DNS is denied",
    """
    lan eth0 { network 192.168.1.0/24; dns 192.168.1.1 }
    """,
    """
    postrouting_300: iif 0 oifname "eth0" ip daddr 192.168.1.1 meta l4proto { 6, 17 } th dport
      { 53, 853 } counter accept
    """),
  RuleCase(
    "a service for the LAN",
    """
    lan eth0 { network 192.168.1.0/24; in tcp 22 }
    """,
    """
    input_300: iifname "eth0" ip saddr 192.168.1.0/24 tcp dport 22 counter accept
    output_300: oifname "eth0" ct original ip saddr 192.168.1.0/24 ct state established ct
      direction reply meta l4proto 6 ct reply proto-src 22 counter accept
    postrouting_300: iif 0 oifname "eth0" ct original ip saddr 192.168.1.0/24 ct state
      established ct direction reply meta l4proto 6 ct reply proto-src 22 counter accept
    """),
  RuleCase(
    "errors leave for connections that came in",
    """
    lan eth0 { network 192.168.1.0/24; in tcp 22 }
    """,
    """
    postrouting_300: iif 0 oifname "eth0" ct original ip saddr 192.168.1.0/24 ct state related
      icmp type { destination-unreachable, time-exceeded, parameter-problem } ct direction
      reply ct protocol 6 ct reply proto-src 22 counter accept
    """),
  RuleCase(
    "a service for everybody",
    """
    lan eth0 { in tcp 22 from any }
    """,
    """
    input_300: iifname "eth0" tcp dport 22 counter accept
    postrouting_300: iif 0 oifname "eth0" ct state established ct direction reply meta l4proto
      6 ct reply proto-src 22 counter accept
    """),
  RuleCase(
    "multicast DNS has a hop limit, and remembers who asked",
    """
    lan eth0 { network 192.168.1.0/24; multicast mdns }
    """,
    """
    postrouting_300: iif 0 oifname "eth0" ip daddr 224.0.0.251 ip ttl 255 udp dport 5353
      update @asked_mdns_out4 { ip saddr . udp sport } counter accept
    postrouting_300: iif 0 oifname "eth0" ip6 daddr ff02::fb ip6 hoplimit 255 udp dport 5353
      update @asked_mdns_out6 { ip6 saddr . udp sport } counter accept
    input_300: iifname "eth0" ip daddr 224.0.0.251 ip ttl 255 udp dport 5353 update
      @asked_mdns_in4 { ip saddr . udp sport } counter accept
    input_300: iifname "eth0" ip6 daddr ff02::fb ip6 hoplimit 255 udp dport 5353 update
      @asked_mdns_in6 { ip6 saddr . udp sport } counter accept
    input_300: iifname "eth0" ip saddr 192.168.1.0/24 ip ttl 255 udp dport 5353 udp sport 5353
      counter accept
    input_300: iifname "eth0" ip saddr 192.168.1.0/24 ip ttl 255 udp sport 5353 ip daddr . udp
      dport @asked_mdns_out4 counter accept
    """),
  RuleCase(
    "SSDP is answered from any port",
    """
    lan eth0 { network 192.168.1.0/24; multicast ssdp }
    """,
    """
    input_300: iifname "eth0" ip saddr 192.168.1.0/24 udp dport 1900 counter accept
    input_300: iifname "eth0" ip saddr 192.168.1.0/24 meta l4proto 17 ip daddr . udp dport
      @asked_ssdp_out4 counter accept
    """),
  RuleCase(
    "broadcasts go to all and to the network",
    """
    lan eth0 { network 192.168.1.0/24; broadcast udp 9 }
    """,
    """
    postrouting_300: iif 0 oifname "eth0" ip daddr { 192.168.1.255, 255.255.255.255 } udp
      dport 9 counter accept
    input_300: iifname "eth0" ip daddr { 192.168.1.255, 255.255.255.255 } udp dport 9 counter
      accept
    """),
  RuleCase(
    "an uplink is what is neither a tunnel nor inside",
    """
    lan uplink { network private; out tcp 22 }
    forward docker0 { to host tcp 1 }
    """,
    """
    output_300: oifname != "lo" oifname != "docker0" ip daddr 10.0.0.0/8 tcp dport 22 counter
      accept
    output_300: oifname != "lo" oifname != "docker0" ip daddr 172.16.0.0/12 tcp dport 22
      counter accept
    output_300: oifname != "lo" oifname != "docker0" ip daddr 192.168.0.0/16 tcp dport 22
      counter accept
    output_300: oifname != "lo" oifname != "docker0" ip6 daddr fc00::/7 tcp dport 22 counter
      accept
    """),
]
