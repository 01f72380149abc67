from pipeline.readers.outline import Entry, outline_headings
from pipeline.readers.text_layer import PageLine

_PAGE = [
    PageLine("Contents", -700.0),
    PageLine("1. Pumps and", -500.0),
    PageLine("their care", -490.0),
    PageLine("Oil: use the thin one.", -400.0),
    PageLine("Pumps and their care matter.", -300.0),
    PageLine("B I C YC L E S", -200.0),
]


def _found(*entries: Entry, pages: tuple[list[PageLine], ...] = (_PAGE,)) -> list[tuple[int, str]]:
    texts = ["\n".join(line.text for line in lines) for lines in pages]
    starts = [sum(len(text) + 2 for text in texts[:number]) for number in range(len(texts))]
    whole = "\n\n".join(texts)
    headings = outline_headings(entries, pages, starts)
    return [(each.level, whole[each.start : each.end]) for each in headings]


def test_a_title_is_found_with_its_number_over_two_lines() -> None:
    entry = Entry(1, "Pumps and Their Care", 0, -510.0)
    assert _found(entry) == [(1, "1. Pumps and\ntheir care")]


def test_a_title_that_text_follows_is_found_only_near_its_place() -> None:
    assert _found(Entry(2, "Oil", 0, -410.0)) == [(2, "Oil")]
    assert _found(Entry(2, "Oil", 0, -700.0)) == []
    assert _found(Entry(2, "Oil", 0, None)) == []


def test_spaced_capitals_are_recognised() -> None:
    assert _found(Entry(1, "Bicycles", 0, None)) == [(1, "B I C YC L E S")]


def test_of_several_places_the_nearest_is_taken() -> None:
    page = [PageLine("Results", -600.0), PageLine("Text.", -500.0), PageLine("Results", -400.0)]
    (heading,) = outline_headings([Entry(1, "Results", 0, -420.0)], [page], [0])
    assert heading.start == len("Results\nText.\n")


def test_titles_that_stand_nowhere_are_left_out() -> None:
    entries = [
        Entry(1, "Wizards", 0, None),
        Entry(1, "Contents", 7, None),
        Entry(1, "...", 0, None),
    ]
    assert _found(*entries) == []


def test_headings_come_in_the_order_of_the_text() -> None:
    other = [PageLine("Appendix", -700.0)]
    entries = [Entry(1, "Appendix", 1, None), Entry(1, "Contents", 0, None)]
    assert _found(*entries, pages=(_PAGE, other)) == [(1, "Contents"), (1, "Appendix")]
