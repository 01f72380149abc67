"""Library: the recorded Versions, opened on demand, and the Cases to ask them."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.version_name import named_version
from eval.case import Case
from eval.ledger import Ledger, Record
from eval.score import Score

if TYPE_CHECKING:
    from types import TracebackType

    from pipeline.answerer import Answerer
    from pipeline.endpoints import Endpoints
    from pipeline.version_store import VersionStore

OPEN_AT_ONCE = 4
_SCORES_KEPT = 32


class Library:
    """What the command line and the workbench share: Records, Answerers, Cases and scores.

    Safe to use from several threads, and a context manager that closes the endpoints of language
    models. `open_version` takes a version id and returns its Answerer; it is the store's own
    unless something else is given.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: "VersionStore",
        cases: tuple[Case, ...],
        *,
        open_version: "Callable[[str], Answerer] | None" = None,
        endpoints: "Endpoints | None" = None,
    ) -> None:
        """Hold a ledger, a store, Cases and endpoints; nothing is read or opened yet."""
        self.cases = cases
        self._ledger = ledger
        self._store = store
        self._endpoints = endpoints
        self._open = open_version or self._open_from_store
        self._answerers: OrderedDict[str, Answerer] = OrderedDict()
        self._scores: OrderedDict[str, dict[str, list[Score]]] = OrderedDict()
        self._lock = threading.Lock()

    def __enter__(self) -> "Library":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the endpoints; whatever waits for one of them is woken."""
        if self._endpoints is not None:
            self._endpoints.close()

    def records(self) -> list[Record]:
        """Return what the ledger holds now, newest first.

        Raises:
            LedgerError: the ledger cannot be reached.
        """
        return sorted(self._ledger.records(), key=lambda each: each.recorded, reverse=True)

    @property
    def ledger(self) -> Ledger:
        """The ledger itself."""
        return self._ledger

    def champion(self) -> str | None:
        """Return the id of the Version that is served, if any."""
        return self._ledger.champion()

    def record(self, version: str) -> Record | None:
        """Return the newest Record of a Version, if it was ever scored."""
        return next((each for each in self.records() if each.scorecard.version == version), None)

    def resolve(self, name: str) -> str:
        """Return the one version id that a name means, see `app.version_name`.

        Raises:
            VersionError: unknown, too short, or a name of several Versions.
        """
        return named_version(name, self._ledger)

    def answerer(self, version: str) -> "Answerer":
        """Return the Answerer of a Version, opened once and kept while among the last used.

        Raises:
            VersionError: the Version is absent or broken.
            PrerequisiteError: it needs a language model, and the variable for its key is not set.
        """
        with self._lock:
            if version not in self._answerers:
                self._answerers[version] = self._open(version)
            self._answerers.move_to_end(version)
            while len(self._answerers) > OPEN_AT_ONCE:
                self._answerers.popitem(last=False)
            return self._answerers[version]

    def scores(self, version: str, case_id: str) -> list[Score]:
        """Return the newest recorded scores of a Version on one Case; empty if there are none.

        Raises:
            LedgerError: the ledger cannot be reached or lacks the table of scores.
        """
        record = self.record(version)
        return self.case_scores(record).get(case_id, []) if record else []

    def case_scores(self, record: Record) -> dict[str, list[Score]]:
        """Map each Case id to its scores in one Record; read once and kept.

        Raises:
            LedgerError: the ledger cannot be reached or lacks the table of scores.
        """
        with self._lock:
            if record.run not in self._scores:
                by_case: dict[str, list[Score]] = {}
                for score in self._ledger.scores(record):
                    by_case.setdefault(score.case_id, []).append(score)
                self._scores[record.run] = by_case
            self._scores.move_to_end(record.run)
            while len(self._scores) > _SCORES_KEPT:
                self._scores.popitem(last=False)
            return self._scores[record.run]

    def _open_from_store(self, version: str) -> "Answerer":
        from pipeline.answerer import open_answerer

        return open_answerer(self._store.open(version), self._endpoints)
