"""Version fetch: a Version brought from a remote by its id alone, whole or not at all."""

import hashlib
import json
import logging
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import RemoteError, VersionError
from pipeline.files import directory_hash, folder_files
from pipeline.versions.download import THREADS, ObjectDownload, ObjectFile
from pipeline.versions.remote import RemoteObjects, disk_full

logger = logging.getLogger(__name__)

MANIFEST = "manifest.json"
"""What every Version holds; `pipeline.versions.version` says so too, but loads all of answering."""

_START = re.compile(r"[0-9a-f]{4,32}")
_MD5 = re.compile(r"[0-9a-f]{32}")
_DRIVE = re.compile(r"[A-Za-z]:")
_FOLDER = ".dir"
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

    `wanted` is its id with or without `.dir`, or its start where the remote can be listed; `target`
    is by default a folder here, named by the id's first 12 digits.

    Raises:
        VersionError: the id is no Version's, or the folder holds something else.
        RemoteError: an object is missing, damaged or out of reach, or the disk is full. Nothing
            is in place then; what came stays beside the folder for the next call.
    """
    version_id = resolve_id(remote, wanted)
    folder = FetchTarget(target or Path(version_id[:_SHOWN]), version_id, MANIFEST)
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
    start = wanted.strip().lower().removesuffix(_FOLDER)
    if not _START.fullmatch(start):
        raise VersionError(
            f"{wanted!r} is no id of a Version: give its 32 hexadecimal digits, or the first 4 or "
            "more; `winnow versions` lists them where it was built"
        )
    if len(start) == _DIGITS:
        return start + _FOLDER
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


def parse_listing(content: bytes, folder_id: str, source: str) -> dict[str, str]:
    """Map a folder's relative paths to their MD5, of a listing that came from the remote `source`.

    Raises:
        RemoteError: it is damaged or no listing, or a path of it leaves the folder.
    """
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if md5 != folder_id.removesuffix(_FOLDER):
        raise RemoteError(
            f"the listing {folder_id} is damaged in {source}: its {len(content):,} bytes have the "
            f"MD5 {md5}; remove it there and push again from where it was built"
        )
    try:
        rows = json.loads(content)
        files = [(row["relpath"], row["md5"]) for row in rows]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RemoteError(
            f"{folder_id} in {source} lists no files (a JSON list of md5 and relpath was "
            "expected); check the id"
        ) from None
    for relpath, md5 in files:
        if fault := _fault(relpath, md5):
            raise RemoteError(
                f"the listing {folder_id} in {source} names {relpath!r}, which {fault}; "
                "nothing was written: do not trust who pushed it"
            )
    return _without_clashes(files, folder_id, source)


def _fault(relpath: Any, md5: Any) -> str | None:
    """Say why a row cannot be put in place safely."""
    if not isinstance(md5, str) or not _MD5.fullmatch(md5):
        return f"has the impossible MD5 {md5!r}"
    if not isinstance(relpath, str) or not relpath:
        return "is no path"
    if relpath.startswith("/") or _DRIVE.match(relpath):
        return "is no path below the folder"
    if "\\" in relpath or "\0" in relpath:
        return "has a character that no path here may have"
    if any(part in ("", ".", "..") for part in relpath.split("/")):
        return "leaves the folder or goes in circles"
    return None


def _without_clashes(files: list[tuple[str, str]], folder_id: str, source: str) -> dict[str, str]:
    found = dict(files)
    parents = {str(each) for relpath in found for each in PurePosixPath(relpath).parents}
    clashes = [relpath for relpath in found if relpath in parents]
    if len(found) != len(files):
        clashes += [relpath for relpath, _ in files if [row[0] for row in files].count(relpath) > 1]
    if clashes:
        raise RemoteError(
            f"the listing {folder_id} in {source} names {clashes[0]!r} twice; nothing was "
            "written: do not trust who pushed it"
        )
    return found


class FetchTarget:
    """Where a fetch puts what comes: hidden beside the target, found again by the next call.

    A folder that is there already is read only if it holds the file `proof`.
    """

    def __init__(self, target: Path, folder_id: str, proof: str) -> None:
        self.target = target.expanduser().resolve()
        self._id = folder_id
        self._proof = proof
        hidden = f".{self.target.name}.{folder_id[:_DIGITS]}"
        # Git and DVC ignore `.*.tmp`.
        self._scratch = self.target.parent / f"{hidden}.tmp"
        self._lock = self.target.parent / f"{hidden}.lock.tmp"
        self._files = self._scratch / "folder"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from filling it at the same time; whoever comes second waits.

        Raises:
            RemoteError: the disk is full, or may not be written there.
        """
        from filelock import FileLock, Timeout

        with self._disk_faults():
            self.target.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._lock)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                logger.warning("another fetch into %s is at work; waiting for it", self.target)
                lock.acquire()
            try:
                yield
            finally:
                if not self._scratch.exists():
                    self._lock.unlink(missing_ok=True)
                lock.release()

    def is_there(self) -> bool:
        """Whether the target holds what it is to hold, by its bytes.

        Raises:
            VersionError: it holds something else, which is left alone.
        """
        held = None
        with self._disk_faults():
            folder = self.target.is_dir()
            if not any(self.target.iterdir()) if folder else not self.target.exists():
                return False
            if (self.target / self._proof).is_file():
                held = directory_hash(folder_files(self.target))
        if held != self._id:
            shown = "something else" if held is None else f"other bytes ({held})"
            raise VersionError(
                f"{self.target} holds {shown} and is left as it is; give another folder with "
                "--to, or remove that one first"
            )
        return True

    def check_space(self, size: int) -> None:
        """Refuse to begin what cannot fit.

        Raises:
            RemoteError: the disk has less free space than so many bytes.
        """
        free = shutil.disk_usage(self.target.parent).free
        if size > free:
            raise RemoteError(
                f"{size / 1e6:,.0f} MB are to come, but {self.target.parent} has only "
                f"{free / 1e6:,.0f} MB free; free some, or give a folder elsewhere with --to"
            )

    def file(self, relpath: str, md5: str, size: int | None) -> ObjectFile:
        """Return a file of it, with the pieces that an earlier call left."""
        return ObjectFile(self._files / relpath, self._scratch / "pieces" / md5, md5, size)

    def copy(self, relpath: str, to: str) -> None:
        """Have a file a second time, under another path."""
        (self._files / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._files / relpath, self._files / to)

    def install(self) -> None:
        """Check the whole, and put it in place at once.

        Raises:
            RemoteError: it is not what its id says; what came is thrown away.
            VersionError: meanwhile something else is there.
        """
        found = directory_hash(folder_files(self._files))
        if found != self._id:
            shutil.rmtree(self._scratch)
            raise RemoteError(
                f"what came for {self._id} is {found} on this disk, and was thrown away; run the "
                "same command again, on a disk that tells upper from lower case"
            )
        try:
            # Onto a folder that holds anything, this fails.
            self._files.rename(self.target)
        except OSError:
            self.is_there()
            raise
        shutil.rmtree(self._scratch)

    @contextmanager
    def _disk_faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if disk_full(error):
                raise RemoteError(
                    f"the disk is full at {self.target.parent}: free some space and run the same "
                    "command again, which keeps what came already"
                ) from None
            reason = error.strerror or type(error).__name__
            raise RemoteError(
                f"{self.target} cannot be made ({reason}); give another folder with --to"
            ) from None


def _fill(
    folder: FetchTarget,
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
