"""The text layer of a PDF page as lines in reading order."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pipeline.readers.page_characters import HYPHEN, PageCharacters, Style
from pipeline.reading_order import Block, Box, reading_blocks

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
class PageLine:
    """A line of text; its top in points, y down from the page's origin, where it is known.

    `style` is None where the line is drawn in several, as a row of cells or unknown.
    """

    text: str
    top: float | None = None
    style: Style | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words side by side, from the first to the last of PDFium's characters."""

    first: int
    last: int
    box: Box


_Line = list[_Piece]


def layer_lines(textpage: Any) -> list[PageLine]:
    """Return a page's lines in reading order.

    That is the file's own order, or by columns where the file goes row by row over them. A line
    that PDFium joins to the next one ends with a hyphen. What lies outside the page is left out.
    """
    characters = PageCharacters(textpage)
    lines = [_pieces(characters, *found.span()) for found in _LINE.finditer(characters.text)]
    placed = (_page_line(line, characters) for line in _by_columns(lines) if line)
    return [line for line in placed if line.text]


def _pieces(characters: PageCharacters, start: int, end: int) -> _Line:
    """Part a line at its wide gaps."""
    pieces: _Line = []
    for word in _WORD.finditer(characters.text, start, end):
        first, last = word.start(), word.end() - 1
        box = _around(characters.box(first), characters.box(last))
        if pieces and _gap(pieces[-1].box, box) <= _GAP * max(pieces[-1].box.height, box.height):
            before = pieces.pop()
            first, box = before.first, _around(before.box, box)
        pieces.append(_Piece(first, last, box))
    return [piece for piece in pieces if characters.is_seen(piece.box)]


def _gap(one: Box, other: Box) -> float:
    """Return the empty width between two boxes, whichever comes first: text runs both ways."""
    return max(other.x0 - one.x1, one.x0 - other.x1)


def _around(one: Box, other: Box) -> Box:
    return Box(
        min(one.x0, other.x0), min(one.y0, other.y0), max(one.x1, other.x1), max(one.y1, other.y1)
    )


def _by_columns(lines: list[_Line]) -> list[_Line]:
    pieces = [piece for line in lines for piece in line]
    boxes = [piece.box for piece in pieces]
    pairs = zip(boxes, boxes[1:], strict=False)
    beside = sum(one.x1 < other.x0 and other.y0 < one.y1 for one, other in pairs)
    if beside < _FEWEST_RUNS:
        return lines
    blocks = reading_blocks(boxes)
    if not _is_interleaved(blocks):
        return lines
    return [[pieces[index] for index in row] for block in blocks for row in block]


def _is_interleaved(blocks: tuple[Block, ...]) -> bool:
    block_of = {index: n for n, block in enumerate(blocks) for row in block for index in row}
    runs = Counter(number for number, _ in groupby(block_of[i] for i in range(len(block_of))))
    return any(
        runs[number] >= max(_FEWEST_RUNS, _INTERLEAVED * len(block))
        for number, block in enumerate(blocks)
    )


def _page_line(line: _Line, characters: PageCharacters) -> PageLine:
    texts = [characters.readable(piece.first, piece.last) for piece in line]
    text, top = " ".join(filter(None, texts)), min(piece.box.y0 for piece in line)
    return PageLine(text, top, None if _is_tabular(texts) else _style(line, text, characters))


def _is_tabular(texts: list[str]) -> bool:
    """Say whether the pieces are cells, not a number and its title."""
    return len(texts) > 2 or (len(texts) == 2 and len(texts[0]) > _MOST_NUMBER)


def _style(line: _Line, text: str, characters: PageCharacters) -> Style | None:
    style = characters.style(line[0].first)
    # Small capitals are capitals of two sizes.
    return style if style == characters.style(line[-1].last) or text.isupper() else None
