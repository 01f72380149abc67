from pipeline.documents.document import Document, Heading, Page, joined_pages

TEXT = "A\nintro\nB\nbody\nC\nend"
DOCUMENT = Document(
    id="1",
    path="a.md",
    sha256="",
    media_type="text/markdown",
    reader="markdown/1",
    text=TEXT,
    pages=(Page(1, 0, 7), Page(2, 8, 8), Page(3, 8, 21)),
    headings=(Heading(1, "A", 0, 1), Heading(3, "B", 8, 9), Heading(2, "C", 15, 16)),
)


def test_headings_nest_by_level() -> None:
    assert DOCUMENT.headings_at(0) == ("A",)
    assert DOCUMENT.headings_at(TEXT.index("intro")) == ("A",)
    assert DOCUMENT.headings_at(TEXT.index("body")) == ("A", "B")
    assert DOCUMENT.headings_at(TEXT.index("end")) == ("A", "C")


def test_a_page_is_the_last_that_began() -> None:
    assert DOCUMENT.page_at(0) == 1
    assert DOCUMENT.page_at(7) == 1
    assert DOCUMENT.page_at(8) == 3
    assert DOCUMENT.page_at(20) == 3


def test_a_span_is_recognised_as_badly_as_the_worst_page_that_it_touches() -> None:
    pages = (Page(1, 0, 5, 0.9), Page(2, 7, 12, 0.6), Page(3, 14, 20))
    scan = Document("1", "a.pdf", "", "application/pdf", "pdfium/2", "x" * 20, pages)
    assert scan.ocr_confidence_in(0, 5) == 0.9
    assert scan.ocr_confidence_in(3, 8) == 0.6
    assert scan.ocr_confidence_in(5, 7) is None
    assert scan.ocr_confidence_in(14, 20) is None


def test_a_document_without_structure_has_neither() -> None:
    plain = Document("1", "a.txt", "", "text/plain", "plain-text/1", "text")
    assert plain.page_at(0) is None
    assert plain.headings_at(0) == ()


def test_pages_follow_each_other_with_two_line_ends_between() -> None:
    text, spans = joined_pages(["One.", "", "Three."], [None, 0.0, 0.9])
    assert text == "One.\n\n\n\nThree."
    assert spans == (Page(1, 0, 4), Page(2, 6, 6, 0.0), Page(3, 8, 14, 0.9))
    assert joined_pages([]) == ("", ())
