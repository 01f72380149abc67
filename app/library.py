"""Library: the recorded Versions, opened on demand, and the Cases to ask them."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.workspace.workspace import Workspace
from eval.answers.latency import read_latency, seconds_path
from eval.cases.case import Case, read_cases
from eval.ledger.ledger import CHALLENGER, CHAMPION, Ledger, Record
from eval.ledger.recording import provenance, read_scorecard, record_scorecard
from eval.scores.scorecard import Score
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import VersionError
from pipeline.params import SpendingParams, parse_section, read_mapping
from pipeline.versions.store import VersionStore

SHORTEST_PREFIX = 4
_SHOWN = 8
_ENDING = ".dir"
_ID_LENGTH = 32 + len(_ENDING)


def named_version(name: str, ledger: Ledger) -> str:
    """Return the one version id that a name means.

    A name is `champion`, `challenger`, an experiment (its newest Version) or the start of an id.
    A full id is returned as it is, whether or not the ledger knows it.

    Raises:
        VersionError: too short, unknown, or a name of several Versions.
    """
    wanted = name.strip()
    prefix = wanted.lower()
    if prefix in (CHAMPION, CHALLENGER):
        return _holder(prefix, ledger)
    if len(prefix) == _ID_LENGTH and prefix.endswith(_ENDING):
        return prefix
    records = sorted(ledger.records(), key=lambda each: each.recorded, reverse=True)
    experiment = _newest(wanted, records)
    if len(prefix) < SHORTEST_PREFIX and experiment is None:
        raise VersionError(
            f"{name!r} is too short for a version id; "
            f"give at least {SHORTEST_PREFIX} characters (`winnow versions` lists them)"
        )
    known = list(dict.fromkeys(each.scorecard.version for each in records))
    long_enough = len(prefix) >= SHORTEST_PREFIX
    found = [each for each in known if long_enough and each.startswith(prefix)]
    if experiment is not None and experiment not in found:
        found.append(experiment)
    if len(found) == 1:
        return found[0]
    if not found:
        other = ", or name an experiment" if known else ""
        raise VersionError(f"no Version begins with {name!r}; {_candidates(known)}{other}")
    raise VersionError(f"{name!r} means {len(found)} Versions; {_candidates(found)}")


def _holder(alias: str, ledger: Ledger) -> str:
    """Return the Version of an alias; the champion's is what the receipts say."""
    version = ledger.champion() if alias == CHAMPION else ledger.aliases().get(alias)
    if not version:
        raise VersionError(f"there is no {alias} yet; name a Version by the start of its id")
    return version


def _newest(experiment: str, records: Sequence[Record]) -> str | None:
    named = (each for each in records if experiment and each.tags.get("experiment") == experiment)
    return next((each.scorecard.version for each in named), None)


def _candidates(versions: Sequence[str]) -> str:
    if not versions:
        return "none is recorded yet: build one with `winnow run`"
    shown = ", ".join(version[:12] for version in versions[:_SHOWN])
    return f"choose from {shown}{' …' if len(versions) > _SHOWN else ''}"


if TYPE_CHECKING:
    from types import TracebackType

    from pipeline.answerer import Answerer
    from pipeline.endpoints.endpoints import Endpoints
    from pipeline.versions.store import VersionStore

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


def open_library(workspace: Workspace) -> Library:
    """Return the Library of a workspace; every command that reads the ledger opens it here."""
    from eval.ledger.mlflow_ledger import ledger_at

    ledger = ledger_at(workspace.root, os.environ)
    store = VersionStore(workspace.cache)
    _record_present(workspace, ledger, store)
    cases = workspace.cases
    known = read_cases(cases) if cases and cases.is_file() else ()
    return Library(ledger, store, known, endpoints=open_endpoints(workspace))


def open_endpoints(workspace: Workspace) -> Endpoints:
    """Return the models' endpoints that the environment names; none is asked for anything yet.

    What they may cost stands in params.yaml; where that says nothing of it, there is no limit.
    """
    params = read_mapping(workspace.params) if workspace.params.is_file() else {}
    said = params.get("spending")
    spending = parse_section(SpendingParams, "spending", said) if said is not None else None
    return Endpoints(os.environ, workspace.scratch, spending)


def _record_present(workspace: Workspace, ledger: Ledger, store: VersionStore) -> None:
    """Record the scorecard that dvc.lock names: DVC's run cache restores it without a run."""
    if workspace.scorecard is None or not store.holds(workspace.scorecard):
        return
    files = store.files(workspace.scorecard)
    scorecard = read_scorecard(files)
    if any(each.scorecard.key == scorecard.key for each in ledger.records()):
        return
    seconds = seconds_path(workspace.scratch / "seconds", scorecard.version, scorecard.cases.hash)
    tags = provenance(workspace.root, os.environ)
    record_scorecard(ledger, files, read_latency(seconds), tags)
