"""`winnow documents`: the whole report, filtered, and as JSON."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from app.commands.documents import documents, documents_table
from app.display.ingest_report import read_ingest_report
from tests.app.display.sample_ingest_report import FILES, file, write_report
from tests.support.project import Project

LONG = "reports/2024/third quarter/the-annual-report-of-a-company-with-a-long-name-final.pdf"


def test_all_files_and_totals(tmp_path: Path) -> None:
    said = Project(write_report(tmp_path).root).ok("winnow", "documents")
    for name in ("a.md", "scan.pdf", "photo.png", "copy.md", "[red]bad.docx"):
        assert name in said
    assert "a.md and b.md are nearly the same (0.93)" in said
    assert "3 documents read, 1 quarantined, 1 duplicate" in said
    assert "took 12.3 s with 2 workers" in said
    assert "\x1b" not in said


def test_one_status_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents(write_report(tmp_path).root, status="quarantined")
    said = capsys.readouterr().out
    assert "[red]bad.docx" in said
    assert "scan.pdf" not in said
    assert "nearly the same" not in said


def test_as_json_with_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_report(tmp_path).root
    documents(root, output="json")
    report = json.loads(capsys.readouterr().out)
    assert list(report) == ["files", "near_duplicates", "seconds", "workers"]
    assert report["workers"] == 2
    rows = {row["path"]: row for row in report["files"]}
    assert (rows["scan.pdf"]["seconds"], rows["scan.pdf"]["low_confidence"]) == (11.5, [2, 5])
    assert "limit" not in rows["scan.pdf"]
    documents(root, status="duplicate", output="json")
    [copy] = json.loads(capsys.readouterr().out)["files"]
    assert copy["same_as"] == "a.md"


def lines(root: Path, width: int) -> list[str]:
    report = read_ingest_report(write_report(root, files=(*FILES, file(LONG, pages=12))))
    console = Console(width=width)
    with console.capture() as captured:
        console.print(documents_table(report.files, width))
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [80, 160])
def test_nothing_is_cut_off(tmp_path: Path, width: int) -> None:
    shown = lines(tmp_path, width)
    assert all(len(line) <= width for line in shown)
    assert "…" not in "".join(shown)
    letters = "".join("".join(line[: width // 2].split()) for line in shown)
    assert LONG.rpartition("/")[2][-9:] in letters
    text = " ".join(" ".join(shown).split())
    assert "read, 3 by OCR, confidence 0.61" in text
    assert "4,000 " in text
    assert " 11.5 " in text


def test_a_wide_terminal_shows_reader_and_size_too(tmp_path: Path) -> None:
    wide = "".join(lines(tmp_path / "a", 160))
    assert "pdfium/2" in wide
    assert "90,000" in wide
    assert "pdfium/2" not in "".join(lines(tmp_path / "b", 80))


def test_each_file_says_what_became_of_it(tmp_path: Path) -> None:
    text = "\n".join(lines(tmp_path, 160))
    assert "read, 3 by OCR, confidence 0.61; low on 2, 5" in text
    assert "duplicate of a.md" in text
    assert r"quarantined: it \x1b[31munpacks to too much" in text
    assert "[red]bad.docx" in text
