"""Office files, OpenDocument, EPUB, HTML and e-mail: as Markdown, through docling."""

from pathlib import PurePosixPath

from pipeline.documents.document import Reading, joined_pages
from pipeline.documents.readers.docling_backend import Backend, convert
from pipeline.documents.readers.text import (
    check_depth,
    decode,
    decode_html,
    find_headings,
    tidy_html,
)
from pipeline.documents.signature import repacked
from pipeline.errors import ReadError
from pipeline.params import IngestParams

_PLAIN_CELL = {"treat_singleton_as_text": True}
WORD = Backend("docx", "msword", "MsWord")
SLIDES = Backend("pptx", "mspowerpoint", "MsPowerpoint", paged=True)
WORKBOOK = Backend("xlsx", "msexcel", "MsExcel", settings=_PLAIN_CELL, paged=True)
OPEN_TEXT = Backend("odt", "opendocument", "Odt", "Declarative")
OPEN_SHEET = Backend("ods", "opendocument", "Ods", settings=_PLAIN_CELL, paged=True)
OPEN_SLIDES = Backend("odp", "opendocument", "Odp", "Declarative", paged=True)
BOOK = Backend("epub", "epub", "Epub")
# Inferred furniture is all that stands before the first heading, body text included.
_PAGE = {"infer_furniture": False, "add_title": False}
HTML = Backend("html", "html", "HTML", settings=_PAGE, packed=False)
MAIL = Backend("email", "email", "Email", settings={"list_attachments": True}, packed=False)

_CHAPTERS = {".xhtml", ".html", ".htm"}
_OUTLOOK = b"\xd0\xcf\x11\xe0"
# The same document with macros, or that opens as a show, is refused for its type alone.
_TAKEN_AS = {
    b"application/vnd.ms-word.document.macroEnabled.main+xml": (
        b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    ),
    b"presentationml.slideshow.main+xml": b"presentationml.presentation.main+xml",
}


class DoclingReader:
    """Reads one format to Markdown, with headings, and slides and sheets as pages."""

    name = "docling/1"

    def __init__(self, backend: Backend, ingest: IngestParams) -> None:
        self._backend = backend
        self._megabytes = ingest.max_unpacked_megabytes
        self._max_pages = ingest.max_pages

    def read(self, content: bytes) -> Reading:
        """Return the Markdown, two line ends between pages, and the spans in it."""
        texts = convert(self._backend, self._prepared(content), self._max_pages)
        text, pages = joined_pages(texts)
        if not text.strip():
            raise ReadError("it holds no text")
        if "\0" in text:
            raise ReadError("it holds NUL bytes: not a text file")
        # docling writes no underlined headings; a row of dashes is a signature or a rule.
        headings = find_headings(text, underlined=False)
        return Reading(text, pages if self._backend.paged else (), headings)

    def _prepared(self, content: bytes) -> bytes:
        if self._backend.packed:
            return repacked(content, self._megabytes, _mended)
        if self._backend.format == HTML.format:
            return tidy_html(decode_html(content)).encode("utf-8-sig")
        declared = content.isascii() or b"charset" in content.lower()
        # An e-mail that declares no encoding is taken for UTF-8; many an old one is not.
        return content if declared or content.startswith(_OUTLOOK) else decode(content).encode()


def _mended(name: str, content: bytes) -> bytes:
    """Return a part in the form that docling and its libraries take."""
    if name == "[Content_Types].xml":
        for kind, taken in _TAKEN_AS.items():
            content = content.replace(kind, taken)
        return content
    if PurePosixPath(name).suffix.lower() not in _CHAPTERS:
        return content
    # docling leaves out the chapters of an EPUB that are in other encodings than UTF-8.
    text = decode_html(content)
    check_depth(text)
    return text.encode()
