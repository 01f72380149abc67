"""MlflowLedger: the ledger in MLflow, in a local SQLite file or on a server.

Below the class stands how a Scorecard becomes a run's params, metrics and tags, and comes back.
"""

import base64
import binascii
import re
import tempfile
import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from eval.ledger.ledger import NewRecord, Record
from eval.ledger.mlflow_chain import MlflowChain
from eval.ledger.mlflow_store import (
    ABSENT,
    NAME,
    PRESENT,
    StoredRun,
    accepting,
    write_twice,
)
from eval.ledger.recording import SCORES
from eval.ledger.store import LedgerAddress
from eval.scores.scorecard import Score, Scorecard, read_scores
from pipeline.errors import LedgerError
from pipeline.files import hash_text

PARAM_LENGTH = 500
"""Characters of a param that every MLflow server since 2.0 takes."""
_VERSION = "version"
"""The tag that holds a Version's id, after `winnow.` with a run."""
_TAG = "winnow."
_KEY = f"{_TAG}key"
_COMPLETE = f"{_TAG}complete"
_SHOWN = (_VERSION, "engine", "baseline", "dirty", "remote", "corpus", "cases")
"""Tags of a run that its model version carries, too."""
_SOURCE = "scorecard.json"
_PACKED = "scorecard"
_ABOUT = frozenset({"key", _VERSION, "engine", "judge", "cases", "corpus"})
_TAG_LENGTH = 4000
_UNSAFE = re.compile(r"[^\w\-. /]", re.ASCII)

Setting = str | int | float | bool


def ledger_at(root: Path, environ: Mapping[str, str]) -> "MlflowLedger":
    """Return the ledger of a project, at the place that `LedgerAddress.at` decides."""
    return MlflowLedger(LedgerAddress.at(root, environ))


class MlflowLedger(MlflowChain):
    """Holds one MLflow run for each Scorecard key and one model version for each Version.

    A run carries its Scorecard in its tags, so that hundreds are read with one request, and the
    tag `winnow.complete` as its last sign. A run that a kill left without it is continued. With
    SQLite, first use and recording are serialised by a lock file. Over HTTP two processes that
    record the same key at once may make two runs; every reader keeps the oldest complete one. Two
    that register one Version at once may make two model versions; the older one is used, and both
    carry the Version's id. The chain of receipts is MlflowChain's.
    """

    def record(self, new: NewRecord) -> str:
        """Record once and return the run's id; recording again returns the same run."""
        with self._store.locked() as client:
            same_key = f"tags.`{_KEY}` = '{new.scorecard.key}'"
            found = self._store.runs(same_key)
            if complete := _complete(found):
                return complete[0].id
            words = [new.scorecard.version[:8], new.tags.get("experiment", "")]
            name = " ".join(filter(None, words))
            run = found[0] if found else self._store.start(name, {_KEY: new.scorecard.key})
            self._log(run, new)
            client.set_terminated(run.id, "FINISHED")
            client.set_tag(run.id, _COMPLETE, "true")
            return _complete(self._store.runs(same_key))[0].id

    def records(self) -> list[Record]:
        """Return every recorded Scorecard, newest first, one for each key."""
        if self._store.address.unused:
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
                delete = self._store.address.command(f"mlflow runs delete --run-id {record.run}")
                raise LedgerError(
                    f"the MLflow run {record.run} has lost its file {SCORES}; run `{delete}`, "
                    "then `winnow run`, which records it again"
                )
            return read_scores(path)

    def aliases(self) -> dict[str, str]:
        """Map each alias to the id of its Version, "" where Winnow did not record that one."""
        if self._store.address.unused:
            return {}
        with self._store.opened() as client:
            named: dict[str, str] = {}
            with accepting(ABSENT):
                named = dict(client.get_registered_model(NAME).aliases)
            return {
                alias: str(client.get_model_version(NAME, str(number)).tags.get(_VERSION, ""))
                for alias, number in sorted(named.items())
            }

    def point(self, alias: str, version: str | None) -> None:
        """Let an alias name a recorded Version, or None.

        Raises:
            LedgerError: no Scorecard of that Version is recorded.
        """
        with self._store.locked() as client:
            if version is None:
                with accepting(ABSENT):
                    write_twice(lambda: client.delete_registered_model_alias(NAME, alias))
                return
            # Its model version is brought back, or up to date, by its newest Scorecard.
            condition = f"tags.`{_TAG}{_VERSION}` = '{version}' and tags.`{_COMPLETE}` = 'true'"
            for run in self._store.runs(condition)[-1:]:
                self._register_version(run.id, run.tags)
            number = self._model_version(version)
            if number is None:
                raise LedgerError(
                    f"no Scorecard of {version} is recorded, so that no alias can name it; score "
                    "it with `winnow run` where it was made"
                )
            write_twice(lambda: client.set_registered_model_alias(NAME, alias, number))

    def _log(self, run: StoredRun, new: NewRecord) -> None:
        metrics = {safe_name(name): value for name, value in new.measurements.items()}
        metrics |= metrics_of(new.scorecard)
        tags = {f"{_TAG}{name}": value for name, value in tags_of(new).items()}
        self._store.log(run, params_of(new.scorecard.settings), metrics, tags)
        self._files.write(run.id, {name: path.read_bytes() for name, path in new.files.items()})
        self._register_version(run.id, tags)

    def _register_version(self, run: str, run_tags: Mapping[str, str]) -> None:
        """Let the Version that a run's tags name have a model version that says the same."""
        tags = {name: run_tags[f"{_TAG}{name}"] for name in _SHOWN if f"{_TAG}{name}" in run_tags}
        with self._store.opened() as client:
            with accepting(PRESENT):
                client.create_registered_model(NAME)
            number = self._model_version(tags[_VERSION])
            if number is None:
                # Sources other than runs:/ are refused over HTTP.
                source = f"runs:/{run}/{_SOURCE}"
                client.create_model_version(NAME, source, run, tags=tags, await_creation_for=0)
                return
            known = client.get_model_version(NAME, number).tags
            for tag, value in tags.items():
                if known.get(tag) != value:
                    write_twice(partial(client.set_model_version_tag, NAME, number, tag, value))

    def _model_version(self, version: str) -> str | None:
        condition = f"name = '{NAME}' and tag.`{_VERSION}` = '{version}'"
        with self._store.opened() as client:
            found = client.search_model_versions(condition)
        return min((str(each.version) for each in found), key=int, default=None)


