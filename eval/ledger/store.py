"""LedgerAddress: where the ledger's runs and files are kept, and what is said of faults there."""

import re
import shlex
import sqlite3
import textwrap
from collections.abc import Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from pipeline.errors import LedgerError, without_secrets

_SQLITE = "sqlite:///"
_LOCK_SECONDS = 60
_ERRNO = re.compile(r"\[Errno -?\d+\] ([^\"'()\[\]<>]+)")


@dataclass(frozen=True, slots=True)
class LedgerAddress:
    """An MLflow tracking URI, and for SQLite the folder of the runs' files (else None)."""

    uri: str
    artifacts: Path | None = None

    @classmethod
    def at(cls, root: Path, environ: Mapping[str, str]) -> Self:
        """Return a project's store: MLFLOW_TRACKING_URI, or else SQLite in its `.winnow`.

        In a copy that DVC made for an experiment, DVC_ROOT names the project and wins over
        `root`. A relative SQLite path is taken from the project, not from the current folder.
        """
        project = Path(environ.get("DVC_ROOT") or root).absolute()
        uri = environ.get("MLFLOW_TRACKING_URI", "").strip()
        if uri and not uri.startswith(_SQLITE):
            return cls(uri)
        database = project / (_file(uri) or ".winnow/mlflow.db")
        # SQLAlchemy decodes the path of a URI; MLflow takes all other characters as they are.
        path = str(database).replace("%", "%25").replace("?", "%3F")
        return cls(f"{_SQLITE}{path}", database.parent / "mlartifacts")

    @property
    def database(self) -> Path | None:
        """The SQLite file, or None for a server."""
        if not self.uri.startswith(_SQLITE):
            return None
        return Path(_file(self.uri))

    @property
    def unused(self) -> bool:
        """Whether this is a SQLite store that nobody has written to yet."""
        return self.database is not None and not self.database.exists()

    @property
    def location(self) -> str | None:
        """The folder of the runs' files as MLflow wants it; None leaves it to the server."""
        return self.artifacts.absolute().as_uri() if self.artifacts else None

    def folder(self, run: str) -> Path | None:
        """Return the folder of a run's files, or None where a server keeps them.

        MLflow itself keeps the absolute path of the day the store was made; this one is also
        right after the store was moved, or mounted elsewhere.
        """
        return self.artifacts / run / "artifacts" if self.artifacts else None

    def lock(self) -> AbstractContextManager[object]:
        """Return what serialises first use and recording: a lock file beside SQLite's."""
        if self.database is None:
            return nullcontext()
        from filelock import FileLock

        self.database.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(f"{self.database}.lock", timeout=_LOCK_SECONDS)

    def command(self, line: str) -> str:
        """Return a command line of MLflow for this store; for a server the environment names it."""
        if self.database is None:
            return line
        return f"MLFLOW_TRACKING_URI={shlex.quote(self.uri)} {line}"

    def probe(self) -> None:
        """Open SQLite's file once, or raise sqlite3.Error: MLflow would retry for 100 seconds."""
        if self.database:
            with closing(sqlite3.connect(self.database)) as database:
                database.execute("PRAGMA schema_version")


def _file(uri: str) -> str:
    return unquote(uri.removeprefix(_SQLITE).partition("?")[0])


def ledger_fault(uri: str, error: BaseException) -> LedgerError:
    """Return an error that names the store, the reason and the fix, without secrets."""
    place = without_secrets(uri).partition("?")[0]
    text = without_secrets(str(error).replace(uri, place))
    return LedgerError(f"the MLflow store {place}: {_reason(error, text)}; {_fix(place, text)}")


def _reason(error: BaseException, text: str) -> str:
    if match := _ERRNO.search(text):
        return f"it cannot be reached ({match.group(1).strip().lower()})"
    if "timed out" in text.lower():
        return "it did not answer in time"
    line = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    return textwrap.shorten(line, width=240, placeholder=" ...")


def _fix(place: str, text: str) -> str:
    if "No module named" in text:
        return "install the driver of this database with pip"
    if "schema" in text and "upgrade" in text:
        return f"back it up, then run `mlflow db upgrade {place}`"
    if "could not be acquired" in text:
        return "another process is recording; wait for it or end it, then try again"
    if place.startswith("sqlite"):
        file = unquote(place.removeprefix("sqlite:///"))
        path, broken = shlex.quote(file), shlex.quote(f"{file}.broken")
        return (
            f"check that the disk is writable and has space, or set the file aside with "
            f"`mv {path} {broken}` and record again"
        )
    return "start that server, or correct MLFLOW_TRACKING_URI (unset, a local store is used)"
