"""Reading pool: files to their outcomes, in processes side by side and under limits."""

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait

from pipeline.machine_limits import MachineLimits
from pipeline.reading_outcome import ReadingOutcome
from pipeline.reading_process import MakeReaders, ReadingProcess
from pipeline.reading_task import ReadingTask

_TICK_SECONDS = 0.01
"""How often memory is looked at: in this time a process can touch some 50 MB."""


@dataclass(frozen=True, slots=True)
class FinishedReading:
    """The outcome of one task, and how long it took."""

    task: ReadingTask
    outcome: ReadingOutcome
    seconds: float


class ReadingPool:
    """Reads files in worker processes, each one file at a time."""

    def __init__(self, make_readers: MakeReaders, limits: MachineLimits) -> None:
        """Take what makes the Readers in each process; nothing is started yet."""
        self._make_readers = make_readers
        self._limits = limits

    def read(self, tasks: Sequence[ReadingTask]) -> Generator[FinishedReading]:
        """Yield each task's outcome as it comes; close the iterator to end all processes.

        Raises:
            PrerequisiteError: a process could not start.
        """
        # The largest first, so that all processes end at about the same time.
        waiting = deque(sorted(tasks, key=lambda task: (-task.size, task.relative)))
        staff: list[ReadingProcess] = []
        try:
            while waiting or any(process.task for process in staff):
                self._hire(staff, waiting)
                wait([process.connection for process in staff], _TICK_SECONDS)
                for process in list(staff):
                    outcome = process.check()
                    task, seconds = process.task, process.seconds
                    if process.is_spent:
                        staff.remove(process)
                        process.end()
                    if outcome is not None and task is not None:
                        process.task = None
                        yield FinishedReading(task, outcome, seconds)
        finally:
            for process in staff:
                process.end()

    def _hire(self, staff: list[ReadingProcess], waiting: deque[ReadingTask]) -> None:
        """Start what processes there is work for, and give each idle one a file."""
        for process in staff:
            if process.is_ready and process.task is None and waiting:
                process.begin(waiting.popleft())
        idle = sum(process.task is None for process in staff)
        for _ in range(min(self._limits.readers - len(staff), len(waiting) - idle)):
            staff.append(ReadingProcess(self._make_readers, self._limits))
