"""Object download: several objects at once, in pieces, each object verified when it is whole."""

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

from pipeline.errors import RemoteError
from pipeline.files import hash_file
from pipeline.versions.remote import RemoteObjects

Given = TypeVar("Given")

THREADS = 8
PIECE_BYTES = 8 << 20
"""As much as a kill loses a thread; S3 advises 8 to 16 MB a request."""


class ObjectDownload:
    """Fetches what files lack, in several threads; the first fault ends it, what came is kept.

    `progress` is told how many more bytes are here, by one thread at a time.
    """

    def __init__(
        self,
        remote: RemoteObjects,
        *,
        in_parts: bool,
        threads: int,
        progress: Callable[[int], None],
    ) -> None:
        self._remote = remote
        self._in_parts = in_parts
        self._threads = threads
        self._progress = progress
        self._telling = threading.Lock()
        self.came = 0
        """Bytes that came so far."""

    def sizes(self, digests: Mapping[str, str]) -> dict[str, int | None]:
        """Return the bytes of each object, whose digests are given by the names people know.

        Raises:
            RemoteError: the first object that is not there.
        """
        found: dict[str, int | None] = {}

        def ask(name: str) -> None:
            found[name] = self._remote.size(digests[name], name)

        self._in_threads(ask, digests)
        return found

    def fetch(self, files: "Mapping[str, ObjectFile]") -> None:
        """Fetch the files, by the names people know them by, and verify each.

        Raises:
            RemoteError: an object that cannot be had, or is damaged.
            OSError: the disk cannot be written.
        """
        jobs: list[tuple[str, int | None]] = []
        for name, file in files.items():
            if file.missing and self._in_parts and file.size is not None:
                jobs.extend((name, number) for number in file.missing)
            else:
                jobs.append((name, None))

        def fetch_one(job: tuple[str, int | None]) -> None:
            name, number = job
            file = files[name]
            if number is not None:
                self._fetch_part(name, file, number)
            elif file.missing:
                self._fetch_whole(name, file)
            else:
                file.verify(name, self._remote.address.shown)

        self._in_threads(fetch_one, jobs)

    def _fetch_part(self, name: str, file: "ObjectFile", number: int) -> None:
        start, end = file.part(number)
        content = self._remote.read_part(file.digest, name, start, end)
        whole = file.write(number, content)
        self._tell(end - start)
        if whole:
            file.verify(name, self._remote.address.shown)

    def _fetch_whole(self, name: str, file: "ObjectFile") -> None:
        before = file.present
        self._remote.copy(file.digest, name, file.path)
        for number in file.missing:
            file.note(number)
        self._tell(file.path.stat().st_size - before)
        file.verify(name, self._remote.address.shown)

    def _tell(self, size: int) -> None:
        with self._telling:
            self.came += size
            self._progress(size)

    def _in_threads(self, work: Callable[[Given], None], jobs: Iterable[Given]) -> None:
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="fetch")
        try:
            for done in as_completed([pool.submit(work, job) for job in jobs]):
                done.result()
        except BaseException:
            # Nobody shall go on asking for what is of no use any more.
            self._remote.close()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class ObjectFile:
    """Thread-safe; a journal beside the file says which pieces are there, so that a kill costs few.

    The journal is lines of JSON: the plan, then the number of each piece after it was written.
    """

    def __init__(self, path: Path, journal: Path, digest: str, size: int | None) -> None:
        """Go on with what an earlier call left, where it had the same plan.

        `size` is None where only a whole object can be had.
        """
        self.path = path
        self.digest = digest
        self.size = size
        self._journal = journal
        self._lock = threading.Lock()
        self._parts = _cut(size) if size is not None else [(0, 0)]
        self._there = self._resumed()

    @property
    def missing(self) -> list[int]:
        """The numbers of the pieces to fetch."""
        return [number for number in range(len(self._parts)) if number not in self._there]

    def part(self, number: int) -> tuple[int, int]:
        """Return the byte that a piece begins with, and the one that it ends before."""
        return self._parts[number]

    @property
    def present(self) -> int:
        """Bytes that are there, of a whole whose size is known."""
        return sum(self._parts[number][1] - self._parts[number][0] for number in self._there)

    def write(self, number: int, content: bytes) -> bool:
        """Put a piece in its place; return whether it was the last."""
        with self.path.open("r+b") as file:
            file.seek(self._parts[number][0])
            file.write(content)
        return self.note(number)

    def note(self, number: int) -> bool:
        """Remember that a piece is there; return whether it was the last."""
        with self._lock:
            with self._journal.open("a", encoding="ascii") as journal:
                journal.write(f"{number}\n")
            self._there.add(number)
            return len(self._there) == len(self._parts)

    def verify(self, name: str, source: str) -> None:
        """Check the MD5 of the whole, and have it on the disk.

        Raises:
            RemoteError: it is another one; all that came is thrown away.
        """
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        md5 = hash_file(self.path, "md5")
        if md5 != self.digest:
            size = self.path.stat().st_size
            self.discard()
            raise RemoteError(
                f"{name} is damaged in {source}: its {size:,} bytes have the MD5 {md5} rather "
                f"than {self.digest}; remove it there and push it again from where it was built"
            )

    def discard(self) -> None:
        """Throw away what came, so that a later call begins anew."""
        self._journal.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        self._there = set()

    def _resumed(self) -> set[int]:
        """Return the pieces that are there; where there are none, begin file and journal."""
        plan = json.dumps([self.digest, self.size, PIECE_BYTES])
        try:
            head, *numbers = self._journal.read_text("ascii").splitlines()
            if head == plan and self.size in (None, self.path.stat().st_size):
                return {int(number) for number in numbers if int(number) < len(self._parts)}
        except (OSError, ValueError):
            # Cut short, as by a power failure, or never begun.
            pass
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._journal.unlink(missing_ok=True)
        with self.path.open("wb") as file:
            file.truncate(self.size or 0)
        self._journal.parent.mkdir(parents=True, exist_ok=True)
        self._journal.write_text(f"{plan}\n", encoding="ascii")
        return set()


def _cut(size: int) -> list[tuple[int, int]]:
    """Cut so many bytes into pieces; nothing is one piece, of which there is none to fetch."""
    return [(start, min(start + PIECE_BYTES, size)) for start in range(0, size, PIECE_BYTES)]
