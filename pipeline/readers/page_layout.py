"""PDF: page by page in reading order, scanned pages recognised, headings from the outline."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.document import Heading
from pipeline.errors import ReadError
from pipeline.params import IngestParams, OcrParams
from pipeline.readers.font_headings import font_headings
from pipeline.readers.outline import Entry, outline_headings, read_outline
from pipeline.readers.page_sequence import page_sequence
from pipeline.readers.scanned_page import count_letters, draw, is_garbage, is_scanned
from pipeline.readers.text_layer import PageLine, layer_lines
from pipeline.reading import Reading
from pipeline.text_recognition import Recognised, TextRecognizer

_MORE = 2
"""Times the letters of a usable text layer: with fewer, recognition adds nothing to it."""
_MEGA = 1e6


@dataclass(frozen=True, slots=True)
class _PageReading:
    lines: Sequence[PageLine]
    confidence: float | None = None

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


class PageLayoutReader:
    """Reads PDF through PDFium, and through rapidocr where a page has no usable text layer."""

    name = "pdfium/2"

    def __init__(self, ingest: IngestParams, ocr: OcrParams) -> None:
        """Take the limits of pages and pixels, and how text is recognised."""
        self._ingest = ingest
        self._ocr = ocr
        self._recognizer = TextRecognizer(ocr.discard)

    def read(self, content: bytes) -> Reading:
        """Return the text of all pages, two line ends between them, with spans and headings.

        Raises:
            ReadError: it is broken, needs a password or has more pages than the limit.
        """
        import pypdfium2

        # Its remarks on odd files would stand between the lines of a progress bar.
        logging.getLogger("pypdfium2").setLevel(logging.CRITICAL)
        try:
            with pypdfium2.PdfDocument(content) as file:
                self._check_count(len(file))
                pages = [self._read_page(file, index) for index in range(len(file))]
                entries = read_outline(file)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise ReadError("it needs a password") from None
            raise ReadError(f"not readable as PDF: {error}") from None
        text, spans = page_sequence(Recognised(page.text, page.confidence) for page in pages)
        lines = [page.lines for page in pages]
        return Reading(text, spans, _headings(entries, lines, [page.start for page in spans]))

    def _check_count(self, count: int) -> None:
        if count > self._ingest.max_pages:
            most = self._ingest.max_pages
            raise ReadError(f"it has {count:,} pages, more than ingest.max_pages: {most:,}")

    def _read_page(self, file: Any, index: int) -> _PageReading:
        page = file[index]
        try:
            layer = _PageReading(layer_lines(page.get_textpage()))
            if self._ocr.mode == "never":
                return layer
            if self._ocr.mode == "auto" and not is_scanned(page, layer.text):
                return layer
            pixels = self._ingest.max_megapixels * _MEGA
            found = self._recognizer.recognise(draw(page, self._ocr.resolution, pixels))
        finally:
            page.close()
        return self._better(layer, found)

    def _better(self, layer: _PageReading, found: Recognised) -> _PageReading:
        """Return what was recognised, unless a usable text layer holds about as much."""
        least = 0 if self._ocr.mode == "always" else _MORE * count_letters(layer.text)
        usable = layer.lines and not is_garbage(layer.text)
        if usable and count_letters(found.text) <= least:
            return layer
        # An empty line parts paragraphs of the recognised text and stays a line of its own.
        lines = [PageLine(text) for text in found.text.split("\n")] if found.text else []
        return _PageReading(lines, found.confidence)


def _headings(
    entries: Sequence[Entry], pages: Sequence[Sequence[PageLine]], starts: Sequence[int]
) -> tuple[Heading, ...]:
    return outline_headings(entries, pages, starts) or font_headings(pages, starts)
