/// What wg-quick, Docker, ufw, fail2ban and people write, as `iptables-restore` reads it.
let rulesByOthers = #"""
  *raw
  :PREROUTING ACCEPT [0:0]
  :OUTPUT ACCEPT [0:0]
  -A PREROUTING -d 10.66.66.2/32 ! -i wg0 -m addrtype ! --src-type LOCAL -m comment --comment "wg-quick(8) rule for wg0" -j DROP
  -A OUTPUT -p udp -m udp --dport 69 -j CT --helper tftp
  -A PREROUTING -i lo -j NOTRACK
  COMMIT
  *mangle
  :PREROUTING ACCEPT [0:0]
  :INPUT ACCEPT [0:0]
  :FORWARD ACCEPT [0:0]
  :OUTPUT ACCEPT [0:0]
  :POSTROUTING ACCEPT [0:0]
  -A PREROUTING -p udp -m comment --comment "wg-quick(8) rule for wg0" -j CONNMARK --restore-mark
  -A POSTROUTING -p udp -m mark --mark 0xca6c -m comment --comment "wg-quick(8) rule for wg0" -j CONNMARK --save-mark
  -A OUTPUT -m owner ! --uid-owner 1000 -j MARK --set-mark 0x10/0xf0
  -A OUTPUT -m owner --gid-owner 5-9 -j MARK --xor-mark 0x3
  -A OUTPUT -j MARK --and-mark 0xff
  -A OUTPUT -j MARK --or-mark 0x100
  -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
  -A PREROUTING -p tcp -m tcp --dport 80 -j TPROXY --on-port 3129 --tproxy-mark 0x1/0x1
  COMMIT
  *nat
  :PREROUTING ACCEPT [0:0]
  :INPUT ACCEPT [0:0]
  :OUTPUT ACCEPT [0:0]
  :POSTROUTING ACCEPT [0:0]
  :DOCKER - [0:0]
  -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
  -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
  -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
  -A DOCKER -i docker0 -j RETURN
  -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
  -A POSTROUTING -o eth+ -j SNAT --to-source 192.0.2.1
  COMMIT
  *filter
  :INPUT DROP [0:0]
  :FORWARD DROP [0:0]
  :OUTPUT ACCEPT [0:0]
  :DOCKER-USER - [0:0]
  :f2b-sshd - [0:0]
  :ufw-before-input - [0:0]
  -A INPUT -j ufw-before-input
  -A INPUT -p tcp -m multiport --dports 22,2222:2230 -j f2b-sshd
  -A INPUT -p tcp ! --syn -m state --state NEW -j DROP
  -A INPUT -p icmp --icmp-type echo-request -m limit --limit 1/s -j ACCEPT
  -A INPUT -p icmp -m icmp --icmp-type 3/4 -j ACCEPT
  -A INPUT -p icmp -m icmp ! --icmp-type 5 -j ACCEPT
  -A INPUT ! -f -p udp -m multiport --ports 53,123 -j ACCEPT
  -A INPUT -f -j DROP
  -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT
  -A INPUT -m conntrack --ctstate INVALID,NEW --ctorigdst 10.0.0.1 -j DROP
  -A INPUT -m conntrack ! --ctproto 6 -j RETURN
  -A INPUT -m iprange --src-range 10.0.0.5-10.0.0.9 -j ACCEPT
  -A INPUT -m set --match-set blocked src -j DROP
  -A INPUT -m set ! --match-set nets dst -j DROP
  -A INPUT -m set --match-set tup dst,dst -j DROP
  -A INPUT -s 10.0.0.0/255.0.0.255 -j DROP
  -A INPUT -s 192.0.2.1,192.0.2.2 -j ACCEPT
  -A INPUT -i wg+ -p 47 -j ACCEPT
  -A INPUT ! -p tcp -m ttl --ttl-lt 5 -j DROP
  -A INPUT -p tcp -m tcp ! --dport 1024: -j REJECT --reject-with tcp-reset
  -A INPUT -j LOG --log-prefix "it's \"odd\" \\ [x] " --log-level 7
  -A INPUT -j REJECT
  -A FORWARD -j DOCKER-USER
  -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
  -A FORWARD -m statistic --mode random --probability 0.5 -g DOCKER-USER
  -A FORWARD -j NFQUEUE --queue-num 1 --queue-bypass
  -A DOCKER-USER -j RETURN
  -A f2b-sshd -s 203.0.113.9/32 -j REJECT --reject-with icmp-port-unreachable
  -A f2b-sshd -j RETURN
  -A ufw-before-input -i lo -j ACCEPT
  -A ufw-before-input -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource -j DROP
  -A ufw-before-input -m mac --mac-source 00:11:22:33:44:55 -j ACCEPT
  -A ufw-before-input -m string --algo bm --string "-j ACCEPT" -j DROP
  -A OUTPUT -m cgroup --cgroup 5 -j ACCEPT
  -A OUTPUT -m owner --socket-exists -j ACCEPT
  COMMIT

  """#

let setsByOthers = """
  create blocked hash:ip family inet hashsize 1024 maxelem 65536
  add blocked 198.51.100.1
  add blocked 198.51.100.2
  create nets hash:net family inet hashsize 1024 maxelem 65536
  add nets 10.0.0.0/8
  add nets 10.1.0.0/16 nomatch
  create tup hash:ip,port family inet hashsize 1024 maxelem 65536
  add tup 1.2.3.4,tcp:80

  """
