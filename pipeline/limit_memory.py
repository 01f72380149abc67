"""LimitMemory: the limits that endpoints last named, for the next forecast."""

import hashlib
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.artifact import read_json, write_json
from pipeline.errors import ArtifactError
from pipeline.limit_header import KINDS, Kind

Limits = dict[tuple[Kind, float], int]
"""How many requests or tokens are given for so many seconds."""


class LimitMemory:
    """A file per host in a folder; a cache, which may be deleted at any time."""

    def __init__(self, folder: Path, base_url: str) -> None:
        host = hashlib.sha256(urlsplit(base_url).netloc.encode()).hexdigest()[:16]
        self._path = folder / f"{host}.json"
        self._lock = threading.Lock()

    def read(self, model: str) -> Limits:
        """Return what is known of a model."""
        known = self._read().get(model)
        rows = known if isinstance(known, list) else []
        return {(row[0], float(row[1])): int(row[2]) for row in rows if _is_limit(row)}

    def note(self, model: str, limits: Limits) -> None:
        """Remember limits of a model; those not named stay."""
        with self._lock:
            before = self.read(model)
            after = before | limits
            if after != before:
                rows = [[kind, period, limit] for (kind, period), limit in sorted(after.items())]
                write_json(self._path, {**self._read(), model: rows})

    def _read(self) -> dict[str, Any]:
        try:
            known = read_json(self._path)
        except ArtifactError:
            return {}
        return known if isinstance(known, dict) else {}


def _is_limit(row: object) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 3
        and row[0] in KINDS
        and all(isinstance(number, int | float) and number > 0 for number in row[1:])
    )
