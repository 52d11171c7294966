#!/bin/sh
# Writes the golden files anew and shows what changed. Always ends with a failure, so that nothing can
# mistake an update for a check: review the difference, commit it, then run `make test`.
set -u

UPDATE_GOLDEN=1 swift test --filter Golden </dev/null
echo
changed=$(git status --porcelain -- golden)
if [ -z "$changed" ]; then
  echo "golden/ is as it was. (This command never succeeds; \`make test\` does.)"
else
  git --no-pager diff --stat -- golden
  echo "$changed" | sed -n 's/^?? /new: /p'
  echo "golden/ has changed: review it with \`git diff golden\`, commit it, then run \`make test\`."
fi
exit 1
