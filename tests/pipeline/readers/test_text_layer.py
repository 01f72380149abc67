from itertools import cycle, islice

import pypdfium2
import pytest
from fpdf import FPDF

from pipeline.readers.text_layer import PageLine, layer_lines
from tests.built_version import pdf

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
