"""Remote listing: what lies at a remote and how large it is, as the remote itself says now."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvc_data.hashfile.db import HashFileDB
    from dvc_objects.fs.base import FileSystem

_AT_ONCE = 16
_NOT_FOUND = 404


def object_sizes(odb: "HashFileDB", digests: Iterable[str] | None = None) -> dict[str, int]:
    """Map objects of a remote to their sizes in bytes; all there are, if none are named.

    Of the named ones only the folders `ab/` are listed that they lie in, several at once, so other
    objects may be among the answer. A remote that speaks HTTP alone is asked for each by itself.
    """
    if digests is None:
        return _of_folders(odb, [f"{number:02x}" for number in range(256)])
    wanted = sorted(set(digests))
    if odb.fs.CAN_TRAVERSE:
        return _of_folders(odb, sorted({each[:2] for each in wanted}))
    paths = [odb.oid_to_path(each) for each in wanted]
    found = odb.fs.info(paths, return_exceptions=True) if paths else []
    for each in found:
        if isinstance(each, Exception) and not says_absent(each):
            raise each.__cause__ or each
    return {
        digest: int(entry.get("size") or 0)
        for digest, entry in zip(wanted, found, strict=True)
        if isinstance(entry, dict)
    }


def file_sizes(fs: "FileSystem", folder: str) -> dict[str, int]:
    """Map the names of the files in one folder of a remote to their sizes; none if it is absent."""
    try:
        entries = list(fs.ls(folder, detail=True))
    except FileNotFoundError:
        return {}
    return {
        fs.name(str(entry["name"])): int(entry["size"] or 0)
        for entry in entries
        if entry["type"] == "file"
    }


def says_absent(error: BaseException) -> bool:
    """Whether an error means that there is no such object: HTTP's client says that of any fault."""
    if not isinstance(error, FileNotFoundError):
        return False
    cause = error.__cause__
    return cause is None or isinstance(cause, FileNotFoundError) or _status(cause) == _NOT_FOUND


def _status(error: BaseException) -> int | None:
    return getattr(error, "status", None)


def _of_folders(odb: "HashFileDB", folders: list[str]) -> dict[str, int]:
    # Clients of object stores keep what they listed before.
    odb.fs.fs.invalidate_cache()
    paths = [odb.fs.join(odb.path, each) for each in folders]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(lambda path: file_sizes(odb.fs, path), paths))
    return {
        folder + name: size
        for folder, entries in zip(folders, found, strict=True)
        for name, size in entries.items()
    }
