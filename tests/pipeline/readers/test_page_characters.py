import pypdfium2
import pytest

from pipeline.readers.page_characters import PageCharacters


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
