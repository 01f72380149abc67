"""Raw folder: what lies below it, and which entries can never be read as files."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.documents.document import Document
from pipeline.documents.reader import ReadingOutcome, ReadingTask
from pipeline.files import matches_any


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One entry: `relative` is its path below the raw folder, with forward slashes.

    Bytes of a name that are no UTF-8 stand in `relative` as lone surrogates. `size` is in
    bytes; `fault` says why the entry can't be read as a file, and what to do, or is None.
    """

    path: Path
    relative: str
    size: int = 0
    fault: str | None = None

    @property
    def printable(self) -> str:
        """The relative path as one line of valid text."""
        return printable(self.relative)


def printable(name: str) -> str:
    """Return a name as one line of valid text, control characters escaped."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def raw_entries(folder: Path, exclude: Sequence[str]) -> list[RawEntry]:
    """Return every file, link and special file below a folder, ordered by relative path.

    Nothing is opened. Links to folders are not followed, and have a fault; so has a folder that
    cannot be listed.
    """
    root = folder.resolve()
    return sorted(
        (entry for entry in _walk(root) if not matches_any(entry.relative, exclude)),
        key=lambda entry: entry.relative,
    )


def _walk(root: Path) -> Iterator[RawEntry]:
    closed: list[OSError] = []
    for place, folders, files in os.walk(root, onerror=closed.append):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        yield from (_entry(root, Path(place, name)) for name in [*files, *links])
    for error in closed:
        path = Path(error.filename)
        reason = f"it is a folder that cannot be listed ({error.strerror}); mend or remove it"
        yield RawEntry(path, path.relative_to(root).as_posix(), fault=reason)


def _entry(root: Path, path: Path) -> RawEntry:
    relative = path.relative_to(root).as_posix()
    try:
        relative.encode("utf-8")
    except UnicodeEncodeError:
        return RawEntry(path, relative, fault="its name is not valid UTF-8; rename it")
    try:
        about = path.stat()
        is_link = path.is_symlink()
        target = path.resolve() if is_link else path
    except OSError as error:
        kind = "it is a link that leads nowhere" if os.path.islink(path) else "it cannot be opened"
        return RawEntry(path, relative, fault=f"{kind} ({error.strerror}); remove or mend it")
    if not target.is_relative_to(root):
        return RawEntry(path, relative, fault="it is a link out of the folder; put a copy there")
    if stat.S_ISDIR(about.st_mode):
        return RawEntry(path, relative, fault="it is a link to a folder; put a copy there")
    if not stat.S_ISREG(about.st_mode):
        return RawEntry(path, relative, fault="it is no regular file (a pipe, socket or device)")
    return RawEntry(path, relative, about.st_size)


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
