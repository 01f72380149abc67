"""Default readers: every format that Winnow reads."""

from pipeline.documents import signature as container
from pipeline.documents import signature as file_signature
from pipeline.documents.reader import MediaType, Reader, ReaderRegistry
from pipeline.documents.readers import office as converted
from pipeline.documents.readers.docling_backend import Backend
from pipeline.documents.readers.office import ConvertedReader
from pipeline.documents.readers.pdf import PdfReader
from pipeline.documents.readers.picture import PictureReader
from pipeline.documents.readers.text import (
    CellSequenceReader,
    MarkedTextReader,
    PlainTextReader,
    TabularReader,
)
from pipeline.params import IngestParams, OcrParams

_OFFICE = "application/vnd.openxmlformats-officedocument"
_MACROS = "application/vnd.ms-"
_OPEN = "application/vnd.oasis.opendocument"

# Suffixes, media type, docling's backend, and what the bytes must be.
_CONVERTED: tuple[tuple[str, str, Backend, str], ...] = (
    (".docx", f"{_OFFICE}.wordprocessingml.document", converted.WORD, container.WORD),
    (".docm", f"{_MACROS}word.document.macroEnabled.12", converted.WORD, container.WORD),
    (".pptx", f"{_OFFICE}.presentationml.presentation", converted.SLIDES, container.SLIDES),
    (".ppsx", f"{_OFFICE}.presentationml.slideshow", converted.SLIDES, container.SLIDES),
    (
        ".pptm",
        f"{_MACROS}powerpoint.presentation.macroEnabled.12",
        converted.SLIDES,
        container.SLIDES,
    ),
    (".xlsx", f"{_OFFICE}.spreadsheetml.sheet", converted.WORKBOOK, container.WORKBOOK),
    (".xlsm", f"{_MACROS}excel.sheet.macroEnabled.12", converted.WORKBOOK, container.WORKBOOK),
    (".odt", f"{_OPEN}.text", converted.OPEN_TEXT, container.OPEN_TEXT),
    (".ods", f"{_OPEN}.spreadsheet", converted.OPEN_SHEET, container.OPEN_SHEET),
    (".odp", f"{_OPEN}.presentation", converted.OPEN_SLIDES, container.OPEN_SLIDES),
    (".epub", "application/epub+zip", converted.BOOK, container.BOOK),
    (".html .htm", "text/html", converted.HYPERTEXT, file_signature.TEXT),
    (".xhtml", "application/xhtml+xml", converted.HYPERTEXT, file_signature.TEXT),
    (".eml", "message/rfc822", converted.MAIL, file_signature.TEXT),
    (".msg", "application/vnd.ms-outlook", converted.MAIL, file_signature.MESSAGE),
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


def converted_types(ingest: IngestParams) -> dict[str, MediaType]:
    """Return by suffix the formats that docling reads."""
    return {
        suffix: MediaType(name, ConvertedReader(backend, ingest), holds)
        for suffixes, name, backend, holds in _CONVERTED
        for suffix in suffixes.split()
    }


def plain_types() -> dict[str, MediaType]:
    """Return by suffix the formats whose bytes are their text."""
    named: list[tuple[str, str, Reader]] = [
        (".md .markdown", "text/markdown", MarkedTextReader()),
        (".csv", "text/csv", TabularReader()),
        (".ipynb", "application/x-ipynb+json", CellSequenceReader()),
        (".tsv", "text/tab-separated-values", TabularReader()),
    ]
    named += [(suffixes, name, PlainTextReader()) for suffixes, name in _PLAIN]
    return {
        suffix: MediaType(name, reader, file_signature.TEXT)
        for suffixes, name, reader in named
        for suffix in suffixes.split()
    }


_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
}


def default_readers(ingest: IngestParams, ocr: OcrParams) -> ReaderRegistry:
    """Return a Reader for every suffix that is known."""
    pictures = PictureReader(ingest, ocr)
    pdf = MediaType("application/pdf", PdfReader(ingest, ocr), file_signature.PDF)
    return ReaderRegistry(
        {
            **plain_types(),
            **converted_types(ingest),
            ".pdf": pdf,
            **{
                suffix: MediaType(name, pictures, file_signature.IMAGE)
                for suffix, name in _PICTURES.items()
            },
        }
    )
