"""Run entries: what DVC remembers of each run, which is no use once its outputs are gone."""

import re
from collections.abc import Collection
from pathlib import Path

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DIGEST = re.compile(r"md5: (\S+)")


def forget_runs(cache: Path, removed: Collection[str]) -> None:
    """Remove the files of DVC's run cache that name an output among these digests.

    DVC would look them up, find the outputs missing and run the stage: they are only clutter. A
    file that cannot be read is left alone.
    """
    gone = frozenset(removed)
    for path in sorted((cache / "runs").glob("*/*/*")):
        if _names(path, gone):
            path.unlink(missing_ok=True)
            # DVC takes for granted that a run's folder holds something, and fails on an empty one.
            if not any(path.parent.iterdir()):
                path.parent.rmdir()


def _names(path: Path, gone: frozenset[str]) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        # A thousand lines, most of them of what the stage read: few need to be parsed.
        if not gone.intersection(_DIGEST.findall(text)):
            return False
        return any(each["md5"] in gone for each in yaml.load(text, _LOADER)["outs"])
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return False
