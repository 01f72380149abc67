"""Library: a workspace's recorded Versions, opened on demand, and the Cases to ask them.

A command that needs only what is recorded takes `open_ledger`, one that asks a single Version of a
known folder `open_endpoints`. MLflow and the answering code are imported once they are needed.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
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

if TYPE_CHECKING:
    from pipeline.answerer import Answerer

SHORTEST_PREFIX = 4
OPEN_AT_ONCE = 4
_SCORES_KEPT = 32
_VERSIONS_NAMED = 8
_ENDING = ".dir"
_ID_LENGTH = 32 + len(_ENDING)


class Library:
    """What `winnow compare` and the workbench share: the ledger, Answerers, Cases and scores.

    Safe to use from several threads. `open_version` takes a version id and returns its Answerer.
    """

    def __init__(
        self, ledger: Ledger, cases: tuple[Case, ...], open_version: "Callable[[str], Answerer]"
    ) -> None:
        """Hold a ledger and Cases; nothing is read or opened yet."""
        self.ledger = ledger
        self.cases = cases
        self._opened = lru_cache(OPEN_AT_ONCE)(open_version)
        self._scores: dict[str, dict[str, list[Score]]] = {}
        self._lock = threading.Lock()

    def answerer(self, version: str) -> "Answerer":
        """Return the Answerer of a Version, opened once and kept while among the last used.

        Raises:
            VersionError: the Version is absent or broken.
            PrerequisiteError: it needs a language model, and the variable for its key is not set.
        """
        with self._lock:
            return self._opened(version)

    def case_scores(self, record: Record) -> dict[str, list[Score]]:
        """Map each Case id to its scores in one Record; read once and kept.

        Raises:
            LedgerError: the ledger cannot be reached or lacks the table of scores.
        """
        with self._lock:
            if record.run not in self._scores:
                by_case: dict[str, list[Score]] = {}
                for score in self.ledger.scores(record):
                    by_case.setdefault(score.case_id, []).append(score)
                self._scores[record.run] = by_case
                if len(self._scores) > _SCORES_KEPT:
                    del self._scores[next(iter(self._scores))]
            return self._scores[record.run]


@contextmanager
def open_library(workspace: Workspace) -> Iterator[Library]:
    """Open the Library of a workspace; the language models' endpoints close at the end."""
    from pipeline.answerer import open_answerer

    ledger = open_ledger(workspace)
    store = VersionStore(workspace.cache)
    path = workspace.cases
    cases = read_cases(path) if path and path.is_file() else ()
    with open_endpoints(workspace) as endpoints:
        yield Library(ledger, cases, lambda id_: open_answerer(store.open(id_), endpoints))


def open_ledger(workspace: Workspace) -> Ledger:
    """Return a workspace's ledger, which holds its present Scorecard from then on.

    DVC's run cache restores a Scorecard without a run, so nothing else may have recorded it.
    """
    from eval.ledger.mlflow_ledger import ledger_at

    ledger = ledger_at(workspace.root, os.environ)
    store = VersionStore(workspace.cache)
    if workspace.scorecard is None or not store.holds(workspace.scorecard):
        return ledger
    files = store.files(workspace.scorecard)
    scorecard = read_scorecard(files)
    if all(each.scorecard.key != scorecard.key for each in ledger.records()):
        seconds = workspace.scratch / "seconds"
        latency = read_latency(seconds_path(seconds, scorecard.version, scorecard.cases.hash))
        record_scorecard(ledger, files, latency, provenance(workspace.root, os.environ))
    return ledger


def open_endpoints(workspace: Workspace) -> Endpoints:
    """Return the models' endpoints that the environment names; none is asked for anything yet.

    What they may cost stands in params.yaml; where that says nothing of it, there is no limit.
    """
    params = read_mapping(workspace.params) if workspace.params.is_file() else {}
    said = params.get("spending")
    spending = parse_section(SpendingParams, "spending", said) if said is not None else None
    return Endpoints(os.environ, workspace.scratch, spending)


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
    records = ledger.records()
    named = (each for each in records if wanted and each.tags.get("experiment") == wanted)
    experiment = next((each.scorecard.version for each in named), None)
    long_enough = len(prefix) >= SHORTEST_PREFIX
    if not long_enough and experiment is None:
        raise VersionError(
            f"{name!r} is too short for a version id; "
            f"give at least {SHORTEST_PREFIX} characters (`winnow versions` lists them)"
        )
    known = list(dict.fromkeys(each.scorecard.version for each in records))
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


def _candidates(versions: Sequence[str]) -> str:
    if not versions:
        return "none is recorded yet: build one with `winnow run`"
    shown = ", ".join(version[:12] for version in versions[:_VERSIONS_NAMED])
    return f"choose from {shown}{' …' if len(versions) > _VERSIONS_NAMED else ''}"
