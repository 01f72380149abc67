"""Default readers: every format that Winnow reads."""

from pipeline.documents import signature
from pipeline.documents.reader import MediaType, Reader, Readers
from pipeline.documents.readers import office
from pipeline.documents.readers.docling_backend import Backend
from pipeline.documents.readers.office import DoclingReader
from pipeline.documents.readers.pdf import PdfReader
from pipeline.documents.readers.picture import PictureReader
from pipeline.documents.readers.text import (
    MarkdownReader,
    NotebookReader,
    PlainTextReader,
    TabularReader,
)
from pipeline.params import IngestParams, OcrParams

_OFFICE = "application/vnd.openxmlformats-officedocument"
_MACROS = "application/vnd.ms-"
_OPEN = "application/vnd.oasis.opendocument"

# Suffixes, media type, docling's backend, and what the bytes must be.
_CONVERTED: tuple[tuple[str, str, Backend, str], ...] = (
    (".docx", f"{_OFFICE}.wordprocessingml.document", office.WORD, signature.WORD),
    (".docm", f"{_MACROS}word.document.macroEnabled.12", office.WORD, signature.WORD),
    (".pptx", f"{_OFFICE}.presentationml.presentation", office.SLIDES, signature.SLIDES),
    (".ppsx", f"{_OFFICE}.presentationml.slideshow", office.SLIDES, signature.SLIDES),
    (".pptm", f"{_MACROS}powerpoint.presentation.macroEnabled.12", office.SLIDES, signature.SLIDES),
    (".xlsx", f"{_OFFICE}.spreadsheetml.sheet", office.WORKBOOK, signature.WORKBOOK),
    (".xlsm", f"{_MACROS}excel.sheet.macroEnabled.12", office.WORKBOOK, signature.WORKBOOK),
    (".odt", f"{_OPEN}.text", office.OPEN_TEXT, signature.OPEN_TEXT),
    (".ods", f"{_OPEN}.spreadsheet", office.OPEN_SHEET, signature.OPEN_SHEET),
    (".odp", f"{_OPEN}.presentation", office.OPEN_SLIDES, signature.OPEN_SLIDES),
    (".epub", "application/epub+zip", office.BOOK, signature.BOOK),
    (".html .htm", "text/html", office.HTML, signature.TEXT),
    (".xhtml", "application/xhtml+xml", office.HTML, signature.TEXT),
    (".eml", "message/rfc822", office.MAIL, signature.TEXT),
    (".msg", "application/vnd.ms-outlook", office.MAIL, signature.MESSAGE),
)
_PLAIN = (
    (".txt .text .log", "text/plain"),
    (".rst", "text/x-rst"),
    (".adoc .asciidoc", "text/asciidoc"),
    (".json", "application/json"),
    (".xml", "application/xml"),
    (".yaml .yml", "application/yaml"),
    (".toml", "application/toml"),
)
_PICTURES = (
    (".png", "image/png"),
    (".jpg .jpeg", "image/jpeg"),
    (".tif .tiff", "image/tiff"),
    (".webp", "image/webp"),
    (".bmp", "image/bmp"),
    (".gif", "image/gif"),
)


def default_readers(ingest: IngestParams, ocr: OcrParams) -> Readers:
    """Return a Reader for every suffix that is known."""
    pictures = PictureReader(ingest, ocr)
    kinds: list[tuple[str, str, Reader, str]] = [
        (".pdf", "application/pdf", PdfReader(ingest, ocr), signature.PDF),
        (".md .markdown", "text/markdown", MarkdownReader(), signature.TEXT),
        (".csv", "text/csv", TabularReader(), signature.TEXT),
        (".tsv", "text/tab-separated-values", TabularReader(), signature.TEXT),
        (".ipynb", "application/x-ipynb+json", NotebookReader(), signature.TEXT),
        *((suffixes, name, PlainTextReader(), signature.TEXT) for suffixes, name in _PLAIN),
        *((suffixes, name, pictures, signature.IMAGE) for suffixes, name in _PICTURES),
        *(
            (suffixes, name, DoclingReader(backend, ingest), holds)
            for suffixes, name, backend, holds in _CONVERTED
        ),
    ]
    return {
        suffix: MediaType(name, reader, holds)
        for suffixes, name, reader, holds in kinds
        for suffix in suffixes.split()
    }
