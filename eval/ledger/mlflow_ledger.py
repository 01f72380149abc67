"""MlflowLedger: the ledger in MLflow, in a local SQLite file or on a server."""

import base64
import binascii
import re
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from eval.ledger.ledger import Entry, Link, Record
from eval.ledger.mlflow_chain import MlflowChain
from eval.ledger.mlflow_store import (
    ABSENT,
    NAME,
    PRESENT,
    MlflowStore,
    RunFiles,
    StoredRun,
    accepting,
    write_twice,
)
from eval.ledger.recording import SCORES
from eval.ledger.store import LedgerStore
from eval.scores.scorecard import MetricSummary, Score, Scorecard, SpendingByPart, read_scores
from pipeline.errors import LedgerError
from pipeline.files import hash_text

VERSION = "version"
"""The tag that holds a Version's id."""
_SOURCE = "scorecard.json"


class ModelVersions:
    """Registers Versions under the name `winnow` and lets aliases name them.

    Two processes that register one Version at once may make two model versions; the older one is
    used, and both carry the Version's id.
    """

    def __init__(self, store: MlflowStore) -> None:
        """Take the store of the registered model."""
        self._store = store

    def register(self, run: str, tags: Mapping[str, str]) -> None:
        """Let the Version that the tags name have a model version with these tags.

        Args:
            run: The run of its Scorecard: the source of a model version that is made now.
            tags: Its id under `version`, and what else its newest Scorecard says.
        """
        with self._store.opened() as client:
            with accepting(PRESENT):
                client.create_registered_model(NAME)
            number = self._number(tags[VERSION])
            if number is None:
                # Sources other than runs:/ are refused over HTTP.
                source = f"runs:/{run}/{_SOURCE}"
                client.create_model_version(
                    NAME, source, run, tags=dict(tags), await_creation_for=0
                )
                return
            known = client.get_model_version(NAME, number).tags
            for tag, value in tags.items():
                if known.get(tag) != value:
                    self._tag(number, tag, value)

    def aliases(self) -> dict[str, str]:
        """Map each alias to the Version's id, "" for a model version without one."""
        with self._store.opened() as client:
            named: dict[str, str] = {}
            with accepting(ABSENT):
                named = dict(client.get_registered_model(NAME).aliases)
            return {
                alias: str(client.get_model_version(NAME, str(number)).tags.get(VERSION, ""))
                for alias, number in sorted(named.items())
            }

    def point(self, alias: str, version: str | None) -> None:
        """Let an alias name the model version of a Version, or none.

        Raises:
            LedgerError: that Version has no model version.
        """
        with self._store.opened() as client:
            if version is None:
                with accepting(ABSENT):
                    write_twice(lambda: client.delete_registered_model_alias(NAME, alias))
                return
            number = self._number(version)
            if number is None:
                raise LedgerError(
                    f"no Scorecard of {version} is recorded, so that no alias can name it; score "
                    "it with `winnow run` where it was made"
                )
            write_twice(lambda: client.set_registered_model_alias(NAME, alias, number))

    def _number(self, version: str) -> str | None:
        condition = f"name = '{NAME}' and tag.`{VERSION}` = '{version}'"
        with self._store.opened() as client:
            found = client.search_model_versions(condition)
        return min((str(each.version) for each in found), key=int, default=None)

    def _tag(self, number: str, tag: str, value: str) -> None:
        with self._store.opened() as client:
            write_twice(lambda: client.set_model_version_tag(NAME, number, tag, value))


PARAM_LENGTH = 500
"""Characters of a param that every MLflow server since 2.0 takes."""
_PACKED = "scorecard"
_ABOUT = frozenset({"key", "version", "engine", "judge", "cases", "corpus"})
_PIECE = 4000
_UNSAFE = re.compile(r"[^\w\-. /]", re.ASCII)

Setting = str | int | float | bool


def params_of(settings: Mapping[str, Setting]) -> dict[str, str]:
    """Return settings as params, booleans as in YAML.

    A value of more than `PARAM_LENGTH` characters keeps its beginning and ends in
    `... sha256:<32 hex digits of the whole>`, so that two long values still differ; the whole
    value stands in the Scorecard.
    """
    return {safe_name(name): _param(value) for name, value in settings.items()}


def metrics_of(scorecard: Scorecard) -> dict[str, float]:
    """Return each metric's mean, `.low`, `.high`, `.coverage` and `.failed`, and the spending.

    A mean or bound that does not exist, because no Case was scored, is left out, and so is a
    cost that is not known.
    """
    numbers = _spending(scorecard.spending)
    for metric, summary in scorecard.metrics.items():
        numbers.update(_summary(safe_name(metric), summary))
    return numbers


def safe_name(name: str) -> str:
    """Return a name that MLflow takes: other characters than letters, digits, `-. /` become _."""
    return _UNSAFE.sub("_", name)


def tags_of(entry: Entry) -> dict[str, str]:
    """Return the tags of a run: what it measured, where that came from, and the Scorecard.

    The Scorecard is compressed JSON in a few short pieces, `scorecard` says how many: tags come
    back with a search for runs, so that hundreds of Scorecards need no download.
    """
    card = entry.scorecard
    about = {"key": card.key, "version": card.version, "engine": card.engine, "judge": card.judge}
    about |= {"cases": card.cases.hash, "corpus": card.corpus}
    return {**entry.tags, **about, **_pack(card)}


def origin_of(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the entry's own tags among those that `tags_of` made."""
    return {
        name: value
        for name, value in tags.items()
        if name not in _ABOUT and name.partition(".")[0] != _PACKED
    }


def unpack(run: str, tags: Mapping[str, str]) -> Scorecard:
    """Return the Scorecard that `tags_of` put into the tags of a run.

    Raises:
        LedgerError: a piece is missing or broken, or another Winnow wrote a newer format.
    """
    try:
        text = "".join(tags[f"{_PACKED}.{number}"] for number in range(int(tags[_PACKED])))
        content = zlib.decompress(base64.b64decode(text, validate=True))
        return Scorecard.model_validate_json(content)
    except (KeyError, ValueError, binascii.Error, zlib.error, ValidationError) as error:
        reason = type(error).__name__
        raise LedgerError(
            f"the Scorecard of the MLflow run {run} cannot be read ({reason}); update Winnow if "
            f"a newer one wrote it, else run `mlflow runs delete --run-id {run}`"
        ) from error


def _pack(scorecard: Scorecard) -> dict[str, str]:
    packed = zlib.compress(scorecard.model_dump_json().encode("utf-8"), level=9)
    text = base64.b64encode(packed).decode("ascii")
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    numbered = {f"{_PACKED}.{number}": piece for number, piece in enumerate(pieces)}
    return {_PACKED: str(len(pieces)), **numbered}


def _summary(name: str, summary: MetricSummary) -> dict[str, float]:
    numbers = {name: summary.mean, f"{name}.low": summary.low, f"{name}.high": summary.high}
    known = {key: value for key, value in numbers.items() if value is not None}
    failed = float(sum(summary.failed.values()))
    return {**known, f"{name}.coverage": summary.coverage, f"{name}.failed": failed}


def _spending(spending: SpendingByPart) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for part, spent in (("answer", spending.answer), ("judge", spending.judge)):
        numbers[f"spending.{part}.tokens"] = float(spent.tokens)
        if spent.cost is not None:
            numbers[f"spending.{part}.cost"] = spent.cost
    return numbers


def _param(value: Setting) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) <= PARAM_LENGTH:
        return text
    ending = f"... sha256:{hash_text(text)}"
    return text[: PARAM_LENGTH - len(ending)] + ending


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
