"""Version fetch: a Version brought from a remote by its id alone, whole or not at all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.arriving_folder import ArrivingFolder
from pipeline.errors import VersionError
from pipeline.folder_listing import parse_listing
from pipeline.object_download import THREADS, ObjectDownload
from pipeline.remote_objects import RemoteObjects

MANIFEST = "manifest.json"
"""What every Version holds; `pipeline.version` says so too, but loads all that answering needs."""

_ENDING = ".dir"
_START = re.compile(r"[0-9a-f]{4,32}")
_DIGITS = 32
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class FetchedVersion:
    """A Version's id, the folder that it is in, and the bytes that came for it in this call."""

    id: str
    folder: Path
    came: int


def fetch_version(
    remote: RemoteObjects, wanted: str, target: Path | None = None, *, threads: int = THREADS
) -> FetchedVersion:
    """Bring a Version into a folder, verified; what an earlier call has left is gone on with.

    Args:
        remote: Where its objects lie.
        wanted: Its id with or without `.dir`, or its start where the remote can be listed.
        target: The folder to make; by default one in this folder, of the id's first 12 digits.
        threads: How many requests are under way at once.

    Raises:
        VersionError: the id is no Version's, or the folder holds something else.
        RemoteError: an object is missing, damaged or out of reach, or the disk is full. Nothing
            is in place then; what came stays beside the folder for the next call.
    """
    version_id = resolve_id(remote, wanted)
    folder = ArrivingFolder(target or Path(version_id[:_SHOWN]), version_id, MANIFEST)
    came = 0
    if not folder.is_there():
        rows = _listed(remote, version_id)
        with folder.locked():
            # Whoever held the lock before may have brought it.
            if not folder.is_there():
                came = _fill(folder, rows, remote, version_id, threads)
    return FetchedVersion(version_id, folder.target, came)


def resolve_id(remote: RemoteObjects, wanted: str) -> str:
    """Return the one whole id that is or begins with `wanted`.

    Raises:
        VersionError: it is no id, or no folder or several begin so.
        RemoteError: only a start is given, and the remote cannot be listed.
    """
    start = wanted.strip().lower().removesuffix(_ENDING)
    if not _START.fullmatch(start):
        raise VersionError(
            f"{wanted!r} is no id of a Version: give its 32 hexadecimal digits, or the first 4 or "
            "more; `winnow versions` lists them where it was built"
        )
    if len(start) == _DIGITS:
        return start + _ENDING
    found = remote.folder_ids(start)
    if len(found) == 1:
        return found[0]
    source = remote.address.shown
    if not found:
        raise VersionError(
            f"no folder in {source} begins with {wanted!r}; correct the id or the address, or push "
            "it from where it was built"
        )
    raise VersionError(
        f"{wanted!r} is the beginning of {len(found)} folders in {source}: "
        f"{', '.join(each[:_SHOWN] for each in found[:8])}; give more digits"
    )


def _fill(
    folder: ArrivingFolder,
    rows: Mapping[str, str],
    remote: RemoteObjects,
    version_id: str,
    threads: int,
) -> int:
    """Fetch all that is missing and put the folder in place; return the bytes that came."""
    from tqdm import tqdm

    # Equal files are one object.
    firsts: dict[str, str] = {}
    for relpath, md5 in rows.items():
        firsts.setdefault(md5, relpath)
    names = {f"{relpath} ({md5})": md5 for md5, relpath in firsts.items()}
    in_parts = remote.gives_ranges(version_id, f"the listing {version_id}")
    with tqdm(
        desc=f"fetch {version_id[:_SHOWN]}", unit="B", unit_scale=True, leave=False, disable=None
    ) as bar:
        download = ObjectDownload(remote, in_parts=in_parts, threads=threads, progress=bar.update)
        sizes = download.sizes(names)
        files = {name: folder.file(firsts[md5], md5, sizes[name]) for name, md5 in names.items()}
        present = sum(file.present for file in files.values())
        bar.total = sum(size or 0 for size in sizes.values())
        bar.update(present)
        folder.check_space(bar.total - present)
        download.fetch(files)
    for relpath, md5 in rows.items():
        if firsts[md5] != relpath:
            folder.copy(firsts[md5], relpath)
    folder.install()
    return download.came


def _listed(remote: RemoteObjects, version_id: str) -> dict[str, str]:
    content = remote.read(version_id, f"the listing {version_id}")
    rows = parse_listing(content, version_id, remote.address.shown)
    if MANIFEST not in rows:
        held = ", ".join(sorted(rows)[:5])
        raise VersionError(
            f"{version_id} in {remote.address.shown} is a folder but no Version: it lacks "
            f"{MANIFEST} and holds {held}; check the id"
        )
    return rows
