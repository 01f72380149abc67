import pypdfium2
import pytest
from fpdf import FPDF

from pipeline.readers.scanned_page import count_letters, draw, is_garbage, is_scanned
from tests.built_version import pdf
from tests.drawn_text import drawn, scan

_HEADER = "Minutes of May 2024, confidential"


def _is_scanned(content: bytes, text: str) -> bool:
    with pypdfium2.PdfDocument(content) as file:
        return is_scanned(file[0], text)


def test_an_image_without_text_is_a_scan() -> None:
    assert _is_scanned(scan(drawn()), "")
    assert _is_scanned(scan(drawn()), "Page 7")


def test_a_large_image_below_a_header_is_a_scan() -> None:
    assert _is_scanned(scan(drawn(), share=0.7), _HEADER)
    assert not _is_scanned(scan(drawn(), share=0.3), _HEADER)
    assert not _is_scanned(scan(drawn()), _HEADER * 20)


def test_an_image_inside_a_form_counts_where_it_stands() -> None:
    with pypdfium2.PdfDocument(scan(drawn())) as source, pypdfium2.PdfDocument.new() as file:
        page = file.new_page(400, 400)
        form = source.page_as_xobject(0, file).as_pageobject()
        form.set_matrix(pypdfium2.PdfMatrix().scale(1.9, 4))
        page.insert_obj(form)
        page.gen_content()
        assert is_scanned(page, _HEADER)
        form.set_matrix(pypdfium2.PdfMatrix().scale(0.5, 0.5))
        page.gen_content()
        assert not is_scanned(page, _HEADER)


@pytest.mark.parametrize("text", ["", "Chapter 1"])
def test_a_page_of_text_or_nothing_is_no_scan(text: str) -> None:
    assert not _is_scanned(pdf(text), text)


def test_a_page_of_one_colour_is_no_scan() -> None:
    file = FPDF()
    file.add_page()
    file.set_fill_color(30)
    file.rect(0, 0, 210, 297, style="F")
    assert not _is_scanned(bytes(file.output()), "")


def test_a_text_layer_that_means_nothing_is_garbage() -> None:
    assert is_garbage("\ufffd\ue001 \ue002\x1bab")
    assert not is_garbage("a text with one \ufffd in it")
    assert not is_garbage("")
    assert _is_scanned(pdf("anything"), "\ue001" * 500)


def test_letters_and_digits_are_counted() -> None:
    assert count_letters("Öl: 20 °C \ufffd") == 5


def test_a_page_is_drawn_in_its_resolution_and_within_its_limit() -> None:
    with pypdfium2.PdfDocument(pdf("A4")) as file:
        height, width, colours = draw(file[0], 72, 1e7).shape
        assert (round(height, -1), round(width, -1), colours) == (840, 600, 3)
        small = draw(file[0], 600, 10_000)
        assert small.shape[0] * small.shape[1] < 11_000
