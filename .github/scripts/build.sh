#!/usr/bin/env bash
# Builds and scores what DVC's cache lacks, and says so where that gives another Version than
# dvc.lock names, as another type of CPU may.
# `build.sh --exactly` fails then: what is promoted must be what was committed.
set -euo pipefail
committed=$(python "$(dirname "$0")/locked_version.py")
winnow run
built=$(python "$(dirname "$0")/locked_version.py")
[ "$built" != "$committed" ] || exit 0
fix="run \`dvc push --run-cache\` where it was built"
if [ "${1:-}" = --exactly ]; then
  echo "::error::dvc.lock names Version ${committed:0:10}, the remote lacks it, and this machine builds ${built:0:10}; $fix"
  exit 1
fi
echo "::warning::This machine builds Version ${built:0:10}, not ${committed:0:10} of dvc.lock; to judge that one, $fix"
