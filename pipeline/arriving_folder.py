"""ArrivingFolder: a folder that is filled beside its place, and takes it whole or not at all."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.digest import directory_hash, folder_files
from pipeline.errors import RemoteError, VersionError
from pipeline.object_fault import disk_full
from pipeline.object_file import ObjectFile

_DIGITS = 32

logger = logging.getLogger(__name__)


class ArrivingFolder:
    """Where a fetch puts what comes: hidden beside the target, found again by the next call."""

    def __init__(self, target: Path, folder_id: str, proof: str) -> None:
        """Take the place to fill; nothing is made yet.

        Args:
            target: The folder to make.
            folder_id: DVC's hash of what it is to hold.
            proof: A file that a folder has to hold before the rest of it is read.
        """
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
