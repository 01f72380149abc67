"""Ingest report as lines of text: totals, and what was not read or not surely."""

from app.workspace.workspace import Workspace
from pipeline.documents.report import FileReport, IngestReport
from pipeline.errors import ArtifactError, PrerequisiteError, counted, one_line
from pipeline.files import read_json

SHOWN = 20
"""Lines of one kind at most."""


def read_ingest_report(workspace: Workspace) -> IngestReport:
    """Read the report of a workspace's last `ingest`, with its times where they are known.

    Raises:
        PrerequisiteError: nothing was ingested yet.
        ArtifactError: the report is broken, or of an earlier Winnow.
    """
    path, times = workspace.ingest_report, workspace.ingest_seconds
    if not path.is_file():
        raise PrerequisiteError(f"{path} does not exist; run `winnow run`, which writes it")
    content = read_json(path)
    try:
        report = IngestReport.from_json(content)
    except ValueError as error:
        raise ArtifactError(
            f"{path} is no report of this Winnow ({one_line(error, 160)}); run "
            "`winnow run --only ingest`"
        ) from None
    # DVC brings back the report of an earlier run, which these are not the times of.
    if not times.is_file() or times.stat().st_mtime_ns < path.stat().st_mtime_ns:
        return report
    try:
        return report.timed(read_json(times))
    except (ArtifactError, ValueError):
        return report


def summary_lines(report: IngestReport, how_to_list: str) -> list[str]:
    """Return totals, then what was quarantined, recognised badly, or stands there twice.

    Of each kind the first `SHOWN`, and `how_to_list`, the command that lists all.
    """
    kinds: tuple[list[str], ...] = (
        [f"quarantined {file.path}: {file.reason}" for file in report.of("quarantined")],
        [_low(file) for file in report.low_confidence],
        near_duplicate_lines(report),
    )
    lines = total_lines(report)
    for kind in kinds:
        lines += [f"  {line}" for line in kind[:SHOWN]]
        if len(kind) > SHOWN:
            lines.append(f"  and {len(kind) - SHOWN:,} more: `{how_to_list}`")
    return lines


def total_lines(report: IngestReport) -> list[str]:
    """Return how many files were read, how many pages and characters they have, how long it took.

    Lines that would say nothing are left out.
    """
    read = report.of("read")
    pages = sum(file.pages for file in read)
    characters = sum(file.characters for file in read)
    lines = [
        f"{counted(len(read), 'document', ',')} read, {len(report.of('quarantined'))} quarantined, "
        f"{counted(len(report.of('duplicate')), 'duplicate', ',')}, "
        f"{counted(characters, 'character', ',')}"
    ]
    if pages:
        lines.append(f"{counted(pages, 'page', ',')}, {_recognised(report)}")
    if report.seconds is not None:
        lines.append(_time(report, report.seconds))
    return lines


def near_duplicate_lines(report: IngestReport) -> list[str]:
    """Return a line for each pair of near-duplicates."""
    return [
        f"{pair.first} and {pair.second} are nearly the same ({pair.similarity:.2f})"
        for pair in report.near_duplicates
    ]


def _recognised(report: IngestReport) -> str:
    sure = [
        (file.ocr_confidence, file.ocr_pages)
        for file in report.files
        if file.ocr_confidence is not None
    ]
    if not sure:
        return "none recognised from images"
    mean = sum(each * pages for each, pages in sure) / sum(pages for _, pages in sure)
    low = sum(len(file.low_confidence) for file in report.low_confidence)
    return (
        f"{sum(file.ocr_pages for file in report.files):,} recognised from images "
        f"with a mean confidence of {mean:.2f}, {low:,} of them low"
    )


def _time(report: IngestReport, seconds: float) -> str:
    workers = "" if report.workers is None else f" with {counted(report.workers, 'worker', ',')}"
    kept = sum(bool(file.cached) for file in report.files)
    return f"took {seconds:.1f} s{workers}" + (
        f", {counted(kept, 'file', ',')} not read again" if kept else ""
    )


def _low(file: FileReport) -> str:
    noun = "page" if len(file.low_confidence) == 1 else "pages"
    numbers = ", ".join(map(str, file.low_confidence[:SHOWN]))
    more = ", ..." if len(file.low_confidence) > SHOWN else ""
    sure = "" if file.ocr_confidence is None else f" ({file.ocr_confidence:.2f})"
    return f"{file.path}: {noun} {numbers}{more} recognised with low confidence{sure}"
