"""Ingest: a folder of files to Documents and a report of every file."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pipeline.documents.cleaning.cleaning import clean
from pipeline.documents.document import Document, Page
from pipeline.documents.near_duplicates import NearDuplicate, near_duplicates
from pipeline.documents.raw_files import (
    FileReport,
    RawEntry,
    duplicate,
    printable,
    quarantined,
    raw_entries,
    read,
    refused,
)
from pipeline.documents.reader import ReadingOutcome, ReadingTask
from pipeline.documents.readers.formats import default_readers
from pipeline.documents.source import ReadingCache, ReadingSource, TimedOutcome, reading_basis
from pipeline.documents.worker import ALLOW_UNREAD, MachineLimits
from pipeline.errors import DataError, ReadError
from pipeline.files import hash_file, hash_of, matches_any
from pipeline.params import CleaningParams, IngestParams, OcrParams

_DIGITS = 4
"""Of a confidence; more would say more than a recogniser knows."""


def assemble_document(
    group: Sequence[ReadingTask],
    outcome: ReadingOutcome,
    cleaning: CleaningParams,
    tags: Mapping[str, Sequence[str]],
) -> Document:
    """Return the Document of a file and its exact duplicates, its text cleaned.

    The first of the group gives its path, the others are aliases; it carries the tags of all.

    Raises:
        ReadError: there is no Reading, or nothing in it.
    """
    if outcome.reading is None or outcome.media_type is None or outcome.reader is None:
        raise ReadError(outcome.reason or "it could not be read")
    reading = clean(outcome.reading, cleaning)
    if not reading.text.strip():
        raise ReadError("it holds no text")
    first, *others = group
    return Document(
        id=hash_of([first.relative, reading.text]),
        path=first.relative,
        sha256=first.sha256,
        media_type=outcome.media_type,
        reader=outcome.reader,
        text=reading.text,
        pages=reading.pages,
        headings=reading.headings,
        ocr_confidence=_mean_confidence(reading.pages),
        aliases=tuple(other.relative for other in others),
        tags=tuple(
            sorted(
                tag
                for tag, patterns in tags.items()
                if any(matches_any(task.relative, patterns) for task in group)
            )
        ),
    )


def _mean_confidence(pages: Sequence[Page]) -> float | None:
    """Return the mean over the characters of the recognised pages."""
    sure = [
        (page.ocr_confidence, page.end - page.start)
        for page in pages
        if page.ocr_confidence is not None
    ]
    characters = sum(length for _, length in sure)
    if not characters:
        return None
    return round(math.fsum(each * length for each, length in sure) / characters, _DIGITS)


_MEGABYTE = 1_000_000
_NAMED = 5
"""Files that an error names at most."""


@dataclass(frozen=True, slots=True)
class Ingestion:
    """The Documents and one report a file, both ordered by path, and pairs of near-duplicates.

    `timings` holds seconds, and stays apart from everything that is the same in every run.
    """

    documents: tuple[Document, ...]
    files: tuple[FileReport, ...]
    near_duplicates: tuple[NearDuplicate, ...]
    timings: Mapping[str, Any]

    @property
    def quarantined(self) -> tuple[FileReport, ...]:
        """The files that could not be read."""
        return self._of("quarantined")

    @property
    def low_confidence(self) -> tuple[FileReport, ...]:
        """The files with pages that were recognised with low confidence."""
        return tuple(file for file in self.files if file.low_confidence)

    @property
    def summary(self) -> str:
        """One line of totals."""
        totals = self.report()
        return (
            f"{totals['read']} read, {totals['duplicates']} duplicates, "
            f"{totals['quarantined']} quarantined, {totals['pages']} pages, "
            f"{totals['ocr_pages']} recognised from images, {totals['characters']} characters"
        )

    def report(self) -> dict[str, Any]:
        """Return the report as JSON-able values: totals, and a row a file."""
        return {
            "read": len(self.documents),
            "duplicates": len(self._of("duplicate")),
            "quarantined": len(self.quarantined),
            "pages": sum(file.pages for file in self.files),
            "ocr_pages": sum(file.ocr_pages for file in self.files),
            "low_confidence": sum(len(file.low_confidence) for file in self.files),
            "characters": sum(file.characters for file in self.files),
            "near_duplicates": [
                {
                    **asdict(pair),
                    "first": printable(pair.first),
                    "second": printable(pair.second),
                }
                for pair in self.near_duplicates
            ],
            "files": [asdict(file) for file in self.files],
        }

    def _of(self, status: str) -> tuple[FileReport, ...]:
        return tuple(file for file in self.files if file.status == status)


def ingest(
    folder: Path,
    source: ReadingSource,
    params: IngestParams,
    ocr: OcrParams,
    cleaning: CleaningParams,
) -> Ingestion:
    """Read every file below a folder; one that cannot be read is quarantined, the rest goes on.

    Raises:
        DataError: the folder is missing, a file changed meanwhile, a limit of this machine left
            files unread and that was not allowed, or no file could be read.
        PrerequisiteError: a process that reads could not start.
    """
    started = time.perf_counter()
    if not folder.is_dir():
        raise DataError(f"the folder {folder} does not exist; put documents there")
    tasks, files = _tasks(raw_entries(folder, params.exclude), params.max_megabytes)
    same: dict[tuple[str, str], list[ReadingTask]] = {}
    for task in tasks:
        same.setdefault(task.content_key, []).append(task)
    outcomes = source.read([first for first, *_ in same.values()])
    _check_unread(outcomes, source.limits.allow_unread)
    documents = []
    for group in same.values():
        outcome = outcomes[group[0]].outcome
        document, reports = _settle(group, outcome, ocr.threshold, cleaning, params.tags)
        documents += [document] if document else []
        files.update(reports)
    ordered = tuple(files[relative] for relative in sorted(files))
    if not documents:
        raise _nothing_read(folder, ordered)
    documents.sort(key=lambda document: document.path)
    pairs = tuple(near_duplicates(documents, params.near_duplicate))
    seconds = round(time.perf_counter() - started, 3)
    timings = {"seconds": seconds, "workers": source.limits.readers, "files": _seconds(outcomes)}
    return Ingestion(tuple(documents), ordered, pairs, timings)


def _seconds(outcomes: Mapping[ReadingTask, TimedOutcome]) -> dict[str, dict[str, float | bool]]:
    return {
        printable(task.relative): {"seconds": round(each.seconds, 3), "cached": each.cached}
        for task, each in outcomes.items()
    }


def _nothing_read(folder: Path, files: Sequence[FileReport]) -> DataError:
    reasons = "; ".join(f"{file.path}: {file.reason}" for file in files[:_NAMED])
    return DataError(
        f"no document could be read below {folder} ({reasons or 'it is empty'}); "
        "put readable documents there"
    )


def _tasks(
    entries: Sequence[RawEntry], megabytes: int
) -> tuple[list[ReadingTask], dict[str, FileReport]]:
    """Return what is to be read, and by relative path the reports of what can't be."""
    tasks, reports = [], {}
    for entry in tqdm(entries, desc="hash", unit="file", disable=None, leave=False):
        try:
            tasks.append(_task(entry, megabytes))
        except ReadError as error:
            reports[entry.relative] = refused(entry, str(error))
    return tasks, reports


