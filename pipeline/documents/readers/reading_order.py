"""Reading order: boxes of text on a page, column by column and row by row."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from statistics import median
from typing import NamedTuple

_SHARED = 0.4
"""Of the lower box: boxes that overlap so far down the page stand in one row."""
_TOUCHING = 0.1
"""The same, of lines beside each other in columns that are set on different heights."""
_FEWEST_LINES = 2
_MOST_LINES = 4
"""Lines of a text column, and of the one beside it: the last one may end early."""
_LONG = 10.0
"""Heights: most lines of a text column are longer, most cells of a table are shorter."""
_FULL = 0.6
"""Of its longest lines: most lines of a text column are longer."""
_ALIKE = 0.5
"""Of the wider column: text columns side by side are about as wide as each other."""
_CLOSE = 0.7
"""Of the gaps below a text column's lines: no larger than between paragraphs."""
_LEVEL = 0.3
"""Half heights: lines whose middles differ less stand level."""
_TABLE = 3
"""Rows of cells on both sides of a gutter, which make a table across it."""
_PARAGRAPH = 0.8
"""Heights: a larger gap between rows parts paragraphs."""


class Box(NamedTuple):
    """A rectangle in any unit; x grows to the right and y down the page."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Its extent across the page."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Its extent down the page."""
        return self.y1 - self.y0

    @property
    def is_long(self) -> bool:
        """Whether it holds a line of text rather than a cell."""
        return self.width >= _LONG * self.height

    def is_left_of(self, gutter: float) -> bool:
        """Say whether its middle lies left of a vertical line."""
        return self.x0 + self.x1 < 2 * gutter


Row = tuple[int, ...]
Block = tuple[Row, ...]
_Band = tuple[list[int], list[int]]
"""Boxes that are read left column first, or as one where there are none on the right."""


def reading_blocks(boxes: Sequence[Box]) -> tuple[Block, ...]:
    """Return the boxes' indices as blocks of rows, in the order a person reads them.

    A recursive XY cut: a gutter parts text columns; a line across it, such as a heading over
    both, ends them. Columns of short cells are a table's and stay together row by row.
    """
    return tuple(_cut(range(len(boxes)), boxes))


def ordered_text(boxes: Sequence[Box], texts: Sequence[str]) -> str:
    """Return the texts in reading order: a row a line, an empty line at a larger gap."""
    if not boxes:
        return ""
    height = median(box.height for box in boxes)
    parts, bottom = [], float("inf")
    for row in (row for block in reading_blocks(boxes) for row in block):
        gap = min(boxes[index].y0 for index in row) - bottom
        parts.append("\n\n" if gap > _PARAGRAPH * height else "\n")
        parts.append(" ".join(texts[index] for index in row))
        bottom = max(boxes[index].y1 for index in row)
    return "".join(parts[1:])


def _cut(indices: Iterable[int], boxes: Sequence[Box]) -> list[Block]:
    """Cut boxes at the gutter with the most lines beside it, and the sides again."""
    members = list(indices)
    rows = _rows(members, boxes, _SHARED)
    for gutter in _gutters(_rows(members, boxes, _TOUCHING), boxes):
        bands = _bands(rows, boxes, gutter)
        if any(right for _, right in bands):
            return [block for band in bands for side in band for block in _cut(side, boxes)]
    return [tuple(rows)] if rows else []


def _rows(indices: Iterable[int], boxes: Sequence[Box], least: float) -> list[Row]:
    """Group boxes that share so much of their height into rows, each from left to right."""
    rows: list[list[int]] = []
    for index in sorted(indices, key=lambda each: (boxes[each].y0, boxes[each].x0)):
        box = boxes[index]
        # The last few rows: a tall box may begin above the row that it stands in.
        for row in reversed(rows[-3:]):
            nearest = boxes[min(row, key=lambda other: abs(boxes[other].x0 - box.x0))]
            shared = min(nearest.y1, box.y1) - max(nearest.y0, box.y0)
            if shared >= least * min(nearest.height, box.height):
                row.append(index)
                break
        else:
            rows.append([index])
    return [tuple(sorted(row, key=lambda each: boxes[each].x0)) for row in rows]


def _gutters(rows: list[Row], boxes: Sequence[Box]) -> Iterator[float]:
    """Yield where gaps between neighbours lie, beginning with what most of them share."""
    neighbours = (pair for row in rows for pair in zip(row, row[1:], strict=False))
    gaps = [(boxes[one].x1, boxes[other].x0) for one, other in neighbours]
    gaps = [(left, right) for left, right in gaps if left < right]
    while len(gaps) >= _FEWEST_LINES:
        starts, ends = sorted(left for left, _ in gaps), sorted(right for _, right in gaps)
        gutter = max(ends, key=lambda end: bisect_right(starts, end) - bisect_left(ends, end))
        yield gutter
        gaps = [(left, right) for left, right in gaps if not left <= gutter <= right]


