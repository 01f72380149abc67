#!/usr/bin/env bash
# Says whether dvc.lock names another Version than in the git revision BASE; without one, it does.
#   BASE=origin/main .github/scripts/change.sh
set -euo pipefail
here=$(dirname "$0")
now=$(python "$here/locked_version.py")
before=
[ -z "${BASE:-}" ] || before=$(python "$here/locked_version.py" "$BASE")
changed=true
if [ -n "$now" ] && [ "$now" = "$before" ]; then
  changed=false
  mkdir -p gate-report
  printf '## Winnow gate: nothing to judge\n\nThe Version is the one of `%s`: `%s`.\n' \
    "${BASE:0:10}" "${now:0:10}" | tee gate-report/verdict.md >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
fi
echo "changed=$changed" | tee -a "${GITHUB_OUTPUT:-/dev/null}"
