#!/usr/bin/env bash
# Builds the Version of a git revision in a folder of its own, for where no remote holds it, and
# prints a git revision whose dvc.lock names what was built. DVC's cache is shared with this folder.
#   .github/scripts/aside.sh origin/main
set -euo pipefail
cache=$(dvc cache dir)
aside=$(mktemp -d)
root=$PWD
trap 'cd "$root"; git worktree remove --force "$aside/base"; rm -rf "$aside"' EXIT
git worktree add --quiet --detach "$aside/base" "$1" >&2
mkdir "$aside/base/.winnow"
for kept in encoders embeddings readings; do
  [ ! -d ".winnow/$kept" ] || ln -s "$PWD/.winnow/$kept" "$aside/base/.winnow/$kept"
done
cd "$aside/base"
dvc config --local cache.dir "$cache"
dvc repro --quiet score >&2
git add --all
git -c user.name=winnow -c user.email=winnow@localhost -c commit.gpgsign=false \
  commit --quiet --no-verify --allow-empty --message "The Version of $1, built here" >&2
git rev-parse HEAD
