"""Remote client: what those of all kinds of remotes do alike, and their faults as one line."""

import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.errors import RemoteError, one_line, without_secrets

if TYPE_CHECKING:
    from dvc_data.hashfile.db import HashFileDB
    from dvc_objects.fs.base import FileSystem
    from fsspec.callbacks import Callback

_AT_ONCE = 16
_NOT_FOUND = 404
_LONGEST = 200
_SECRET = re.compile(r"key|secret|token|pass|connection_string|sas", re.IGNORECASE)
# By the class's name or the text: each kind of remote has a client, and errors, of its own.
_FIXES = (
    (r"NoCredentials|PartialCredentials|ProfileNotFound",
     "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
     "`dvc remote modify --local {name} access_key_id ID` and secret_access_key"),
    (r"PermissionError|Forbidden|AccessDenied|InvalidAccessKey|SignatureDoesNotMatch|Unauthorized",
     "check its credentials with `dvc config --list`, and what their account may do there"),
    (r"NoSuchBucket|bucket does not exist", "make the bucket first, or correct its name"),
    (r"Connect|Timeout|Unreachable|gaierror|resolve",
     "start it (`make s3` starts a local one), or correct its address"),
    (r"RemoteMissingDeps", "install what `dvc doctor` says is missing"),
)  # fmt: skip
_ELSE = "check `dvc remote list` and its credentials"


def remote_fault(url: str, name: str, error: BaseException, secrets: Iterable[str]) -> RemoteError:
    """Return what a client of a remote raised as one line with the way on.

    Args:
        url: The remote's address, without credentials.
        name: What DVC's configuration calls it.
        error: Whatever was raised.
        secrets: Texts that must not be shown.
    """
    told = without_secrets(one_line(error), secrets)
    reason = f"{type(error).__name__}: {told}"[:_LONGEST].removesuffix(": ")
    found = (fix for pattern, fix in _FIXES if re.search(pattern, reason))
    fix = next(found, _ELSE).format(name=name)
    return RemoteError(f"the remote {url} cannot be used ({reason}); {fix}")


def secrets_of(config: Mapping[str, object]) -> list[str]:
    """Return the values in a remote's configuration that nobody may see."""
    return [str(value) for key, value in config.items() if value and _SECRET.search(key)]


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
    return (
        cause is None
        or isinstance(cause, FileNotFoundError)
        or getattr(cause, "status", None) == _NOT_FOUND
    )


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


@contextmanager
def transfer_progress(text: str, total: int) -> "Iterator[Callback]":
    """Yield what fsspec tells of each file's bytes; they are added up in a bar of `total`."""
    from fsspec.callbacks import Callback
    from tqdm import tqdm

    with tqdm(total=total, desc=text, unit="B", unit_scale=True, leave=False, disable=None) as bar:

        class File(Callback):  # type: ignore[misc]
            """Of one file."""

            shown = 0

            def call(self, hook_name: str | None = None, **_: Any) -> None:
                del hook_name
                bar.update(self.value - self.shown)
                self.shown = self.value

        class All(Callback):  # type: ignore[misc]
            def branched(self, *_: Any, **__: Any) -> Callback:
                return File()

        yield All()
