/// What the lines of a policy become, as nft prints it.
///
/// A rule goes on in lines that begin with a space; comments of rules are left out.
let tunnelCases: [RuleCase] = [
  RuleCase(
    "an endpoint leaves by an uplink with its mark, whoever shows as the sender",
    """
    tunnel wg0 { endpoint 198.51.100.7 udp 51820 mark 0x6b73 }
    """,
    """
    postrouting_300: iif 0 oifname != "lo" oifname != "wg0" ip daddr 198.51.100.7 udp dport
      51820 meta mark 0x6b73 counter accept
    postrouting_300: iifname "wg0" oifname != "lo" oifname != "wg0" ip daddr 198.51.100.7 udp
      dport 51820 meta mark 0x6b73 counter accept
    """),
  RuleCase(
    "an endpoint answers on established connections only",
    """
    tunnel wg0 { endpoint 198.51.100.7 udp 51820 mark 0x6b73 }
    """,
    """
    input_300: iifname != "lo" iifname != "wg0" ip saddr 198.51.100.7 udp sport 51820 ct state
      established counter accept
    input_300: iifname != "lo" iifname != "wg0" ct reply ip saddr 198.51.100.7 ct state
      related icmp type { destination-unreachable, time-exceeded, parameter-problem } ct
      direction reply ct protocol 17 ct reply proto-src 51820 counter accept
    """),
  RuleCase(
    "an owner is asked for in output and in postrouting",
    """
    tunnel wg0 { endpoint 198.51.100.7 tcp 443 user 101 group 201 }
    """,
    """
    output_300: oifname != "lo" oifname != "wg0" ip daddr 198.51.100.7 tcp dport 443 meta
      skuid 101 meta skgid 201 counter accept
    postrouting_300: iif 0 oifname != "lo" oifname != "wg0" ip daddr 198.51.100.7 tcp dport
      443 meta skuid 101 meta skgid 201 counter accept
    postrouting_300: iifname "wg0" oifname != "lo" oifname != "wg0" ip daddr 198.51.100.7 tcp
      dport 443 meta skuid 101 meta skgid 201 counter accept
    """),
  RuleCase(
    "a control group is asked for in output, which leaves a bit for postrouting",
    """
    tunnel wg0 { endpoint 198.51.100.7 udp 51820 cgroup "system.slice/vpn.service" }
    """,
    """
    output_300: meta mark set meta mark & 0xfdffffff
    output_300: socket cgroupv2 level 2 "system.slice/vpn.service" meta mark set meta mark |
      0x2000000
    output_300: oifname != "lo" oifname != "wg0" ip daddr 198.51.100.7 udp dport 51820 meta
      mark & 0x2000000 == 0x2000000 counter accept
    postrouting_300: iif 0 oifname != "lo" oifname != "wg0" ip daddr 198.51.100.7 udp dport
      51820 meta mark & 0x2000000 == 0x2000000 counter accept
    postrouting_300: iifname "wg0" oifname != "lo" oifname != "wg0" ip daddr 198.51.100.7 udp
      dport 51820 meta mark & 0x2000000 == 0x2000000 counter accept
    """),
  RuleCase(
    "an endpoint may be a protocol, by one interface",
    """
    uplink eth0
    tunnel wg0 { endpoint 2001:db8:7::1 proto 47 any-process via eth0 }
    """,
    """
    output_300: oifname "eth0" ip6 daddr 2001:db8:7::1 meta l4proto 47 counter accept
    input_300: iifname "eth0" ip6 saddr 2001:db8:7::1 meta l4proto 47 ct state established
      counter accept
    """),
  RuleCase(
    "single ports are a set, a range of ports is a rule of its own",
    """
    uplink eth0
    tunnel wg0 { endpoint 198.51.100.7 udp 51820, 443, 500-510 mark 1 }
    """,
    """
    output_300: oifname "eth0" ip daddr 198.51.100.7 udp dport { 443, 51820 } meta mark 0x1
      counter accept
    output_300: oifname "eth0" ip daddr 198.51.100.7 udp dport 500-510 meta mark 0x1 counter
      accept
    """),
  RuleCase(
    "a tunnel that carries another lets in nothing but its packets",
    """
    tunnel wg0 { kind wireguard; endpoint 198.51.100.7 udp 51820 mark 1; address 10.64.0.2 }
    tunnel wg1 { endpoint 203.0.113.7 udp 51820 mark 2 via wg0 }
    """,
    """
    output_300: oifname != "lo" oifname != "wg0" oifname != "wg1" ip daddr 198.51.100.7 udp
      dport 51820 meta mark 0x1 counter accept
    output_300: oifname "wg0" ip daddr 203.0.113.7 udp dport 51820 meta mark 0x2 meta oiftype
      65534 counter accept
    """),
  RuleCase(
    "a tunnel address is not reached from elsewhere",
    """
    tunnel wg0 { kind wireguard; address 10.64.0.2 }
    """,
    """
    prerouting_minus310: iifname != "wg0" ip daddr 10.64.0.2 counter drop
    prerouting_minus310: iifname "wg0" ip daddr 10.64.0.2 meta iiftype != 65534 counter drop
    """),
  RuleCase(
    "a tunnel address is no source elsewhere, before NAT and after it",
    """
    tunnel wg0 { kind wireguard; address 10.64.0.2 }
    """,
    """
    postrouting_minus160: oifname != "wg0" ip saddr 10.64.0.2 counter drop
    postrouting_minus160: oifname "wg0" ip saddr 10.64.0.2 meta oiftype != 65534 counter drop
    postrouting_300: oifname != "wg0" ip saddr 10.64.0.2 counter drop
    postrouting_300: oifname "wg0" ip saddr 10.64.0.2 meta oiftype != 65534 counter drop
    postrouting_300: oifname != "wg0" ip daddr 10.64.0.2 counter drop
    postrouting_300: oifname "wg0" ip daddr 10.64.0.2 meta oiftype != 65534 counter drop
    """),
  RuleCase(
    "what goes into a tunnel has its address and its device",
    """
    tunnel wg0 { kind wireguard; address 10.64.0.2 }
    """,
    """
    postrouting_300: iif 0 oifname "wg0" ip saddr 10.64.0.2 meta oiftype 65534 counter accept
    """),
  RuleCase(
    "what lives in a tunnel leaves by no other way",
    """
    tunnel wg0 { inner 10.64.0.0/24 }
    """,
    """
    postrouting_300: oifname != "wg0" ip daddr 10.64.0.0/24 counter drop
    output_300: meta l4proto 6 oifname != "wg0" ip daddr 10.64.0.0/24 counter reject with tcp
      reset
    output_300: oifname != "wg0" ip daddr 10.64.0.0/24 counter reject with icmpx
      admin-prohibited
    """),
  RuleCase(
    "what lives in two tunnels goes by both",
    """
    tunnel wg0 { inner 10.64.0.0/24 }
    tunnel wg1 { inner 10.64.0.0/24 }
    """,
    """
    postrouting_300: oifname != "wg0" oifname != "wg1" ip daddr 10.64.0.0/24 counter drop
    """),
  RuleCase(
    "a resolver in a tunnel is asked there only",
    """
    tunnel wg0 { dns 10.64.0.1 }
    """,
    """
    postrouting_300: oifname != "wg0" ip daddr 10.64.0.1 counter drop
    postrouting_300: iif 0 oifname "wg0" ip daddr 10.64.0.1 meta l4proto { 6, 17 } th dport {
      53, 853 } counter accept
    postrouting_300: meta l4proto { 6, 17 } th dport { 53, 853 } counter drop
    output_300: oifname "wg0" ip daddr 10.64.0.1 meta l4proto { 6, 17 } th dport { 53, 853 }
      counter accept
    output_300: tcp dport { 53, 853 } counter reject with tcp reset
    output_300: meta l4proto { 6, 17 } th dport { 53, 853 } counter reject with icmpx
      admin-prohibited
    """),
  RuleCase(
    "a connection out of a tunnel needs a line",
    """
    tunnel wg0 { address 10.64.0.2; in tcp 51413 }
    """,
    """
    input_300: iifname "wg0" tcp dport 51413 counter accept
    postrouting_300: iif 0 oifname "wg0" ip saddr 10.64.0.2 ct state established ct direction
      reply meta l4proto 6 ct reply proto-src 51413 counter accept
    """),
  RuleCase(
    "an out line narrows what may go in",
    """
    tunnel wg0 { out tcp 80, 443 to 203.0.113.0/24 }
    """,
    """
    postrouting_300: iif 0 oifname "wg0" ip daddr 203.0.113.0/24 tcp dport { 80, 443 } counter
      accept
    """),
  RuleCase(
    "a kind is a device type",
    """
    tunnel ppp0 { kind ppp; out any }
    """,
    """
    output_300: oifname "ppp0" meta oiftype 512 counter accept
    input_300: iifname "ppp0" ct state established meta iiftype 512 counter accept
    """),
  RuleCase(
    "what serves any protocol answers by UDP even where the tunnel's device shows",
    """
    tunnel wg0 { in any }
    """,
    """
    postrouting_300: iifname "wg0" meta l4proto 17 oifname "wg0" ct state established ct
      direction reply counter accept
    """),
]
