"""Word recall: counted by hand on small texts."""

import pytest

from eval.word_recall import match_words


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


def test_recall_is_of_what_was_expected_and_precision_of_what_was_found() -> None:
    match = match_words("one two three four", "one two five six seven")
    assert match.recall == pytest.approx(2 / 4)
    assert match.precision == pytest.approx(2 / 5)
    nothing = match_words("one", "")
    assert (nothing.recall, nothing.precision) == (0.0, 1.0)


def test_a_text_full_of_opened_brackets_takes_no_time() -> None:
    assert match_words("[a](" * 20_000, "a").expected == 20_000
