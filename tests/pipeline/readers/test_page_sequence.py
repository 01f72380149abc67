from pipeline.document import Page
from pipeline.readers.page_sequence import page_sequence
from pipeline.text_recognition import Recognised


def test_pages_follow_each_other_with_two_line_ends_between() -> None:
    pages = [Recognised("One.", None), Recognised("", 0.0), Recognised("Three.", 0.9)]
    text, spans = page_sequence(pages)
    assert text == "One.\n\n\n\nThree."
    assert spans == (Page(1, 0, 4), Page(2, 6, 6, 0.0), Page(3, 8, 14, 0.9))
    assert page_sequence([]) == ("", ())
