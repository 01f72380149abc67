"""Garbage text: what would go, or went, as a person reads it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from app.folder_kind import FolderKind
from app.garbage import Garbage
from eval.ledger import Record

_SHORT = 10
_SHOWN = 8
_PLURALS: dict[FolderKind, str] = {
    "Version": "Versions",
    "Documents": "sets of Documents",
    "chunks": "sets of chunks",
    "embeddings": "sets of embeddings",
    "encoder": "encoders",
    "index": "indexes",
    "answers": "sets of answers",
    "Scorecard": "Scorecards",
}
_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def garbage_lines(garbage: Garbage, sizes: Mapping[str, int], where: str) -> list[str]:
    """Return how many objects go from somewhere, their size, and what they were."""
    if not garbage.digests:
        return [f"{where}: nothing to remove"]
    size = size_text(sum(sizes.get(each, 0) for each in garbage.digests))
    kinds = Counter(garbage.folders.values())
    named = [
        f"{kinds[kind]} {plural if kinds[kind] > 1 else _singular(kind)}"
        for kind, plural in _PLURALS.items()
        if kinds[kind]
    ]
    count = len(garbage.digests)
    return [f"{where}: {count} object{'s' * (count > 1)} to remove, {size}: {', '.join(named)}"]


def version_lines(versions: Collection[str], records: Sequence[Record]) -> list[str]:
    """Return which Versions of the ledger go, the newest first, with their experiments."""
    found: dict[str, str] = {}
    for record in sorted(records, key=lambda each: -each.recorded):
        if record.scorecard.version in versions:
            name = record.tags.get("experiment", "")
            found.setdefault(record.scorecard.version, f" ({name})" if name else "")
    if not found:
        return []
    shown = [f"{version[:_SHORT]}{name}" for version, name in found.items()][:_SHOWN]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return [f"no longer at hand: {', '.join(shown)}{more}; their scores stay in the ledger"]


def size_text(count: int) -> str:
    """Return bytes in the unit that a person would use: `118.3 MB`."""
    value, unit = float(count), 0
    while value >= 1000 and unit + 1 < len(_UNITS):
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{count} bytes"


def _singular(kind: FolderKind) -> str:
    plural = _PLURALS[kind]
    return plural.replace("sets", "set", 1) if plural.startswith("sets") else kind
