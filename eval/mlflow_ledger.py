"""MlflowLedger: the ledger in MLflow, in a local SQLite file or on a server."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from eval.ledger import Entry, Record
from eval.ledger_fault import ledger_fault
from eval.ledger_store import LedgerStore, copy_files
from eval.mlflow_environment import prepare_mlflow
from eval.recording import SCORES
from eval.score import Score
from eval.scorecard_fields import metrics_of, origin_of, params_of, safe_name, tags_of, unpack
from eval.scores import read_scores
from pipeline.errors import LedgerError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

NAME = "winnow"
"""Of the experiment and of the registered model."""
CHAMPION = "champion"
"""The alias of the Version that is served."""
_TAG = "winnow."
_KEY = f"{_TAG}key"
_COMPLETE = f"{_TAG}complete"
_VERSION = "version"
_PAGE = 500
_BATCH = 100


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

    def __init__(self, store: LedgerStore) -> None:
        """Take the place of the store; nothing is opened before the first call.

        Every method raises LedgerError, with the URI and the fix, when the store cannot be
        reached or is broken.
        """
        self._store = store
        self._client: MlflowClient | None = None

    def record(self, entry: Entry) -> str:
        """Record once and return the run's id; recording again returns the same run."""
        with self._faults():
            client = self._open()
            with self._store.lock():
                return self._record(client, entry)

    def records(self) -> list[Record]:
        """Return every recorded Scorecard, newest first, one for each key."""
        if self._store.unused:
            return []
        with self._faults():
            runs = _runs(self._open(), f"tags.`{_COMPLETE}` = 'true'")
        oldest: dict[str, Run] = {}
        for run in runs:
            oldest.setdefault(run.data.tags.get(_KEY, run.info.run_id), run)
        return [_record_of(run) for run in reversed(oldest.values())]

    def scores(self, record: Record) -> list[Score]:
        """Return the Case by Case scores of a record."""
        folder = self._store.folder(record.run)
        if folder and (folder / SCORES).is_file():
            return read_scores(folder / SCORES)
        with self._faults(), tempfile.TemporaryDirectory() as temporary:
            path = self._open().download_artifacts(record.run, SCORES, dst_path=temporary)
            return read_scores(Path(path))

    def champion(self) -> str | None:
        """Return the id of the Version that the alias `champion` names, if any."""
        if self._store.unused:
            return None
        with self._faults():
            from mlflow.exceptions import MlflowException

            try:
                version = self._open().get_model_version_by_alias(NAME, CHAMPION)
            except MlflowException as error:
                absent = f"alias {CHAMPION} not found" in str(error)
                if absent or error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise
        if _VERSION not in version.tags:
            raise LedgerError(
                f"model version {version.version} of {NAME!r} in MLflow is champion but lacks the "
                f"tag `{_VERSION}`; set the alias to a model version that Winnow recorded"
            )
        return str(version.tags[_VERSION])

    def _record(self, client: "MlflowClient", entry: Entry) -> str:
        same_key = f"tags.`{_KEY}` = '{entry.scorecard.key}'"
        found = _runs(client, same_key)
        if complete := _complete(found):
            return complete[0]
        run = found[0] if found else self._start(client, entry)
        _log(client, run, entry)
        self._attach(client, run.info.run_id, entry.files)
        _register(client, run.info.run_id, entry.scorecard.version)
        client.set_terminated(run.info.run_id, "FINISHED")
        client.set_tag(run.info.run_id, _COMPLETE, "true")
        return _complete(_runs(client, same_key))[0]

    def _start(self, client: "MlflowClient", entry: Entry) -> "Run":
        words = [entry.scorecard.version[:8], entry.tags.get("experiment", "")]
        return client.create_run(
            _experiment(client, self._store.location),
            tags={_KEY: entry.scorecard.key},
            run_name=" ".join(filter(None, words)),
        )

    def _attach(self, client: "MlflowClient", run: str, files: Mapping[str, Path]) -> None:
        if folder := self._store.folder(run):
            copy_files(files, folder)
            return
        with tempfile.TemporaryDirectory() as temporary:
            copy_files(files, Path(temporary))
            client.log_artifacts(run, temporary)

    def _open(self) -> "MlflowClient":
        if self._client is None:
            from mlflow import MlflowClient

            uri = self._store.uri
            with self._store.lock():
                self._store.probe()
                client = MlflowClient(tracking_uri=uri, registry_uri=uri)
                # SQLite's tables are made by the first call, which must not run twice at once.
                client.get_experiment_by_name(NAME)
                if self._store.database:
                    client.search_registered_models(max_results=1)
            self._client = client
        return self._client

    @contextmanager
    def _faults(self) -> Iterator[None]:
        prepare_mlflow()
        from mlflow.exceptions import MlflowException
        from requests import RequestException
        from sqlalchemy.exc import SQLAlchemyError

        database = (sqlite3.Error, SQLAlchemyError, ImportError)
        try:
            yield
        except (MlflowException, RequestException, OSError, *database) as error:
            # The cause may spell out a password.
            raise ledger_fault(self._store.uri, error) from None


