import pytest

from pipeline.errors import ReadError
from pipeline.readers.marked_text import MarkedTextReader


def _headings(text: str) -> list[tuple[int, str, str]]:
    reading = MarkedTextReader().read(text.encode("utf-8"))
    return [
        (each.level, each.title, reading.text[each.start : each.end]) for each in reading.headings
    ]


def test_headings_of_both_kinds_are_found_with_their_spans() -> None:
    text = "# Öne ##\n\ntext\n\nTwo\nlines\n===\n\n### Three\nbody\n\nFour\n---\n"
    assert _headings(text) == [
        (1, "Öne", "# Öne ##"),
        (1, "Two lines", "Two\nlines\n==="),
        (3, "Three", "### Three"),
        (2, "Four", "Four\n---"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "```\n# not one\n```\n",
        "    # not one\n",
        "#not one\n",
        "\\# not one\n",
        "text # no\n",
        "<!--\n# no\n-->\n",
    ],
)
def test_what_only_looks_like_a_heading_is_none(text: str) -> None:
    assert _headings(text) == []


def test_titles_are_plain_text() -> None:
    assert _headings("# The `run` *of* [Ada](x.md) ![p](p.png)\n\n#\n") == [
        (1, "The run of Ada p", "# The `run` *of* [Ada](x.md) ![p](p.png)")
    ]


def test_headings_in_quotes_count() -> None:
    assert _headings("> ## Quoted\n> text\n") == [(2, "Quoted", "> ## Quoted")]


def test_front_matter_is_no_heading() -> None:
    assert _headings("---\ntitle: Guide\n---\n\n# Real\n\ntext\n") == [(1, "Real", "# Real")]
    assert _headings("---\n\n# Real\n") == [(1, "Real", "# Real")]


def test_line_ends_and_a_byte_order_mark_do_not_shift_spans() -> None:
    assert _headings("\ufeff# One\r\n\r\ntext\r\n\r\n## Two\r\n") == [
        (1, "One", "# One"),
        (2, "Two", "## Two"),
    ]


def test_the_text_stays_as_it_is() -> None:
    text = "# A\n\n| a | b |\n|---|---|\n| [x](y) | **z** |\n"
    assert MarkedTextReader().read(text.encode()).text == text


def test_binary_content_is_refused() -> None:
    with pytest.raises(ReadError, match="NUL"):
        MarkedTextReader().read(b"# a\0b")
