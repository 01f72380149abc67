"""What a conversion must never do: fetch, start a program, log, or let an error of docling out."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from random import Random

import docx
import pytest

from pipeline.documents.readers import office as converted
from pipeline.documents.readers.docling_backend import Backend
from pipeline.documents.readers.office import DoclingReader
from pipeline.errors import ReadError
from pipeline.params import IngestParams
from tests.support.files import (
    book,
    open_text,
    picture,
    saved,
    slides,
    unzipped,
    word,
    workbook,
    zipped,
)

_DRAWING = (
    '<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:drawing>'
    '<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData '
    'uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"/></a:graphic>'
    "</wp:inline></w:drawing></w:r>"
)
_SAMPLES = {
    "word": (converted.WORD, word("the words", "more")),
    "workbook": (converted.WORKBOOK, workbook({"a": [["the words", 1]]})),
    "slides": (converted.SLIDES, slides("the words")),
    "open text": (converted.OPEN_TEXT, open_text("<text:p>the words</text:p>")),
    "book": (converted.BOOK, book("<html><body><p>the words</p></body></html>")),
}


def _edited(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    parts = unzipped(content)
    assert old in parts[name]
    return zipped({**parts, name: parts[name].replace(old, new, 1)})


@pytest.mark.parametrize(
    ("sample", "name", "root"),
    [
        ("word", "word/document.xml", b"<w:document"),
        ("workbook", "xl/workbook.xml", b"<workbook"),
        ("slides", "ppt/slides/slide1.xml", b"<p:sld"),
        ("open text", "content.xml", b"<office:document-content"),
        ("book", "c0.xhtml", b"<html"),
        ("book", "book.opf", b"<package"),
    ],
)
def test_an_entity_that_names_a_file_is_never_followed(
    ingest: IngestParams, tmp_path: Path, sample: str, name: str, root: bytes
) -> None:
    (tmp_path / "secret").write_text("the secret")
    uri = (tmp_path / "secret").as_uri().encode()
    backend, content = _SAMPLES[sample]
    prolog = b'<!DOCTYPE a [<!ENTITY x SYSTEM "' + uri + b'">]>'
    hostile = _edited(content, name, root, prolog + root)
    with pytest.raises(ReadError, match="declares XML entities"):
        DoclingReader(backend, ingest).read(hostile)


def test_linked_pictures_are_not_fetched(ingest: IngestParams, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(picture())
    document = docx.Document()
    document.add_paragraph("the words")
    relation = document.part.relate_to(
        (tmp_path / "secret.png").as_uri(),
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image",
        is_external=True,
    )
    drawing = _DRAWING.replace(
        "<a:graphicData ",
        '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        f'r:link="{relation}"/><a:graphicData ',
    )
    document.add_paragraph()._p.append(docx.oxml.parse_xml(drawing))
    assert DoclingReader(converted.WORD, ingest).read(saved(document)).text == "the words"


def test_no_program_is_started(
    ingest: IngestParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("soffice", "libreoffice"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("DOCLING_LIBREOFFICE_CMD", str(tmp_path / "soffice"))
    document = docx.Document()
    document.add_paragraph("the words")._p.append(docx.oxml.parse_xml(_DRAWING))
    assert DoclingReader(converted.WORD, ingest).read(saved(document)).text == "the words"
    assert not (tmp_path / "started").exists()


def test_nothing_is_said_and_torch_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(_SAMPLES["word"][1])
    (tmp_path / "b.docx").write_bytes(b"PK\x03\x04")
    script = (
        "import sys\n"
        "from pipeline.documents.readers.formats import default_readers\n"
        "from pipeline.documents.reader import read_content\n"
        "from pipeline.errors import ReadError\n"
        "from tests.support.corpus import INGEST, OCR\n"
        "readers = default_readers(INGEST, OCR)\n"
        "for name in ('a.docx', 'b.docx'):\n"
        "    content = open(sys.argv[1] + '/' + name, 'rb').read()\n"
        "    try: read_content(readers, '.docx', content)\n"
        "    except ReadError: pass\n"
        "print('torch' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


@pytest.mark.parametrize("sample", _SAMPLES)
def test_no_damage_leaks_a_library_error(ingest: IngestParams, sample: str) -> None:
    backend, whole = _SAMPLES[sample]
    reader, random = DoclingReader(backend, ingest), Random(7)
    parts = unzipped(whole)
    for _ in range(15):
        name = random.choice([name for name in parts if name.endswith("ml") and parts[name]])
        damaged = bytearray(parts[name])
        for _ in range(5):
            damaged[random.randrange(len(damaged))] = random.randrange(256)
        with suppress(ReadError):
            reader.read(zipped({**parts, name: bytes(damaged)}))


@pytest.mark.parametrize(
    ("backend", "content"),
    [
        (converted.WORD, zipped({"word/document.xml": "<broken"})),
        (converted.WORKBOOK, zipped({"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<a/>"})),
        (converted.BOOK, zipped({"mimetype": "application/epub+zip"})),
        (converted.MAIL, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no message"),
    ],
)
def test_a_broken_file_is_refused_in_one_plain_line(
    ingest: IngestParams, backend: Backend, content: bytes
) -> None:
    with pytest.raises(ReadError, match="^not readable as [A-Z]+: .+$") as caught:
        DoclingReader(backend, ingest).read(content)
    assert "\n" not in str(caught.value)
