"""RemoteObjects: the objects of a remote in DVC 3's layout, read by their digest, by fsspec."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pipeline.backoff import Backoff
from pipeline.errors import RemoteError
from pipeline.object_fault import ObjectFault, disk_full
from pipeline.remote_address import RemoteAddress

ATTEMPTS = 5
_LONGEST_WAIT = 8.0
_OBJECTS = "files/md5"

Found = TypeVar("Found")


class RemoteObjects:
    """Thread-safe, a context manager; `REMOTE/files/md5/ab/cdef…` is the object `abcdef…`.

    Each method asks again a few times where that may help, and raises RemoteError with the
    object's name and what to do where it does not.
    """

    def __init__(self, address: RemoteAddress, attempts: int = ATTEMPTS) -> None:
        """Prepare the client; the remote is asked for nothing yet.

        Raises:
            RemoteError: there is no client for such an address, or no such local folder.
        """
        import fsspec

        self.address = address
        self._attempts = attempts
        self._closed = threading.Event()
        try:
            self._fs, root = fsspec.core.url_to_fs(address.location, **address.options())
        except (ImportError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise RemoteError(
                f"{address.shown} cannot be opened ({reason}); give s3://BUCKET/FOLDER, https://, "
                "a folder, or install the client that is missing"
            ) from None
        if address.scheme == "file" and not Path(root).is_dir():
            raise RemoteError(f"the remote {address.shown} is no folder; correct the address")
        self._root = f"{root.rstrip('/')}/{_OBJECTS}"

    def __enter__(self) -> "RemoteObjects":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Make whoever waits to ask again give up."""
        self._closed.set()

    def read(self, digest: str, name: str) -> bytes:
        """Return a whole object, which has to be small, such as a listing."""
        return self._attempt(name, lambda: bytes(self._fs.cat_file(self._path(digest))))

    def size(self, digest: str, name: str) -> int | None:
        """Return an object's size in bytes; None where a web server does not tell it."""
        found = self._attempt(name, lambda: self._fs.info(self._path(digest))["size"])
        return None if found is None else int(found)

    def gives_ranges(self, digest: str, name: str) -> bool:
        """Whether a part of an object can be asked for; tried on one that is small."""
        if self.address.scheme not in ("http", "https"):
            return True
        probe = self._attempt(name, lambda: self._fs.cat_file(self._path(digest), start=0, end=1))
        return len(probe) == 1

    def read_part(self, digest: str, name: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` until before `end`, all of them."""

        def part() -> bytes:
            content = bytes(self._fs.cat_file(self._path(digest), start=start, end=end))
            if len(content) != end - start:
                raise OSError(f"{len(content):,} bytes came where {end - start:,} were asked for")
            return content

        return self._attempt(name, part)

    def copy(self, digest: str, name: str, path: Path) -> None:
        """Write a whole object to a file as it comes."""
        self._attempt(name, lambda: self._fs.get_file(self._path(digest), str(path)))

    def folder_ids(self, start: str) -> list[str]:
        """Return the ids of the folders, with `.dir`, that begin with two or more digits.

        Raises:
            RemoteError: the remote cannot be listed, as most web servers cannot.
        """
        folder = f"{self._root}/{start[:2]}"
        name = f"what begins with {start}"
        try:
            listed = self._attempt(name, lambda: self._listed(folder))
        except RemoteError as error:
            raise RemoteError(f"{error}; or give all 32 digits of the id") from None
        ids = {f"{start[:2]}{each.rstrip('/').rpartition('/')[2]}" for each in listed}
        return sorted(each for each in ids if each.startswith(start) and each.endswith(".dir"))

    def _listed(self, folder: str) -> list[str]:
        try:
            return list(self._fs.ls(folder, detail=False))
        except FileNotFoundError as error:
            # A folder of S3 exists while an object lies in it.
            if error.__cause__ is None and self.address.scheme in ("s3", "file"):
                return []
            raise

    def _path(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest[2:]}"

    def _attempt(self, name: str, call: Callable[[], Found]) -> Found:
        backoff = Backoff(self._attempts, longest=_LONGEST_WAIT)
        while True:
            try:
                return call()
            except Exception as error:
                # Each kind of remote raises what its own client raises.
                if disk_full(error):
                    raise
                fault = ObjectFault(error)
                seconds = backoff.next() if fault.passing else None
                if seconds is None or self._closed.wait(seconds):
                    raise fault.told(name, self.address) from None
