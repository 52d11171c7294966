#!/bin/sh
# Compiles a real policy for every target, loads each result into a network namespace of its own, and shows
# what passes and what does not: demo.sh KSPOLICY PACKET-PROBE
#
# Exit status 0 only when every rule set loads and every probe ends as the policy says.
set -eu

kspolicy=$1 probe=$2
scripts=$(dirname "$0")
policy=policies/homelab.ksp
out=$PWD/demo/out
PATH="$PATH:/usr/sbin:/sbin"

say() { printf '\n%s\n' "$*"; }

# Namespaces of their own for the network, the mounts and the processes; `--user` where we are not root.
in_scratch() {
  if [ "$(id -u)" -eq 0 ]; then user=; else user='--user --map-root-user'; fi
  # shellcheck disable=SC2086 # a list of words
  timeout --foreground -k 5 120 unshare $user --net --mount --pid --fork --kill-child --mount-proc "$@"
}

host_rules() {
  if [ "$(id -u)" -eq 0 ]; then nft -s list ruleset 2>/dev/null || true; fi
}

value_of() { sed -n "s/^$2 //p" "$out/$1.facts" 2>/dev/null; }

say "== The policy: $policy"
sed '/^expect/d; /^#/d' "$policy" | cat -s | sed 's/^/    /'

say "== Compiled for each target"
rm -rf demo/out
mkdir -p demo/out
for target in nft nft-json iptables; do
  case $target in
    nft) name=homelab.nft loads='nft -f' ;;
    nft-json) name=homelab.json loads='nft -j -f' ;;
    iptables) name=homelab.sh loads='sh homelab.sh apply' ;;
  esac
  "$kspolicy" compile --target "$target" "$policy" -o "$out/$name"
  cp "$out/$name" "$out/$target.rules"
  printf '    %-9s demo/out/%-13s %6d bytes   load it with: %s\n' \
    "$target" "$name" "$(wc -c <"$out/$name")" "$loads"
done

if ! in_scratch true 2>/dev/null; then
  say "error: this machine does not allow network namespaces (a container or a sandbox?), so the rules
cannot be loaded here without touching the machine's own. They are in demo/out. To see them at work, run
\`make demo\` as root, on a machine or in a container that may make namespaces (docker run --privileged)."
  exit 1
fi

say "== Loaded, each into a network namespace of its own"
host_rules >"$out/host.before"
for target in none nft nft-json iptables; do
  if ! in_scratch sh "$scripts/demo-lab.sh" "$target" "$probe" "$out" >"$out/$target.log" 2>&1; then
    echo "    $target: the scratch network failed; its last words:"
    tail -n 5 "$out/$target.log" | sed 's/^/      /'
    exit 1
  fi
  [ "$target" != none ] || continue
  printf '    %-9s loaded: %s rules; loaded again: %s; removed: %s\n' "$target" \
    "$(value_of "$target" rules)" \
    "$(value_of "$target" again | sed 's/same/nothing changed/; s/different/THE RULES CHANGED/')" \
    "$(value_of "$target" removed | sed 's/same/nothing left/; s/different/SOMETHING IS LEFT/')"
done
host_rules >"$out/host.after"
if [ "$(id -u)" -ne 0 ]; then
  echo "    This machine's own rules: out of reach, as we are not root."
elif cmp -s "$out/host.before" "$out/host.after"; then
  echo "    This machine's own rules: the same before and after."
else
  echo "    This machine's own rules changed meanwhile; not by the demo, which runs in namespaces of its own."
fi

say "== Real packets, sent without rules and then under each rule set

    wg0: by the tunnel. eth0: in clear, outside the tunnel. here: arrived. blocked: seen nowhere.
"
status=0
sed '/^#/d; /^$/d' "$scripts/demo-probes.txt" |
  paste -d '|' - "$out/none.seen" "$out/nft.seen" "$out/nft-json.seen" "$out/iptables.seen" |
  awk -F ' *[|] *' -f "$scripts/demo-table.awk" || status=1

for target in nft nft-json iptables; do
  [ "$(value_of "$target" again)$(value_of "$target" removed)" = samesame ] || status=1
done

if [ "$status" -ne 0 ]; then
  say "error: something did not go as the policy says; see the lines above and demo/out/*.log"
  exit 1
fi
say "== Next

    Read the rules:        less demo/out/homelab.nft   (each names the policy line that it comes from)
    Write your own:        docs/language.md, and the policies in policies/
    Compile it:            $kspolicy compile my.ksp -o my.nft
    Load, reload, remove:  docs/targets.md
    Run the tests:         make test"
