"""Headings of a PDF from its outline, found again in the text of its pages."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any

from pipeline.document import Heading
from pipeline.readers.text_layer import PageLine

_NUMBER = re.compile(r"\W*(?:(?:\d+|[A-Za-z]|[IVXLC]+)(?:\.\d+)*\W*)?")
_NEAR = 40.0
"""Points from where the outline points to a title that text follows in the same line."""
_MOST = 20_000
"""Entries that are looked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an outline; `top` in points, y down from the page's origin, where it says so."""

    level: int
    title: str
    page: int
    top: float | None


def read_outline(file: Any) -> list[Entry]:
    """Return the outline of an open PDF, the entries that point to a page; pages count from 0."""
    from pypdfium2 import raw

    entries = []
    for bookmark in islice(file.get_toc(), _MOST):
        target, title = bookmark.get_dest(), _title(bookmark)
        page = target.get_index() if target else None
        if page is None or not title:
            continue
        mode, view = target.get_view()
        known = mode == raw.PDFDEST_VIEW_XYZ and len(view) > 1
        entries.append(Entry(bookmark.level + 1, title, page, -view[1] if known else None))
    return entries


def _title(bookmark: Any) -> str:
    try:
        return " ".join(bookmark.get_title().split())
    except UnicodeDecodeError:
        return ""


def outline_headings(
    entries: Sequence[Entry], pages: Sequence[Sequence[PageLine]], starts: Sequence[int]
) -> tuple[Heading, ...]:
    """Return headings for the entries whose title stands on their page, at the start of a line.

    `pages` holds each page's lines, and `starts` where each page's text starts in the document's.
    """
    found: dict[int, Heading] = {}
    indexed: dict[int, _PageIndex] = {}
    for entry in entries:
        if not 0 <= entry.page < len(pages):
            continue
        if entry.page not in indexed:
            indexed[entry.page] = _PageIndex(pages[entry.page])
        span = indexed[entry.page].find(entry)
        if span:
            start, end = (starts[entry.page] + offset for offset in span)
            found.setdefault(start, Heading(entry.level, entry.title, start, end))
    return tuple(found[start] for start in sorted(found))


class _PageIndex:
    """The letters and digits of a page, which titles are compared by."""

    def __init__(self, lines: Sequence[PageLine]) -> None:
        self._lines = lines
        self._text = "\n".join(line.text for line in lines)
        self._starts = [0, *accumulate(len(line.text) + 1 for line in lines)][:-1]
        pairs = [(folded, i) for i, each in enumerate(self._text) for folded in _folded(each)]
        self._letters = "".join(letter for letter, _ in pairs)
        self._positions = [position for _, position in pairs]

    def find(self, entry: Entry) -> tuple[int, int] | None:
        """Return the span of a title with its number, the occurrence nearest to its place."""
        title = "".join(_folded(entry.title))
        best: tuple[bool, float, int, int] | None = None
        at = self._letters.find(title) if title else -1
        while at >= 0:
            start, end = self._positions[at], self._positions[at + len(title) - 1] + 1
            candidate = self._judge(start, end, entry.top)
            best = min(filter(None, (best, candidate)), default=None)
            at = self._letters.find(title, at + 1)
        return best[2:] if best else None

    def _judge(
        self, start: int, end: int, top: float | None
    ) -> tuple[bool, float, int, int] | None:
        """Return whether text follows in the line, the distance from `top`, and the span."""
        line = self._text.count("\n", 0, start)
        begin = self._starts[line]
        if not _NUMBER.fullmatch(self._text[begin:start]):
            return None
        rest = self._text[end:].split("\n", 1)[0]
        followed = any(map(str.isalnum, rest))
        place = self._lines[line].top
        far = abs(place - top) if place is not None and top is not None else 0.0
        known = place is not None and top is not None
        if followed and not (known and far <= _NEAR):
            return None
        return followed, far, begin, end if followed else end + len(rest.rstrip())


def _folded(text: str) -> str:
    """Return the letters and digits alone, small and without their variants."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
