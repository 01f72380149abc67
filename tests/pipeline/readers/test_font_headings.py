from pipeline.document import Heading
from pipeline.readers.font_headings import font_headings
from pipeline.readers.page_characters import Style
from pipeline.readers.text_layer import PageLine

_BODY, _BOLD = Style(10.0, False), Style(10.0, True)
_TITLE, _SECTION, _LARGE = Style(18.0, True), Style(12.0, True), Style(14.0, False)
_TEXT = [PageLine("A quiet pump hums in the old cellar at night.", None, _BODY)] * 20


def _found(*lines: PageLine) -> list[tuple[int, str]]:
    return [(each.level, each.title) for each in font_headings([[*lines, *_TEXT]], [0])]


def test_larger_lines_are_headings_and_the_largest_the_outermost() -> None:
    lines = [
        PageLine("On pumps", None, _TITLE),
        PageLine("Abstract", None, _SECTION),
        PageLine("1 Care", None, _SECTION),
        PageLine("1.1 Oil", None, _BOLD),
        PageLine("Plain and large", None, _LARGE),
    ]
    assert _found(*lines) == [
        (1, "On pumps"),
        (3, "Abstract"),
        (3, "1 Care"),
        (4, "1.1 Oil"),
        (2, "Plain and large"),
    ]


def test_a_title_over_two_lines_is_one_and_its_span_covers_both() -> None:
    lines = [PageLine("3. The care of", None, _SECTION), PageLine("old pumps", None, _SECTION)]
    assert font_headings([_TEXT, [*lines, *_TEXT]], [0, 1000]) == (
        Heading(1, "3. The care of old pumps", 1000, 1000 + len("3. The care of\nold pumps")),
    )


def test_numbers_part_titles_that_follow_each_other() -> None:
    lines = [PageLine("3 Care", None, _SECTION), PageLine("3.1 Oil", None, _SECTION)]
    assert _found(*lines) == [(1, "3 Care"), (2, "3.1 Oil")]


def test_what_only_looks_like_a_heading_is_none() -> None:
    assert _found(PageLine("Bold without a number", None, _BOLD)) == []
    assert _found(PageLine("It is set larger and ends as a sentence.", None, _SECTION)) == []
    assert _found(PageLine("1 Care 17", None, _SECTION)) == []
    assert _found(PageLine("12 345 678", None, _TITLE)) == []
    assert _found(PageLine("Unknown style")) == []
    assert _found(PageLine(" ".join(["word"] * 20), None, _TITLE)) == []


def test_a_running_header_is_none() -> None:
    page = [PageLine("The Pump Gazette", None, _TITLE), *_TEXT]
    assert font_headings([page] * 4, [0, 1000, 2000, 3000]) == ()


def test_a_poster_has_none() -> None:
    lines = [
        PageLine(f"Label {letter}", None, style)
        for letter in "abcdefghij"
        for style in (_TITLE, None)
    ]
    assert _found(*lines) == []
    assert font_headings([], []) == ()
    assert font_headings([[]], [0]) == ()
