"""Raw listing: what lies in a folder of documents, as one file that DVC can depend on.

DVC hangs on a pipe inside a dependency, and fails on a name that is no UTF-8 and on a link that
leads nowhere. So the pipeline of a workspace for someone's own folder depends on this file instead
of the folder, which DVC never walks; `ingest` quarantines what cannot be read.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pipeline.artifact import read_json, write_json
from pipeline.digest import hash_file, hash_text
from pipeline.errors import ArtifactError
from pipeline.params import IngestParams
from pipeline.raw_folder import RawEntry, raw_entries

_SETTLED = 2_000_000_000
"""Nanoseconds after which a file system surely gives a further change another time."""
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Hashed:
    """A file's SHA-256 and what it was hashed as: size, times of change, inode."""

    stamp: list[int]
    sha256: str
    settled: bool


def write_listing(folder: Path, listing: Path, memory: Path, params: IngestParams) -> None:
    """List a folder's entries in `listing`: printable path, size in bytes, SHA-256, fault.

    Ordered by path and the same on every machine. An entry with a fault has no hash, nor has a
    file over `max_megabytes`: both are quarantined whatever they hold, and times of change,
    which could stand in for a hash, differ from copy to copy. `memory` keeps the hashes of files
    that did not change since, and may be deleted at any time. Files are written only if they
    changed.
    """
    entries = raw_entries(folder, params.exclude)
    owner = hash_text(str(folder.resolve()))
    known = _remembered(memory, owner)
    hashes: dict[str, list[Any]] = {}
    rows = []
    for entry in tqdm(entries, desc="list", unit="file", disable=None, leave=False):
        fault, sha256 = entry.fault, None
        if fault is None and entry.size <= params.max_megabytes * _MEGABYTE:
            try:
                hashed = _hash(entry, known.get(entry.relative))
            except OSError as error:
                fault = f"it cannot be opened ({error.strerror})"
            else:
                sha256 = hashed.sha256
                if hashed.settled:
                    hashes[entry.relative] = [*hashed.stamp, sha256]
        rows.append({"path": entry.printable, "size": entry.size, "sha256": sha256, "fault": fault})
    _write_changed(listing, rows)
    _write_changed(memory, {"folder": owner, "files": hashes})


def _hash(entry: RawEntry, known: object) -> _Hashed:
    """Hash a file, or take the hash that is known for a file of the same stamp.

    The time of a change of metadata is in the stamp too: unlike that of content, nobody can set
    it back, as copying with times does.
    """
    now, about = time.time_ns(), entry.path.stat()
    stamp = [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]
    if isinstance(known, list) and known[:-1] == stamp:
        return _Hashed(stamp, str(known[-1]), settled=True)
    settled = now - max(about.st_mtime_ns, about.st_ctime_ns) > _SETTLED
    return _Hashed(stamp, hash_file(entry.path), settled)


def _remembered(memory: Path, owner: str) -> dict[str, object]:
    content = _content(memory)
    if not isinstance(content, dict) or content.get("folder") != owner:
        return {}
    files = content.get("files")
    return files if isinstance(files, dict) else {}


def _write_changed(path: Path, value: Iterable[object]) -> None:
    if _content(path) != value:
        write_json(path, value)


def _content(path: Path) -> object:
    """Return what a JSON file holds, or None; a broken one is simply written again."""
    try:
        content: object = read_json(path)
    except ArtifactError:
        return None
    return content
