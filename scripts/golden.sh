#!/bin/sh
# Writes the golden files anew and shows what changed. Always ends with a failure, so that nothing can
# mistake an update for a check: review the difference, commit it, then run `make test`.
set -u

UPDATE_GOLDEN=1 swift test --filter Golden </dev/null
echo
git add --intent-to-add golden
git --no-pager diff --stat -- golden
if git diff --quiet -- golden; then
  echo "golden/ is as it was. (This command never succeeds; \`make test\` does.)"
else
  echo "golden/ has changed: review it with \`git diff golden\`, commit it, then run \`make test\`."
fi
exit 1
