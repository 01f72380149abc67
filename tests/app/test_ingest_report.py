"""Ingest report: read whole, with the seconds of the same run, and safe for a terminal."""

import os
from pathlib import Path

import pytest

from app.ingest_report import read_ingest_report
from pipeline.errors import ArtifactError, PrerequisiteError
from tests.app.sample_report import file, write_report


def test_totals_are_those_of_the_files_read(tmp_path: Path) -> None:
    report = read_ingest_report(write_report(tmp_path))
    assert [each.path for each in report.low] == ["scan.pdf"]
    assert report.ocr_pages == 4
    assert report.ocr_confidence == pytest.approx((3 * 0.61 + 0.97) / 4)
    assert len(report.of("duplicate")) == 1


def test_without_recognised_pages_there_is_no_confidence(tmp_path: Path) -> None:
    report = read_ingest_report(write_report(tmp_path, files=(file("a.md"),)))
    assert report.ocr_confidence is None


def test_control_characters_are_escaped_wherever_they_stand(tmp_path: Path) -> None:
    rows = (
        file("a\x1b]0;title\x07\u202e.txt", "quarantined", reason="line\nbreak"),
        file("b", "duplicate", same_as="a\x9b.txt", reader="\x08"),
    )
    near = [{"first": "a\r", "second": "b\t", "similarity": 1.0}]
    text = read_ingest_report(write_report(tmp_path, rows, near)).model_dump_json()
    assert text.isprintable()


def test_seconds_belong_to_files_where_they_are_known(tmp_path: Path) -> None:
    report = read_ingest_report(write_report(tmp_path))
    found = {each.path: (each.seconds, each.cached) for each in report.files}
    assert found["scan.pdf"] == (11.5, False)
    assert found["a.md"] == (0.01, True)
    assert found["photo.png"] == (None, None)
    assert (report.seconds, report.workers) == (12.34, 2)


def test_a_report_that_dvc_brought_back_has_no_seconds(tmp_path: Path) -> None:
    place = write_report(tmp_path)
    later = place.ingest_seconds.stat().st_mtime + 10
    os.utime(place.ingest_report, (later, later))
    assert read_ingest_report(place).seconds is None
    assert read_ingest_report(write_report(tmp_path / "none", seconds=None)).seconds is None


@pytest.mark.parametrize("content", ["{", "[]", '{"files": 3}'])
def test_broken_seconds_are_no_obstacle(tmp_path: Path, content: str) -> None:
    place = write_report(tmp_path)
    place.ingest_seconds.write_text(content, encoding="utf-8")
    assert read_ingest_report(place).seconds is None


def test_what_is_missing_or_of_another_make_is_said(tmp_path: Path) -> None:
    place = write_report(tmp_path)
    place.ingest_report.write_text('{"files": [{"path": "a"}]}', encoding="utf-8")
    with pytest.raises(
        ArtifactError, match=r"ingest.json is no report of this Winnow .*--only ing"
    ):
        read_ingest_report(place)
    place.ingest_report.unlink()
    with pytest.raises(PrerequisiteError, match="does not exist; run `winnow run`"):
        read_ingest_report(place)
