"""Prints the Version that dvc.lock names here, or in a git revision; nothing where there is none.

`python .github/scripts/locked_version.py origin/main`
"""

import subprocess
import sys
from pathlib import Path

import yaml


def locked_version(lock: str) -> str | None:
    """Return the id of the Version that the text of a dvc.lock names."""
    content = yaml.safe_load(lock) or {}
    outs = content.get("stages", {}).get("package", {}).get("outs", ())
    return str(outs[0]["md5"]) if outs else None


def read_lock(revision: str | None) -> str:
    """Return the text of dvc.lock as it lies here, or in a git revision; empty if it has none."""
    if revision is None:
        path = Path("dvc.lock")
        return path.read_text("utf-8") if path.is_file() else ""
    command = ["git", "show", "--end-of-options", f"{revision}:./dvc.lock"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    version = locked_version(read_lock(sys.argv[1] if len(sys.argv) > 1 else None))
    sys.stdout.write(f"{version}\n" if version else "")
