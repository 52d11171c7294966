/// Rules written by hand that the whole harness can be tried on: one chain in postrouting decides.
let handWrittenRules = """
  table inet by_hand {
    chain early {
      type filter hook prerouting priority -310
      iifname != { "lo", "wg0" } ip daddr 10.64.0.2 counter drop
      iifname != { "lo", "wg0" } ip6 daddr fc00:bbbb::2 counter drop
    }
    chain incoming {
      type filter hook input priority 0; policy drop
      iifname "lo" accept
      iifname "wg0" ct state established accept
      iifname "eth0" ip saddr 198.51.100.7 udp sport 51820 ct state established accept
      iifname "eth0" ip saddr 192.168.1.0/24 tcp dport 22 accept
      iifname "eth0" ip saddr 192.168.1.0/24 tcp sport 22 ct direction reply ct state established accept
      icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept
    }
    chain forwarded {
      type filter hook forward priority 0; policy drop
      iifname "docker0" oifname "wg0" accept
      iifname "wg0" oifname "docker0" ct state established accept
    }
    chain leaving {
      type filter hook postrouting priority 300; policy drop
      oifname "lo" accept
      oifname "wg0" accept
      oifname "docker0" ct direction reply accept
      oifname "eth0" ip daddr 198.51.100.7 udp dport 51820 meta mark 0x6b73 accept
      icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
      oifname "eth0" meta l4proto { tcp, udp } th dport { 53, 853 } counter drop
      oifname "eth0" ip saddr 192.168.1.2 ip daddr 192.168.1.0/24 tcp dport 22 accept
      oifname "eth0" ip daddr 192.168.1.0/24 ct direction reply tcp sport 22 accept
      counter
    }
  }
  """