def _task(entry: RawEntry, megabytes: int) -> ReadingTask:
    if entry.fault is not None:
        raise ReadError(entry.fault)
    if entry.size > megabytes * _MEGABYTE:
        raise ReadError(
            f"it has {entry.size / _MEGABYTE:,.0f} MB, more than the {megabytes:,} MB"
            " of `ingest.max_megabytes`"
        )
    if entry.size == 0:
        raise ReadError("it is empty")
    try:
        sha256 = hash_file(entry.path)
    except OSError as error:
        raise ReadError(f"it cannot be opened: {error.strerror}") from None
    return ReadingTask(entry.path, entry.relative, sha256, entry.size)


def _check_unread(outcomes: Mapping[ReadingTask, TimedOutcome], allow_unread: bool) -> None:
    changed = _named(outcomes, "changed")
    if changed:
        raise DataError(f"files changed while they were read: {changed}")
    unread = _named(outcomes, "limit")
    if unread and not allow_unread:
        raise DataError(
            f"limits of this machine left files unread: {unread}. Raise the limit, move the file "
            f"away, or set {ALLOW_UNREAD}=1 to go on without it; what was read is kept"
        )


def _named(outcomes: Mapping[ReadingTask, TimedOutcome], kind: str) -> str:
    """Return the files of one kind of outcome with their reasons, in the order of their paths."""
    found = sorted(
        f"{printable(task.relative)}: {each.outcome.reason}"
        for task, each in outcomes.items()
        if each.outcome.kind == kind
    )
    more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return "; ".join(found[:_NAMED] + more)


def _settle(
    group: Sequence[ReadingTask],
    outcome: ReadingOutcome,
    threshold: float,
    cleaning: CleaningParams,
    tags: Mapping[str, Sequence[str]],
) -> tuple[Document | None, dict[str, FileReport]]:
    """Return the Document of files with the same bytes, and a report for each of them."""
    first, *others = group
    try:
        document = assemble_document(group, outcome, cleaning, tags)
    except ReadError as error:
        reason = str(error)
        return None, {task.relative: quarantined(task, outcome, reason) for task in group}
    reports = {task.relative: duplicate(task, document) for task in others}
    return document, {first.relative: read(document, first.size, threshold), **reports}


def default_source(
    ingest: IngestParams, ocr: OcrParams, cache: Path, limits: MachineLimits
) -> ReadingSource:
    """Return what `ingest` reads from; `cache` is a folder that may be deleted at any time."""
    basis = reading_basis(ingest, ocr, default_readers.__module__)
    return ReadingSource(partial(default_readers, ingest, ocr), ReadingCache(cache, basis), limits)
