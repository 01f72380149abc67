from contextlib import suppress
from random import Random

import pytest

from pipeline.errors import ReadError
from pipeline.readers.page_layout import PageLayoutReader
from tests.built_version import pdf


def test_pages_carry_their_spans_even_where_one_is_empty() -> None:
    reading = PageLayoutReader().read(pdf("Page one: 20 °C.", "", "Page three."))
    found = [(each.number, reading.text[each.start : each.end]) for each in reading.pages]
    assert found == [(1, "Page one: 20 °C."), (2, ""), (3, "Page three.")]
    assert "\r" not in reading.text


def test_a_password_is_named_as_the_reason() -> None:
    with pytest.raises(ReadError, match="password"):
        PageLayoutReader().read(pdf("secret", password="open"))


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"no pdf at all"])
def test_a_broken_file_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="not readable as PDF"):
        PageLayoutReader().read(content)


def test_no_damage_leaks_a_library_error() -> None:
    whole, random = pdf("Some text.", "More text."), Random(7)
    for _ in range(30):
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        with suppress(ReadError):
            PageLayoutReader().read(bytes(damaged)).text.encode("utf-8")


@pytest.mark.parametrize("mapped", ["D800", "DC00", "FFFE", "0000", "D83DDE00"])
def test_odd_characters_of_a_font_stay_valid_text(mapped: str) -> None:
    text = PageLayoutReader().read(_pdf_with_font(mapped)).text
    text.encode("utf-8")
    assert "hello" in text
    assert "\0" not in text


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
