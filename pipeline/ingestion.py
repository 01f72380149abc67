"""Ingest: a folder of files to Documents and a report of every file, read or quarantined."""

import fnmatch
import stat
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from tqdm import tqdm

from pipeline.digest import hash_file, hash_of
from pipeline.document import Document
from pipeline.errors import DataError, ReadError
from pipeline.params import IngestParams
from pipeline.reader import Reader, ReaderRegistry, Reading


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: read, or quarantined with its reason."""

    path: str
    status: Literal["read", "quarantined"]
    characters: int = 0
    pages: int = 0
    reader: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Ingestion:
    """The Documents, ordered by path, and one report a file."""

    documents: tuple[Document, ...]
    files: tuple[FileReport, ...]

    @property
    def quarantined(self) -> tuple[FileReport, ...]:
        """The files that could not be read."""
        return tuple(file for file in self.files if file.status == "quarantined")

    def report(self) -> dict[str, Any]:
        """Return the report as JSON-able values."""
        return {
            "read": len(self.documents),
            "quarantined": len(self.quarantined),
            "characters": sum(file.characters for file in self.files),
            "files": [asdict(file) for file in self.files],
        }


def ingest(folder: Path, params: IngestParams, readers: ReaderRegistry) -> Ingestion:
    """Read every file below a folder; one that cannot be read is quarantined, the rest goes on.

    Raises:
        DataError: the folder is missing, or no file in it could be read.
    """
    if not folder.is_dir():
        raise DataError(f"the folder {folder} does not exist; put documents there")
    documents, files = [], []
    paths = list(_files(folder, params.exclude))
    for path in tqdm(paths, desc="ingest", unit="file", disable=None):
        relative = path.relative_to(folder).as_posix()
        try:
            document = _read(path, relative, readers)
        except ReadError as error:
            files.append(FileReport(_printable(relative), "quarantined", reason=str(error)))
            continue
        documents.append(document)
        files.append(_reported(document))
    if not documents:
        reasons = "; ".join(f"{file.path}: {file.reason}" for file in files[:3])
        raise DataError(
            f"no document could be read below {folder} ({reasons or 'it is empty'}); "
            "put readable documents there"
        )
    return Ingestion(tuple(documents), tuple(files))


def _files(folder: Path, exclude: Sequence[str]) -> Iterable[Path]:
    """Yield what is to be read, in the order of the relative path as a string."""
    entries = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    for relative in sorted(entries):
        name = PurePosixPath(relative).name
        excluded = any(
            fnmatch.fnmatch(relative, glob) or fnmatch.fnmatch(name, glob) for glob in exclude
        )
        path = entries[relative]
        # A link to a folder goes on, to be quarantined rather than left out in silence.
        if not excluded and (path.is_symlink() or not path.is_dir()):
            yield path


def _read(path: Path, relative: str, readers: ReaderRegistry) -> Document:
    if _printable(relative) != relative:
        raise ReadError("its name is not valid UTF-8; rename it")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ReadError("it is no regular file; put a copy in its place")
        content = path.read_bytes()
        sha256 = hash_file(path)
    except OSError as error:
        raise ReadError(f"it cannot be opened: {error.strerror}") from None
    media_type = readers.media_type(PurePosixPath(relative))
    reading = _reading(media_type.reader, content)
    if not reading.text.strip():
        raise ReadError("it holds no text" if content else "it is empty")
    return Document(
        id=hash_of([relative, reading.text]),
        path=relative,
        sha256=sha256,
        media_type=media_type.name,
        reader=media_type.reader.name,
        text=reading.text,
        pages=reading.pages,
        headings=reading.headings,
    )


def _reading(reader: Reader, content: bytes) -> Reading:
    try:
        reading = reader.read(content)
        reading.text.encode("utf-8")
    except UnicodeEncodeError:
        raise ReadError("its text holds half a character (a lone surrogate)") from None
    except ReadError:
        raise
    except Exception as error:
        # The libraries behind Readers raise anything on a broken file; the others still count.
        reason = " ".join(str(error).split())[:160]
        raise ReadError(f"{reader.name} failed: {type(error).__name__}: {reason}") from None
    return reading


def _reported(document: Document) -> FileReport:
    return FileReport(
        document.path,
        "read",
        characters=len(document.text),
        pages=len(document.pages),
        reader=document.reader,
    )


def _printable(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
