"""Ingest summary: what `ingest` did, in lines for the terminal."""

from collections.abc import Sequence

from app.ingest_report import FileOutcome, IngestReport, NearDuplicate

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
