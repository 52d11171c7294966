/// Compares what should be there with what is there.
let scriptPlan = #"""
  # FAMILY TABLE MODE: from `state`, what has to change, as lines for iptables-restore.
  #
  # load      puts the jumps first in their chains, and removes what is left of other versions
  # block     puts the jump to the block chain first
  # unblock   removes the block chain
  # remove    removes everything
  # status    prints, for people, what is not as it should be
  # closed    prints "closed" where nothing leaves that some version of the policy forbids
  #
  # Old jumps go and new ones come in one commit, so that there is no moment without. Only jumps to
  # chains of other kspolicy policies may stand before ours: those never accept.
  plan() {
    {
      case $1 in
      ip) expected_ip ;;
      *) expected_ip6 ;;
      esac
      echo state
      printf '%s\n' "$state"
    } | awk -v table="$2" -v mode="$3" -v policy="$policy" -v block="$block" '
      function own(name) { return name ~ ("^KSP_" policy "_[A-Za-z0-9]+$") }
      function stale(name) { return !(name in rules) && name != block }
      function clear(name) { print "-F " name; gone[++gone_count] = name }
      function placed(hook,   k) {
        if (total[hook] != jumps[hook] || lead[hook] != jumps[hook]) return 0
        for (k = 1; k <= jumps[hook]; k++) if (seen[hook, k] != wanted[hook, k]) return 0
        return 1
      }

      !reading && $1 == "state" { reading = 1; next }
      !reading && $2 != table { next }
      !reading && $1 == "chain" { names[++name_count] = $3; rules[$3] = $4; next }
      !reading {
        if (!($3 in jumps)) hooks[++hook_count] = $3
        k = ++jumps[$3]
        wanted[$3, k] = $4
        next
      }

      /^\*/ { inside = ($1 == "*" table); next }
      !inside { next }
      /^:/ {
        name = substr($1, 2)
        if (own(name)) { found[++found_count] = name; there[name] = 1 }
        next
      }
      $1 != "-A" { next }
      own($2) { count[$2]++; next }
      {
        line = $0
        gsub(/"([^"\\]|\\.)*"/, "", line)
        word_count = split(line, word, " ")
        target = ""
        for (i = 3; i < word_count; i++) if (word[i] == "-j" || word[i] == "-g") target = word[i + 1]
        plain = word_count == 4 && word[3] == "-j"
        if (!plain || target !~ /^KSP_/) other[$2] = 1
        if (!own(target)) next
        references[++reference_count] = substr($0, 4)
        if (target == block) {
          blocks[++block_count] = substr($0, 4)
          if ($2 == "POSTROUTING" && !other[$2]) block_leads = 1
        } else if (plain) {
          if (!($2 in total)) touched[++touched_count] = $2
          k = ++total[$2]
          seen[$2, k] = target
          if (!other[$2]) lead[$2] = k
        } else if (stale(target)) {
          foreign[++foreign_count] = substr($0, 4)
        }
      }

      function load(   h, k, hook) {
        for (h = 1; h <= touched_count; h++) {
          hook = touched[h]
          if (placed(hook)) continue
          for (k = 1; k <= total[hook]; k++) print "-D " hook " -j " seen[hook, k]
        }
        for (h = 1; h <= hook_count; h++) {
          hook = hooks[h]
          if (placed(hook)) continue
          for (k = jumps[hook]; k >= 1; k--) print "-I " hook " 1 -j " wanted[hook, k]
        }
        for (k = 1; k <= foreign_count; k++) print "-D " foreign[k]
        for (k = 1; k <= found_count; k++) if (stale(found[k])) clear(found[k])
      }
      function status(   h, k, hook) {
        for (k = 1; k <= name_count; k++) {
          if (!(names[k] in there)) print "table " table ": chain " names[k] " is missing"
          else if (count[names[k]] + 0 != rules[names[k]])
            print "table " table ": chain " names[k] " has " (count[names[k]] + 0) \
              " rules instead of " rules[names[k]]
        }
        for (h = 1; h <= hook_count; h++) {
          hook = hooks[h]
          if (placed(hook)) continue
          print "table " table ": " hook " does not begin with " \
            (jumps[hook] == 1 ? "one jump to " wanted[hook, 1] : "our " jumps[hook] " jumps")
        }
        for (k = 1; k <= found_count; k++)
          if (stale(found[k])) print "table " table ": chain " found[k] " is of another version"
        if (block in there) print "table " table ": everything is blocked, an apply was not finished"
      }
      function closed(   k, marked) {
        for (k = 1; k <= found_count; k++) if (found[k] ~ /_v[0-9a-f]+$/) marked = 1
        if (block_leads && count[block] > 1) print "closed"
        else if (marked && lead["POSTROUTING"] > 0 && count[seen["POSTROUTING", 1]] > 0) print "closed"
      }

      END {
        if (mode == "load") load()
        else if (mode == "status") status()
        else if (mode == "closed") closed()
        else if (mode == "block") {
          if (!block_leads || block_count != 1) {
            for (k = 1; k <= block_count; k++) print "-D " blocks[k]
            print "-I POSTROUTING 1 -j " block
          }
        } else if (mode == "unblock") {
          for (k = 1; k <= block_count; k++) print "-D " blocks[k]
          if (block in there) clear(block)
        } else {
          for (k = 1; k <= reference_count; k++) print "-D " references[k]
          for (k = 1; k <= found_count; k++) clear(found[k])
        }
        # All are empty now, so that none refers to another.
        for (k = 1; k <= gone_count; k++) print "-X " gone[k]
      }
    '
  }

  # FAMILY TABLE: what is not as it should be, also in tables that this version does not use.
  problems() {
    plan "$1" "$2" status | sed "s/^/$(family_name "$1"), /"
  }


  """#
