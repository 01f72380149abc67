import io
import zipfile
from contextlib import suppress
from random import Random

import docx
import pytest

from pipeline.errors import ReadError
from pipeline.readers.word_processing import WordProcessingReader

_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="word/document.xml" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument"/></Relationships>'
)


def _docx() -> bytes:
    document = docx.Document()
    document.add_heading("Handbook", 0)
    document.add_heading("Setup", 1)
    document.add_paragraph("Mount < & tighten the pump.")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Part", "Price", "Seal", "12"), strict=True):
        cell.text = text
    document.add_heading("Care", 2)
    document.add_paragraph("Clean it.", style="List Bullet")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _zip(files: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_text_tables_and_lists_come_in_order() -> None:
    words = WordProcessingReader().read(_docx()).text.split()
    assert " ".join(words) == (
        "Handbook Setup Mount < & tighten the pump. Part Price Seal 12 Care * Clean it."
    )


def test_titles_and_headings_carry_their_spans() -> None:
    reading = WordProcessingReader().read(_docx())
    found = [
        (each.level, each.title, reading.text[each.start : each.end]) for each in reading.headings
    ]
    assert found == [(1, "Handbook", "Handbook"), (1, "Setup", "Setup"), (2, "Care", "Care")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 as an encrypted file begins",
        _zip({"other": "x"}),
        _zip({"_rels/.rels": _RELATIONS, "word/document.xml": "<broken"}),
        _zip({"_rels/.rels": _RELATIONS, "word/document.xml": "<other/>"}),
    ],
)
def test_a_broken_file_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="not readable as DOCX"):
        WordProcessingReader().read(content)


def test_no_damage_leaks_a_library_error() -> None:
    whole, random = _docx(), Random(7)
    for _ in range(25):
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        with suppress(ReadError):
            WordProcessingReader().read(bytes(damaged))


def test_a_document_without_text_is_refused() -> None:
    file = io.BytesIO()
    docx.Document().save(file)
    with pytest.raises(ReadError, match="no text"):
        WordProcessingReader().read(file.getvalue())
