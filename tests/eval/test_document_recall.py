"""Document recall: by format and over all, quarantined files and duplicates included."""

from pathlib import Path

import pytest

from eval.document_recall import FormatRecall, measure_recall
from pipeline.document import Document
from pipeline.file_report import FileReport


def document(path: str, text: str, aliases: tuple[str, ...] = ()) -> Document:
    return Document(path, path, "", "text/plain", "plain/1", text, aliases=aliases)


FILES = (
    FileReport("a.pdf", "read", pages=2, ocr_pages=1),
    FileReport("below/b.PDF", "read", pages=3),
    FileReport("bad.pdf", "quarantined", reason="it is broken"),
    FileReport("c.txt", "read"),
    FileReport("same.txt", "duplicate", same_as="c.txt"),
    FileReport(r"new\nline", "read"),
)
DOCUMENTS = (
    document("a.pdf", "one two three four"),
    document("below/b.PDF", "one two"),
    document("c.txt", "five six", aliases=("same.txt",)),
    document("new\nline", "seven"),
)
EXPECTED = {
    "a.pdf": "one two three five six seven",
    "below/b.PDF": "# one\n\ntwo",
    "bad.pdf": "eight nine",
    "same.txt": "five",
    "c.txt": "",
}


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, FormatRecall]:
    for path, text in EXPECTED.items():
        file = tmp_path / f"{path}.md"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    seconds = {"a.pdf": 1.5, "bad.pdf": 0.25, "c.txt": 0.5}
    return {row.name: row for row in measure_recall(FILES, DOCUMENTS, seconds, tmp_path)}


def test_a_format_counts_its_files_whatever_the_case_of_their_suffix(
    rows: dict[str, FormatRecall],
) -> None:
    assert list(rows) == ["", "pdf", "txt", "all"]
    found = rows["pdf"]
    assert (found.files, found.read, found.quarantined) == (3, 2, 1)
    assert (found.pages, found.ocr_pages, found.seconds) == (5, 1, 1.75)
    assert (rows["all"].files, rows["all"].read, rows["all"].seconds) == (6, 5, 2.25)


def test_recall_counts_a_quarantined_file_as_read_without_a_word(
    rows: dict[str, FormatRecall],
) -> None:
    found = rows["pdf"]
    assert found.words == 6 + 2 + 2
    assert found.micro_recall == pytest.approx((3 + 2 + 0) / 10)
    assert found.macro_recall == pytest.approx((3 / 6 + 2 / 2 + 0 / 2) / 3)
    assert found.precision == pytest.approx((3 + 2) / (4 + 2))


def test_a_duplicate_has_the_text_of_the_other_file(rows: dict[str, FormatRecall]) -> None:
    assert rows["txt"].micro_recall == 1.0
    assert rows["txt"].precision == 0.5


def test_what_is_not_expected_has_no_recall(rows: dict[str, FormatRecall]) -> None:
    assert rows["txt"].words == 1
    assert rows[""].files == 1
    assert (rows[""].micro_recall, rows[""].macro_recall, rows[""].precision) == (None,) * 3
    [*_, total] = measure_recall(FILES, DOCUMENTS, {}, None)
    assert (total.files, total.words, total.micro_recall) == (6, 0, None)
