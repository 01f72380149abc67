"""Document recall: by format and over all, quarantined files and duplicates included."""

from pathlib import Path

import pytest

from eval.benchmarks.document_recall import FormatRecall, match_words, measure_recall
from pipeline.documents.document import Document
from pipeline.documents.report import FileReport


def document(path: str, text: str, aliases: tuple[str, ...] = ()) -> Document:
    return Document(path, path, "", "text/plain", "plain/1", text, aliases=aliases)


FILES = (
    FileReport("a.pdf", "read", pages=2, ocr_pages=1, seconds=1.5),
    FileReport("below/b.PDF", "read", pages=3),
    FileReport("bad.pdf", "quarantined", reason="it is broken", seconds=0.25),
    FileReport("c.txt", "read", seconds=0.5),
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
    return {row.name: row for row in measure_recall(FILES, DOCUMENTS, tmp_path)}


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
    [*_, total] = measure_recall(FILES, DOCUMENTS, None)
    assert (total.files, total.words, total.micro_recall) == (6, 0, None)


@pytest.mark.parametrize(
    ("expected", "found", "counts"),
    [
        ("one two three", "three ONE four", (3, 3, 2)),
        ("a a a b", "a a c", (4, 3, 2)),
        ("", "", (0, 0, 0)),
        ("Straße", "STRASSE", (1, 1, 1)),
        ("caf\u00e9", "cafe\u0301", (1, 1, 1)),
        ("# Title\n\n**bold** and _slanted_ `code`", "Title bold and slanted code", (5, 5, 5)),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2", (4, 4, 4)),
        ("see [the page](https://example.org/a_(b)) now", "see the page now", (4, 4, 4)),
        ("![](data:image/png;base64,AAAA+BBB/CC==) text", "text", (1, 1, 1)),
        ('<img src="data:image/png;base64,AAAA"> text', "img src text", (3, 3, 3)),
        ("<!-- image\nof a cat --> text", "text", (1, 1, 1)),
        (r"snake\_case 3 \* 4 AT&amp;T", "snake_case 3 4 AT&T", (5, 5, 5)),
        ("日本語の 文", "日本語 の 文", (2, 3, 1)),
    ],
)
def test_words_are_counted_as_often_as_both_hold_them(
    expected: str, found: str, counts: tuple[int, int, int]
) -> None:
    match = match_words(expected, found)
    assert (match.expected, match.found, match.shared) == counts


def test_recall_is_of_what_was_expected() -> None:
    assert match_words("one two three four", "one two five six seven").recall == 2 / 4
    assert match_words("one", "").recall == 0.0


def test_a_text_full_of_opened_brackets_takes_no_time() -> None:
    assert match_words("[a](" * 20_000, "a").expected == 20_000
