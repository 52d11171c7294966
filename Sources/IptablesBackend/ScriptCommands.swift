/// What the script's first argument asks for.
let scriptCommands = #"""
  usage() {
    cat <<KSP_END
  usage: sh $0 apply|remove|status|help

  apply   load the rules of policy $policy, again or for the first time
  remove  take all of them away
  status  tell whether all of them are loaded (exit status 0) or not (1)

  IPTABLES and IP6TABLES name the commands to use: iptables and ip6tables, or for
  example iptables-legacy and ip6tables-legacy.
  Exit status: 0 done, 1 not loaded completely, 64 wrong usage, 70 failed.
  KSP_END
  }

  apply() {
    # A lost terminal must not end this half way.
    trap '' HUP INT TERM PIPE
    probe
    tell_other_kind
    held=old
    changed=no
    for family in $families; do
      read_state "$family" || refuse "cannot read the $(family_name "$family") rules"
      [ "$(plan "$family" mangle closed)" = closed ] || held=nothing
    done
    if [ "$held" = nothing ]; then
      for family in $families; do
        load_block "$family" || stop_closed "cannot block $(family_name "$family")"
      done
      held=block
    fi
    check_cgroups
    load_sets
    for table in $all_tables; do
      for family in $families; do
        mode=remove
        if uses_table "$family" "$table"; then mode=load; fi
        change_table "$family" "$table" "$mode" ||
          stop_closed "cannot load the $(family_name "$family") rules of table $table"
        changed=yes
      done
    done
    open_up
    for set in $(kernel_sets); do
      case " $own_sets_ip $own_sets_ip6 " in
      *" $set "*) ;;
      *) ipset destroy "$set" 2>/dev/null ;;
      esac
    done
    say "applied"
  }

  # Takes the block away, when all that it stood for is there.
  open_up() {
    for family in $families; do
      read_state "$family" || stop_closed "cannot read the $(family_name "$family") rules"
      failure=$(for table in $all_tables; do problems "$family" "$table"; done |
        grep -v 'everything is blocked')
      [ -z "$failure" ] || stop_closed "the rules are not there after they were loaded"
    done
    for family in $families; do
      change_table "$family" mangle unblock ||
        stop_closed "cannot take the $(family_name "$family") block away"
    done
  }

  remove() {
    trap '' HUP INT TERM PIPE
    result=0
    for family in ip6 ip; do
      if is_absent "$family"; then continue; fi
      command=$(tool "$family")
      if ! have "$command-save" || ! have "$command-restore"; then
        complain "missing: $command-save $command-restore"
        result=70
        continue
      fi
      for table in filter nat raw mangle; do
        change_table "$family" "$table" remove && continue
        complain "cannot remove the $(family_name "$family") rules of table $table"
        printf '%s\n' "$failure" | sed 's/^/  /' >&2
        result=70
      done
    done
    if have ipset; then
      for set in $(kernel_sets); do
        ipset destroy "$set" || result=70
      done
    fi
    if tell_other_kind; then result=70; fi
    [ "$result" -ne 0 ] || say "removed"
    exit "$result"
  }

  status() {
    result=0
    for family in ip6 ip; do
      if is_absent "$family"; then continue; fi
      name=$(family_name "$family")
      read_state "$family" || {
        say "$name: $(tool "$family")-save does not work here"
        result=1
        continue
      }
      found=$(for table in $all_tables; do problems "$family" "$table"; done)
      for set in $(own_sets "$family"); do
        kernel_sets | grep -q "^$set\$" || found="$found
  $name, set $set is missing"
      done
      if [ -z "$found" ]; then
        say "$name is loaded completely"
      elif ! printf '%s\n' "$state" | grep -q "^:KSP_${policy}_[A-Za-z0-9]* "; then
        say "$name is not loaded"
        result=1
      else
        printf '%s\n' "$found" | while IFS= read -r line; do
          [ -z "$line" ] || say "$line"
        done
        result=1
      fi
    done
    tell_other_kind
    exit "$result"
  }

  case $#${1-} in
  1apply | 1remove | 1status) ;;
  1help | 1-h | 1--help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 64
    ;;
  esac
  if [ "$(id -u)" != 0 ]; then
    complain "$1 needs root: sudo sh $0 $1"
    exit 70
  fi
  case $1 in
  apply) apply ;;
  remove) remove ;;
  *) status ;;
  esac
  exit

  """#
