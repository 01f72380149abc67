from itertools import cycle, islice

import pypdfium2
import pytest
from fpdf import FPDF

from pipeline.documents.readers.pdf_text import PageCharacters, PageLine, layer_lines
from tests.support.versions import pdf


@pytest.mark.parametrize(
    ("mapped", "shown"),
    [
        ("0041", "A hello"),
        ("D83DDE00", "\U0001f600 hello"),
        ("D800", "\ufffd hello"),
        ("DC00", "\ufffd hello"),
        ("FFFE", "\ufffd hello"),
        ("001B", "\ufffd hello"),
    ],
)
def test_odd_characters_of_a_font_become_valid_text(mapped: str, shown: str) -> None:
    assert _text(mapped) == shown


def test_a_character_mapped_to_nothing_leaves_no_nul() -> None:
    assert "\0" not in _text("0000")
    assert "hello" in _text("0000")


def _text(mapped: str) -> str:
    with pypdfium2.PdfDocument(_pdf_with_font(mapped)) as file:
        characters = PageCharacters(file[0].get_textpage())
        text = characters.readable(0, len(characters.text) - 1)
    text.encode("utf-8")
    return text


def _pdf_with_font(mapped: str) -> bytes:
    """Return a PDF whose font says that the letter A is some other character."""
    shown = b"BT /F 12 Tf 10 100 Td (A hello) Tj ET"
    mapping = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
        b"1 begincodespacerange <00><ff> endcodespacerange "
        b"1 beginbfchar <41> <" + mapped.encode() + b"> endbfchar endcmap end end"
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(shown), shown),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(mapping), mapping),
    ]
    file, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    table = b"xref\n0 7\n0000000000 65535 f \n" + rows
    trailer = b"trailer<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(file)
    return file + table + trailer


_SENTENCE = "A quiet pump hums in an old cellar while seven wizards brew potions at night"


def _lines(content: bytes) -> list[PageLine]:
    with pypdfium2.PdfDocument(content) as file:
        return layer_lines(file[0].get_textpage())


def _texts(content: bytes) -> list[str]:
    return [line.text for line in _lines(content)]


def _column(name: str, count: int) -> list[str]:
    words = islice(cycle(_SENTENCE.split()), 7 * count)
    return [f"{name}{number} " + " ".join(islice(words, 7)) for number in range(count)]


def _page(*placed: tuple[float, float, str]) -> bytes:
    """Return a PDF of one page with texts at places in millimetres, in this order."""
    file = FPDF()
    file.add_page()
    file.set_font("helvetica", size=9)
    for x, y, text in placed:
        file.text(x, y, text)
    return bytes(file.output())


@pytest.mark.parametrize("lower", [0.0, 1.5, 2.5])
def test_columns_that_the_file_interleaves_are_read_one_after_the_other(lower: float) -> None:
    left, right = _column("L", 20), _column("R", 14)
    title = "A heading that stands wide over both of the columns of this page"
    placed = [(50.0, 20.0, title)]
    for number, text in enumerate(left):
        placed.append((15.0, 35 + 5.0 * number, text))
        if number < len(right):
            placed.append((110.0, 35 + 5.0 * number + lower, right[number]))
    assert _texts(_page(*placed)) == [title, *left, *right]


def test_columns_in_the_right_order_stay() -> None:
    left, right = _column("L", 20), _column("R", 14)
    placed = [(15.0, 35 + 5.0 * number, text) for number, text in enumerate(left)]
    placed += [(110.0, 35 + 5.0 * number, text) for number, text in enumerate(right)]
    assert _texts(_page(*placed)) == [*left, *right]


def test_a_table_is_read_row_by_row() -> None:
    rows = [[f"cell {row}{column}" for column in range(4)] for row in range(12)]
    placed = [
        (15 + 45.0 * column, 30 + 6.0 * row, text)
        for row, cells in enumerate(rows)
        for column, text in enumerate(cells)
    ]
    assert _texts(_page(*placed)) == [" ".join(cells) for cells in rows]


def test_a_hyphen_at_a_line_end_and_the_line_end_are_kept() -> None:
    found = _texts(_page((15, 30, "The pump has an extra-"), (15, 34, "ordinary quiet motor.")))
    assert found == ["The pump has an extra-", "ordinary quiet motor."]


def test_what_lies_outside_the_page_is_left_out() -> None:
    assert _texts(_page((15, 30, "Seen."), (15, 400, "Unseen."), (300, 30, "Nor this."))) == [
        "Seen."
    ]


def test_lines_tell_where_they_stand_and_how_they_are_set() -> None:
    file = FPDF()
    file.add_page()
    for style, size, text in (("B", 18, "Pumps"), ("", 10, "A quiet thing.")):
        file.set_font("helvetica", style=style, size=size)
        file.cell(text=text, new_x="LMARGIN", new_y="NEXT")
    first, second = _lines(bytes(file.output()))
    assert first.style is not None
    assert second.style is not None
    assert (first.style.size, first.style.bold) == (18.0, True)
    assert (second.style.size, second.style.bold) == (10.0, False)
    assert first.top is not None
    assert second.top is not None
    assert first.top < second.top


def test_an_empty_page_has_no_lines() -> None:
    assert _lines(pdf("")) == []
