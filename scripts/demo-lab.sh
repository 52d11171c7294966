#!/bin/sh
# One small network in network namespaces, with one rule set loaded: demo-lab.sh TARGET PROBE FOLDER
#
#   box ─ docker0 [home] eth0 ─ lan0 [world]        world is the router, the LAN, the internet
#                   wg0 ══ encrypted ══ vpn0         and the VPN server
#
# Runs as process 1 of its own PID, mount and network namespace: when it ends, all of this is gone.
# FOLDER/TARGET.rules is the rule set; TARGET `none` has none. Writes FOLDER/TARGET.facts (`name value`
# lines) and FOLDER/TARGET.seen (one line for each line of demo-probes.txt: the way that the packet took).
set -eu

target=$1 probe=$2 folder=$3
seen=$folder/$target.seen
facts=$folder/$target.facts
rules=$folder/$target.rules
probes=$(dirname "$0")/demo-probes.txt
wait_ms=700

# Process 1 ignores what it has no handler for.
trap 'exit 130' INT TERM

mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/wireguard
: >"$facts"
: >"$seen"

at() { # NAMESPACE COMMAND...
  namespace=$1
  shift
  ip netns exec "$namespace" "$@"
}

fact() { echo "$*" >>"$facts"; }

for name in home world box; do
  ip netns add "$name"
  # Addresses are used at once, and nothing waits for a router's announcement.
  # shellcheck disable=SC2016 # the inner shell's own variable
  at "$name" sh -c '
    for folder in all default; do
      echo 0 >/proc/sys/net/ipv6/conf/$folder/accept_dad
      echo 0 >/proc/sys/net/ipv6/conf/$folder/accept_ra
      echo 1 >/proc/sys/net/ipv6/conf/$folder/forwarding
    done
    echo 1 >/proc/sys/net/ipv4/ip_forward'
  ip -n "$name" link set lo up
done

ip -n home -batch - <<'END'
link add eth0 type veth peer name lan0 netns world
link add docker0 type bridge
link add veth0 type veth peer name eth0 netns box
link set veth0 master docker0 up
link set docker0 up
addr add 172.17.0.1/16 dev docker0
addr add fd00:d0c::1/64 dev docker0 nodad
addr add 192.168.1.2/24 dev eth0
addr add fd12:3456:789a::2/64 dev eth0 nodad
addr add 2001:db8:77::2/64 dev eth0 nodad
link set eth0 up
END
ip -n world -batch - <<'END'
addr add 192.168.1.1/24 dev lan0
addr add 192.168.1.50/24 dev lan0
addr add fd12:3456:789a::1/64 dev lan0 nodad
addr add 2001:db8:77::1/64 dev lan0 nodad
addr add 198.51.100.7/32 dev lo
addr add 203.0.113.80/32 dev lo
addr add 2001:db8:80::80/128 dev lo nodad
link set lan0 up
END
ip -n box -batch - <<'END'
addr add 172.17.0.2/16 dev eth0
addr add fd00:d0c::2/64 dev eth0 nodad
link set eth0 up
route add default via 172.17.0.1
route add default via fd00:d0c::1
END
ip -n home -batch - <<'END'
route add default via 192.168.1.1 dev eth0
route add default via 2001:db8:77::1 dev eth0
END

# What Docker does for its containers: addresses behind the machine's own, and a published port.
at home nft -f - <<'END'
table ip docker_nat {
  chain postrouting {
    type nat hook postrouting priority srcnat
    ip saddr 172.17.0.0/16 oifname != "docker0" masquerade
  }
  chain prerouting {
    type nat hook prerouting priority dstnat
    iifname "eth0" tcp dport 8080 dnat to 172.17.0.2:8080
  }
}
END

# A WireGuard interface of the kernel, or of a program where the kernel has none.
wireguard() { # NAMESPACE INTERFACE
  ip -n "$1" link add "$2" type wireguard 2>/dev/null && return
  command -v wireguard-go >/dev/null || return
  at "$1" env LOG_LEVEL=silent WG_PROCESS_FOREGROUND=1 wireguard-go -f "$2" >/dev/null 2>&1 &
  tries=0
  until [ -S "/run/wireguard/$2.sock" ]; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || return
    sleep 0.05
  done
}

umask 077
wg genkey >/run/home.key
wg genkey >/run/world.key
home_key=$(wg pubkey </run/home.key)
world_key=$(wg pubkey </run/world.key)
if ! { wireguard world vpn0 && wireguard home wg0; }; then
  echo "error: no WireGuard here: the kernel has none, and wireguard-go needs /dev/net/tun" >&2
  exit 1
fi
at world wg set vpn0 private-key /run/world.key listen-port 51820 \
  peer "$home_key" allowed-ips 0.0.0.0/0,::/0
at home wg set wg0 private-key /run/home.key listen-port 51821 fwmark 0x6b73 \
  peer "$world_key" allowed-ips 0.0.0.0/0,::/0 endpoint 198.51.100.7:51820
