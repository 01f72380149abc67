"""MlflowStore: MLflow's client and its runs, on a local SQLite file or a server."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval.ledger_fault import ledger_fault
from eval.ledger_store import LedgerStore
from eval.mlflow_environment import prepare_mlflow
from pipeline.errors import LedgerError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

NAME = "winnow"
"""Of the experiment and of the registered model."""
PRESENT = "RESOURCE_ALREADY_EXISTS"
ABSENT = "RESOURCE_DOES_NOT_EXIST"
REFUSED = "INVALID_PARAMETER_VALUE"
"""What MLflow answers to another value for a param that stands."""
_COLLIDED = "BAD_REQUEST"
_PAGE = 500
_BATCH = 100


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it stands in MLflow; `started` is in milliseconds since the epoch."""

    id: str
    started: int
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


class MlflowStore:
    """One tracking URI; nothing is opened before the first call.

    Every method raises LedgerError, with the URI and the fix, when the store cannot be reached or
    is broken.
    """

    def __init__(self, place: LedgerStore) -> None:
        """Take the place of the store."""
        self.place = place
        self._client: MlflowClient | None = None

    @contextmanager
    def opened(self) -> "Iterator[MlflowClient]":
        """Give the client, and turn what MLflow raises meanwhile into a LedgerError."""
        prepare_mlflow()
        from mlflow.exceptions import MlflowException
        from requests import RequestException
        from sqlalchemy.exc import SQLAlchemyError

        database = (sqlite3.Error, SQLAlchemyError, ImportError)
        try:
            yield self._open()
        except (MlflowException, RequestException, OSError, *database) as error:
            # The cause may spell out a password.
            raise ledger_fault(self.place.uri, error) from None

    @contextmanager
    def locked(self) -> "Iterator[MlflowClient]":
        """Give the client while SQLite's lock file is held; not to be nested."""
        with self.opened() as client, self.place.lock():
            yield client

    def experiment(self) -> str:
        """Return the id of the experiment `winnow`, which is made on first use.

        Raises:
            LedgerError: it was deleted; the message says how to restore it.
        """
        with self.opened() as client:
            with accepting(PRESENT):
                if client.get_experiment_by_name(NAME) is None:
                    client.create_experiment(NAME, artifact_location=self.place.location)
            experiment = client.get_experiment_by_name(NAME)
        if experiment is None or experiment.lifecycle_stage == "deleted":
            number = f" --experiment-id {experiment.experiment_id}" if experiment else ""
            command = self.place.command(f"mlflow experiments restore{number}")
            raise LedgerError(f"the MLflow experiment {NAME!r} was deleted; run `{command}`")
        return str(experiment.experiment_id)

    def start(self, name: str, tags: Mapping[str, str]) -> StoredRun:
        """Create a run in the experiment."""
        place = self.experiment()
        with self.opened() as client:
            return _stored(client.create_run(place, tags=dict(tags), run_name=name))

    def runs(self, condition: str) -> list[StoredRun]:
        """Return the runs for which a condition on tags holds, oldest first."""
        with self.opened() as client:
            experiment = client.get_experiment_by_name(NAME)
            if experiment is None:
                return []
            found: list[StoredRun] = []
            token: str | None = None
            while True:
                place = [experiment.experiment_id]
                page = client.search_runs(place, condition, max_results=_PAGE, page_token=token)
                found.extend(map(_stored, page))
                token = page.token
                if not token:
                    return sorted(found, key=lambda run: (run.started, run.id))

    def run(self, run: str) -> StoredRun:
        """Return a run with all of its params.

        Raises:
            LedgerError: it was deleted; the message says how to restore it.
        """
        found: Run | None = None
        with self.opened() as client, accepting(ABSENT):
            found = client.get_run(run)
        if found is None:
            raise LedgerError(
                f"the MLflow run {run} is gone for good, as after `mlflow gc`; restore the MLflow "
                "store from a backup"
            )
        if found.info.lifecycle_stage == "deleted":
            self.experiment()
            command = self.place.command(f"mlflow runs restore --run-id {run}")
            raise LedgerError(f"the MLflow run {run} was deleted; bring it back with `{command}`")
        return _stored(found)

    def log(
        self,
        run: StoredRun,
        params: Mapping[str, str],
        metrics: Mapping[str, float],
        tags: Mapping[str, str],
    ) -> None:
        """Add to a run what it lacks of the params, and all metrics and tags.

        A metric has the time of the run's start, however often a killed recording is continued.
        """
        with self.opened() as client:
            from mlflow.entities import Metric, Param, RunTag

            settings = [Param(name, params[name]) for name in params.keys() - run.params.keys()]
            numbers = [Metric(name, value, run.started, 0) for name, value in metrics.items()]
            labels = [RunTag(name, value) for name, value in tags.items()]
            for start in range(0, max(len(settings), len(numbers), len(labels)), _BATCH):
                batch = slice(start, start + _BATCH)
                client.log_batch(run.id, numbers[batch], settings[batch], labels[batch])

    def _open(self) -> "MlflowClient":
        if self._client is None:
            from mlflow import MlflowClient

            uri = self.place.uri
            with self.place.lock():
                self.place.probe()
                client = MlflowClient(tracking_uri=uri, registry_uri=uri)
                # SQLite's tables are made by the first call, which must not run twice at once.
                client.get_experiment_by_name(NAME)
                if self.place.database:
                    client.search_registered_models(max_results=1)
            self._client = client
        return self._client


@contextmanager
def accepting(code: str) -> Iterator[None]:
    """Let MLflow answer with this error, and go on after the block."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code != code:
            raise


def write_twice(write: Callable[[], object]) -> None:
    """Write a row that another process may write at once: the loser's INSERT becomes an UPDATE."""
    with accepting(_COLLIDED):
        write()
        return
    write()


def _stored(run: "Run") -> StoredRun:
    data = run.data
    return StoredRun(run.info.run_id, run.info.start_time, data.params, data.metrics, data.tags)
