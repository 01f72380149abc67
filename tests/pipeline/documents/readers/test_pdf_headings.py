from pipeline.documents.document import Heading
from pipeline.documents.readers.pdf_headings import OutlineEntry, font_headings, outline_headings
from pipeline.documents.readers.pdf_text import PageLine, Style

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


_PAGE = [
    PageLine("Contents", -700.0),
    PageLine("1. Pumps and", -500.0),
    PageLine("their care", -490.0),
    PageLine("Oil: use the thin one.", -400.0),
    PageLine("Pumps and their care matter.", -300.0),
    PageLine("B I C YC L E S", -200.0),
]


def _outline_found(
    *entries: OutlineEntry, pages: tuple[list[PageLine], ...] = (_PAGE,)
) -> list[tuple[int, str]]:
    texts = ["\n".join(line.text for line in lines) for lines in pages]
    starts = [sum(len(text) + 2 for text in texts[:number]) for number in range(len(texts))]
    whole = "\n\n".join(texts)
    headings = outline_headings(entries, pages, starts)
    return [(each.level, whole[each.start : each.end]) for each in headings]


def test_a_title_is_found_with_its_number_over_two_lines() -> None:
    entry = OutlineEntry(1, "Pumps and Their Care", 0, -510.0)
    assert _outline_found(entry) == [(1, "1. Pumps and\ntheir care")]


def test_a_title_that_text_follows_is_found_only_near_its_place() -> None:
    assert _outline_found(OutlineEntry(2, "Oil", 0, -410.0)) == [(2, "Oil")]
    assert _outline_found(OutlineEntry(2, "Oil", 0, -700.0)) == []
    assert _outline_found(OutlineEntry(2, "Oil", 0, None)) == []


def test_spaced_capitals_are_recognised() -> None:
    assert _outline_found(OutlineEntry(1, "Bicycles", 0, None)) == [(1, "B I C YC L E S")]


def test_of_several_places_the_nearest_is_taken() -> None:
    page = [PageLine("Results", -600.0), PageLine("Text.", -500.0), PageLine("Results", -400.0)]
    (heading,) = outline_headings([OutlineEntry(1, "Results", 0, -420.0)], [page], [0])
    assert heading.start == len("Results\nText.\n")


def test_titles_that_stand_nowhere_are_left_out() -> None:
    entries = [
        OutlineEntry(1, "Wizards", 0, None),
        OutlineEntry(1, "Contents", 7, None),
        OutlineEntry(1, "...", 0, None),
    ]
    assert _outline_found(*entries) == []


def test_headings_come_in_the_order_of_the_text() -> None:
    other = [PageLine("Appendix", -700.0)]
    entries = [OutlineEntry(1, "Appendix", 1, None), OutlineEntry(1, "Contents", 0, None)]
    assert _outline_found(*entries, pages=(_PAGE, other)) == [(1, "Contents"), (1, "Appendix")]
