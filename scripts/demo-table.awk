# Prints what the probes met. A line: moment | from | verb | packet | expected | words | none | three targets.
function shown(way) {
  sub(/-mute/, "", way)
  return way
}

function cell(way, expected) {
  if (way == expected) return way
  if (way == "") return "NOT SENT !"
  return shown(way) (expected == "blocked" ? " LEAK!" : " WRONG!")
}

BEGIN {
  line = "    %-38s %-13s %-13s %-13s %s\n"
  printf line, "", "without rules", "nft", "nft-json", "iptables"
}

{
  without = cell($7, $5)
  if (without ~ /LEAK/) leaks++
  if (without ~ / WRONG/) wrong++  # the scratch network itself does not work
  printf line, $6, without, cell($8, $5), cell($9, $5), cell($10, $5)
  wrong += ($8 != $5) + ($9 != $5) + ($10 != $5)
  total++
  blocked += $5 == "blocked"
}

END {
  printf "\n    %d probes: without rules %d of the %d that the policy blocks got through", total, leaks + 0, blocked
  if (wrong == 0) printf "; with each rule set none did, and all that it allows arrived.\n"
  else printf "; %d results are not as the policy says.\n", wrong
  exit wrong > 0
}
