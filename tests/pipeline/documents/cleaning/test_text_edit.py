from pipeline.documents.cleaning.text_edit import edited, edited_by_parts
from pipeline.documents.document import Heading, Page, Reading


def spans(reading: Reading) -> list[str]:
    return [reading.text[each.start : each.end] for each in reading.pages + reading.headings]


def test_spans_follow_what_is_written_instead() -> None:
    reading = Reading("one two three four", (Page(1, 0, 7), Page(2, 8, 18)))
    result = edited(reading, [(0, 3, "1"), (7, 8, " - "), (14, 18, "fourteen")])
    assert result.text == "1 two - three fourteen"
    assert spans(result) == ["1 two", "three fourteen"]


def test_a_span_that_an_edit_cuts_keeps_only_its_own_text() -> None:
    reading = Reading("one    two", (Page(1, 0, 5), Page(2, 5, 10)))
    result = edited(reading, [(3, 7, "\n")])
    assert result.text == "one\ntwo"
    assert spans(result) == ["one", "two"]


def test_a_span_that_an_edit_covers_is_empty() -> None:
    reading = Reading("one [ ] two", (Page(1, 0, 4), Page(2, 5, 6, 0.9), Page(3, 7, 11)))
    result = edited(reading, [(3, 8, " ")])
    assert spans(result) == ["one", "", "two"]
    assert result.pages[1].ocr_confidence == 0.9


def test_parts_are_changed_by_themselves() -> None:
    reading = Reading("aabbb", (Page(1, 0, 2), Page(2, 2, 5)), (Heading(1, "b", 2, 3),))
    result = edited_by_parts(reading, lambda part: part and f"<{part}>")
    assert spans(result) == ["<aa>", "<b><bb>", "<b>"]
