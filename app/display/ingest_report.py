"""Ingest report: what became of each file, as `ingest` wrote it, with the time that it took."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from app.workspace.workspace import Workspace
from pipeline.documents.raw_files import printable
from pipeline.errors import ArtifactError, PrerequisiteError
from pipeline.files import read_json

Status = Literal["read", "duplicate", "quarantined"]
Line = Annotated[str, AfterValidator(printable)]
"""Text from outside, made fit for a terminal: one line, control characters escaped."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class FileOutcome(_Part):
    """What became of one file; sizes in bytes and characters, confidence in 0..1."""

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
    """The numbers of the pages recognised with less confidence than the threshold."""
    reason: Line | None = None
    same_as: Line | None = None
    seconds: float | None = None
    cached: bool | None = None


class NearDuplicate(_Part):
    """Two documents that share most of their text; `similarity` lies in 0..1."""

    first: Line
    second: Line
    similarity: float


class IngestReport(_Part):
    """All files, and the pairs of near-duplicates; `seconds` and `workers` where known."""

    files: tuple[FileOutcome, ...]
    near_duplicates: tuple[NearDuplicate, ...] = ()
    seconds: float | None = None
    workers: int | None = None

    def of(self, status: Status) -> list[FileOutcome]:
        """Return the files of one status."""
        return [file for file in self.files if file.status == status]

    @property
    def low(self) -> list[FileOutcome]:
        """The files with pages of low confidence."""
        return [file for file in self.of("read") if file.low_confidence]

    @property
    def ocr_pages(self) -> int:
        """How many pages were recognised from images."""
        return sum(file.ocr_pages for file in self.of("read"))

    @property
    def ocr_confidence(self) -> float | None:
        """The mean of the files' confidences, weighted by their recognised pages."""
        sure = [file for file in self.of("read") if file.ocr_confidence is not None]
        pages = sum(file.ocr_pages for file in sure)
        total = sum((file.ocr_confidence or 0.0) * file.ocr_pages for file in sure)
        return total / pages if pages else None


def read_ingest_report(workspace: Workspace) -> IngestReport:
    """Read the report of a workspace's last `ingest`, and the seconds where they are known.

    Raises:
        PrerequisiteError: nothing was ingested yet.
        ArtifactError: the report is broken, or of an earlier Winnow.
    """
    path = workspace.ingest_report
    if not path.is_file():
        raise PrerequisiteError(f"{path} does not exist; run `winnow run`, which writes it")
    content = read_json(path)
    try:
        report = IngestReport.model_validate(content)
    except ValidationError as error:
        reason = " ".join(str(error).split())[:160]
        raise ArtifactError(
            f"{path} is no report of this Winnow ({reason}); run `winnow run --only ingest`"
        ) from None
    timings = _timings(workspace)
    if timings is None:
        return report
    known = timings.files
    files = tuple(
        file.model_copy(update=vars(known.get(file.path, _FileTiming()))) for file in report.files
    )
    timed = {"files": files, "seconds": timings.seconds, "workers": timings.workers}
    return report.model_copy(update=timed)


class _FileTiming(_Part):
    seconds: float | None = None
    cached: bool | None = None


class _Timings(_Part):
    seconds: float
    workers: int | None = None
    files: dict[Line, _FileTiming] = {}


def _timings(workspace: Workspace) -> _Timings | None:
    """Return the times of the same run as the report; DVC brings back reports without them."""
    path, report = workspace.ingest_seconds, workspace.ingest_report
    if not path.is_file() or path.stat().st_mtime_ns < report.stat().st_mtime_ns:
        return None
    try:
        return _Timings.model_validate(read_json(path))
    except (ArtifactError, ValidationError):
        return None


SHOWN = 20
"""Lines of one kind at most."""


def summary_lines(report: IngestReport, how_to_list: str) -> list[str]:
    """Return totals, then what was quarantined, recognised badly, or stands there twice.

    Of each kind the first `SHOWN`, and `how_to_list`, the command that lists all.
    """
    kinds = (
        [_quarantined(file) for file in report.of("quarantined")],
        [_low(file) for file in report.low],
        [_near(pair) for pair in report.near_duplicates],
    )
    return total_lines(report) + [
        f"  {line}" for lines in kinds for line in _cut(lines, how_to_list)
    ]


def total_lines(report: IngestReport) -> list[str]:
    """Return how many files were read, how many pages and characters they have, how long it took.

    Lines that would say nothing are left out.
    """
    read = report.of("read")
    pages = sum(file.pages for file in read)
    characters = sum(file.characters for file in read)
    lines = [
        f"{counted(len(read), 'document')} read, {len(report.of('quarantined'))} quarantined, "
        f"{counted(len(report.of('duplicate')), 'duplicate')}, {counted(characters, 'character')}"
    ]
    if pages:
        lines.append(f"{counted(pages, 'page')}, {_recognised(report)}")
    if report.seconds is not None:
        lines.append(_time(report, report.seconds))
    return lines


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def near_duplicate_lines(report: IngestReport) -> list[str]:
    """Return a line for each pair of near-duplicates."""
    return [_near(pair) for pair in report.near_duplicates]


def _recognised(report: IngestReport) -> str:
    if report.ocr_confidence is None:
        return "none recognised from images"
    low = sum(len(file.low_confidence) for file in report.low)
    return (
        f"{report.ocr_pages:,} recognised from images with a mean confidence of "
        f"{report.ocr_confidence:.2f}, {low:,} of them low"
    )


def _time(report: IngestReport, seconds: float) -> str:
    workers = "" if report.workers is None else f" with {counted(report.workers, 'worker')}"
    kept = sum(bool(file.cached) for file in report.files)
    return f"took {seconds:.1f} s{workers}" + (
        f", {counted(kept, 'file')} not read again" if kept else ""
    )


def _quarantined(file: FileOutcome) -> str:
    return f"quarantined {file.path}: {file.reason}"


def _low(file: FileOutcome) -> str:
    noun = "page" if len(file.low_confidence) == 1 else "pages"
    numbers = ", ".join(map(str, file.low_confidence[:SHOWN]))
    more = ", ..." if len(file.low_confidence) > SHOWN else ""
    sure = "" if file.ocr_confidence is None else f" ({file.ocr_confidence:.2f})"
    return f"{file.path}: {noun} {numbers}{more} recognised with low confidence{sure}"


def _near(pair: NearDuplicate) -> str:
    return f"{pair.first} and {pair.second} are nearly the same ({pair.similarity:.2f})"


def _cut(lines: Sequence[str], how_to_list: str) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([f"and {more:,} more: `{how_to_list}`"] if more > 0 else [])]
