"""Ingest report: what became of each file, as JSON that is the same in every run.

What a run took stands apart from it, in a file of times, since DVC keeps the report.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from pydantic import TypeAdapter

from pipeline.documents.raw_files import Line

Status = Literal["read", "duplicate", "quarantined"]


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file that was read, is the duplicate of one that was, or stands in quarantine.

    `bytes` and `characters` are sizes, the latter of the cleaned text; `ocr_pages` counts pages
    with text recognised from an image, `ocr_confidence` lies in 0..1, and `low_confidence` holds
    the numbers of the pages below `ocr.threshold`. `reason` says why a file is in quarantine, and
    `limit` that this machine's time or memory was. `seconds` and `cached` tell of one run, and are
    None where that is not known.
    """

    path: Line
    status: Status
    media_type: Line | None = None
    reader: Line | None = None
    bytes: int = 0
    characters: int = 0
    pages: int = 0
    ocr_pages: int = 0
    ocr_confidence: float | None = None
    low_confidence: tuple[int, ...] = ()
    reason: Line | None = None
    same_as: Line | None = None
    limit: bool = False
    seconds: float | None = field(default=None, compare=False, repr=False)
    cached: bool | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two Documents by their paths, `first` before `second`, and what they share.

    `similarity` is the Jaccard index of their shingles, to three digits.
    """

    first: Line
    second: Line
    similarity: float


@dataclass(frozen=True, slots=True)
class IngestReport:
    """All files, ordered by path, and the pairs of near-duplicates.

    `seconds` and the `workers` that read tell of one run, and are None where that is not known.
    """

    files: tuple[FileReport, ...]
    near_duplicates: tuple[NearDuplicate, ...] = ()
    seconds: float | None = field(default=None, compare=False)
    workers: int | None = field(default=None, compare=False)

    def of(self, status: Status) -> list[FileReport]:
        """Return the files of one status."""
        return [file for file in self.files if file.status == status]

    @property
    def low_confidence(self) -> list[FileReport]:
        """The files with pages that were recognised with low confidence."""
        return [file for file in self.files if file.low_confidence]

    @property
    def summary(self) -> str:
        """One line of totals."""
        totals = self.to_json()
        return (
            f"{totals['read']} read, {totals['duplicates']} duplicates, "
            f"{totals['quarantined']} quarantined, {totals['pages']} pages, "
            f"{totals['ocr_pages']} recognised from images, {totals['characters']} characters"
        )

    def to_json(self) -> dict[str, Any]:
        """Return what is the same in every run, as JSON-able values: totals, and a row a file."""
        rows = [asdict(file) for file in self.files]
        for row in rows:
            del row["seconds"], row["cached"]
        return {
            "read": len(self.of("read")),
            "duplicates": len(self.of("duplicate")),
            "quarantined": len(self.of("quarantined")),
            "pages": sum(file.pages for file in self.files),
            "ocr_pages": sum(file.ocr_pages for file in self.files),
            "low_confidence": sum(len(file.low_confidence) for file in self.files),
            "characters": sum(file.characters for file in self.files),
            "near_duplicates": [asdict(pair) for pair in self.near_duplicates],
            "files": rows,
        }

    @classmethod
    def from_json(cls, content: object) -> "IngestReport":
        """Return what `to_json` made, every text in it fit for a terminal.

        Raises:
            ValueError: the content is something else.
        """
        return TypeAdapter(cls).validate_python(content)

    def times(self) -> dict[str, Any]:
        """Return what differs from run to run, as JSON-able values."""
        timed = (file for file in self.files if file.seconds is not None)
        files = {file.path: _FileTime(file.seconds, file.cached) for file in timed}
        return asdict(_Times(self.seconds or 0.0, self.workers, files))

    def timed(self, content: object) -> "IngestReport":
        """Return the report with the times of its run, which `times` made.

        Raises:
            ValueError: the content is something else.
        """
        times = TypeAdapter(_Times).validate_python(content)
        files = tuple(
            replace(file, seconds=time.seconds, cached=time.cached)
            for file in self.files
            for time in [times.files.get(file.path, _FileTime())]
        )
        return replace(self, files=files, seconds=times.seconds, workers=times.workers)


@dataclass(frozen=True, slots=True)
class _FileTime:
    seconds: float | None = None
    cached: bool | None = None


@dataclass(frozen=True, slots=True)
class _Times:
    seconds: float
    workers: int | None = None
    files: dict[Line, _FileTime] = field(default_factory=dict)
