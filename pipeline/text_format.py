"""Text formats: the suffixes of files that hold text, their media types and Readers."""

from pipeline import container, file_signature
from pipeline.params import IngestParams
from pipeline.reader import MediaType, Reader
from pipeline.readers import converted
from pipeline.readers.cell_sequence import CellSequenceReader
from pipeline.readers.converted import ConvertedReader
from pipeline.readers.docling_backend import Backend
from pipeline.readers.marked_text import MarkedTextReader
from pipeline.readers.plain_text import PlainTextReader
from pipeline.readers.tabular import TabularReader

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
