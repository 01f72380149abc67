"""Reading source: files to outcomes, from the cache where it knows them, else from the pool."""

import hashlib
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pipeline.documents import worker
from pipeline.documents.pool import MakeReaders, read_files
from pipeline.documents.raw_files import RawEntry
from pipeline.documents.reader import ReadingOutcome
from pipeline.documents.worker import MachineLimits
from pipeline.engine import import_closure
from pipeline.files import hash_file, hash_of
from pipeline.params import IngestParams, OcrParams

_NOT_READING = {"exclude", "near_duplicate", "tags", "threshold"}
"""Params that choose files, compare texts or judge a Reading, and change none."""


@dataclass(frozen=True, slots=True)
class ReadingSource:
    """Reads files, none twice while the cache keeps it."""

    make_readers: MakeReaders
    cache: "ReadingCache"
    limits: MachineLimits

    def read(self, tasks: Sequence[RawEntry]) -> dict[RawEntry, ReadingOutcome]:
        """Return the outcome of each task; what was read stays in the cache, come what may.

        Raises:
            PrerequisiteError: a process that reads could not start.
        """
        found = {task: known for task in tasks if (known := self.cache.get(task)) is not None}
        unknown = [task for task in tasks if task not in found]
        with (
            tqdm(
                total=len(tasks), initial=len(found), desc="ingest", unit="file", disable=None
            ) as progress,
            closing(read_files(unknown, self.make_readers, self.limits)) as outcomes,
        ):
            for task, outcome in outcomes:
                self.cache.put(task, outcome)
                found[task] = outcome
                progress.update()
        return found


class ReadingCache:
    """A folder of outcomes that last; it may be deleted at any time."""

    def __init__(self, folder: Path, basis: Mapping[str, Any]) -> None:
        """Take the folder, made when first written to, and a JSON-able `reading_basis`."""
        self._folder = folder
        self._basis = hash_of(basis)

    def get(self, task: RawEntry) -> ReadingOutcome | None:
        """Return what such a file came to before; None where that is unknown or damaged."""
        try:
            digest, _, body = self._path(task).read_bytes().partition(b"\n")
            if hashlib.sha256(body).hexdigest().encode() != digest:
                return None
            return ReadingOutcome.from_json(body)
        except (OSError, ValueError):
            return None

    def put(self, task: RawEntry, outcome: ReadingOutcome) -> None:
        """Keep an outcome, if it lasts."""
        if not outcome.is_lasting:
            return
        path, body = self._path(task), replace(outcome, seconds=None).to_json()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            # Not synced to the disk: the checksum finds what a power cut left half written.
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise

    def _path(self, task: RawEntry) -> Path:
        key = hash_of([*task.content_key, self._basis])
        return self._folder / key[:2] / f"{key}.json"


def reading_basis(ingest: IngestParams, ocr: OcrParams, readers: str) -> Mapping[str, Any]:
    """Return what decides a Reading besides the file: params, code and versions of libraries.

    `readers` names the module of the function that makes the Readers.
    """
    closure = import_closure(worker.__name__, readers)
    return {
        "ingest": ingest.model_dump(mode="json", exclude=_NOT_READING),
        "ocr": ocr.model_dump(mode="json", exclude=_NOT_READING),
        "sources": {module: hash_file(path) for module, path in closure.sources.items()},
        "libraries": closure.libraries,
        "python": platform.python_version(),
    }
