"""PDF: page by page in reading order, scanned pages recognised, headings from the outline."""

import logging
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from pipeline.documents.document import Reading, joined_pages
from pipeline.documents.readers.pdf_headings import font_headings, outline_headings, read_outline
from pipeline.documents.readers.pdf_text import PageLine, layer_lines
from pipeline.documents.readers.text_recognition import Image, Recognised, recognise
from pipeline.errors import ReadError
from pipeline.params import IngestParams, OcrParams

_POINTS = 72
_FEW = 20
"""Letters and digits: a page with fewer and something drawn may hold text that is drawn."""
_SHORT = 200
"""Letters and digits: a page with fewer and a large image may be a scan under a header."""
_LARGE = 0.5
"""Of the page: what its images cover where it is a scan."""
_GARBAGE = 0.3
"""Of the characters: a text layer with more that mean nothing is useless."""
_MEANINGLESS = {"Cc", "Cn", "Co", "Cs"}
_MOST_OBJECTS = 5000
"""Drawn things that are looked at."""
_GLANCE = 600
"""Pixels of the longer side of a quick look."""
_FAINT = 24
"""Of 255: a page whose lightest and darkest pixel differ less is blank."""
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


class PdfReader:
    """Reads PDF through PDFium, and through rapidocr where a page has no usable text layer."""

    name = "pdfium/2"

    def __init__(self, ingest: IngestParams, ocr: OcrParams) -> None:
        self._ingest = ingest
        self._ocr = ocr

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
                count, most = len(file), self._ingest.max_pages
                if count > most:
                    raise ReadError(f"it has {count:,} pages, more than ingest.max_pages: {most:,}")
                pages = [self._read_page(file, index) for index in range(count)]
                entries = read_outline(file)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise ReadError("it needs a password") from None
            raise ReadError(f"not readable as PDF: {error}") from None
        texts, confidences = [page.text for page in pages], [page.confidence for page in pages]
        text, spans = joined_pages(texts, confidences)
        lines, starts = [page.lines for page in pages], [page.start for page in spans]
        headings = outline_headings(entries, lines, starts) or font_headings(lines, starts)
        return Reading(text, spans, headings)

    def _read_page(self, file: Any, index: int) -> _PageReading:
        page = file[index]
        try:
            layer = _PageReading(layer_lines(page.get_textpage()))
            if self._ocr.mode == "never":
                return layer
            if self._ocr.mode == "auto" and not is_scanned(page, layer.text):
                return layer
            pixels = self._ingest.max_megapixels * _MEGA
            found = recognise(draw(page, self._ocr.resolution, pixels), self._ocr.discard)
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


def is_scanned(page: Any, text: str) -> bool:
    """Say whether a page of an open PDF should be recognised, given the text of its layer."""
    letters = count_letters(text)
    if is_garbage(text):
        return True
    if letters < _FEW:
        return _is_drawn_on(page)
    return letters < _SHORT and _image_share(page) > _LARGE


def is_garbage(text: str) -> bool:
    """Say whether too many characters of a text mean nothing, as in a font without a mapping."""
    filled = [character for character in text if not character.isspace()]
    nothing = sum(
        character == "\ufffd" or unicodedata.category(character) in _MEANINGLESS
        for character in filled
    )
    return nothing > _GARBAGE * len(filled)


def count_letters(text: str) -> int:
    """Return the number of letters and digits."""
    return sum(map(str.isalnum, text))


def draw(page: Any, resolution: float, max_pixels: float) -> Image:
    """Draw a page in dots per inch, or smaller where it would have more pixels."""
    width, height = page.get_size()
    most = math.sqrt(max_pixels / max(width * height, 1.0))
    picture = page.render(scale=min(resolution / _POINTS, most))
    return np.array(picture.to_numpy()[:, :, :3])


def _is_drawn_on(page: Any) -> bool:
    """Say whether there is something to see that is no text."""
    from pypdfium2 import raw

    drawn = {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING}
    if not any(each.type in drawn for each in _objects(page)):
        return False
    picture = draw(page, _POINTS * _GLANCE / max(page.get_size()), _GLANCE * _GLANCE)
    return int(picture.max()) - int(picture.min()) >= _FAINT


def _image_share(page: Any) -> float:
    """Return the images' share of the page; those that lie on each other count twice."""
    from pypdfium2 import raw

    left, bottom, right, top = page.get_bbox()
    covered = 0.0
    for each in _objects(page):
        if each.type == raw.FPDF_PAGEOBJ_IMAGE:
            x0, y0, x1, y1 = _bounds_on_page(each)
            width, height = min(x1, right) - max(x0, left), min(y1, top) - max(y0, bottom)
            covered += max(width, 0.0) * max(height, 0.0)
    return covered / float(max((right - left) * (top - bottom), 1.0))


def _objects(page: Any) -> Iterator[Any]:
    return islice(page.get_objects(), _MOST_OBJECTS)


def _bounds_on_page(drawn: Any) -> tuple[float, float, float, float]:
    bounds, form = drawn.get_bounds(), drawn.container
    while form is not None:
        bounds, form = form.get_matrix().on_rect(*bounds), form.container
    return bounds  # type: ignore[no-any-return]
