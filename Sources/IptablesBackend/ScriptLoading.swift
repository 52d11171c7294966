/// Checks the machine, blocks it, and loads the rules.
let scriptLoading = #"""
  # Nothing was changed yet.
  refuse() {
    complain "$@"
    [ -z "$failure" ] || printf '%s\n' "$failure" | sed 's/^/  /' >&2
    complain "nothing was changed"
    exit 70
  }

  # FAMILY: true where its rules can be read and written in every table that is needed.
  works() {
    for table in $all_tables; do
      uses_table "$1" "$table" || continue
      failure=$("$(tool "$1")" -w -t "$table" -S 2>&1) || return 1
    done
    failure=
  }

  # Sets `families`, in the order in which they are blocked.
  probe() {
    needed="awk grep sed $IPTABLES $IPTABLES-restore $IPTABLES-save"
    if [ -e /proc/net/if_inet6 ] || have "$IP6TABLES"; then
      families='ip6 ip'
      needed="$needed $IP6TABLES $IP6TABLES-restore $IP6TABLES-save"
    else
      families=ip
      say "this kernel has no IPv6: only IPv4 rules are loaded"
    fi
    [ -z "$own_sets_ip$own_sets_ip6" ] || needed="$needed ipset"
    missing=
    for name in $needed; do have "$name" || missing="$missing $name"; done
    [ -z "$missing" ] || refuse "missing:$missing"
    works ip || refuse "$IPTABLES does not work here"
    if [ "$families" != ip ] && ! works ip6; then
      # Rules for IPv4 alone would leave a way out.
      [ ! -e /proc/net/if_inet6 ] ||
        refuse "$IP6TABLES does not work here, and this kernel has IPv6"
      families=ip
      failure=
      say "this kernel has no IPv6: only IPv4 rules are loaded"
    fi
  }

  # FAMILY: puts a chain that drops all but lo first in mangle POSTROUTING, which sees all that leaves.
  load_block() {
    read_state "$1" || return 1
    commit "$1" "*mangle
  :$block - [0:0]
  -A $block -o lo -j RETURN
  -A $block -m comment --comment \"kspolicy $policy: not complete, nothing leaves\" -j DROP
  $(plan "$1" mangle block)
  COMMIT"
  }

  # FAMILY: the same by single commands, where iptables-restore fails.
  load_block_by_hand() {
    command=$(tool "$1")
    "$command" -w -t mangle -N "$block" 2>/dev/null
    "$command" -w -t mangle -A "$block" -o lo -j RETURN &&
      "$command" -w -t mangle -A "$block" -j DROP &&
      "$command" -w -t mangle -I POSTROUTING 1 -j "$block"
  }

  # FAMILY: true where the block chain is in force.
  is_blocked() {
    read_state "$1" && printf '%s\n' "$state" | grep -q "^-A POSTROUTING -j $block\$" &&
      [ "$(plan "$1" mangle closed)" = closed ]
  }

  # WORDS: something failed after the start; nothing may leave, or it is said what may.
  stop_closed() {
    complain "$@"
    [ -z "$failure" ] || printf '%s\n' "$failure" | sed 's/^/  /' >&2
    if [ "$held" = old ] && [ "$changed" = no ]; then
      complain "nothing was changed: the rules of the last apply hold"
      exit 70
    fi
    open=
    for family in $families; do
      is_blocked "$family" || load_block "$family" || load_block_by_hand "$family" ||
        open="$open $(family_name "$family")"
    done
    if [ -z "$open" ]; then
      complain "everything is blocked now: nothing leaves this machine but by lo." \
        "Run apply again, or remove to open it"
    else
      complain "NOT blocked:$open"
    fi
    exit 70
  }

  # A rule can only name a control group that exists; iptables' own message does not say so.
  check_cgroups() {
    [ -n "$(cgroups)" ] || return 0
    roots=$(awk '$3 == "cgroup2" { print $2 }' /proc/mounts)
    [ -n "$roots" ] || return 0
    missing=$(cgroups | while IFS= read -r path; do
      printf '%s\n' "$roots" | while IFS= read -r root; do
        [ ! -d "$root/$path" ] || echo found
      done | grep -q found || printf ' %s' "$path"
    done)
    [ -z "$missing" ] || stop_closed "no such control group, start it first:$missing"
  }

  # FAMILY: makes the sets; rules of other versions keep theirs.
  load_sets() {
    for set in $(kernel_sets); do
      case $set in
      *_t) ipset destroy "$set" 2>/dev/null ;;
      esac
    done
    for family in $families; do
      [ -n "$(own_sets "$family")" ] || continue
      failure=$(case $family in
      ip) sets_ip ;;
      *) sets_ip6 ;;
      esac | ipset restore 2>&1) ||
        stop_closed "cannot load the $(family_name "$family") sets"
    done
  }

  # FAMILY TABLE MODE: commits what plan says, with the table's rules in mode load.
  #
  # Another program may move our jumps between reading and writing: then the commit fails as a whole,
  # and is tried again.
  change_table() {
    for attempt in 1 2 3; do
      read_state "$1" || return 1
      change=$(plan "$1" "$2" "$3")
      if [ "$3" = load ]; then
        text=$(rules "$1" "$2")
      else
        [ -n "$change" ] || return 0
        text=
      fi
      commit "$1" "*$2
  $text
  $change
  COMMIT" && return 0
      case $attempt$change in
      3*) return 1 ;;
      *-D*) ;;
      *) return 1 ;;
      esac
    done
  }


  """#