def _complete(runs: list[StoredRun]) -> list[StoredRun]:
    return [run for run in runs if run.tags.get(_COMPLETE) == "true"]


def _record_of(run: StoredRun) -> Record:
    tags = {
        name.removeprefix(_TAG): value
        for name, value in run.tags.items()
        if name.startswith(_TAG) and name != _COMPLETE
    }
    scorecard = unpack_scorecard(run.id, tags)
    scored = metrics_of(scorecard)
    return Record(
        run=run.id,
        scorecard=scorecard,
        recorded=run.started / 1000,
        measurements={name: each for name, each in run.metrics.items() if name not in scored},
        tags=origin_of(tags),
    )


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
    numbers: dict[str, float | None] = {}
    spending = scorecard.spending
    for part, spent in (("answer", spending.answer), ("judge", spending.judge)):
        numbers[f"spending.{part}.tokens"] = float(spent.tokens)
        numbers[f"spending.{part}.cost"] = spent.cost
    for metric, summary in scorecard.metrics.items():
        name = safe_name(metric)
        numbers |= {name: summary.mean, f"{name}.low": summary.low, f"{name}.high": summary.high}
        numbers[f"{name}.coverage"] = summary.coverage
        numbers[f"{name}.failed"] = float(sum(summary.failed.values()))
    return {name: number for name, number in numbers.items() if number is not None}


def safe_name(name: str) -> str:
    """Return a name that MLflow takes: other characters than letters, digits, `-. /` become _."""
    return _UNSAFE.sub("_", name)


def tags_of(new: NewRecord) -> dict[str, str]:
    """Return the tags of a run: what it measured, where that came from, and the Scorecard.

    The Scorecard is compressed JSON cut into a few short tags, `scorecard` says how many: tags
    come back with a search for runs, so that hundreds of Scorecards need no download.
    """
    card = new.scorecard
    about = {"key": card.key, "version": card.version, "engine": card.engine, "judge": card.judge}
    about |= {"cases": card.cases.hash, "corpus": card.corpus}
    text = base64.b64encode(zlib.compress(card.model_dump_json().encode(), level=9)).decode()
    cut = [text[start : start + _TAG_LENGTH] for start in range(0, len(text), _TAG_LENGTH)]
    packed = {f"{_PACKED}.{number}": part for number, part in enumerate(cut)}
    return {**new.tags, **about, _PACKED: str(len(cut)), **packed}


def origin_of(tags: Mapping[str, str]) -> dict[str, str]:
    """Return a record's own tags among those that `tags_of` made."""
    return {
        name: value
        for name, value in tags.items()
        if name not in _ABOUT and name.partition(".")[0] != _PACKED
    }


def unpack_scorecard(run: str, tags: Mapping[str, str]) -> Scorecard:
    """Return the Scorecard that `tags_of` put into the tags of a run.

    Raises:
        LedgerError: a part is missing or broken, or another Winnow wrote a newer format.
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


def _param(value: Setting) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) <= PARAM_LENGTH:
        return text
    ending = f"... sha256:{hash_text(text)}"
    return text[: PARAM_LENGTH - len(ending)] + ending
