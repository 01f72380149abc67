"""`winnow documents`: the whole report, filtered, and as JSON."""

import json
from pathlib import Path

import pytest

from tests.app.sample_report import write_report
from tests.project import Project


@pytest.fixture
def place(tmp_path: Path) -> Project:
    return Project(write_report(tmp_path).root)


def test_all_files_and_totals(place: Project) -> None:
    said = place.ok("winnow", "documents")
    for name in ("a.md", "scan.pdf", "photo.png", "copy.md", "[red]bad.docx"):
        assert name in said
    assert "a.md and b.md are nearly the same (0.93)" in said
    assert "3 documents read, 1 quarantined, 1 duplicate" in said
    assert "took 12.3 s with 2 workers" in said
    assert "\x1b" not in said


def test_one_status_alone(place: Project) -> None:
    said = place.ok("winnow", "documents", "--status", "quarantined")
    assert "[red]bad.docx" in said
    assert "scan.pdf" not in said
    assert "nearly the same" not in said
    assert place.run("winnow", "documents", "--status", "lost").returncode == 2


def test_as_json_with_seconds(place: Project) -> None:
    command = ("winnow", "documents", "--workspace", ".", "--format", "json")
    report = json.loads(place.ok(*command))
    rows = {row["path"]: row for row in report["files"]}
    assert rows["scan.pdf"]["seconds"] == 11.5
    assert rows["scan.pdf"]["low_confidence"] == [2, 5]
    assert report["workers"] == 2
    [copy] = json.loads(place.ok(*command, "--status", "duplicate"))["files"]
    assert copy["same_as"] == "a.md"


def test_before_anything_was_read(place: Project) -> None:
    (place.root / "data" / "ingest.json").unlink()
    done = place.run("winnow", "documents")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert line.endswith("run `winnow run`, which writes it")
