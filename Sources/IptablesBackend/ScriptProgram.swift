/// What the script does, the same for every policy.
let scriptProgram = scriptTools + scriptPlan + scriptLoading + scriptCommands

/// Messages, and the tools of both families.
private let scriptTools = #"""
  # From here on the script is the same for every policy.

  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
  LC_ALL=C
  export PATH LC_ALL
  IPTABLES=${IPTABLES:-iptables}
  IP6TABLES=${IP6TABLES:-ip6tables}

  block=KSP_${policy}_block
  all_tables='mangle raw nat filter'
  # What the last failed command printed.
  failure=

  say() { printf 'kspolicy %s: %s\n' "$policy" "$*"; }
  complain() { say "$@" >&2; }
  have() { command -v "$1" >/dev/null 2>&1; }

  # FAMILY: its name for people.
  family_name() {
    case $1 in
    ip) echo IPv4 ;;
    *) echo IPv6 ;;
    esac
  }

  # FAMILY: its iptables command.
  tool() {
    case $1 in
    ip) printf '%s\n' "$IPTABLES" ;;
    *) printf '%s\n' "$IP6TABLES" ;;
    esac
  }

  # FAMILY: the sets of this version.
  own_sets() {
    case $1 in
    ip) printf '%s\n' "$own_sets_ip" ;;
    *) printf '%s\n' "$own_sets_ip6" ;;
    esac
  }

  # FAMILY TABLE: true where the policy has rules in the table.
  uses_table() {
    case $1 in
    ip) used=$tables_ip ;;
    *) used=$tables_ip6 ;;
    esac
    case " $used " in
    *" $2 "*) return 0 ;;
    *) return 1 ;;
    esac
  }

  # FAMILY TEXT: loads one table in one commit, all of it or nothing.
  commit() {
    failure=$(printf '%s\n' "$2" | "$(tool "$1")-restore" -w --noflush 2>&1)
  }

  # FAMILY: sets `state` to all rules of the family.
  #
  # iptables-save reads the tables that are there; iptables -S would make those that are not.
  read_state() {
    state=$("$(tool "$1")-save" 2>/dev/null) && return 0
    failure=$("$(tool "$1")-save" 2>&1)
    return 1
  }

  # FAMILY: true for IPv6 where the kernel has none, so that nothing can be loaded for it.
  is_absent() {
    [ "$1" = ip6 ] && [ ! -e /proc/net/if_inet6 ] && ! read_state "$1"
  }

  # FAMILY: the command of the other kind, nft for legacy and legacy for nft.
  other_tool() {
    case $("$(tool "$1")" -V 2>/dev/null) in
    *nf_tables*) kind=legacy ;;
    *) kind=nft ;;
    esac
    case $1 in
    ip) printf 'iptables-%s\n' "$kind" ;;
    *) printf 'ip6tables-%s\n' "$kind" ;;
    esac
  }

  # True, and says so, where the other kind of iptables holds rules of this policy.
  tell_other_kind() {
    for family in ip ip6; do
      have "$(tool "$family")" || continue
      command=$(other_tool "$family")
      have "$command-save" || continue
      if "$command-save" 2>/dev/null | grep -q "^:KSP_${policy}_[A-Za-z0-9]* "; then
        kind=${command##*-}
        complain "$command holds rules of this policy as well; both are in force." \
          "To remove those: IPTABLES=iptables-$kind IP6TABLES=ip6tables-$kind sh $0 remove"
        return 0
      fi
    done
    return 1
  }

  # The sets of this policy, of every version, and unfinished ones.
  kernel_sets() {
    ipset list -n 2>/dev/null | grep "^KSP_${policy}_[0-9a-f]\{8\}\(_t\)\{0,1\}\$"
  }


  """#
