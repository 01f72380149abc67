"""MlflowStore: MLflow's client and its runs, on a local SQLite file or a server."""

import logging
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from eval.ledger.store import LedgerAddress, ledger_fault
from pipeline.errors import LedgerError, WinnowError
from pipeline.files import replacing_file
from pipeline.process import switch_off_telemetry

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
_DEFAULTS = {
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
}


def prepare_mlflow() -> None:
    """Set what is unset, for this process; to be called before MLflow is first imported."""
    switch_off_telemetry()
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    for logger in ("mlflow", "alembic"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    # Each retry is a warning, and the last one is an error that the ledger explains.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


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

    def __init__(self, address: LedgerAddress) -> None:
        """Take where the store is."""
        self.address = address
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
            raise ledger_fault(self.address.uri, error) from None

    @contextmanager
    def locked(self) -> "Iterator[MlflowClient]":
        """Give the client while SQLite's lock file is held; not to be nested."""
        with self.opened() as client, self.address.lock():
            yield client

    def experiment(self) -> str:
        """Return the id of the experiment `winnow`, which is made on first use.

        Raises:
            LedgerError: it was deleted; the message says how to restore it.
        """
        with self.opened() as client:
            with accepting(PRESENT):
                if client.get_experiment_by_name(NAME) is None:
                    client.create_experiment(NAME, artifact_location=self.address.location)
            experiment = client.get_experiment_by_name(NAME)
        if experiment is None or experiment.lifecycle_stage == "deleted":
            number = f" --experiment-id {experiment.experiment_id}" if experiment else ""
            command = self.address.command(f"mlflow experiments restore{number}")
            raise LedgerError(f"the MLflow experiment {NAME!r} was deleted; run `{command}`")
        return str(experiment.experiment_id)

    def start(self, name: str, tags: Mapping[str, str]) -> StoredRun:
        """Create a run in the experiment."""
        experiment = self.experiment()
        with self.opened() as client:
            return _stored(client.create_run(experiment, tags=dict(tags), run_name=name))

    def runs(self, condition: str) -> list[StoredRun]:
        """Return the runs for which a condition on tags holds, oldest first."""
        with self.opened() as client:
            experiment = client.get_experiment_by_name(NAME)
            if experiment is None:
                return []
            found: list[StoredRun] = []
            token: str | None = None
            while True:
                page = client.search_runs(
                    [experiment.experiment_id], condition, max_results=_PAGE, page_token=token
                )
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
            command = self.address.command(f"mlflow runs restore --run-id {run}")
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

            uri = self.address.uri
            with self.address.lock():
                self.address.probe()
                client = MlflowClient(tracking_uri=uri, registry_uri=uri)
                # SQLite's tables are made by the first call, which must not run twice at once.
                client.get_experiment_by_name(NAME)
                if self.address.database:
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


class RunFiles:
    """Reads and writes files of a run by relative name; each is there whole or not at all.

    Every method raises LedgerError when the store cannot be reached, or a file is not kept as it
    was sent.
    """

    def __init__(self, store: MlflowStore) -> None:
        """Take the store of the runs."""
        self._store = store

    def write(self, run: str, contents: Mapping[str, bytes]) -> None:
        """Write files over any of the same name and, on a server, read back what stands there."""
        with self._faults(), self._scratch(run) as scratch:
            kept = self._store.address.folder(run)
            for name, content in contents.items():
                with replacing_file((kept or Path(scratch)) / name) as path:
                    path.write_bytes(content)
            if kept or not contents:
                return
            with self._store.opened() as client:
                client.log_artifacts(run, scratch)
            for name, content in contents.items():
                if self.read(run, name) != content:
                    raise LedgerError(
                        f"MLflow did not keep {name} of the run {run} as it was sent; check the "
                        "disk of its server, then try again"
                    )

    def fetch(self, run: str, name: str, folder: Path) -> Path | None:
        """Return a file's path, that of a copy below `folder` if a server keeps it, or None."""
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts:
            return None
        with self._faults():
            if kept := self._store.address.folder(run):
                return kept / name if (kept / name).is_file() else None
            try:
                with self._store.opened() as client:
                    path = Path(client.download_artifacts(run, name, dst_path=str(folder)))
                return path if path.is_file() else None
            except Exception:
                # A server says in many ways that a file is absent; its listing says so in one.
                if name in self.names(run, str(parts.parent)):
                    raise
                return None

    def read(self, run: str, name: str) -> bytes | None:
        """Return a file's content, or None where there is none of that name."""
        with self._faults(), self._scratch(run) as scratch:
            path = self.fetch(run, name, Path(scratch))
            return path.read_bytes() if path else None

    def bring(self, run: str, folder: str) -> dict[str, bytes]:
        """Return the files in a folder of a run that a server keeps, many at a time.

        One by one they take several requests each. Files that lie here are not read: {}.
        """
        if self._store.address.folder(run) or not self.names(run, folder):
            return {}
        with self._faults(), self._scratch(run) as scratch, self._store.opened() as client:
            root = Path(client.download_artifacts(run, folder, dst_path=scratch))
            paths = [each for each in root.rglob("*") if each.is_file()]
            return {
                f"{folder}/{each.relative_to(root).as_posix()}": each.read_bytes() for each in paths
            }

    def names(self, run: str, folder: str = "") -> list[str]:
        """Return the names of all files of a run, or of those in one of its folders."""
        with self._faults():
            if root := self._store.address.folder(run):
                paths = (root / folder).rglob("[!.]*")
                return sorted(each.relative_to(root).as_posix() for each in paths if each.is_file())
            found: list[str] = []
            with self._store.opened() as client:
                for each in client.list_artifacts(run, folder if folder.strip(".") else None):
                    found.extend(self.names(run, each.path) if each.is_dir else [each.path])
            return sorted(found)

    def _scratch(self, run: str) -> AbstractContextManager[str]:
        """Return a temporary folder for what travels to or from a server; local files need none."""
        return nullcontext("") if self._store.address.folder(run) else tempfile.TemporaryDirectory()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except WinnowError:
            raise
        except Exception as error:
            # Whatever storage a server names, its client raises errors of its own.
            raise ledger_fault(self._store.address.uri, error) from None
