"""Ingest summary: every number that matters, and no list without an end."""

from pathlib import Path

from app.ingest_report import read_ingest_report
from app.ingest_summary import SHOWN, summary_lines
from tests.app.sample_report import file, write_report


def summary(root: Path, *rows: dict[str, object]) -> list[str]:
    place = write_report(root, files=rows, near=[], seconds=None) if rows else write_report(root)
    return summary_lines(read_ingest_report(place), "winnow documents")


def test_it_says_what_was_read_and_what_was_not(tmp_path: Path) -> None:
    assert summary(tmp_path) == [
        "3 documents read, 1 quarantined, 1 duplicate, 5,300 characters",
        "7 pages, 4 recognised from images with a mean confidence of 0.70, 2 of them low",
        "took 12.3 s with 2 workers, 1 file not read again",
        r"  quarantined [red]bad.docx: it \x1b[31munpacks to too much",
        "  scan.pdf: pages 2, 5 recognised with low confidence (0.61)",
        "  a.md and b.md are nearly the same (0.93)",
    ]


def test_it_does_not_speak_of_what_there_is_not(tmp_path: Path) -> None:
    assert summary(tmp_path / "a", file("a.md", characters=1)) == [
        "1 document read, 0 quarantined, 0 duplicates, 1 character"
    ]
    assert summary(tmp_path / "b", file("a.pdf", pages=1))[1:] == [
        "1 page, none recognised from images"
    ]


def test_long_lists_end_with_how_to_see_the_rest(tmp_path: Path) -> None:
    bad = [file(f"{n}.txt", "quarantined", reason="it is empty") for n in range(SHOWN + 31)]
    lines = summary(tmp_path / "a", *bad)
    assert len(lines) == 1 + SHOWN + 1
    assert lines[-1] == "  and 31 more: `winnow documents`"
    low = file("long.pdf", pages=99, ocr_pages=99, ocr_confidence=0.5, low_confidence=[*range(99)])
    assert summary(tmp_path / "b", low)[-1].endswith(
        "19, ... recognised with low confidence (0.50)"
    )
