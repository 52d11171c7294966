/// What the lines of a policy become, as nft prints it.
///
/// A rule goes on in lines that begin with a space; comments of rules are left out.
let confineCases: [RuleCase] = [
  RuleCase(
    "a user is found by the socket, and by the label of the connection",
    """
    confine user 1000
    tunnel wg0 { dns 10.64.0.1, 127.0.0.53 }
    """,
    """
    output_300: meta skuid 1000 ct label set 98 goto confined_output
    output_300: ct label 98 goto confined_output
    postrouting_300: iif 0 meta skuid 1000 goto confined_postrouting
    postrouting_300: iif 0 ct label 98 goto confined_postrouting
    """),
  RuleCase(
    "packets without an owner do not begin in the middle",
    """
    confine user 1000
    tunnel wg0 { dns 10.64.0.1, 127.0.0.53 }
    """,
    """
    output_300: meta l4proto 6 tcp flags & 0x02 == 0x00 ct state new counter drop
    postrouting_300: iif 0 meta l4proto 6 tcp flags & 0x02 == 0x00 ct state new counter drop
    """),
  RuleCase(
    "on lo a confined user asks where a line says",
    """
    confine user 1000
    tunnel wg0 { dns 10.64.0.1, 127.0.0.53 }
    """,
    """
    confined_output: oifname "lo" ip daddr 127.0.0.53 meta l4proto { 6, 17 } th dport { 53,
      853 } counter accept
    confined_output: oifname "wg0" ip daddr 10.64.0.1 meta l4proto { 6, 17 } th dport { 53,
      853 } counter accept
    confined_output: tcp dport { 53, 853 } counter reject with tcp reset
    confined_output: meta l4proto { 6, 17 } th dport { 53, 853 } counter reject with icmpx
      admin-prohibited
    confined_output: oifname "lo" tcp dport { 53, 853 } counter reject with tcp reset
    confined_output: oifname "lo" meta l4proto { 6, 17 } th dport { 53, 853 } counter reject
      with icmpx admin-prohibited
    confined_output: oifname "lo" accept
    """),
  RuleCase(
    "new connections from a tunnel need a line, whoever is confined",
    """
    confine user 1000
    tunnel wg0 { dns 10.64.0.1, 127.0.0.53 }
    """,
    """
    input_300: iifname "wg0" counter drop
    """),
  RuleCase(
    "a control group is found by its bit",
    """
    confine cgroup "torrent.slice"
    tunnel wg0 { address 10.64.0.2 }
    """,
    """
    output_300: socket cgroupv2 level 1 "torrent.slice" meta mark set meta mark | 0x2000000
    output_300: meta mark & 0x2000000 == 0x2000000 ct label set 98 goto confined_output
    output_300: ct label 98 goto confined_output
    postrouting_300: iif 0 meta mark & 0x2000000 == 0x2000000 goto confined_postrouting
    postrouting_300: iif 0 ct label 98 goto confined_postrouting
    """),
  RuleCase(
    "what this machine sends into a tunnel has its address",
    """
    confine cgroup "torrent.slice"
    tunnel wg0 { address 10.64.0.2 }
    """,
    """
    postrouting_300: oifname != "lo" oifname != "wg0" ip saddr 10.64.0.2 counter drop
    postrouting_300: oifname != "lo" oifname != "wg0" ip daddr 10.64.0.2 counter drop
    postrouting_300: oifname != "lo" iif 0 oifname "wg0" meta nfproto ipv4 ip saddr !=
      10.64.0.2 counter drop
    postrouting_300: oifname != "lo" iif 0 oifname "wg0" meta nfproto ipv6 counter drop
    """),
  RuleCase(
    "a container is found by its interface, and by its address before NAT and after",
    """
    confine from docker0, from 172.18.0.5
    tunnel wg0 { out any }
    forward docker0 { to wg0 }
    """,
    """
    forward_300: iifname "docker0" goto confined_forward
    forward_300: iifname "docker0" ip saddr 172.18.0.5 goto confined_forward
    postrouting_minus160: iifname "docker0" ip saddr 172.18.0.5 goto confined_postrouting
    postrouting_300: iifname "docker0" goto confined_postrouting
    postrouting_300: iifname "docker0" ct original ip saddr 172.18.0.5 ct direction original
      goto confined_postrouting
    postrouting_300: iifname "docker0" ct reply ip saddr 172.18.0.5 ct direction reply goto
      confined_postrouting
    """),
  RuleCase(
    "all others pass",
    """
    confine from docker0, from 172.18.0.5
    tunnel wg0 { out any }
    forward docker0 { to wg0 }
    """,
    """
    forward_300: accept
    output_300: accept
    postrouting_300: accept
    """),
  RuleCase(
    "the kernel's own messages on a container network are not the container's",
    """
    confine from docker0
    """,
    """
    postrouting_300: iifname "docker0" oifname "docker0" ip6 hoplimit 255 icmpv6 type {
      nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, nd-redirect
      } counter accept
    postrouting_300: iifname "docker0" oifname "docker0" ip daddr 224.0.0.0/4 ip ttl 1 meta
      l4proto 2 counter accept
    """),
  RuleCase(
    "a container told by its address alone is looked for everywhere, and is not this machine",
    """
    confine from 172.17.0.5, from docker0
    """,
    """
    forward_300: ip saddr 172.17.0.5 goto confined_forward
    postrouting_300: iif != 0 ct original ip saddr 172.17.0.5 ct direction original goto
      confined_postrouting
    """),
]