ip -n world -batch - <<'END'
addr add 10.64.0.1/24 dev vpn0
addr add fc00:bbbb::1/64 dev vpn0 nodad
link set vpn0 mtu 1380 up
END
ip -n home -batch - <<'END'
addr add 10.64.0.2/24 dev wg0
addr add fc00:bbbb::2/64 dev wg0 nodad
link set wg0 mtu 1380 up
route add 198.51.100.7/32 via 192.168.1.1 dev eth0
route add 0.0.0.0/1 dev wg0
route add 128.0.0.0/1 dev wg0
route add ::/1 dev wg0
route add 8000::/1 dev wg0
END

# The first handshake, and the neighbours' addresses, before there are rules: they take a moment.
for address in 10.64.0.1 fc00:bbbb::1 192.168.1.50 2001:db8:77::1 172.17.0.2; do
  tries=0
  until at home "$probe" agent <<END | grep -q answered; do
ask n=0 proto=icmp dst=$address wait=300

END
    tries=$((tries + 1))
    [ "$tries" -le 20 ] || { echo "error: $address does not answer in the scratch network" >&2; exit 1; }
  done
done

load() {
  case $target in
    nft) at home nft -f "$rules" ;;
    nft-json) at home nft -j -f "$rules" ;;
    iptables) at home sh "$rules" apply ;;
  esac
}

our_tables() { at home nft list tables | grep ' kspolicy_' || true; }

remove() {
  case $target in
    iptables) at home sh "$rules" remove ;;
    *) our_tables | sed 's/^/delete /' | at home nft -f - ;;
  esac
}

# All rules of the namespace, without counters. iptables leaves its built-in chains behind when they are empty.
listing() {
  case $target in
    iptables)
      { at home iptables-save; at home ip6tables-save; } | sed '/^#/d; /^\*/d; /^COMMIT/d
        /^:[A-Z]* ACCEPT /d; s/\[[0-9:]*\]//'
      at home ipset list -name
      ;;
    *) at home nft -s list ruleset ;;
  esac
}

rule_count() {
  case $target in
    iptables) { at home iptables-save; at home ip6tables-save; } | grep -c '^-A' ;;
    *)
      our_tables | sed 's/^/list /' | at home nft -a -f - |
        grep -c '^		.*# handle'
      ;;
  esac
}

same() { if cmp -s "$1" "$2"; then echo same; else echo different; fi; }

listing >/run/before
if [ "$target" != none ]; then
  load
  fact rules "$(rule_count)"
  listing >/run/first
  load
  listing >/run/second
  fact again "$(same /run/first /run/second)"
fi

# Standard input that never ends: what reads it lives as long as this script.
mkfifo /run/open
exec 9<>/run/open

start() { # NAMESPACE NAME WORDS...
  place=$1 name=$2
  shift 2
  : >"/run/$name"
  at "$place" "$probe" "$@" <&9 >"/run/$name" 2>&1 &
  tries=0
  until grep -q '^ready' "/run/$name"; do
    tries=$((tries + 1))
    [ "$tries" -le 200 ] || { echo "error: $name: $(cat "/run/$name")" >&2; exit 1; }
    sleep 0.02
  done
}

start world wire capture
start world world-services serve \
  tcp,203.0.113.80,443 tcp,2001:db8:80::80,443 tcp,192.168.1.50,22 tcp,192.168.1.50,80 \
  udp,10.64.0.1,53 udp,192.168.1.1,53
start home home-services serve tcp,0.0.0.0,22 tcp,0.0.0.0,9000
start box box-services serve tcp,0.0.0.0,8080

# Sends the probes of one moment, `up` or `gone`, all of a namespace at once.
send() { # MOMENT
  for place in home box world; do
    sed '/^#/d; /^$/d' "$probes" | awk -F ' *[|] *' -v moment="$1" -v place="$place" -v wait="$wait_ms" '
      $1 == moment && $2 == place { print "ask n=" NR, "wait=" wait, $4 }
      END { print "" }' | at "$place" "$probe" agent >>/run/answers
  done
}

send up
ip -n home link del wg0 2>/dev/null || true
send gone
sleep 0.3

# A way is `eth0` (in clear, on the wire), `wg0` (out of the tunnel's far end), `here` (it arrived and was
# answered), or `blocked`. A packet that gets out without the answer that it asks for is `WAY-mute`.
sed '/^#/d; /^$/d' "$probes" | awk -F ' *[|] *' '
  FILENAME == "/run/answers" {
    if ($0 ~ / answered$/) { split($0, word, /[= ]/); answered[word[2]] = 1 }
    next
  }
  FILENAME == "/run/wire" {
    if ($0 !~ / way=in /) next
    way = $0 ~ / iface=vpn0 / ? "wg0" : "eth0"
    if (match($0, / (sport|id)=[0-9]+/)) {
      number = substr($0, RSTART, RLENGTH); sub(/.*=/, "", number); way_of[number - 20000] = way
    }
    next
  }
  {
    number = FNR
    if ($2 == "world") { print answered[number] ? "here" : "blocked"; next }
    if (!(number in way_of)) { print "blocked"; next }
    print way_of[number] ($3 == "ask" && !answered[number] ? "-mute" : "")
  }' /run/answers /run/wire - >"$seen"

if [ "$target" != none ]; then
  remove
  listing >/run/after
  fact removed "$(same /run/before /run/after)"
fi
fact finished yes
