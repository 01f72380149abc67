#!/usr/bin/env bash
# Judges the Version of dvc.lock; gate-report/ takes the reports.
#
# It is compared with the champion of the ledger that MLFLOW_TRACKING_URI names; where there is
# none, with the Version of the git revision BASE; where that has none either, by floors alone.
# Exit code: the gate's, but 0 for an inconclusive one where gate.on_inconclusive is `review`.
#   BASE=origin/main .github/scripts/gate.sh
set -euo pipefail
here=$(dirname "$0")
base=${BASE:-origin/main}
report=gate-report
said=$(mktemp)
trap 'rm -f "$said"' EXIT
mkdir -p "$report"
rm -f "$report"/verdict.*

judge() {
  code=0
  { winnow gate "$1" --report "$report" 2>&1 >&3 | tee "$said" >&2; } 3>&1 || code=$?
}

end() {
  if [ "$1" -eq 2 ]; then
    printf '## Winnow gate: could not judge\n\n    %s\n' "$(tail -n 1 "$said")" \
      >"$report/verdict.md"
  fi
  cat "$report/verdict.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
  echo "code=$1" >>"${GITHUB_OUTPUT:-/dev/null}"
  local asked='import yaml; print(yaml.safe_load(open("params.yaml"))["gate"]["on_inconclusive"])'
  if [ "$1" -eq 3 ] && [ "$(python -c "$asked")" = review ]; then
    echo "::warning::The gate is inconclusive; gate.on_inconclusive leaves it to the reviewer"
    exit 0
  fi
  exit "$1"
}

against=--first
if [ -n "$(python "$here/locked_version.py" "$base")" ]; then
  against=--against=git:$base
fi
if [ -n "${MLFLOW_TRACKING_URI:-}" ]; then
  # A ledger that does not answer is not one that has no champion.
  if ! known=$(winnow versions --format json 2>"$said"); then
    cat "$said" >&2
    end 2
  fi
  [[ $known != *'"champion": true'* ]] || against=--against=champion
else
  unset MLFLOW_TRACKING_URI
fi

judge "$against"
if [ "$code" -eq 2 ] && [[ $against == --against=git:* ]]; then
  echo "::notice::The Version of ${base:0:10} cannot be had, so it is built here" >&2
  judge "--against=git:$("$here/aside.sh" "$base")"
fi
end "$code"
