"""Reading pool: the parent's side of the workers, which hands out files and watches limits."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import wait

import psutil

from pipeline.documents import worker
from pipeline.documents.raw_files import RawEntry
from pipeline.documents.reader import Readers, ReadingOutcome
from pipeline.documents.worker import MEGABYTES, READERS, SECONDS, MachineLimits
from pipeline.errors import LimitError, PrerequisiteError, ReadError

MakeReaders = Callable[[], Readers]
"""A function that can be pickled: one of a module, or a `functools.partial` of one."""

_MEGABYTE = 1_000_000
_TICK_SECONDS = 0.01
"""How often memory is looked at: in this time a process can touch some 50 MB."""
_STARTING_SECONDS = 120.0
_ENDING_SECONDS = 10.0
_FAMILY_SECONDS = 0.25
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
# What a file makes its own reader do; other signals come from outside.
_CRASHES = {
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGILL,
    signal.SIGSEGV,
    signal.SIGSYS,
    signal.SIGTRAP,
}


def read_files(
    tasks: Sequence[RawEntry], make_readers: MakeReaders, limits: MachineLimits
) -> Generator[tuple[RawEntry, ReadingOutcome]]:
    """Yield what comes of each file, as it comes; close the iterator to end all processes.

    Each process reads one file at a time.

    Raises:
        PrerequisiteError: a process could not start.
    """
    # The largest first, so that all processes end at about the same time.
    waiting = deque(sorted(tasks, key=lambda task: (-task.size, task.relative)))
    staff: list[_ReadingProcess] = []
    try:
        while waiting or any(process.task for process in staff):
            for process in staff:
                if process.is_ready and process.task is None and waiting:
                    process.begin(waiting.popleft())
            idle = sum(process.task is None for process in staff)
            for _ in range(min(limits.readers - len(staff), len(waiting) - idle)):
                staff.append(_ReadingProcess(make_readers, limits))
            wait([process.connection for process in staff], _TICK_SECONDS)
            for process in list(staff):
                outcome, task = process.check(), process.task
                seconds = process.seconds
                if process.is_spent:
                    staff.remove(process)
                    process.end()
                if outcome is not None and task is not None:
                    process.task = None
                    yield task, replace(outcome, seconds=seconds)
    finally:
        for process in staff:
            process.end()


class _ReadingProcess:
    """A worker process in a process group of its own; `task` is the file that it reads now."""

    def __init__(self, make_readers: MakeReaders, limits: MachineLimits) -> None:
        self.task: RawEntry | None = None
        self.is_ready = False
        self.is_spent = False
        """Whether another process should take its place."""
        self._limits = limits
        self._since = time.monotonic()
        self.connection, theirs = Pipe()
        with theirs:
            self._popen = subprocess.Popen(
                [sys.executable, "-P", "-m", worker.__name__, str(os.getpid())],
                stdin=theirs.fileno(),
                # Libraries print and log what is no concern of the user's.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
        self._family = [psutil.Process(self._popen.pid)]
        self._family_since = self._since
        self._send(make_readers)

    @property
    def seconds(self) -> float:
        """How long its present file has taken so far."""
        return time.monotonic() - self._since

    def begin(self, task: RawEntry) -> None:
        """Hand it a file."""
        self.task = task
        self._since = time.monotonic()
        self._send(task)

    def check(self) -> ReadingOutcome | None:
        """Return what came of its file, if that is known by now; `end` it if it `is_spent` then.

        Raises:
            PrerequisiteError: it could not start.
        """
        try:
            message = self.connection.recv_bytes() if self.connection.poll() else None
        except (EOFError, OSError):
            return self._ended()
        if message is not None:
            return self._received(message)
        if self._popen.poll() is not None:
            return self._ended()
        return self._over_limit()

    def end(self) -> None:
        """End it at once, with every process that it started."""
        self._find_family()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        for each in self._family[1:]:
            with suppress(psutil.Error):
                each.kill()
        # A process that waits for a dead network drive does not end before the drive answers.
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout=_ENDING_SECONDS)
        self.connection.close()

    def _send(self, message: object) -> None:
        # A process that is gone is found so by the next `check`.
        with suppress(OSError):
            self.connection.send(message)

    def _received(self, message: bytes) -> ReadingOutcome | None:
        if not self.is_ready:
            if message != worker.READY:
                raise _no_start(message.decode("utf-8", "replace"))
            self.is_ready = True
            return None
        memory = self._memory(refresh=True)
        # A leak must not add up to a limit, nor a process that one file left behind slow others.
        self.is_spent = len(self._family) > 1 or memory > self._limits.megabytes * _MEGABYTE // 2
        try:
            return ReadingOutcome.from_json(message)
        except ValueError:
            return ReadingOutcome.failed(ReadError("its reader's answer is no Reading"))

    def _ended(self) -> ReadingOutcome | None:
        self.is_spent = True
        try:
            status = self._popen.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return ReadingOutcome.failed(ReadError("its reader closed what it answers through"))
        if not self.is_ready:
            raise _no_start(f"it ended with status {status}")
        return ReadingOutcome.failed(_ending(status))

    def _over_limit(self) -> ReadingOutcome | None:
        if not self.is_ready and self.seconds > _STARTING_SECONDS:
            raise _no_start(f"it was not ready after {_STARTING_SECONDS:.0f} s")
        if self.task is None:
            return None
        error = None
        if self.seconds > self._limits.seconds:
            error = f"it took longer than {self._limits.seconds:g} s to read; raise {SECONDS}"
        elif self._memory() > self._limits.megabytes * _MEGABYTE:
            error = f"it took more than {self._limits.megabytes} MB to read; raise {MEGABYTES}"
        if error is None:
            return None
        self.is_spent = True
        return ReadingOutcome.failed(LimitError(error))

    def _find_family(self) -> None:
        with suppress(psutil.Error):
            self._family = self._family[:1] + self._family[0].children(recursive=True)

    def _memory(self, refresh: bool = False) -> int:
        now = time.monotonic()
        if refresh or now - self._family_since > _FAMILY_SECONDS:
            # Finding children reads the whole process table.
            self._family_since = now
            self._find_family()
        total = 0
        for each in self._family:
            with suppress(psutil.Error):
                total += each.memory_info().rss
        return total


def _environment() -> dict[str, str]:
    path = os.pathsep.join(os.path.abspath(place) for place in sys.path)
    fixed = {"PYTHONPATH": path, "PYTHONHASHSEED": "0", "TOKENIZERS_PARALLELISM": "false"}
    return {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), **fixed}


def _ending(status: int) -> ReadError:
    """Return what the exit status of a process says about the file that it read."""
    if status >= 0:
        return ReadError(f"its reader ended the process with status {status}")
    if -status in _CRASHES:
        return ReadError(f"its reader crashed: signal {-status}")
    if -status == signal.SIGKILL:
        return LimitError(
            "the system killed its reader, as it does when memory runs out; "
            f"lower {READERS} or {MEGABYTES}"
        )
    return LimitError(f"its reader was ended from outside, by signal {-status}; run again")


def _no_start(reason: str) -> PrerequisiteError:
    return PrerequisiteError(
        f"the process that reads files could not start ({reason}); "
        f"`{sys.executable} -m {worker.__name__} 0` says more"
    )
