"""Ingest: a folder of files to Documents and a report of every file."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import fmean

from tqdm import tqdm

from pipeline.documents.cleaning.cleaning import clean
from pipeline.documents.document import Document, Page
from pipeline.documents.near_duplicates import near_duplicates
from pipeline.documents.raw_files import RawEntry, printable, raw_entries
from pipeline.documents.reader import ReadingOutcome
from pipeline.documents.readers.formats import default_readers
from pipeline.documents.report import FileReport, IngestReport
from pipeline.documents.source import ReadingCache, ReadingSource, reading_basis
from pipeline.documents.worker import ALLOW_UNREAD, MachineLimits
from pipeline.errors import DataError, ReadError
from pipeline.files import hash_file, hash_of, matches_any
from pipeline.params import CleaningParams, IngestParams, OcrParams

_CONFIDENCE_DIGITS = 4
"""More would say more than a recogniser knows."""
_MEGABYTE = 1_000_000
_NAMED = 5
"""Files that an error names at most."""


def ingest(
    folder: Path,
    source: ReadingSource,
    params: IngestParams,
    ocr: OcrParams,
    cleaning: CleaningParams,
) -> tuple[list[Document], IngestReport]:
    """Read every file below a folder; one that cannot be read is quarantined, the rest goes on.

    Returns the Documents, ordered by path, and the report.

    Raises:
        DataError: the folder is missing, a file changed meanwhile, a limit of this machine left
            files unread and that was not allowed, or no file could be read.
        PrerequisiteError: a process that reads could not start.
    """
    started = time.perf_counter()
    tasks, reports = _tasks(folder, params)
    same: dict[tuple[str, str], list[RawEntry]] = {}
    for task in tasks:
        same.setdefault(task.content_key, []).append(task)
    outcomes = source.read([first for first, *_ in same.values()])
    _check_unread(outcomes, source.limits.allow_unread)
    documents = []
    for group in same.values():
        outcome = outcomes[group[0]]
        document, settled = _settled(group, outcome, ocr.threshold, cleaning, params.tags)
        documents += [document] if document else []
        reports |= settled
    files = tuple(reports[relative] for relative in sorted(reports))
    if not documents:
        raise _nothing_read(folder, files)
    documents.sort(key=lambda document: document.path)
    pairs = tuple(
        replace(pair, first=printable(pair.first), second=printable(pair.second))
        for pair in near_duplicates(documents, params.near_duplicate)
    )
    seconds = round(time.perf_counter() - started, 3)
    return documents, IngestReport(files, pairs, seconds, source.limits.readers)


def default_source(
    ingest: IngestParams, ocr: OcrParams, cache: Path, limits: MachineLimits
) -> ReadingSource:
    """Return what `ingest` reads from; `cache` is a folder that may be deleted at any time."""
    basis = reading_basis(ingest, ocr, default_readers.__module__)
    return ReadingSource(partial(default_readers, ingest, ocr), ReadingCache(cache, basis), limits)


def _tasks(folder: Path, params: IngestParams) -> tuple[list[RawEntry], dict[str, FileReport]]:
    """Return what is to be read, and by relative path the reports of what can't be."""
    if not folder.is_dir():
        raise DataError(f"the folder {folder} does not exist; put documents there")
    entries = raw_entries(folder, params.exclude)
    tasks, reports = [], {}
    for entry in tqdm(entries, desc="hash", unit="file", disable=None, leave=False):
        try:
            tasks.append(_hashed(entry, params.max_megabytes))
        except ReadError as error:
            reports[entry.relative] = FileReport(
                entry.printable, "quarantined", bytes=entry.size, reason=str(error)
            )
    return tasks, reports


def _hashed(entry: RawEntry, megabytes: int) -> RawEntry:
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
    return replace(entry, sha256=sha256)


def _check_unread(outcomes: Mapping[RawEntry, ReadingOutcome], allow_unread: bool) -> None:
    changed = _named(outcomes, "changed")
    if changed:
        raise DataError(f"files changed while they were read: {changed}")
    unread = _named(outcomes, "limit")
    if unread and not allow_unread:
        raise DataError(
            f"limits of this machine left files unread: {unread}. Raise the limit, move the file "
            f"away, or set {ALLOW_UNREAD}=1 to go on without it; what was read is kept"
        )


def _named(outcomes: Mapping[RawEntry, ReadingOutcome], kind: str) -> str:
    """Return the files of one kind of outcome with their reasons, in the order of their paths."""
    found = sorted(
        f"{task.printable}: {outcome.reason}"
        for task, outcome in outcomes.items()
        if outcome.kind == kind
    )
    more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return "; ".join(found[:_NAMED] + more)


def _settled(
    group: Sequence[RawEntry],
    outcome: ReadingOutcome,
    threshold: float,
    cleaning: CleaningParams,
    tags: Mapping[str, Sequence[str]],
) -> tuple[Document | None, dict[str, FileReport]]:
    """Return the Document of files with the same bytes, and by relative path a report of each."""
    document = None
    try:
        document = _document(group, outcome, cleaning, tags)
    except ReadError as error:
        quarantined = FileReport(
            "",
            "quarantined",
            media_type=outcome.media_type,
            reader=outcome.reader,
            bytes=group[0].size,
            reason=str(error),
            limit=outcome.kind == "limit",
        )
        reports = {task.relative: replace(quarantined, path=task.printable) for task in group}
    else:
        reports = _read(group, document, threshold)
    first, seconds = group[0].relative, round(outcome.seconds or 0.0, 3)
    reports[first] = replace(reports[first], seconds=seconds, cached=outcome.seconds is None)
    return document, reports


def _document(
    group: Sequence[RawEntry],
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
    recognised = [page for page in pages if page.ocr_confidence is not None]
    lengths = [page.end - page.start for page in recognised]
    if not any(lengths):
        return None
    mean = fmean((page.ocr_confidence or 0.0 for page in recognised), lengths)
    return round(mean, _CONFIDENCE_DIGITS)


def _read(group: Sequence[RawEntry], document: Document, threshold: float) -> dict[str, FileReport]:
    """Report a file that became a Document, and its exact duplicates."""
    first, *others = group
    sure = {page.number: page.ocr_confidence for page in document.pages}
    recognised = {number: each for number, each in sure.items() if each is not None}
    report = FileReport(
        first.printable,
        "read",
        media_type=document.media_type,
        reader=document.reader,
        bytes=first.size,
        characters=len(document.text),
        pages=len(document.pages),
        ocr_pages=len(recognised),
        ocr_confidence=document.ocr_confidence,
        low_confidence=tuple(number for number, each in recognised.items() if each < threshold),
    )
    kind = report.media_type, report.reader, report.bytes
    duplicates = {
        other.relative: FileReport(other.printable, "duplicate", *kind, same_as=report.path)
        for other in others
    }
    return {first.relative: report, **duplicates}


def _nothing_read(folder: Path, files: Sequence[FileReport]) -> DataError:
    reasons = "; ".join(f"{file.path}: {file.reason}" for file in files[:_NAMED])
    return DataError(
        f"no document could be read below {folder} ({reasons or 'it is empty'}); "
        "put readable documents there"
    )
