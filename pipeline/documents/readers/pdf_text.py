"""The text layer of a PDF page as lines in reading order."""

import ctypes
import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipeline.documents.readers.reading_order import Block, Box, reading_blocks

HYPHEN = "\ufffe"
"""Stands for a hyphen at a line's end, where PDFium joins the line to the next."""

_BOLD = re.compile(r"bold|black|heavy|medi\b|BX\d|bd$", re.IGNORECASE)
_BOLD_WEIGHT = 600
_NAME_BYTES = 128
_CONTROLS = dict.fromkeys((*range(1, 9), *range(11, 32), *range(127, 160)), "\ufffd")
_UNNAMED = {0: None, 9: " ", ord(HYPHEN): "-", **_CONTROLS}
_LINE = re.compile(rf"[^\r\n{HYPHEN}]+{HYPHEN}?|{HYPHEN}")
_WORD = re.compile(r"\S+")
_GAP = 1.0
"""Heights of a line: a wider gap parts two columns or cells, not two words."""
_MOST_NUMBER = 8
"""Characters of a title's number."""
_FEWEST_RUNS = 6
_INTERLEAVED = 0.6
"""Of a column's rows: a stream that comes back to it so often goes row by row over columns."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a character is drawn: `size` in points, to the nearest half."""

    size: float
    bold: bool


class PageCharacters:
    """Asks PDFium about the characters of one page, by their numbers."""

    def __init__(self, textpage: Any) -> None:
        """Take a text page of pypdfium2, which must stay open."""
        from pypdfium2 import raw

        self._raw, self._page = raw, textpage.raw
        self._box, self._matrix = raw.FS_RECTF(), raw.FS_MATRIX()
        self._name = ctypes.create_string_buffer(_NAME_BYTES)
        left, bottom, right, top = textpage.page.get_bbox()
        self._seen = Box(left, -top, right, -bottom)
        codes = (raw.FPDFText_GetUnicode(self._page, i) for i in range(textpage.count_chars()))
        text = "".join(map(chr, codes)).replace(HYPHEN, "\ufffd")
        self.text = re.sub("\x02", self._hyphen, text)
        """A character each, so that a position in it is a character's number."""

    def box(self, number: int) -> Box:
        """Return where a character is drawn, in points, y down from the page's origin."""
        self._raw.FPDFText_GetLooseCharBox(self._page, number, ctypes.byref(self._box))
        return Box(self._box.left, -self._box.top, self._box.right, -self._box.bottom)

    def style(self, number: int) -> Style:
        """Return how a character is drawn."""
        raw, page = self._raw, self._page
        raw.FPDFText_GetMatrix(page, number, ctypes.byref(self._matrix))
        scale = math.hypot(self._matrix.c, self._matrix.d)
        size = round(2 * scale * raw.FPDFText_GetFontSize(page, number)) / 2
        raw.FPDFText_GetFontInfo(page, number, self._name, _NAME_BYTES, None)
        name = self._name.value.decode("utf-8", "replace")
        heavy = raw.FPDFText_GetFontWeight(page, number) >= _BOLD_WEIGHT
        return Style(size, heavy or bool(_BOLD.search(name)))

    def is_seen(self, box: Box) -> bool:
        """Say whether the middle of a box lies on the page."""
        x, y, page = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, self._seen
        return page.x0 <= x <= page.x1 and page.y0 <= y <= page.y1

    def readable(self, first: int, last: int) -> str:
        """Return characters as text; those that the file does not name are U+FFFD."""
        text = self.text[first : last + 1].translate(_UNNAMED)
        if any("\ud800" <= character <= "\udfff" for character in text):
            # PDFium gives a character beyond U+FFFF as two halves.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text.strip()

    def _hyphen(self, found: re.Match[str]) -> str:
        joined = self._raw.FPDFText_IsHyphen(self._page, found.start()) == 1
        return HYPHEN if joined else "\ufffd"


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of text; its top in points, y down from the page's origin, where it is known.

    `style` is None where the line is drawn in several, as a row of cells or unknown.
    """

    text: str
    top: float | None = None
    style: Style | None = None


@dataclass(frozen=True, slots=True)
class _Segment:
    """Words side by side, from the first to the last of PDFium's characters."""

    first: int
    last: int
    box: Box


_Line = list[_Segment]


def layer_lines(textpage: Any) -> list[PageLine]:
    """Return a page's lines in reading order.

    That is the file's own order, or by columns where the file goes row by row over them. A line
    that PDFium joins to the next one ends with a hyphen. What lies outside the page is left out.
    """
    characters = PageCharacters(textpage)
    lines = [_segments(characters, *found.span()) for found in _LINE.finditer(characters.text)]
    placed = (_page_line(line, characters) for line in _by_columns(lines) if line)
    return [line for line in placed if line.text]


def _segments(characters: PageCharacters, start: int, end: int) -> _Line:
    """Part a line at its wide gaps."""
    segments: _Line = []
    for word in _WORD.finditer(characters.text, start, end):
        first, last = word.start(), word.end() - 1
        box = _around(characters.box(first), characters.box(last))
        before = segments[-1] if segments else None
        if before and _gap(before.box, box) <= _GAP * max(before.box.height, box.height):
            segments.pop()
            first, box = before.first, _around(before.box, box)
        segments.append(_Segment(first, last, box))
    return [segment for segment in segments if characters.is_seen(segment.box)]


def _gap(one: Box, other: Box) -> float:
    """Return the empty width between two boxes, whichever comes first: text runs both ways."""
    return max(other.x0 - one.x1, one.x0 - other.x1)


def _around(one: Box, other: Box) -> Box:
    return Box(
        min(one.x0, other.x0), min(one.y0, other.y0), max(one.x1, other.x1), max(one.y1, other.y1)
    )


def _by_columns(lines: list[_Line]) -> list[_Line]:
    segments = [segment for line in lines for segment in line]
    boxes = [segment.box for segment in segments]
    pairs = zip(boxes, boxes[1:], strict=False)
    beside = sum(one.x1 < other.x0 and other.y0 < one.y1 for one, other in pairs)
    if beside < _FEWEST_RUNS:
        return lines
    blocks = reading_blocks(boxes)
    if not _is_interleaved(blocks):
        return lines
    return [[segments[index] for index in row] for block in blocks for row in block]


def _is_interleaved(blocks: tuple[Block, ...]) -> bool:
    block_of = {index: n for n, block in enumerate(blocks) for row in block for index in row}
    runs = Counter(number for number, _ in groupby(block_of[i] for i in range(len(block_of))))
    return any(
        runs[number] >= max(_FEWEST_RUNS, _INTERLEAVED * len(block))
        for number, block in enumerate(blocks)
    )


def _page_line(line: _Line, characters: PageCharacters) -> PageLine:
    texts = [characters.readable(segment.first, segment.last) for segment in line]
    text, top = " ".join(filter(None, texts)), min(segment.box.y0 for segment in line)
    # Cells of a table, not a number and its title.
    are_cells = len(texts) > 2 or (len(texts) == 2 and len(texts[0]) > _MOST_NUMBER)
    first, last = (characters.style(at) for at in (line[0].first, line[-1].last))
    # Small capitals are capitals of two sizes.
    is_one_style = not are_cells and (first == last or text.isupper())
    return PageLine(text, top, first if is_one_style else None)
