"""Reading source: files to outcomes, from the cache where it knows them, else from the pool."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from tqdm import tqdm

from pipeline.machine_limits import MachineLimits
from pipeline.reading_cache import ReadingCache
from pipeline.reading_outcome import ReadingOutcome
from pipeline.reading_pool import ReadingPool
from pipeline.reading_process import MakeReaders
from pipeline.reading_task import ReadingTask


@dataclass(frozen=True, slots=True)
class TimedOutcome:
    """What came of a file, the seconds that reading it took, and whether the cache knew it."""

    outcome: ReadingOutcome
    seconds: float = 0.0
    cached: bool = False


@dataclass(frozen=True, slots=True)
class ReadingSource:
    """Reads files, none twice while the cache keeps it."""

    make_readers: MakeReaders
    cache: ReadingCache
    limits: MachineLimits

    def read(self, tasks: Sequence[ReadingTask]) -> dict[ReadingTask, TimedOutcome]:
        """Return the outcome of each task; what was read stays in the cache, come what may.

        Raises:
            PrerequisiteError: a process that reads could not start.
        """
        found = {
            task: TimedOutcome(outcome, cached=True)
            for task in tasks
            if (outcome := self.cache.get(task)) is not None
        }
        unknown = [task for task in tasks if task not in found]
        pool = ReadingPool(self.make_readers, self.limits)
        with (
            tqdm(
                total=len(tasks), initial=len(found), desc="ingest", unit="file", disable=None
            ) as progress,
            closing(pool.read(unknown)) as readings,
        ):
            for each in readings:
                self.cache.put(each.task, each.outcome)
                found[each.task] = TimedOutcome(each.outcome, each.seconds)
                progress.update()
        return found
