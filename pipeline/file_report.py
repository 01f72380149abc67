"""File report: what became of one file of the raw folder."""

from dataclasses import dataclass
from typing import Literal

from pipeline.document import Document
from pipeline.raw_folder import RawEntry, printable
from pipeline.reading_outcome import ReadingOutcome
from pipeline.reading_task import ReadingTask


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file that was read, is the duplicate of one that was, or stands in quarantine.

    `path` and `same_as` are printable. `bytes` and `characters` are sizes, the latter of the
    cleaned text; `ocr_pages` counts pages with text recognised from an image, `ocr_confidence`
    lies in 0..1, and `low_confidence` holds the numbers of the pages below `ocr.threshold`.
    `reason` says why a file is in quarantine, and `limit` that this machine's time or memory was.
    """

    path: str
    status: Literal["read", "duplicate", "quarantined"]
    media_type: str | None = None
    reader: str | None = None
    bytes: int = 0
    characters: int = 0
    pages: int = 0
    ocr_pages: int = 0
    ocr_confidence: float | None = None
    low_confidence: tuple[int, ...] = ()
    reason: str | None = None
    same_as: str | None = None
    limit: bool = False


def read(document: Document, size: int, threshold: float) -> FileReport:
    """Report a file of `size` bytes that became a Document."""
    sure = {page.number: page.ocr_confidence for page in document.pages}
    recognised = {number: each for number, each in sure.items() if each is not None}
    return FileReport(
        printable(document.path),
        "read",
        media_type=document.media_type,
        reader=document.reader,
        bytes=size,
        characters=len(document.text),
        pages=len(document.pages),
        ocr_pages=len(recognised),
        ocr_confidence=document.ocr_confidence,
        low_confidence=tuple(number for number, each in recognised.items() if each < threshold),
    )


def duplicate(task: ReadingTask, document: Document) -> FileReport:
    """Report a file with the same bytes as the one that became a Document."""
    return FileReport(
        printable(task.relative),
        "duplicate",
        media_type=document.media_type,
        reader=document.reader,
        bytes=task.size,
        same_as=printable(document.path),
    )


def quarantined(task: ReadingTask, outcome: ReadingOutcome, reason: str) -> FileReport:
    """Report a file that could not be read."""
    return FileReport(
        printable(task.relative),
        "quarantined",
        media_type=outcome.media_type,
        reader=outcome.reader,
        bytes=task.size,
        reason=reason,
        limit=outcome.kind == "limit",
    )


def refused(entry: RawEntry, reason: str) -> FileReport:
    """Report an entry that no Reader was given."""
    return FileReport(entry.printable, "quarantined", bytes=entry.size, reason=reason)
