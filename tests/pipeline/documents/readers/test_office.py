import docx
import openpyxl
import pptx
import pytest
from openpyxl.comments import Comment

from pipeline.documents.document import Reading
from pipeline.documents.readers import office as converted
from pipeline.documents.readers.docling_backend import Backend
from pipeline.documents.readers.office import DoclingReader
from pipeline.errors import ReadError
from pipeline.params import IngestParams
from tests.support.files import book, open_text, saved, slides, unzipped, word, workbook, zipped


@pytest.fixture
def read(ingest: IngestParams):
    def _read(backend: Backend, content: bytes) -> Reading:
        return DoclingReader(backend, ingest).read(content)

    return _read


def _pages(reading: Reading) -> list[tuple[int, str]]:
    return [(page.number, reading.text[page.start : page.end]) for page in reading.pages]


def _headings(reading: Reading) -> list[tuple[int, str, str]]:
    return [
        (each.level, each.title, reading.text[each.start : each.end]) for each in reading.headings
    ]


def test_a_word_document_keeps_headings_lists_tables_and_comments(read) -> None:
    document = docx.Document()
    document.add_heading("Handbook", 0)
    document.add_heading("Setup", 1)
    paragraph = document.add_paragraph("Mount < & tighten the pump_2.")
    document.add_comment(paragraph.runs, "Which pump?", author="Ada")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Part", "Price", "Seal", "12"), strict=True):
        cell.text = text
    document.add_paragraph("Clean it.", style="List Bullet")
    document.sections[0].header.paragraphs[0].text = "Confidential"
    reading = read(converted.WORD, saved(document))
    body, _, comment = reading.text.partition("\n\n[author: Ada")
    assert body == (
        "# Handbook\n\n## Setup\n\nMount < & tighten the pump_2.\n\n"
        "| Part | Price |\n| - | - |\n| Seal | 12 |\n\n- Clean it."
    )
    assert comment.endswith("Which pump?")
    assert _headings(reading) == [(1, "Handbook", "# Handbook"), (2, "Setup", "## Setup")]
    assert reading.pages == ()


def test_slides_are_pages_with_their_numbers_and_notes(read) -> None:
    show = pptx.Presentation()
    for title in ("First", "", "Third"):
        slide = show.slides.add_slide(show.slide_layouts[5 if title else 6])
        if title:
            slide.shapes.title.text = title
            slide.notes_slide.notes_text_frame.text = f"Say {title}"
    reading = read(converted.SLIDES, saved(show))
    assert _pages(reading) == [(1, "# First\n\nSay First"), (2, ""), (3, "# Third\n\nSay Third")]
    assert [title for _, title, _ in _headings(reading)] == ["First", "Third"]


def test_a_hidden_slide_is_an_empty_page(read) -> None:
    show = pptx.Presentation()
    for text in ("One", "Two", "Three"):
        show.slides.add_slide(show.slide_layouts[5]).shapes.title.text = text
    show.slides[1]._element.set("show", "0")
    assert _pages(read(converted.SLIDES, saved(show))) == [(1, "# One"), (2, ""), (3, "# Three")]


def test_sheets_are_pages_under_their_names_with_comments(read) -> None:
    book_ = openpyxl.Workbook()
    first = book_.active
    first.title = "Sales #1"
    for row in (["Year", "Ducks"], [2019, 200]):
        first.append(row)
    first["B2"].comment = Comment("Counted twice", "Ada")
    book_.create_sheet("Empty")
    hidden = book_.create_sheet("Hidden")
    hidden.append(["unseen"])
    hidden.sheet_state = "hidden"
    book_.create_sheet("Notes").append(["a word"])
    reading = read(converted.WORKBOOK, saved(book_))
    assert _pages(reading) == [
        (
            1,
            "## Sales #1\n\n| Year | Ducks |\n| - | - |\n| 2019 | 200 |\n\n"
            "[author: Ada]: Counted twice",
        ),
        (2, ""),
        (3, ""),
        (4, "## Notes\n\na word"),
    ]
    assert _headings(reading)[0] == (2, "Sales #1", "## Sales #1")


@pytest.mark.parametrize(
    ("backend", "content", "plain", "other"),
    [
        (
            converted.WORD,
            word("words"),
            b"openxmlformats-officedocument.wordprocessingml.document.main",
            b"ms-word.document.macroEnabled.main",
        ),
        (
            converted.SLIDES,
            slides("words"),
            b"openxmlformats-officedocument.presentationml.presentation.main",
            b"ms-powerpoint.presentation.macroEnabled.main",
        ),
        (converted.SLIDES, slides("words"), b"ml.presentation.main", b"ml.slideshow.main"),
        (
            converted.WORKBOOK,
            workbook({"a": [["words"]]}),
            b"openxmlformats-officedocument.spreadsheetml.sheet.main",
            b"ms-excel.sheet.macroEnabled.main",
        ),
    ],
)
def test_a_file_with_macros_or_a_show_is_read_like_any(
    read, backend: Backend, content: bytes, plain: bytes, other: bytes
) -> None:
    parts = unzipped(content)
    kinds = parts["[Content_Types].xml"].replace(plain, other)
    assert kinds != parts["[Content_Types].xml"]
    assert read(backend, zipped({**parts, "[Content_Types].xml": kinds})).text.endswith("words")


def test_an_open_document_is_read(read) -> None:
    body = '<text:h text:outline-level="1">Kopf</text:h><text:p>Ein Wort.</text:p>'
    assert read(converted.OPEN_TEXT, open_text(body)).text == "## Kopf\n\nEin Wort."


def test_a_book_is_read_chapter_by_chapter_in_any_encoding(read) -> None:
    chapter = '<?xml version="1.0" encoding="{}"?><html><body><h1>{}</h1><p>Größe</p></body></html>'
    content = book(
        chapter.format("utf-8", "One").encode(),
        chapter.format("iso-8859-1", "Two").encode("latin-1"),
        chapter.format("utf-16", "Three").encode("utf-16"),
    )
    reading = read(converted.BOOK, content)
    assert [title for _, title, _ in _headings(reading)] == ["One", "Two", "Three"]
    assert reading.text.count("Größe") == 3


@pytest.mark.parametrize(
    ("backend", "content"),
    [
        (converted.SLIDES, slides(*"abcdef")),
        (converted.WORKBOOK, workbook({name: [["a"]] for name in "abcdef"})),
    ],
)
def test_too_many_pages_are_refused_with_their_number(read, backend, content: bytes) -> None:
    with pytest.raises(ReadError, match=r"it has 6 pages, more than `ingest.max_pages` \(5\)"):
        read(backend, content)


@pytest.mark.parametrize(
    ("backend", "content"),
    [
        (converted.WORD, word()),
        (converted.SLIDES, slides("", "")),
        (converted.WORKBOOK, workbook({"a": [], "b": []})),
        (converted.OPEN_TEXT, open_text("")),
        (converted.BOOK, book("<html><body/></html>")),
    ],
)
def test_a_document_without_text_is_refused(read, backend, content: bytes) -> None:
    with pytest.raises(ReadError, match="no text"):
        read(backend, content)
