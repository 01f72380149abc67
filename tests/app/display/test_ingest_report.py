"""Ingest report: read whole, with the seconds of the same run, and safe for a terminal."""

import os
from pathlib import Path

import pytest

from app.display.ingest_report import SHOWN, read_ingest_report, summary_lines
from pipeline.errors import ArtifactError, PrerequisiteError
from tests.app.display.sample_ingest_report import file, write_report


def test_control_characters_are_escaped_wherever_they_stand(tmp_path: Path) -> None:
    rows = (
        file("a\x1b]0;title\x07\u202e.txt", "quarantined", reason="line\nbreak"),
        file("b", "duplicate", same_as="a\x9b.txt", reader="\x08"),
    )
    near = [{"first": "a\r", "second": "b\t", "similarity": 1.0}]
    text = repr(read_ingest_report(write_report(tmp_path, rows, near)))
    assert text.isprintable()


def test_seconds_belong_to_files_where_they_are_known(tmp_path: Path) -> None:
    report = read_ingest_report(write_report(tmp_path))
    found = {each.path: (each.seconds, each.cached) for each in report.files}
    assert found["scan.pdf"] == (11.5, False)
    assert found["a.md"] == (0.01, True)
    assert found["photo.png"] == (None, None)
    assert (report.seconds, report.workers) == (12.34, 2)


def test_a_report_that_dvc_brought_back_has_no_seconds(tmp_path: Path) -> None:
    workspace = write_report(tmp_path)
    later = workspace.ingest_seconds.stat().st_mtime + 10
    os.utime(workspace.ingest_report, (later, later))
    assert read_ingest_report(workspace).seconds is None
    assert read_ingest_report(write_report(tmp_path / "none", seconds=None)).seconds is None


@pytest.mark.parametrize("content", ["{", "[]", '{"files": 3}'])
def test_broken_seconds_are_no_obstacle(tmp_path: Path, content: str) -> None:
    workspace = write_report(tmp_path)
    workspace.ingest_seconds.write_text(content, encoding="utf-8")
    assert read_ingest_report(workspace).seconds is None


def test_what_is_missing_or_of_another_make_is_said(tmp_path: Path) -> None:
    workspace = write_report(tmp_path)
    workspace.ingest_report.write_text('{"files": [{"path": "a"}]}', encoding="utf-8")
    with pytest.raises(
        ArtifactError, match=r"ingest.json is no report of this Winnow .*--only ing"
    ):
        read_ingest_report(workspace)
    workspace.ingest_report.unlink()
    with pytest.raises(PrerequisiteError, match="does not exist; run `winnow run`"):
        read_ingest_report(workspace)


def summary(root: Path, *rows: dict[str, object]) -> list[str]:
    workspace = (
        write_report(root, files=rows, near=[], seconds=None) if rows else write_report(root)
    )
    return summary_lines(read_ingest_report(workspace), "winnow documents")


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
