from pathlib import PurePosixPath

import pytest

from pipeline import container, file_signature
from pipeline.errors import ReadError
from pipeline.file_signature import check_signature
from tests.built_version import pdf
from tests.office_file import book, picture, slides, word, workbook, zipped

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def _ole(stream: str) -> bytes:
    return _OLE + stream.encode("utf-16-le") + b"\0" * 100


@pytest.mark.parametrize(
    ("name", "content", "expected", "found"),
    [
        ("a.txt", picture(), file_signature.TEXT, "a PNG image"),
        ("a.html", picture("JPEG"), file_signature.TEXT, "a JPG image"),
        ("a.md", pdf("text"), file_signature.TEXT, "a PDF"),
        ("a.csv", workbook({"a": [[1]]}), file_signature.TEXT, "an Excel workbook"),
        ("a.pdf", b"<!DOCTYPE html><p>text", file_signature.PDF, "HTML"),
        ("a.pdf", zipped({"a": "a"}), file_signature.PDF, "a zip archive"),
        ("a.PDF", b"just words", file_signature.PDF, "text"),
        ("a.docx", pdf("text"), container.WORD, "a PDF"),
        ("a.docx", workbook({"a": [[1]]}), container.WORD, "an Excel workbook"),
        ("a.xlsx", slides("a"), container.WORKBOOK, "a PowerPoint presentation"),
        ("a.odt", book("<p/>"), container.OPEN_TEXT, "an EPUB book"),
        ("a.docx", b"{\\rtf1 text}", container.WORD, "a RTF file"),
        ("a.docx", _ole("WordDocument"), container.WORD, "1997 to 2003; save it as .docx"),
        ("a.xlsx", _ole("Workbook"), container.WORKBOOK, "1997 to 2003; save it as .xlsx"),
        ("a.msg", _OLE, file_signature.MESSAGE, "data of no known kind"),
        ("a.png", b"GIF89 is text", file_signature.IMAGE, "text"),
    ],
)
def test_a_name_that_lies_is_refused(name: str, content: bytes, expected: str, found: str) -> None:
    with pytest.raises(ReadError, match=rf"it says \.{name[2:].lower()} but holds .*{found}"):
        check_signature(PurePosixPath(name), content, expected)


def test_a_password_is_named_as_the_reason() -> None:
    with pytest.raises(ReadError, match="needs a password"):
        check_signature(PurePosixPath("a.docx"), _ole("EncryptedPackage"), container.WORD)


def test_an_empty_file_is_named_as_such() -> None:
    with pytest.raises(ReadError, match="it is empty"):
        check_signature(PurePosixPath("a.docx"), b"", container.WORD)


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
    check_signature(PurePosixPath("a.txt"), content, file_signature.TEXT)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf("a"), file_signature.PDF),
        (b"\1\2@PJL\r\n" + pdf("a"), file_signature.PDF),
        (picture("TIFF"), file_signature.IMAGE),
        (picture("WEBP"), file_signature.IMAGE),
        (_ole("__substg1.0_"), file_signature.MESSAGE),
        (word("a"), container.WORD),
    ],
)
def test_honest_files_pass(content: bytes, expected: str) -> None:
    check_signature(PurePosixPath("a.any"), content, expected)
