"""Fails where dvc.lock was not made from the files beside it.

Somebody forgot to commit it, or a merge mixed two of them. Outputs that do not lie here say
nothing of that, so this needs neither a remote nor a build.

`python .github/scripts/lock_check.py`
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_SHOWN = 10
_STALE = ("modified", "new", "changed command")


def stale(found: Any, where: str) -> Iterator[str]:
    """Yield what `dvc status --json` says has changed, each with its stage."""
    if isinstance(found, dict):
        for name, each in found.items():
            yield from stale(each, where if name.startswith("changed ") else f"{where} {name}")
    elif isinstance(found, list):
        for each in found:
            yield from stale(each, where)
    elif found in _STALE:
        yield f"{where} ({found})"


def replaced(stages: dict[str, Any]) -> Iterator[str]:
    """Yield what DVC keeps out of git and has another hash in its .dvc file than in dvc.lock."""
    for stage, locked in stages.items():
        for dep in locked.get("deps", ()):
            tracked = Path(f"{dep['path']}.dvc")
            if tracked.is_file():
                [now] = yaml.safe_load(tracked.read_text("utf-8"))["outs"]
                if now["md5"] != dep.get("md5"):
                    yield f"{stage} {dep['path']} (modified)"


def _one_line(text: str) -> str:
    """Join lines: on GitHub a line may be a command to the runner."""
    return " ".join(text.split())


def main() -> int:
    """Return 1 where something has changed, said on stderr."""
    done = subprocess.run(["dvc", "status", "--json"], stdout=subprocess.PIPE, check=True)
    lock = yaml.safe_load(Path("dvc.lock").read_text("utf-8"))
    status = json.loads(done.stdout)
    changes = [each for stage in status for each in stale(status[stage], stage)]
    changes = list(dict.fromkeys([*changes, *replaced(lock["stages"])]))
    for each in changes[:_SHOWN]:
        sys.stderr.write(f"{_one_line(each)}\n")
    if changes:
        sys.stdout.write(
            f"::error title=dvc.lock is of other files::{_one_line(changes[0])}; run `winnow run`, "
            "commit dvc.lock and data/*.json, and `dvc push --run-cache` where there is a remote\n"
        )
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())
