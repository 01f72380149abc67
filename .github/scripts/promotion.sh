#!/usr/bin/env bash
# Stores the Version of dvc.lock in DVC's remote and makes it champion, if the gate lets it.
#   FIRST=true where there is no champion yet; OVERRIDE="reason" in spite of the gate;
#   REVIEWED="what" where the gate is inconclusive and gate.on_inconclusive is `review`.
#   SIGNING_KEY, the text of an Ed25519 key, signs the receipt.
set -euo pipefail
if [ -n "${SIGNING_KEY:-}" ]; then
  WINNOW_SIGNING_KEY=$(mktemp)
  trap 'rm -f "$WINNOW_SIGNING_KEY"' EXIT
  printf '%s\n' "$SIGNING_KEY" >"$WINNOW_SIGNING_KEY"
  export WINNOW_SIGNING_KEY
fi
unset SIGNING_KEY

arguments=()
[ "${FIRST:-}" != true ] || arguments+=(--first)
[ -z "${OVERRIDE:-}" ] || arguments+=(--override "$OVERRIDE")
[ -z "${REVIEWED:-}" ] || arguments+=(--reviewed "$REVIEWED")
dvc push --quiet --run-cache
said=$(mktemp)
code=0
winnow promote ${arguments[@]+"${arguments[@]}"} 2>&1 | tee "$said" || code=$?
{
  echo '```'
  cat "$said"
  echo '```'
} >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
rm -f "$said"
exit "$code"