def _experiment(client: "MlflowClient", location: str | None) -> str:
    from mlflow.exceptions import MlflowException

    experiment = client.get_experiment_by_name(NAME)
    if experiment is None:
        try:
            return client.create_experiment(NAME, artifact_location=location)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            experiment = client.get_experiment_by_name(NAME)
    if experiment is None or experiment.lifecycle_stage == "deleted":
        place = f" --experiment-id {experiment.experiment_id}" if experiment else ""
        raise LedgerError(
            f"the MLflow experiment {NAME!r} was deleted; run `mlflow experiments restore{place}`"
        )
    return str(experiment.experiment_id)


def _runs(client: "MlflowClient", condition: str) -> list["Run"]:
    experiment = client.get_experiment_by_name(NAME)
    if experiment is None:
        return []
    runs: list[Run] = []
    token: str | None = None
    while True:
        place = [experiment.experiment_id]
        page = client.search_runs(place, condition, max_results=_PAGE, page_token=token)
        runs.extend(page)
        token = page.token
        if not token:
            return sorted(runs, key=lambda run: (run.info.start_time, run.info.run_id))


def _complete(runs: list["Run"]) -> list[str]:
    return [run.info.run_id for run in runs if run.data.tags.get(_COMPLETE) == "true"]


def _log(client: "MlflowClient", run: "Run", entry: Entry) -> None:
    from mlflow.entities import Metric, Param, RunTag

    numbers = {safe_name(name): value for name, value in entry.measurements.items()}
    numbers |= metrics_of(entry.scorecard)
    settings = params_of(entry.scorecard.settings)
    # One time for a metric, however often a killed recording is continued.
    when = run.info.start_time
    metrics = [Metric(name, value, when, 0) for name, value in numbers.items()]
    params = [Param(name, settings[name]) for name in settings.keys() - run.data.params.keys()]
    tags = [RunTag(f"{_TAG}{name}", value) for name, value in tags_of(entry).items()]
    for start in range(0, max(len(params), len(metrics), len(tags)), _BATCH):
        batch = slice(start, start + _BATCH)
        client.log_batch(run.info.run_id, metrics[batch], params[batch], tags[batch])


def _register(client: "MlflowClient", run: str, version: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(NAME)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    same = f"name = '{NAME}' and tag.`{_VERSION}` = '{version}'"
    if not client.search_model_versions(same, max_results=1):
        # Sources other than runs:/ are refused over HTTP.
        source = f"runs:/{run}/scorecard.json"
        tags = {_VERSION: version}
        client.create_model_version(NAME, source, run, tags=tags, await_creation_for=0)


def _record_of(run: "Run") -> Record:
    tags = {
        name.removeprefix(_TAG): value
        for name, value in run.data.tags.items()
        if name.startswith(_TAG) and name != _COMPLETE
    }
    scorecard = unpack(run.info.run_id, tags)
    scored = metrics_of(scorecard)
    return Record(
        run=run.info.run_id,
        scorecard=scorecard,
        recorded=run.info.start_time / 1000,
        measurements={name: each for name, each in run.data.metrics.items() if name not in scored},
        tags=origin_of(tags),
    )
