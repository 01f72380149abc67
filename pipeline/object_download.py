"""Object download: several objects at once, in pieces, each object verified when it is whole."""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from pipeline.object_file import ObjectFile
from pipeline.remote_objects import RemoteObjects

THREADS = 8

Given = TypeVar("Given")


class ObjectDownload:
    """Fetches what files lack, in several threads; the first fault ends it, what came is kept."""

    def __init__(
        self,
        remote: RemoteObjects,
        *,
        in_parts: bool,
        threads: int,
        progress: Callable[[int], None],
    ) -> None:
        """Prepare it.

        Args:
            remote: Where the objects lie.
            in_parts: Whether the remote gives parts of objects; else each comes as a whole.
            threads: How many requests are under way at once.
            progress: Told how many more bytes are here, by one thread at a time.
        """
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

    def fetch(self, files: Mapping[str, ObjectFile]) -> None:
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

    def _fetch_part(self, name: str, file: ObjectFile, number: int) -> None:
        start, end = file.part(number)
        content = self._remote.read_part(file.digest, name, start, end)
        whole = file.write(number, content)
        self._tell(end - start)
        if whole:
            file.verify(name, self._remote.address.shown)

    def _fetch_whole(self, name: str, file: ObjectFile) -> None:
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
