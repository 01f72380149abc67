#!/usr/bin/env bash
# Says whether the Version of dvc.lock is to be promoted: where it is another than in the git
# revision BASE, which came before; where there is no BASE; or where it never was promoted yet.
# So a merge that changes no Version does not bring back what was rolled back.
#   BASE=HEAD~1 .github/scripts/due.sh
set -euo pipefail
here=$(dirname "$0")
now=$(python "$here/locked_version.py")
due=true
if [ -n "${BASE:-}" ] && [ "$now" = "$(python "$here/locked_version.py" "$BASE")" ]; then
  history=$(winnow history --format json)
  if [[ $history == *"\"to\": \"$now\""* ]]; then
    due=false
    echo "Version ${now:0:10} was promoted before, and this push does not change it." |
      tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}"
  fi
fi
echo "due=$due" | tee -a "${GITHUB_OUTPUT:-/dev/null}"
