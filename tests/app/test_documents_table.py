"""Documents as a table: legible in narrow and wide terminals, names shown as they are."""

from pathlib import Path

import pytest
from rich.console import Console

from app.documents_table import documents_table
from app.ingest_report import read_ingest_report
from tests.app.sample_report import FILES, file, write_report

LONG = "reports/2024/third quarter/the-annual-report-of-a-company-with-a-long-name-final.pdf"


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
    assert "pdfium/2" in "".join(lines(tmp_path / "a", 160))
    assert "90,000" in "".join(lines(tmp_path / "b", 160))
    assert "pdfium/2" not in "".join(lines(tmp_path / "c", 80))


def test_each_file_says_what_became_of_it(tmp_path: Path) -> None:
    text = "\n".join(lines(tmp_path, 160))
    assert "read, 3 by OCR, confidence 0.61; low on 2, 5" in text
    assert "duplicate of a.md" in text
    assert r"quarantined: it \x1b[31munpacks to too much" in text
    assert "[red]bad.docx" in text
