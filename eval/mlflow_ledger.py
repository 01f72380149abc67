"""MlflowLedger: the ledger in MLflow, in a local SQLite file or on a server."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from eval.ledger import Entry, Link, Record
from eval.ledger_store import LedgerStore
from eval.mlflow_chain import MlflowChain
from eval.mlflow_store import MlflowStore, StoredRun
from eval.model_versions import VERSION, ModelVersions
from eval.recording import SCORES
from eval.run_files import RunFiles
from eval.score import Score
from eval.scorecard_fields import metrics_of, origin_of, params_of, safe_name, tags_of, unpack
from eval.scores import read_scores
from pipeline.errors import LedgerError

_TAG = "winnow."
_KEY = f"{_TAG}key"
_COMPLETE = f"{_TAG}complete"
_SHOWN = (VERSION, "engine", "baseline", "dirty", "remote", "corpus", "cases")
"""Tags of a run that its model version carries, too."""


def ledger_at(root: Path, environ: Mapping[str, str]) -> "MlflowLedger":
    """Return the ledger of a project, at the place that `LedgerStore.at` decides."""
    return MlflowLedger(LedgerStore.at(root, environ))


class MlflowLedger:
    """Holds one MLflow run for each Scorecard key and one model version for each Version.

    A run carries its Scorecard in its tags, so that hundreds are read with one request, and the
    tag `winnow.complete` as its last sign. A run that a kill left without it is continued. With
    SQLite, first use and recording are serialised by a lock file. Over HTTP two processes that
    record the same key at once may make two runs; every reader keeps the oldest complete one.
    """

    def __init__(self, place: LedgerStore) -> None:
        """Take the place of the store; nothing is opened before the first call.

        Every method raises LedgerError, with the URI and the fix, when the store cannot be
        reached or is broken. Reading a SQLite store that does not exist yet does not make it.
        """
        self._place = place
        self._store = MlflowStore(place)
        self._files = RunFiles(self._store)
        self._versions = ModelVersions(self._store)
        self._chain = MlflowChain(self._store, self._files)

    def record(self, entry: Entry) -> str:
        """Record once and return the run's id; recording again returns the same run."""
        with self._store.locked() as client:
            same_key = f"tags.`{_KEY}` = '{entry.scorecard.key}'"
            found = self._store.runs(same_key)
            if complete := _complete(found):
                return complete[0].id
            run = found[0] if found else self._start(entry)
            self._log(run, entry)
            client.set_terminated(run.id, "FINISHED")
            client.set_tag(run.id, _COMPLETE, "true")
            return _complete(self._store.runs(same_key))[0].id

    def records(self) -> list[Record]:
        """Return every recorded Scorecard, newest first, one for each key."""
        if self._place.unused:
            return []
        oldest: dict[str, StoredRun] = {}
        for run in self._store.runs(f"tags.`{_COMPLETE}` = 'true'"):
            oldest.setdefault(run.tags.get(_KEY, run.id), run)
        return [_record_of(run) for run in reversed(oldest.values())]

    def scores(self, record: Record) -> list[Score]:
        """Return the Case by Case scores of a record."""
        with tempfile.TemporaryDirectory() as temporary:
            path = self._files.fetch(record.run, SCORES, Path(temporary))
            if path is None:
                command = self._place.command(f"mlflow runs delete --run-id {record.run}")
                raise LedgerError(
                    f"the MLflow run {record.run} has lost its file {SCORES}; run `{command}`, "
                    "then `winnow run`, which records it again"
                )
            return read_scores(path)

    def champion(self) -> str | None:
        """Return the id of the Version that the last receipt made champion, if there is one."""
        links = self.chain()
        return links[-1].version if links else None

    def chain(self) -> tuple[Link, ...]:
        """Return every link, the first receipt's first."""
        return self._chain.links()

    def append(self, link: Link, previous: str | None, attachments: Mapping[str, bytes]) -> None:
        """Add a link after the receipt whose hash is `previous`, None for the first.

        Raises:
            ConflictError: another link follows `previous` already.
        """
        self._chain.append(link, previous, attachments)

    def attachments(self) -> tuple[str, ...]:
        """Return the names of all files beside the chain, those that no link names included."""
        return self._chain.attachments()

    def attachment(self, name: str) -> bytes:
        """Return a file that was stored beside the chain.

        Raises:
            ReceiptError: there is none of that name.
        """
        return self._chain.attachment(name)

    def attach(self, attachments: Mapping[str, bytes]) -> None:
        """Store files beside the chain, over any of the same name: for repair."""
        self._chain.attach(attachments)

    def aliases(self) -> dict[str, str]:
        """Map each alias to the id of its Version, "" where Winnow did not record that one."""
        return {} if self._place.unused else self._versions.aliases()

    def point(self, alias: str, version: str | None) -> None:
        """Let an alias name a recorded Version, or None.

        Raises:
            LedgerError: no Scorecard of that Version is recorded.
        """
        with self._store.locked():
            if version is not None:
                self._register(version)
            self._versions.point(alias, version)

    def _start(self, entry: Entry) -> StoredRun:
        words = [entry.scorecard.version[:8], entry.tags.get("experiment", "")]
        return self._store.start(" ".join(filter(None, words)), {_KEY: entry.scorecard.key})

    def _log(self, run: StoredRun, entry: Entry) -> None:
        metrics = {safe_name(name): value for name, value in entry.measurements.items()}
        metrics |= metrics_of(entry.scorecard)
        tags = {f"{_TAG}{name}": value for name, value in tags_of(entry).items()}
        self._store.log(run, params_of(entry.scorecard.settings), metrics, tags)
        self._files.copy(run.id, entry.files)
        self._versions.register(run.id, _shown(tags))

    def _register(self, version: str) -> None:
        """Bring a Version's model version back, or up to date, by its newest Scorecard."""
        condition = f"tags.`{_TAG}{VERSION}` = '{version}' and tags.`{_COMPLETE}` = 'true'"
        for run in self._store.runs(condition)[-1:]:
            self._versions.register(run.id, _shown(run.tags))


def _complete(runs: list[StoredRun]) -> list[StoredRun]:
    return [run for run in runs if run.tags.get(_COMPLETE) == "true"]


def _shown(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: tags[f"{_TAG}{name}"] for name in _SHOWN if f"{_TAG}{name}" in tags}


def _record_of(run: StoredRun) -> Record:
    tags = {
        name.removeprefix(_TAG): value
        for name, value in run.tags.items()
        if name.startswith(_TAG) and name != _COMPLETE
    }
    scorecard = unpack(run.id, tags)
    scored = metrics_of(scorecard)
    return Record(
        run=run.id,
        scorecard=scorecard,
        recorded=run.started / 1000,
        measurements={name: each for name, each in run.metrics.items() if name not in scored},
        tags=origin_of(tags),
    )
