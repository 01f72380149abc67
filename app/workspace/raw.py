"""Raw files: whether DVC gets past them, and the listing that it sees in their place elsewhere."""

import shlex
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from app.workspace.workspace import Workspace
from pipeline.documents.raw_files import RawEntry, raw_entries
from pipeline.errors import ArtifactError, DataError
from pipeline.files import hash_file, hash_text, read_json, write_json
from pipeline.params import IngestParams

if TYPE_CHECKING:
    from dvc.ignore import DvcIgnoreFilter

_SHOWN = 3
_MEGABYTE = 1_000_000
_SETTLED = 2_000_000_000
"""Nanoseconds after which a file system surely gives a further change another time."""


def check_raw(workspace: Workspace) -> None:
    """Make sure that there is something to ingest, and that DVC gets past it.

    DVC walks the raw folder where a stage depends on it, files that params exclude too; where
    the stage depends on a listing instead, `ingest` quarantines what nobody can read.

    Raises:
        DataError: the raw folder is missing or empty, or holds what DVC hangs or fails on.
    """
    raw = workspace.raw
    if not raw.is_dir():
        raise DataError(f"{raw} does not exist; put documents there, or `dvc pull` them")
    if not any(raw.iterdir()):
        raise DataError(f"{raw} is empty; put documents there")
    if workspace.raw_listing is None and (stopping := _stopping(workspace)):
        named = "; ".join(
            f"{each.printable}: {(each.fault or '').partition(';')[0]}"
            for each in stopping[:_SHOWN]
        )
        more = f"; and {len(stopping) - _SHOWN} more" if len(stopping) > _SHOWN else ""
        raise DataError(
            f"DVC would hang or fail in {raw} on {named}{more}. Remove or rename that, or let "
            f"`winnow run --raw {shlex.quote(str(raw))}` read the rest"
        )


def _stopping(workspace: Workspace) -> list[RawEntry]:
    """Return the entries that DVC does not get past.

    DVC 3.67 opens a pipe, and waits; it fails on a name that is no UTF-8, a socket, and a link
    that leads nowhere or in a circle. A link to a file, wherever it lies, is read like a file, a
    link to a folder passed over; an empty folder of whatever name too.
    """
    raw = workspace.raw
    found = [entry for entry in raw_entries(raw, exclude=()) if _stops_dvc(entry)]
    if not found:
        return []
    ignored = ignore_filter(workspace.root)
    return [each for each in found if not ignored.is_ignored_file(str(raw / each.relative))]


def _stops_dvc(entry: RawEntry) -> bool:
    if entry.fault is None:
        return False
    try:
        entry.relative.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return not (entry.path.is_file() or entry.path.is_dir())


def ignore_filter(root: Path) -> "DvcIgnoreFilter":
    """Return what .dvcignore below a folder keeps from DVC."""
    from dvc.fs import LocalFileSystem
    from dvc.ignore import DvcIgnoreFilter

    return DvcIgnoreFilter(LocalFileSystem(url=str(root)), str(root))


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
                row, settled = _hash(entry, known.get(entry.relative))
            except OSError as error:
                fault = f"it cannot be opened ({error.strerror})"
            else:
                sha256 = row[-1]
                if settled:
                    hashes[entry.relative] = row
        rows.append({"path": entry.printable, "size": entry.size, "sha256": sha256, "fault": fault})
    _write_changed(listing, rows)
    _write_changed(memory, {"folder": owner, "files": hashes})


def _hash(entry: RawEntry, known: object) -> tuple[list[Any], bool]:
    """Return a file's stamp and SHA-256, and whether a later change is sure to change the stamp.

    `known` is such a row, whose hash is taken where the stamp is the same: size, times of change
    and inode. The time of a change of metadata is among them: unlike that of content, nobody can
    set it back, as copying with times does.
    """
    now, about = time.time_ns(), entry.path.stat()
    stamp = [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]
    if isinstance(known, list) and known[:-1] == stamp:
        return known, True
    settled = now - max(about.st_mtime_ns, about.st_ctime_ns) > _SETTLED
    return [*stamp, hash_file(entry.path)], settled


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
