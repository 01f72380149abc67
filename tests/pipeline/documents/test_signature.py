import io
import struct
import tracemalloc
import zipfile

import pytest

from pipeline.documents import signature
from pipeline.documents.signature import check_signature
from pipeline.errors import ReadError
from tests.support.files import book, open_text, picture, slides, unzipped, word, workbook, zipped
from tests.support.versions import pdf

_LAUGHS = '<!DOCTYPE a [<!ENTITY lol "lol"><!ENTITY b "&lol;&lol;">]><a>&b;</a>'


def _encrypted(content: bytes) -> bytes:
    """Return the zip with the flag that says its members are encrypted."""
    changed = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = content.find(mark)
        while position >= 0:
            changed[position + offset] |= 1
            position = content.find(mark, position + 1)
    return bytes(changed)


def _lying(megabytes: int, stated: int) -> bytes:
    """Return a zip whose directory and header state fewer bytes than a member unpacks to."""
    content = bytearray(zipped({"word/document.xml": b"\0" * (megabytes * 1_000_000)}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        directory = archive.start_dir
    struct.pack_into("<I", content, directory + 24, stated)
    struct.pack_into("<I", content, 22, stated)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (word("a"), signature.WORD),
        (workbook({"a": []}), signature.WORKBOOK),
        (slides("a"), signature.SLIDES),
        (open_text(""), signature.OPEN_TEXT),
        (book("<p/>"), signature.BOOK),
        (zipped({"a.txt": "a"}), signature.ARCHIVE),
        (zipped({"mimetype": "application/x-other"}), signature.ARCHIVE),
    ],
)
def test_a_container_is_what_its_parts_say(content: bytes, kind: str) -> None:
    assert signature.kind_of(content) == kind


def test_parts_stay_as_they_are_and_pictures_are_emptied() -> None:
    parts = {"a.xml": b"<a/>", "data.bin": b"\1\2", "media/x.PNG": picture(), "v.svg": b"<svg>"}
    result = unzipped(signature.repacked(zipped(parts), megabytes=1))
    assert list(result) == list(parts)
    assert (result["a.xml"], result["data.bin"]) == (b"<a/>", b"\1\2")
    assert len(result["media/x.PNG"]) < 20
    assert result["v.svg"].startswith(b"<svg")


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped({f"word/{number}.xml": b"\0" * 1_000_000 for number in range(4)})
    assert len(bomb) < 10_000
    assert signature.repacked(bomb, megabytes=4)
    with pytest.raises(ReadError, match=r"unpacks to 4 MB, more than the 3 MB"):
        signature.repacked(bomb, megabytes=3)


def test_a_directory_that_states_too_little_unpacks_no_more_than_stated() -> None:
    bomb = _lying(megabytes=100, stated=1000)
    tracemalloc.start()
    try:
        with pytest.raises(ReadError, match="damaged"):
            signature.repacked(bomb, megabytes=1)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(ReadError, match="more than 10,000 parts"):
        signature.kind_of(zipped({str(number): b"" for number in range(10_001)}))


def test_zips_inside_are_not_unpacked() -> None:
    inner = zipped({"bomb": b"\0" * 5_000_000})
    result = signature.repacked(zipped({"word/embeddings/a.zip": inner}), megabytes=1)
    assert unzipped(result)["word/embeddings/a.zip"] == inner


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_xml_entities_are_refused_in_any_encoding(encoding: str) -> None:
    with pytest.raises(ReadError, match="declares XML entities"):
        signature.repacked(zipped({"word/document.xml": _LAUGHS.encode(encoding)}), megabytes=1)


def test_the_word_entity_in_text_or_data_is_no_declaration() -> None:
    parts = {"a.xml": b"<a>&lt;!ENTITY b></a>", "b.bin": b"\1<!ENTITY"}
    assert unzipped(signature.repacked(zipped(parts), megabytes=1)) == parts


