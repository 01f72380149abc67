import io
import logging
import time
from contextlib import suppress
from random import Random

import pypdfium2
import pytest
from fpdf import FPDF
from fpdf.enums import EncryptionMethod

from pipeline.documents.readers.pdf import (
    PdfReader,
    draw,
    is_garbage,
    is_scanned,
)
from pipeline.errors import ReadError
from tests.support.corpus import LETTER, drawn, ingest_params, ocr_params, page_texts, scan
from tests.support.hostile_folder import pages
from tests.support.versions import pdf

_READER = PdfReader(ingest_params(), ocr_params())
_NEVER = PdfReader(ingest_params(), ocr_params(mode="never"))
_ALWAYS = PdfReader(ingest_params(), ocr_params(mode="always"))
_TEXT = "\n".join(LETTER)
_HEADER = "Minutes of May 2024, confidential"


def test_pages_carry_their_spans_even_where_one_is_empty() -> None:
    reading = _READER.read(pdf("Page one: 20 °C.", "", "Page three."))
    assert page_texts(reading) == ["Page one: 20 °C.", "", "Page three."]
    assert [page.number for page in reading.pages] == [1, 2, 3]
    assert {page.ocr_confidence for page in reading.pages} == {None}
    assert "\r" not in reading.text


def test_a_password_is_named_as_the_reason() -> None:
    with pytest.raises(ReadError, match="^it needs a password$"):
        _READER.read(pdf("secret", password="open"))


@pytest.mark.parametrize("method", EncryptionMethod)
def test_an_empty_password_is_none(method: EncryptionMethod) -> None:
    file = FPDF()
    file.set_encryption("owner", encryption_method=method)
    file.add_page()
    file.set_font("helvetica")
    file.cell(text="Anyone may read this.")
    assert _READER.read(bytes(file.output())).text == "Anyone may read this."


def test_too_many_pages_are_refused_at_once() -> None:
    content = pages(10_000)
    before = time.perf_counter()
    with pytest.raises(ReadError, match=r"10,000 pages, more than ingest\.max_pages: 100$"):
        _READER.read(content)
    assert time.perf_counter() - before < 1


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"no pdf at all"])
def test_a_broken_file_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="not readable as PDF"):
        _READER.read(content)


def test_no_damage_leaks_a_library_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    file = FPDF()
    file.set_font("helvetica", size=12)
    for title in ("Some text", "More text"):
        file.add_page()
        file.start_section(title)
        file.multi_cell(0, text=f"{title} is here.")
    whole, random = bytes(file.output()), Random(7)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        with suppress(ReadError):
            _NEVER.read(bytes(damaged)).text.encode("utf-8")
    assert not [record for record in caplog.records if record.name.startswith("pypdfium2")]


def test_a_scan_is_recognised() -> None:
    reading = _READER.read(scan(drawn()))
    assert page_texts(reading) == [_TEXT]
    (confidence,) = [page.ocr_confidence for page in reading.pages]
    assert confidence is not None
    assert 0.9 < confidence <= 1.0


def test_a_turned_scan_gives_the_same_words() -> None:
    with pypdfium2.PdfDocument(scan(drawn())) as file:
        file[0].set_rotation(90)
        content = io.BytesIO()
        file.save(content)
    assert _READER.read(content.getvalue()).text == _TEXT


def test_a_scan_below_a_header_is_recognised() -> None:
    found = _READER.read(scan(drawn(), header=_HEADER, share=0.8)).text
    assert "Minutes of May 2024" in found
    assert found.endswith(_TEXT)


def test_the_text_layer_of_a_page_with_a_picture_is_kept() -> None:
    reading = _READER.read(scan(drawn(["~ ~"]), header=_HEADER))
    assert reading.text == _HEADER
    assert reading.pages[0].ocr_confidence is None


def test_a_blank_page_is_not_recognised() -> None:
    file = FPDF()
    file.add_page()
    file.set_fill_color(200)
    file.rect(0, 0, 210, 297, style="F")
    reading = _READER.read(bytes(file.output()))
    assert reading.text == ""
    assert reading.pages[0].ocr_confidence is None


def test_text_drawn_as_shapes_is_recognised() -> None:
    # Letters of rules: an E, an L and a T, each stroke a filled rectangle.
    strokes = [(0, 0, 3, 20), (0, 0, 12, 3), (0, 8, 12, 3), (0, 17, 12, 3), (16, 0, 3, 20)]
    strokes += [(16, 17, 12, 3), (32, 0, 14, 3), (37.5, 0, 3, 20)]
    file = FPDF(unit="pt", format=(200, 100))
    file.add_page()
    for x, y, width, height in strokes:
        file.rect(40 + x, 40 + y, width, height, style="F")
    assert _READER.read(bytes(file.output())).text == "ELT"


def test_recognition_may_be_switched_off() -> None:
    reading = _NEVER.read(scan(drawn()))
    assert reading.text == ""
    assert reading.pages[0].ocr_confidence is None


def test_recognition_may_be_asked_for_always() -> None:
    content = pdf("Tighten seven screws.")
    assert _READER.read(content).pages[0].ocr_confidence is None
    reading = _ALWAYS.read(content)
    assert reading.text == "Tighten seven screws."
    assert reading.pages[0].ocr_confidence is not None


def test_a_page_of_discarded_lines_has_no_confidence() -> None:
    strict = PdfReader(ingest_params(), ocr_params(discard=1.0))
    (page,) = strict.read(scan(drawn())).pages
    assert (page.start, page.end, page.ocr_confidence) == (0, 0, 0.0)


def test_a_poster_is_drawn_small_enough() -> None:
    small = PdfReader(ingest_params(max_megapixels=1), ocr_params(resolution=600))
    assert small.read(scan(drawn(width=1200))).text == _TEXT


def test_headings_come_from_the_outline_and_else_from_the_font() -> None:
    for outline in (True, False):
        file = FPDF()
        file.add_page()
        for title, size in (("Pumps", 20), ("Care", 15)):
            file.set_font("helvetica", style="B", size=size)
            if outline:
                file.start_section(f"On {title}", level=size == 15)
            file.multi_cell(0, text=f"On {title}", new_x="LMARGIN", new_y="NEXT")
            file.set_font("helvetica", size=11)
            file.multi_cell(0, text="A pump is a quiet thing. " * 9, new_x="LMARGIN", new_y="NEXT")
        reading = _READER.read(bytes(file.output()))
        found = [(each.level, reading.text[each.start : each.end]) for each in reading.headings]
        assert found == [(1, "On Pumps"), (2, "On Care")]


def _is_scanned(content: bytes, text: str) -> bool:
    with pypdfium2.PdfDocument(content) as file:
        return is_scanned(file[0], text)


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


def test_a_text_layer_that_means_nothing_is_garbage() -> None:
    assert is_garbage("\ufffd\ue001 \ue002\x1bab")
    assert not is_garbage("a text with one \ufffd in it")
    assert not is_garbage("")
    assert _is_scanned(pdf("anything"), "\ue001" * 500)


def test_a_page_is_drawn_in_its_resolution_and_within_its_limit() -> None:
    with pypdfium2.PdfDocument(pdf("A4")) as file:
        height, width, colours = draw(file[0], 72, 1e7).shape
        assert (round(height, -1), round(width, -1), colours) == (840, 600, 3)
        small = draw(file[0], 600, 10_000)
        assert small.shape[0] * small.shape[1] < 11_000
