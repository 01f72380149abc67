"""The same Version through `winnow run`: with DVC, which records it and its cache keeps it."""

import subprocess
import sys
from pathlib import Path

from benchmarks.contenders.by_winnow import CHUNKS

WINNOW = Path(sys.executable).with_name("winnow")


def build(texts: Path, place: Path) -> dict[str, float]:
    """Make a workspace and run its pipeline."""
    subprocess.run(
        [WINNOW, "run", "--raw", texts.resolve(), "--workspace", place, "--set", CHUNKS],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return {}


def update(texts: Path, place: Path) -> dict[str, float]:
    """Run it again: what changed is built."""
    return build(texts, place)