@pytest.mark.parametrize(
    "content",
    [
        _encrypted(word("a")),
        open_text("a", manifest="<manifest:encryption-data/>"),
    ],
)
def test_a_password_is_named_as_the_reason(content: bytes) -> None:
    with pytest.raises(ReadError, match="needs a password"):
        signature.repacked(content, megabytes=1)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", word("a")[:-400], word("a")[:3000]])
def test_a_damaged_container_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="damaged"):
        signature.repacked(content, megabytes=1)


def test_packing_that_cannot_be_bounded_is_refused() -> None:
    with pytest.raises(ReadError, match="save it again"):
        signature.repacked(zipped({"a": b"a"}, zipfile.ZIP_LZMA), megabytes=1)


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def _ole(stream: str) -> bytes:
    return _OLE + stream.encode("utf-16-le") + b"\0" * 100


@pytest.mark.parametrize(
    ("suffix", "content", "expected", "found"),
    [
        (".txt", picture(), signature.TEXT, "a PNG image"),
        (".html", picture("JPEG"), signature.TEXT, "a JPG image"),
        (".md", pdf("text"), signature.TEXT, "a PDF"),
        (".csv", workbook({"a": [[1]]}), signature.TEXT, "an Excel workbook"),
        (".pdf", b"<!DOCTYPE html><p>text", signature.PDF, "HTML"),
        (".pdf", zipped({"a": "a"}), signature.PDF, "a zip archive"),
        (".pdf", b"just words", signature.PDF, "text"),
        (".docx", pdf("text"), signature.WORD, "a PDF"),
        (".docx", workbook({"a": [[1]]}), signature.WORD, "an Excel workbook"),
        (".xlsx", slides("a"), signature.WORKBOOK, "a PowerPoint presentation"),
        (".odt", book("<p/>"), signature.OPEN_TEXT, "an EPUB book"),
        (".docx", b"{\\rtf1 text}", signature.WORD, "a RTF file"),
        (".docx", _ole("WordDocument"), signature.WORD, "1997 to 2003; save it as .docx"),
        (".xlsx", _ole("Workbook"), signature.WORKBOOK, "1997 to 2003; save it as .xlsx"),
        (".msg", _OLE, signature.MESSAGE, "data of no known kind"),
        (".png", b"GIF89 is text", signature.IMAGE, "text"),
    ],
)
def test_a_name_that_lies_is_refused(
    suffix: str, content: bytes, expected: str, found: str
) -> None:
    with pytest.raises(ReadError, match=rf"it says \{suffix} but holds .*{found}"):
        check_signature(suffix, content, expected)


def test_an_old_files_password_is_named_too() -> None:
    with pytest.raises(ReadError, match="needs a password"):
        check_signature(".docx", _ole("EncryptedPackage"), signature.WORD)


def test_an_empty_file_is_named_as_such() -> None:
    with pytest.raises(ReadError, match="it is empty"):
        check_signature(".docx", b"", signature.WORD)


@pytest.mark.parametrize(
    "content",
    [
        b"BMW and MZ begin like a bitmap and a program",
        b"MZ",
        b"ID3 is a tag, Rar! is a file, BZh too",
        b"%!PS tells PostScript",
        "保証期間は五年です".encode("utf-16"),
        "保証期間は五年です".encode("utf-16-le"),
        "BMW".encode("utf-32"),
        "保証".encode("iso-2022-jp"),
        b"form\x0cfeed",
        b"<html>",
    ],
)
def test_honest_text_passes(content: bytes) -> None:
    check_signature(".txt", content, signature.TEXT)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf("a"), signature.PDF),
        (b"\1\2@PJL\r\n" + pdf("a"), signature.PDF),
        (picture("TIFF"), signature.IMAGE),
        (picture("WEBP"), signature.IMAGE),
        (_ole("__substg1.0_"), signature.MESSAGE),
        (word("a"), signature.WORD),
    ],
)
def test_honest_files_pass(content: bytes, expected: str) -> None:
    check_signature(".any", content, expected)