def _bands(rows: list[Row], boxes: Sequence[Box], gutter: float) -> list[_Band]:
    """Part rows into bands that are read in turn."""
    bands: list[_Band] = []
    for apart, run in _runs(rows, boxes, gutter):
        for left, right in [(_flat(run), [])] if apart else _column_bands(run, boxes, gutter):
            if not right and bands and not bands[-1][1]:
                bands[-1][0].extend(left)
            else:
                bands.append((left, right))
    return bands


def _runs(rows: list[Row], boxes: Sequence[Box], gutter: float) -> Iterator[tuple[bool, list[Row]]]:
    """Yield runs of rows, and whether they ignore the gutter: lines across it, a table's rows."""
    slack = 0.5 * median(boxes[index].height for row in rows for index in row)
    apart: list[bool] = []
    for kind, group in groupby(_kind([boxes[i] for i in row], gutter, slack) for row in rows):
        length = sum(1 for _ in group)
        apart += [kind == "across" or (kind == "cells" and length >= _TABLE)] * length
    for each, numbers in groupby(range(len(rows)), apart.__getitem__):
        yield each, [rows[number] for number in numbers]


def _kind(row: list[Box], gutter: float, slack: float) -> str:
    if any(box.x0 < gutter - slack and gutter + slack < box.x1 for box in row):
        return "across"
    both = len({box.is_left_of(gutter) for box in row}) == 2
    return "cells" if both and not any(box.is_long for box in row) else "columns"


def _column_bands(rows: list[Row], boxes: Sequence[Box], gutter: float) -> list[_Band]:
    """Return two columns as one band; where they are none, try again above and below a gap."""
    members = _flat(rows)
    left = [index for index in members if boxes[index].is_left_of(gutter)]
    right = [index for index in members if not boxes[index].is_left_of(gutter)]
    if _are_columns([boxes[i] for i in left], [boxes[i] for i in right]):
        return [(left, right)]
    if len(rows) > _MOST_LINES:
        height = median(boxes[index].height for index in members)
        tops = [min(boxes[index].y0 for index in row) for row in rows]
        ends = [max(boxes[index].y1 for index in row) for row in rows]
        gap, at = max((tops[n] - max(ends[:n]), n) for n in range(1, len(rows)))
        if gap > _PARAGRAPH * height:
            halves = (rows[:at], rows[at:])
            return [band for half in halves for band in _column_bands(half, boxes, gutter)]
    return [(members, [])]


def _are_columns(left: list[Box], right: list[Box]) -> bool:
    fewer, more = sorted((len(left), len(right)))
    if fewer < _FEWEST_LINES or more < _MOST_LINES:
        return False
    tops = [min(box.y0 for box in side) for side in (left, right)]
    ends = [max(box.y1 for box in side) for side in (left, right)]
    shorter = min(end - top for top, end in zip(tops, ends, strict=True))
    narrower, wider = sorted((_full_width(left), _full_width(right)))
    if min(ends) - max(tops) <= shorter / 2 or narrower < _ALIKE * wider:
        return False
    prose = [side for side in (left, right) if _is_prose(side)]
    return len(prose) == 2 or (len(prose) == 1 and not _are_aligned(left, right))


def _are_aligned(left: list[Box], right: list[Box]) -> bool:
    """Say whether most lines stand level with one on the other side, as cells do."""
    fewer, more = sorted((left, right), key=len)
    middles = sorted(box.y0 + box.y1 for box in more)
    slack = _LEVEL * median(box.height for box in more)
    level = 0
    for box in fewer:
        middle = box.y0 + box.y1
        level += bisect_left(middles, middle - slack) < bisect_right(middles, middle + slack)
    return level > len(fewer) / 2


def _is_prose(lines: list[Box]) -> bool:
    """Say whether most lines are long, full and close below each other, unlike cells."""
    gaps = (below.y0 - above.y1 for above, below in zip(lines, lines[1:], strict=False))
    height = median(line.height for line in lines)
    close = sum(gap <= _PARAGRAPH * height for gap in gaps) >= (len(lines) - 1) * _CLOSE
    long = sum(line.is_long for line in lines) >= len(lines) / 2
    full = median(line.width for line in lines) >= _FULL * _full_width(lines)
    return close and long and full


def _full_width(lines: list[Box]) -> float:
    return sorted(line.width for line in lines)[len(lines) * 9 // 10]


def _flat(rows: list[Row]) -> list[int]:
    return [index for row in rows for index in row]
